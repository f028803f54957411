"""What an edit does not touch stays byte for byte, whatever the layout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat_app.workflow.diff import diff
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.edits.text.splice import write_back
from chat_app.workflow.edits.text.tree import Place, load, places, plain, same
from chat_app.workflow.source import read
from tests.workflow.edits.strategies import edits, texts

quiet = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)


def nodes_in(place: Place | None) -> Iterator[tuple[str, Place]]:
    """The nodes of a text with their places, those in bodies too."""
    sections = {key.value: value for key, value in place.entries} if place else {}
    for item in sections["nodes"].items if "nodes" in sections else []:
        keys = {key.value: value for key, value in item.entries}
        yield keys["id"].value, item
        if "body" in keys:
            yield from nodes_in(keys["body"])


def nodes_by_id(text: str) -> dict[str, tuple[Any, str, bool]]:
    """Each node as data and as text, and whether it stands on one line."""
    return {
        id: (plain(load(place)), text[place.start : place.end], place.in_flow) for id, place in nodes_in(places(text))
    }


def unindented(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()]


@quiet
@given(st.data())
def test_nodes_whose_data_stays_keep_their_bytes(data: st.DataObject) -> None:
    text = data.draw(texts())
    changes = data.draw(edits(read(text).data))
    result = apply_edits(text, changes)
    if result.problems:
        assert result.text == text
        assert not result.applied
        return
    assert not any("laid out anew" in line for line in result.repaired), result.repaired
    assert not read(result.text).problems
    before, after = nodes_by_id(text), nodes_by_id(result.text)
    for id, (value, raw, _) in before.items():
        if id in after and same(value, after[id][0]):
            assert unindented(after[id][1]) == unindented(raw)
    assert diff(text, result.text).empty == (text == result.text)
    if not same(read(text).data, read(result.text).data):
        assert diff(text, result.text).lines() != ("Only comments or layout changed.",)


@quiet
@given(st.data())
def test_sections_whose_data_stays_keep_their_bytes_and_comments(data: st.DataObject) -> None:
    text = data.draw(texts())
    result = apply_edits(text, data.draw(edits(read(text).data)))
    before, after = sections(text), sections(result.text)
    for name, (value, raw) in before.items():
        if name in after and same(value, after[name][0]):
            assert after[name][1] == raw


def sections(text: str) -> dict[str, tuple[Any, str]]:
    root = places(text)
    return (
        {key.value: (plain(load(value)), text[key.start : value.end]) for key, value in root.entries} if root else {}
    )


@quiet
@given(texts())
def test_no_change_changes_nothing(text: str) -> None:
    root = places(text)
    assert write_back(text, root, load(root)) == text
    assert plain(load(root)) == read(text).data
