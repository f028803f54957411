"""Values of fields."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_app.workflow.fields import FieldType, InputField, StateField
from chat_app.workflow.values import (
    ValueProblem,
    initial_state,
    object_schema,
    parse_text,
    problems_of,
    value_schema,
)

TEXT = FieldType(type="string", minLength=2, maxLength=4)
MOOD = FieldType(type="string", enum=["calm", "angry"])
SCORE = FieldType(type="integer", minimum=1, maximum=10)
SHARE = FieldType(type="number", minimum=0, maximum=1)
FLAG = FieldType(type="boolean")
TAGS = FieldType(type="array", items=FieldType(type="string"), minItems=1)
PERSON = FieldType(type="object", properties={"name": FieldType(type="string"), "age": SCORE}, required=["name"])
FILE = FieldType(type="file")
A_FILE = {"name": "a.pdf", "media_type": "application/pdf", "sha256": "0" * 64, "size": 3}


@pytest.mark.parametrize(
    ("value", "field", "problems"),
    [
        ("abc", TEXT, []),
        ("a", TEXT, ["`x` must have at least 2 characters, found 1"]),
        ("abcde", TEXT, ["`x` must have at most 4 characters, found 5"]),
        (3, TEXT, ["`x` must be text, found the number 3"]),
        (None, TEXT, ["`x` must be text, found nothing"]),
        ("calm", MOOD, []),
        ("sad", MOOD, ['`x` must be one of "calm", "angry", found the text \'sad\'']),
        (3, SCORE, []),
        (3.0, SCORE, []),
        (3.5, SCORE, ["`x` must be a whole number, found the number 3.5"]),
        (True, SCORE, ["`x` must be a whole number, found the value true"]),
        (11, SCORE, ["`x` must be at most 10, found 11"]),
        (0.5, SHARE, []),
        (1, SHARE, []),
        (-0.1, SHARE, ["`x` must be at least 0, found -0.1"]),
        (float("nan"), SHARE, ["`x` must be a number, found the number nan"]),
        (True, FLAG, []),
        ("true", FLAG, ["`x` must be true or false, found the text 'true'"]),
        (["a"], TAGS, []),
        ([], TAGS, ["`x` must have at least 1 items, found 0"]),
        (["a", 1], TAGS, ["`x[1]` must be text, found the number 1"]),
        ({"name": "Ada"}, PERSON, []),
        ({"age": 3}, PERSON, ["`x` lacks `name`"]),
        ({"name": 1, "x": 2}, PERSON, ["`x.name` must be text, found the number 1",
                                       "`x` has the unknown part `x`; it has name, age"]),
        (A_FILE, FILE, []),
        ({"name": "a.pdf"}, FILE, ["`x` must be a file, found an object with `name`"]),
    ],
)  # fmt: skip
def test_why_a_value_does_not_fit(value: Any, field: FieldType, problems: list[str]) -> None:
    assert problems_of(value, field, ("x",)) == problems


FIELDS = [TEXT, MOOD, SCORE, SHARE, FLAG, TAGS, PERSON, FILE]
ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 12)
    | st.floats(-1, 2)
    | st.sampled_from(["calm", "a", "abc", "abcde"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["name", "age", "media_type", "sha256", "x"]), inner, max_size=4)
    ),
    max_leaves=6,
)


@given(ANY, st.sampled_from(FIELDS))
@settings(deadline=None)
def test_values_fit_exactly_where_the_json_schema_says_so(value: Any, field: FieldType) -> None:
    fits = jsonschema_rs.validator_for(value_schema(field)).is_valid(value)
    extra = field is FILE and isinstance(value, dict) and len(value) > 3  # a file may carry more than it must

    assert fits == (not problems_of(value, field)) or extra


def test_several_fields_make_one_object() -> None:
    schema = object_schema({"score": SCORE, "mood": MOOD})

    assert schema["required"] == ["score", "mood"]
    assert schema["properties"]["score"] == {"type": "integer", "minimum": 1, "maximum": 10}
    assert schema["additionalProperties"] is False


def test_descriptions_defaults_and_examples_are_kept() -> None:
    field = InputField(type="string", description="Who", default="you", examples=["Ada"])

    assert value_schema(field) == {"type": "string", "description": "Who", "default": "you", "examples": ["Ada"]}


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        (" abc", FieldType(type="string"), " abc"),
        ("7", SCORE, 7),
        (" 0.5 ", SHARE, 0.5),
        ("1", SHARE, 1),
        ("yes", FLAG, True),
        ("False", FLAG, False),
        ("one\ntwo\n\n", TAGS, ["one", "two"]),
        ('["one"]', TAGS, ["one"]),
        ('{"name": "Ada"}', PERSON, {"name": "Ada"}),
    ],
)
def test_a_text_is_read_by_its_type(text: str, field: FieldType, value: Any) -> None:
    assert parse_text(text, field) == value


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        ("seven", SCORE, "must be a whole number, found the text 'seven'"),
        ("11", SCORE, "must be at most 10"),
        ("maybe", FLAG, "must be true or false"),
        ("{", PERSON, "must be an object in JSON"),
        ("[" * 50_000, TAGS, "in JSON"),
        ("sad", MOOD, "must be one of"),
    ],
)
def test_a_text_that_is_no_such_value_is_refused(text: str, field: FieldType, message: str) -> None:
    with pytest.raises(ValueProblem, match=message):
        parse_text(text, field)


def test_what_a_run_starts_with() -> None:
    fields = {
        "plain": StateField(type="string"),
        "given": StateField(type="string", default=""),
        "nothing": StateField(type="string", default=None),
        "notes": StateField(type="array", reduce="append"),
        "parts": StateField(type="object", reduce="merge"),
        "latest": StateField(type="string", reduce="last"),
    }

    assert initial_state(fields) == {"given": "", "nothing": None, "notes": [], "parts": {}}
