"""The wire schema is flat, is made from the models, and lets every edit through."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

from chat_app.designer.agent.language import edit_models, op_of
from chat_app.designer.agent.wire import ACTIONS, decision_schema
from chat_app.workflow.surroundings import ALL_KINDS

SCHEMA = decision_schema(ACTIONS, ALL_KINDS)
HARD = {
    "anyOf",
    "oneOf",
    "allOf",
    "$ref",
    "$defs",
    "pattern",
    "minimum",
    "maximum",
    "uniqueItems",
    "const",
    "not",
}


def keys_of(value: Any) -> set[str]:
    """The keywords of a schema; names of properties are none."""
    if isinstance(value, dict):
        parts = [part for key, part in value.items() if key != "properties"]
        return set(value).union(*(keys_of(part) for part in [*parts, *value.get("properties", {}).values()]))
    return set().union(*(keys_of(part) for part in value)) if isinstance(value, list) else set()


def test_it_is_a_schema_without_what_servers_break_on() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert not keys_of(SCHEMA) & HARD


def test_every_edit_and_every_key_is_there() -> None:
    edit = SCHEMA["properties"]["edits"]["items"]["properties"]
    assert edit["op"]["enum"] == [op_of(model) for model in edit_models()]
    for model in edit_models():
        wanted = {info.alias or name for name, info in model.model_fields.items()}
        assert wanted <= edit.keys()


def test_a_typical_edit_fits() -> None:
    Draft202012Validator(SCHEMA).validate(
        {
            "thought": "t",
            "action": "edit",
            "say": "",
            "edits": [
                {
                    "op": "add_node",
                    "node": {"id": "a", "kind": "llm", "prompt": "x", "writes": ["y"]},
                    "fields": {"y": {"type": "string", "enum": ["a"]}},
                    "between": ["b", "END"],
                }
            ],
        }
    )


def test_a_pattern_to_start_from_is_one_of_those_offered() -> None:
    schema = decision_schema({"edit", "start_from"}, ALL_KINDS, starts=["classify_text", "classify_route"])
    assert schema["properties"]["pattern"] == {"type": "string", "enum": ["classify_text", "classify_route"]}
    names = list(schema["properties"])
    assert names.index("answers") < names.index("edits"), "constrained decoding writes in this order"
    decision = {"thought": "", "say": "", "action": "start_from", "pattern": "classify_text"}
    Draft202012Validator(schema).validate(decision | {"answers": {"labels": ["bug", "other"], "reason": False}})
    assert not Draft202012Validator(schema).is_valid(decision | {"pattern": "teleport"})
    assert "pattern" not in decision_schema({"edit"}, ALL_KINDS)["properties"]


def test_only_what_is_allowed_can_be_said() -> None:
    schema = decision_schema({"edit"}, frozenset({"llm"}))
    assert schema["properties"]["action"]["enum"] == ["edit"]
    assert "question" not in schema["properties"]
    assert schema["properties"]["edits"]["items"]["properties"]["node"]["properties"]["kind"]["enum"] == ["llm"]
