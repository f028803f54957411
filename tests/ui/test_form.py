from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.ui.form import FormField, as_typed, first_values, form_html, input_fields, read_form, samples
from chat_app.workflow.document import Workflow

WORKFLOW = Workflow.model_validate(
    {
        "version": 1,
        "name": "w",
        "inputs": {
            "topic": {"type": "string", "examples": ["Salt", "Sea"]},
            "count": {"type": "integer", "minimum": 1, "maximum": 5, "default": 2},
            "share": {"type": "number"},
            "deep": {"type": "boolean", "default": False},
            "tone": {"type": "string", "enum": ["calm", "loud"]},
            "tags": {"type": "array", "items": {"type": "string"}, "examples": [["a", "b"]]},
            "place": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
        "nodes": [{"id": "n", "kind": "template", "template": "x"}],
        "tests": [{"name": "a test", "inputs": {"topic": "Tea", "tone": "calm"}, "expect": ["true"]}],
    }
)
FIELDS = input_fields(WORKFLOW)
GOOD: dict[str, Any] = {
    "topic": "Tea",
    "count": "3",
    "share": "0,5",
    "deep": True,
    "tone": '"loud"',
    "tags": "one\n\n two ",
    "place": '{"city": "Bonn"}',
}


def test_what_is_typed_becomes_values() -> None:
    reading = read_form(FIELDS, GOOD)
    assert reading.problems == {}
    assert reading.values == {
        "topic": "Tea",
        "count": 3,
        "share": 0.5,
        "deep": True,
        "tone": "loud",
        "tags": ["one", "two"],
        "place": {"city": "Bonn"},
    }


def test_an_untouched_form_holds_an_example_of_what_is_needed() -> None:
    assert first_values(WORKFLOW) == {"topic": "Salt", "tags": "a\nb"}


@pytest.mark.parametrize(
    ("name", "typed", "part"),
    [
        ("topic", "  ", "needed"),
        ("count", "three", "whole number"),
        ("count", "9", "5"),
        ("share", "much", "not a number"),
        ("share", "inf", "finite"),
        ("tone", "loud", "one of the choices"),
        ("tone", '"shrill"', "calm"),
        ("place", "{city", "JSON"),
        ("place", '{"city": 3}', "city"),
        ("place", "[1]", "object"),
    ],
)
def test_what_does_not_fit_is_told_at_its_field(name: str, typed: str, part: str) -> None:
    reading = read_form(FIELDS, GOOD | {name: typed})
    assert list(reading.problems) == [name]
    assert part in reading.problems[name]


def test_a_default_need_not_be_typed() -> None:
    assert "count" not in read_form(FIELDS, GOOD | {"count": ""}).values


def test_examples_and_tests_fill_the_form() -> None:
    found = dict(samples(WORKFLOW))
    assert found["Example"] == {"topic": "Salt", "tags": ["a", "b"]}
    assert found["Example 2"]["topic"] == "Sea"
    assert found["a test"] == {"topic": "Tea", "tone": "calm"}


def test_the_form_shows_types_bounds_and_problems_and_escapes() -> None:
    evil = '"><script>alert(1)</script>'
    fields = [FormField("x", {"type": "string", "description": evil, "enum": [evil]}), *FIELDS]
    page = form_html("f", fields, typed={"topic": evil}, problems={"x": evil}, buttons="")
    assert "<script>" not in page
    assert 'type="number" step="1" min="1' in page
    assert 'aria-invalid="true"' in page


VALUES = {
    "string": st.text(min_size=1).filter(str.strip),
    "integer": st.integers(),
    "boolean": st.booleans(),
    "number": st.floats(allow_nan=False, allow_infinity=False),
}


@given(st.sampled_from(sorted(VALUES)).flatmap(lambda kind: st.tuples(st.just(kind), VALUES[kind])))
def test_a_value_comes_back_from_its_control(case: tuple[str, Any]) -> None:
    kind, value = case
    field = FormField("x", {"type": kind})
    reading = read_form([field], {"x": as_typed(field, value)})
    assert reading.values == {"x": value}


@given(st.lists(st.text(min_size=1).filter(lambda text: text == text.strip() and len(text.splitlines()) == 1)))
def test_a_list_comes_back_from_its_lines(items: list[str]) -> None:
    field = FormField("x", {"type": "array", "items": {"type": "string"}}, required=False)
    typed = as_typed(field, items)
    assert read_form([field], {"x": typed}).values.get("x", []) == items or typed.startswith("[")
