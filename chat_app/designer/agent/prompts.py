"""Prompts are files; their placeholders are strict: none unknown, none missing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256

from chat_app.resources import folder

_PLACEHOLDER = re.compile(r"\{\{([a-z_]+)\}\}")
_LOOKS_MEANT = re.compile(r"\{\{\s+([a-z_]+)\s*\}\}|\{\{([a-z_]+)\s+\}\}")
"""A bare word with blanks inside the braces: where it names a value, a placeholder written wrong."""


class PromptProblem(ValueError):
    """A prompt file and the values given to it do not fit."""


@cache
def prompt_text(name: str) -> str:
    """The text of `prompts/<name>.md`."""
    return (folder("prompts") / f"{name}.md").read_text(encoding="utf-8").strip() + "\n"


@cache
def prompt_versions() -> dict[str, str]:
    """All prompts by name, each with the first letters of its hash: a trace tells by it which text was used."""
    names = sorted(path.stem for path in folder("prompts").glob("*.md"))
    return {name: sha256(prompt_text(name).encode()).hexdigest()[:12] for name in names}


def render_prompt(name: str, values: Mapping[str, str]) -> str:
    """The prompt with its placeholders filled in; what is filled in is never read again."""
    return render_text(prompt_text(name), values, name)


def render_text(text: str, values: Mapping[str, str], name: str = "prompt") -> str:
    """Fills `{{name}}` placeholders; a template such as `{{ state.x }}` is plain text here."""
    for wrong in _LOOKS_MEANT.finditer(text):
        if (wrong[1] or wrong[2]) in values:
            raise PromptProblem(f"{name}: write {wrong.group().replace(' ', '')} without blanks")
    wanted = set(_PLACEHOLDER.findall(text))
    if missing := sorted(wanted - values.keys()):
        raise PromptProblem(f"{name}: no value for {', '.join(missing)}")
    if unknown := sorted(values.keys() - wanted):
        raise PromptProblem(f"{name}: no placeholder for {', '.join(unknown)}")
    return _PLACEHOLDER.sub(lambda found: values[found.group(1)], text)
