"""What must hold for any document: drawn at random, valid, broken or torn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

from chat_app.language_server.completion import completions_at
from chat_app.language_server.hover import hover_at
from chat_app.language_server.outline import outline
from chat_app.language_server.positions import Lines, changed
from chat_app.language_server.renaming import rename_at
from chat_app.language_server.snapshot import Snapshot
from chat_app.language_server.text_edits import changes
from chat_app.workflow.check import check
from chat_app.workflow.source import read
from chat_app.workflow.surroundings import Surroundings
from tests.language_server.editor import ROOT
from tests.workflow.strategies import workflow_texts

EXAMPLES = sorted((ROOT / "generated_configs" / "examples").glob("*.yaml"))
NOWHERE = Surroundings()
PIECES = st.sampled_from(
    ["", '"', "'", "{", "[", "}", "]", ":", "- ", "\n", "{{ ", "{% for x in ", "|\n", "\ue000", "\t", "state.",
     "\r\n", "é😀", "\\", "#", ": [", '"state.x == \\"', "? ", "kind: map\n", "body:\n"]
)  # fmt: skip


def snapshot(text: str) -> Snapshot:
    return Snapshot("file:///x.yaml", text, "utf-16", check(text), NOWHERE)


def shape(data: Any) -> Any:
    """The keys and lengths of data, whatever its texts are."""
    if isinstance(data, dict):
        return {key: shape(value) for key, value in data.items()}
    return [shape(value) for value in data] if isinstance(data, list) else None


def places(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Every key and every scalar with its path."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield "key", (*path, key)
            yield from places(value, (*path, key))
    elif isinstance(data, list):
        for at, value in enumerate(data):
            yield from places(value, (*path, at))
    else:
        yield "value", path


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_outline_of_an_example_is_what_the_reader_reads(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    source = read(text)
    assert shape(outline(text).data) == shape(source.data)
    for role, path in places(source.data):
        start, end = source.span(path, key=role == "key") or (0, 0)
        spot = outline(text, (start + end) // 2).spot
        assert spot is not None
        assert spot.role in (role, "either")
        assert spot.path == (path[:-1] if role == "key" else path)


@settings(deadline=None, max_examples=25)
@given(workflow_texts())
def test_the_outline_of_a_workflow_is_what_the_reader_reads(text: str) -> None:
    assert shape(outline(text).data) == shape(read(text).data)


@settings(deadline=None, max_examples=15)
@given(workflow_texts(), st.data())
def test_a_rename_changes_every_mention_and_nothing_else(text: str, data: st.DataObject) -> None:
    seen = snapshot(text)
    mention = data.draw(st.sampled_from(seen.mentions))
    edit = rename_at(seen, seen.lines.place(mention.start), "quite_new")
    expected = text
    for each in reversed([each for each in seen.mentions if each.symbol == mention.symbol]):
        expected = expected[: each.start] + "quite_new" + expected[each.end :]
    assert edit.changes is not None
    result = text
    for change in reversed(edit.changes[seen.uri]):
        start, end = seen.lines.offset(change.range.start), seen.lines.offset(change.range.end)
        result = result[:start] + change.new_text + result[end:]
    assert result == expected
    assert check(result).valid


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_torn_documents_are_answered(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(EXAMPLES)).read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        text = text[:start] + data.draw(PIECES) + text[start + data.draw(st.sampled_from([0, 0, 1, 5, 40])) :]
    seen = snapshot(text)
    place = seen.lines.place(data.draw(st.integers(0, len(text))))
    for item in completions_at(seen.lines, place, NOWHERE, (), None):
        assert isinstance(item.text_edit, types.TextEdit)
        assert item.text_edit.range.start.line == place.line == item.text_edit.range.end.line
        assert item.text_edit.range.start.character <= place.character <= item.text_edit.range.end.character
    hover_at(seen.lines, place, NOWHERE, seen, None)


@pytest.mark.parametrize(
    "text",
    [
        "a" + " " * 100_000,
        "- " * 50_000,
        "- {{ a\n" * 10_000,
        '- "a\n' * 10_000,
        "{" * 50_000,
        'x: "' + "{{ " * 30_000,
    ],
    ids=["blanks", "dashes", "braces", "quotes", "brackets", "templates"],
)
def test_hostile_texts_take_no_long_time(text: str) -> None:
    began = time.monotonic()
    lines = Lines(text)
    completions_at(lines, lines.place(len(text)), NOWHERE, (), None)
    # Linear: some tenths of a second on a slow machine; what is not takes half a minute.
    assert time.monotonic() - began < 5


TEXTS = st.text(st.sampled_from("ab \n\r😀漢\u2028é\t"), max_size=40)


@given(TEXTS, st.sampled_from(["utf-8", "utf-16", "utf-32"]), st.data())
def test_places_lead_back_to_their_characters(text: str, units: Any, data: st.DataObject) -> None:
    lines = Lines(text, units)
    offset = data.draw(st.integers(0, len(text)))
    back = lines.offset(lines.place(offset))
    assert back == offset or text[back : offset + 1] == "\r\n"


@given(TEXTS, TEXTS)
def test_the_changes_make_the_new_text(old: str, new: str) -> None:
    result = old
    for start, end, text in reversed(list(changes(old, new))):
        result = result[:start] + text + result[end:]
    assert result == new


@given(TEXTS, TEXTS, st.data())
def test_an_editors_change_is_made_as_it_says(text: str, new: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    lines = Lines(text)
    span = lines.range(start, end)
    change = types.TextDocumentContentChangePartial(range=span, text=new)
    first, last = lines.offset(span.start), lines.offset(span.end)
    assert changed(text, [change], "utf-16") == text[:first] + new + text[last:]
