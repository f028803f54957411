"""Placeholders are strict, and what is filled in is only text."""

from __future__ import annotations

import re

import pytest

from chat_app.designer.agent.prompts import PromptProblem, render_prompt, render_text
from chat_app.resources import folder


def test_values_are_filled_in_once() -> None:
    assert render_text("a {{x}} b {{y}}", {"x": "{{y}}", "y": "2"}) == "a {{y}} b 2"


def test_templates_of_the_language_stay() -> None:
    assert render_text("{{ state.email }} {{x}}", {"x": "1"}) == "{{ state.email }} 1"


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("{{x}}", {}, "no value for x"),
        ("plain", {"x": "1"}, "no placeholder for x"),
        ("{{ x }}", {"x": "1"}, "write {{x}} without blanks"),
        ("{{x }}", {"x": "1"}, "write {{x}} without blanks"),
    ],
)
def test_a_slip_is_an_error(text: str, values: dict[str, str], message: str) -> None:
    with pytest.raises(PromptProblem, match=re.escape(message)):
        render_text(text, values)


def test_every_prompt_file_is_well_formed() -> None:
    files = sorted(folder("prompts").glob("designer_*.md"))
    assert len(files) >= 6
    for file in files:
        names = set(re.findall(r"\{\{([a-z_]+)\}\}", file.read_text(encoding="utf-8")))
        rendered = render_prompt(file.stem, dict.fromkeys(names, ""))
        assert "{{" not in re.sub(r"\{\{ [a-z]+(?:\.\w+)?(?: \| join\('; '\))? \}\}", "", rendered)
