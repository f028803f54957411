"""The published JSON Schema: it is what the models say, and accepts and refuses as they do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from chat_app.workflow.schema import SCHEMA_HEADER, json_schema, read_shape, schema_text, shape_problems
from chat_app.workflow.source import read

ROOT = Path(__file__).parents[2]
GOOD = sorted((Path(__file__).parent / "cases").glob("*/good*.yaml"))
EXAMPLES = sorted((ROOT / "generated_configs" / "examples").glob("*.yaml"))
BAD_SHAPES = sorted(
    case
    for code in ("unknown-key", "missing-key", "unknown-kind", "bad-name", "bad-value", "wrong-type", "newer-version")
    for case in (Path(__file__).parent / "cases" / code).glob("bad*.yaml")
)


def data_of(case: Path) -> Any:
    return read(case.read_bytes()).data


def name_of(case: Path) -> str:
    return f"{case.parent.name}/{case.stem}"


def test_the_published_schema_is_the_generated_one() -> None:
    published = (ROOT / "schemas" / "workflow.schema.json").read_text(encoding="utf-8")

    assert published == schema_text(), "run: workflow-chat schema > schemas/workflow.schema.json"


def test_every_key_has_a_description_and_an_example() -> None:
    schema = json_schema()
    parts = {"workflow": schema, **schema["$defs"]}

    bare = [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, value in part["properties"].items()
        if not value.get("description") or not value.get("examples")
    ]

    assert bare == []


@pytest.mark.parametrize("case", GOOD + EXAMPLES, ids=name_of)
def test_it_accepts_what_the_models_accept(case: Path) -> None:
    validator = jsonschema_rs.validator_for(json_schema())

    assert [error.message for error in validator.iter_errors(data_of(case))] == []


@pytest.mark.parametrize("case", EXAMPLES, ids=name_of)
def test_the_examples_are_read_alike_by_older_readers(case: Path) -> None:
    assert yaml.safe_load(case.read_bytes()) == data_of(case)


@pytest.mark.parametrize("case", BAD_SHAPES, ids=name_of)
def test_it_refuses_what_the_models_refuse(case: Path) -> None:
    validator = jsonschema_rs.validator_for(json_schema())

    assert not validator.is_valid(data_of(case))
    assert shape_problems(data_of(case))


@pytest.mark.parametrize("name", list(json_schema()["$defs"]))
def test_the_examples_fit_their_own_schema(name: str) -> None:
    schema = json_schema()
    for key, part in schema["$defs"][name]["properties"].items():
        validator = jsonschema_rs.validator_for({"$defs": schema["$defs"], **part})
        for example in part["examples"]:
            assert validator.is_valid(example), (key, example)


def test_the_header_points_to_the_published_file() -> None:
    assert SCHEMA_HEADER.endswith("schemas/workflow.schema.json")


@pytest.mark.parametrize(
    "data", [None, [], 3, "text", {}, {"nodes": {}}, {"version": True}, {"version": 1, "nodes": [[]]}]
)
def test_any_data_gives_problems_with_paths_in_the_data(data: Any) -> None:
    workflow, problems = read_shape(data)

    assert workflow is None
    assert problems
    assert all(json.dumps(list(problem.path)) for problem in problems)
