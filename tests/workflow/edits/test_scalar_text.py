"""Scalars are written so that YAML 1.1 and 1.2 read the same string back."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_app.workflow.edits.text.retouch import retouch
from chat_app.workflow.edits.text.scalar_text import as_block, inline, is_plain
from chat_app.workflow.source import read

texts = st.text(max_size=30) | st.text(alphabet="ab:#-{}[],&*!|>'\"%@`?~ \t\n0.=<", max_size=12)


@settings(deadline=None, max_examples=300, derandomize=True)
@given(texts, st.booleans())
def test_one_line_scalars_are_read_back(text: str, in_flow: bool) -> None:
    written = inline(text, flow=in_flow)
    document = f"{{k: {written}, l: 1}}\n" if in_flow else f"k: {written}\nl: 1\n"
    assert "\n" not in written
    assert read(document).data == {"k": text, "l": 1}
    assert yaml.safe_load(document)["k"] == text


@settings(deadline=None, max_examples=300, derandomize=True)
@given(texts.map(lambda text: f"a{text}\nb{text}") | texts)
def test_blocks_are_read_back(text: str) -> None:
    block = as_block(text, 4)
    if block is not None:
        assert read(f"k:\n  t: {block}\nl: 1\n").data == {"k": {"t": text}, "l": 1}


@pytest.mark.parametrize("value", [None, True, False, 0, -3, 10**20, 0.5, 1e300, 1e-7, 3.0])
def test_values_are_read_back(value: object) -> None:
    assert read(f"k: {inline(value, flow=False)}\n").data["k"] == value


@pytest.mark.parametrize(
    "word",
    ["yes", "no", "on", "off", "y", "N", "null", "~", "1", "1.5", "1_000", "12:30", "0x1f", "2026-01-01", ".5", "-"],
)
def test_words_that_some_reader_takes_for_something_else_are_quoted(word: str) -> None:
    assert not is_plain(word, flow=False)


@pytest.mark.parametrize("text", ["When does it open?", "a ? b", "is it?!", "a=b", "~x", "-x", "a;b", "2nd (of 3)"])
def test_older_readers_read_words_in_a_flow_list(text: str) -> None:
    assert yaml.safe_load(f"k: [{inline(text, flow=True)}]\n") == {"k": [text]}


@pytest.mark.parametrize("text", ["calm", "The customer's message", "a, b", "state.mood == 'angry'", "x#y", "Größe"])
def test_ordinary_texts_need_no_quotes(text: str) -> None:
    assert inline(text, flow=False) == text


@pytest.mark.parametrize(
    ("raw", "old", "new", "changed"),
    [
        ("'Say: {{ state.a }}'", "Say: {{ state.a }}", "Say: {{ state.b }}", "'Say: {{ state.b }}'"),
        ('"a\\n{{ state.a }} end"', "a\n{{ state.a }} end", "a\n{{ state.b }} end", '"a\\n{{ state.b }} end"'),
        (">-\n  one two\n  three four", "one two three four", "one two three five", ">-\n  one two\n  three five"),
        ("'one two'", "one two", "something else entirely", None),
        ("plain words", "plain words", "plain word", None),
        ("'it is'", "it is", "it 'is", None),
    ],
)
def test_single_words_are_changed_in_place(raw: str, old: str, new: str, changed: str | None) -> None:
    assert retouch(raw, old, new, 0) == changed
