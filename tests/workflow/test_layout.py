"""Problems inside texts that YAML lays out otherwise than they read are told at their place."""

from __future__ import annotations

import re

import pytest

from chat_app.workflow.check import check

HEAD = """\
version: 1
name: x
inputs: {topic: {type: string}}
state: {text: {type: string}}
outputs: [text]
nodes:
  - id: write
    kind: llm
    writes: [text]
"""


def place_of(piece: str, text: str) -> tuple[int, int]:
    """Line and column of the only occurrence of a piece."""
    [at] = [found.start() for found in re.finditer(rf"{re.escape(piece)}\b", text)]
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


@pytest.mark.parametrize(
    ("prompt", "piece"),
    [
        ("    prompt: 'It''s {{ state.topic }}: {{ state.topik }}'\n", "state.topik"),
        ('    prompt: "Say \\"{{ state.topic }}\\"\\n{{ state.topik }}"\n', "state.topik"),
        ("    prompt: >\n      Write on\n      {{ state.topic }}\n      or {{ state.topik }}.\n", "state.topik"),
        ("    prompt: |\n      Write on {{ state.topic }}\n\n      or {{ state.topik }}.\n", "state.topik"),
        ("    prompt: Write on {{ state.topic }}\n      or {{ state.topik }} at last.\n", "state.topik"),
        ("    prompt: >\n      {{ state.topic | upper }}\n      {{ state.topic | uper }}\n", "uper"),
    ],
)
def test_a_problem_in_a_laid_out_text_has_its_place(prompt: str, piece: str) -> None:
    [found] = check(HEAD + prompt).faults

    assert found.location is not None
    assert (found.location.line, found.location.column) == place_of(piece, HEAD + prompt)


def test_a_problem_in_a_folded_condition_has_its_place() -> None:
    text = HEAD + (
        "    prompt: Hi {{ state.topic }}\n"
        "edges:\n  - {from: START, to: write}\n  - from: write\n    routes:\n"
        "      - condition: >\n          state.text == 'a' &&\n          state.tekst == 'b'\n"
        "        to: END\n      - {to: END}\n"
    )

    [found] = check(text).faults

    assert found.location is not None
    assert (found.location.line, found.location.column) == place_of("state.tekst", text)
