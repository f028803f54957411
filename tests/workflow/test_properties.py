"""Properties of the checker over random texts and random workflows."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat_app.workflow.check import check
from chat_app.workflow.codes import CODES
from chat_app.workflow.render import render_diagnostics
from tests.workflow.strategies import as_yaml, whole_workflows, workflow_texts, workflows

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)))
@settings(max_examples=200, deadline=None)
def test_any_bytes_and_any_text_give_findings_and_raise_nothing(text: bytes | str) -> None:
    result = check(text)

    assert not result.valid
    assert {found.code for found in result.diagnostics} <= CODES.keys()
    assert render_diagnostics(result.diagnostics, result.text)


YAML_LIKE = st.text(alphabet="abc:-[]{}#&*!|>'\"%@`, \n\t?~0.", max_size=200)


@given(YAML_LIKE)
@settings(max_examples=200, deadline=None)
def test_anything_like_yaml_raises_nothing(text: str) -> None:
    check(text)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "kind", "nodes", "edges", "state", "type", "to", "from", "routes", "body", "writes", "a"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(
    st.dictionaries(st.sampled_from(["nodes", "edges", "state", "inputs", "tests", "limits", "outputs", "x"]), JSON)
)
@settings(max_examples=200, deadline=None)
def test_any_data_under_the_right_keys_raises_nothing(data: dict[str, Any]) -> None:
    result = check(as_yaml({"version": 1, "name": "x", **data}))

    assert {found.code for found in result.diagnostics} <= CODES.keys()


@given(whole_workflows().map(as_yaml))
@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
def test_a_valid_workflow_checks_clean(text: str) -> None:
    result = check(text)

    # Conditions are drawn one by one, so some contradict each other; that it is true is held by test_possible.py.
    assert render_diagnostics([found for found in result.faults if found.code != "impossible-route"], text) == ""
    assert result.valid


@given(workflows(), st.text(alphabet="{}%| .state_xyz0[]'()", max_size=30))
@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
def test_any_template_and_condition_raises_nothing(data: dict[str, Any], text: str) -> None:
    data["nodes"].append({"id": "extra", "kind": "template", "template": text, "writes": ["extra"]})
    data["tests"] = [{"name": "t", "expect": [text]}]

    check(as_yaml(data))


@given(workflow_texts(), st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
def test_a_cut_text_raises_nothing(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 40))

    check(text[:at] + text[at + length :])


def paths_in(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every path below some data."""
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        yield (*path, key)
        yield from paths_in(value, (*path, key))


def at(data: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


FREE_KEYS = {"inputs", "state", "properties", "labels", "default", "arguments", "query"}
REFERENCES = {"from", "to", "writes", "outputs", "subtasks", "returns"}


@given(whole_workflows(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
def test_every_misspelt_key_is_one_finding(data: dict[str, Any], rng: Random) -> None:
    keys = [
        path
        for path in paths_in(data)
        if isinstance(path[-1], str) and not (len(path) > 1 and path[-2] in FREE_KEYS) and "default" not in path
    ]
    path = rng.choice(keys)
    parent = at(data, path[:-1])
    entries = [(f"{key}q" if key == path[-1] else key, value) for key, value in parent.items()]
    parent.clear()
    parent.update(entries)

    result = check(as_yaml(data))

    codes = [found.code for found in result.faults if found.code != "impossible-route"]
    assert codes in (["unknown-key"], ["unknown-kind"]) or (path[-1] == "kind" and "unknown-kind" in codes), codes


@given(workflows(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
def test_every_misspelt_reference_is_found(data: dict[str, Any], rng: Random) -> None:
    references = [
        path
        for path in paths_in(data)
        if isinstance(at(data, path), str) and REFERENCES.intersection(path[-2:]) and "default" not in path
    ]
    if not references:
        return
    path = rng.choice(references)
    at(data, path[:-1])[path[-1]] += "q"

    result = check(as_yaml(data))

    assert "unknown-name" in {found.code for found in result.diagnostics}
