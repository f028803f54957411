"""Values of another type than their key takes: how to write them, and the fix where it is sure what is meant."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from chat_app.workflow.diagnostics import Fix, Path
from chat_app.workflow.loanwords import as_number, our_form
from chat_app.workflow.typed_edits import RemoveKey, ReplaceValue


def other_form(path: Path, expected: list[str], value: Any) -> tuple[str | None, Fix | None]:
    """How to write a value of another type, and the fix where it is sure what is meant."""
    if value is None:
        fix = Fix(f"Take `{path[-1]}` away", (RemoveKey(path=list(path)),)) if path[-1:] in _NEEDLESS else None
        return "Give it a value, or take the key away." if fix else "Give it a value.", fix
    form = our_form(path, value)
    if form is not None:
        help, meant = form
        return help, _instead(path, meant) if meant is not None else None
    number = as_number(value, whole=True) if expected == ["a whole number"] else as_number(value, whole=False)
    if number is not None and expected in (["a number"], ["a whole number"]):
        return f"Write it without quotes: {number}.", _instead(path, number)
    if "text" in expected and isinstance(value, bool | int | float):
        return f'Put quotes around it: "{str(value).lower() if isinstance(value, bool) else value}".', None
    if expected == ["a list"] and isinstance(value, str):
        return f"Write it as a list: `[{sample(value)}]`.", Fix("Make it a list", _replaced(path, [value]))
    return None, None


_NEEDLESS = (
    ("inputs",),
    ("state",),
    ("outputs",),
    ("writes",),
    ("tests",),
    ("requirements",),
    ("limits",),
    ("met_by",),
)
"""Keys that say the same when they are left out as when they are empty."""


def _instead(path: Path, meant: Any) -> Fix:
    return Fix(f"Write `{_plain(meant)}`", _replaced(path, meant))


def _replaced(path: Path, value: Any) -> tuple[ReplaceValue]:
    return (ReplaceValue(path=list(path), value=value),)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_plain(each)}" for key, each in value.items()) + "}"
    return f"[{', '.join(map(_plain, value))}]" if isinstance(value, list) else str(value)


def sample(value: Any) -> str:
    """A value as it may be written in YAML."""
    if isinstance(value, str) and re.search(r"[{}:#\n]", value):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
