"""JSON in the answers of models, and values in the wrong clothes."""

from __future__ import annotations

from typing import Any

import pytest

from chat_app.engine.fit import fitted
from chat_app.engine.structured import find_json, read_answer
from chat_app.workflow.fields import FieldType


def field(**keys: Any) -> FieldType:
    return FieldType.model_validate(keys)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('  \n{"a": 1}\n ', {"a": 1}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ("```\n[1, 2]\n```", [1, 2]),
        ('Sure! {"a": {"b": "}"}} That is all.', {"a": {"b": "}"}}),
        ("Use {braces} or this: [1]", [1]),
        ("no json here", None),
        ("{not json", None),
        ('{"a": NaN}', None),
        ("[" * 100_000, None),
    ],
)
def test_json_is_found_wherever_it_stands(text: str, value: Any) -> None:
    assert find_json(text) == value


@pytest.mark.parametrize(
    ("value", "type_", "meant"),
    [
        ("0.9", {"type": "number"}, 0.9),
        (3.0, {"type": "integer"}, 3),
        ("3", {"type": "integer"}, 3),
        ("three", {"type": "integer"}, "three"),
        ("Yes", {"type": "boolean"}, True),
        ("Angry.", {"type": "string", "enum": ["calm", "angry"]}, "angry"),
        ("furious", {"type": "string", "enum": ["calm", "angry"]}, "furious"),
        (["1", 2.0], {"type": "array", "items": {"type": "integer"}}, [1, 2]),
        ({"n": "1", "x": 2}, {"type": "object", "properties": {"n": {"type": "integer"}}}, {"n": 1}),
        (True, {"type": "integer"}, True),
        ("nan", {"type": "number"}, "nan"),
        ("1e400", {"type": "number"}, "1e400"),
    ],
)
def test_values_get_the_types_clothes_where_that_is_beyond_doubt(
    value: Any, type_: dict[str, Any], meant: Any
) -> None:
    found = fitted(value, field(**type_))
    assert found == meant
    assert type(found) is type(meant)


def test_an_answer_is_read_with_all_that_is_wrong_with_it() -> None:
    fields = {"mood": field(type="string", enum=["calm"]), "score": field(type="integer", maximum=5)}
    assert read_answer('{"mood": "calm", "score": 5, "more": 1}', fields) == ({"mood": "calm", "score": 5}, [])
    _, problems = read_answer('{"score": 9}', fields)
    assert len(problems) == 2
    assert read_answer("nothing", fields)[1] == ["there is no JSON object with the wanted parts in it"]


def test_one_value_needs_no_name_around_it() -> None:
    assert read_answer("[1, 2]", {"list": field(type="array", items={"type": "integer"})}) == ({"list": [1, 2]}, [])
    assert read_answer("7", {"n": field(type="integer")}) == ({"n": 7}, [])
