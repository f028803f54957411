"""Repairs of YAML that can't be read: fences, tabs, texts that need quotes."""

from __future__ import annotations

import json
import re

from chat_app.workflow.edits.repairs.parts import Lines
from chat_app.workflow.source import read

_FENCED = re.compile(r"```(?:ya?ml)?[ \t]*\r?\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_TABS = re.compile(r"(?m)^[ ]*\t[\t ]*")
_UNQUOTED = re.compile(r"^(\s*(?:- )*[\w\"'-]+:[ ]+|\s*- )([^\s'\"|>\[#].*?)\s*$")
_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_MOST_ROUNDS = 40


def repair_layout(text: str, lines: Lines) -> str:
    """The text made readable, where that is surely what was meant; else as it was."""
    made = _without_fence(text, lines)
    if _PAIR.search(made) and read(made).problems:
        made = _PAIR.sub(lambda found: json.loads(f'"{found.group(0)}"'), made)
        lines.append("Characters written as two JSON escapes are written as they are.")
    if _TABS.search(made) and read(made).problems:
        made = _TABS.sub(lambda found: found.group(0).replace("\t", "  "), made)
        lines.append("Tabs at the start of lines became spaces.")
    return _quoted_where_needed(made, lines)


def _without_fence(text: str, lines: Lines) -> str:
    if "```" not in text or not read(text).problems:
        return text
    found = [block for block in _FENCED.findall(text) if re.search(r"(?m)^\s*[\w\"']+:", block)]
    if not found:
        return text
    lines.append("Took the workflow out of its fence.")
    block: str = max(found, key=len)
    return block if block.endswith("\n") else block + "\n"


def _quoted_where_needed(text: str, lines: Lines) -> str:
    """Puts quotes around the text on the line that can't be read, and tries again."""
    made, changed = text, False
    for _ in range(_MOST_ROUNDS):
        problems = read(made).problems
        if not problems:
            if changed:
                lines.append("Put quotes around texts that need them.")
            return made
        place = problems[0].location if problems[0].code == "yaml-syntax" else None
        rows = made.split("\n")
        better = (
            next((row for row in (place.line - 1, place.line - 2) if _needs_quotes(rows, row)), None)
            if place
            else None
        )
        if better is None:
            return text
        found = _UNQUOTED.match(rows[better].rstrip("\r"))
        if found is None:
            return text
        ending = "\r" if rows[better].endswith("\r") else ""
        rows[better] = found.group(1) + json.dumps(found.group(2), ensure_ascii=False) + ending
        made, changed = "\n".join(rows), True
    return text


def _needs_quotes(rows: list[str], row: int) -> bool:
    if not 0 <= row < len(rows):
        return False
    found = _UNQUOTED.match(rows[row].rstrip("\r"))
    if found is None:
        return False
    value = found.group(2)
    risky = (
        "{{" in value
        or ": " in value
        or " #" in value
        or value[0] in "@`%?"
        or value.startswith("**")
        or value.endswith(":")
    )
    return risky and not re.match(r"\{\s*[\w\"']+\s*:", value)
