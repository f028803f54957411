"""The sentences of a diff in the current language; what has no counterpart there stays English."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chat_app.translation import language, mark, tr

_WHAT = {
    "node": mark("step"),
    "field": mark("field"),
    "input": mark("input"),
    "test": mark("test"),
    "requirement": mark("requirement"),
}
_DONE = {
    "Added": mark("Added, {what}: {names}."),
    "Removed": mark("Removed, {what}: {names}."),
    "Changed": mark("Changed, {what}: {names}."),
    "Renamed": mark("Renamed, {what}: {names}."),
    "Moved": mark("Moved, {what}: {names}."),
}
_SENTENCE = re.compile(
    r"(Added|Removed|Changed|Renamed|Moved) (node|field|input|test|requirement)s? (.+)\.", re.DOTALL
)
_OTHERS = (
    (re.compile(r"The outputs are(?: now)? (.+) \(were (.+)\)\."), mark("The outputs are now {new}; before: {old}.")),
    (re.compile(r"The outputs are(?: now)? (.+)\."), mark("The outputs are {new}.")),
    (re.compile(r"New ways: (.+)\.", re.DOTALL), mark("New ways: {new}.")),
    (re.compile(r"No ways any more: (.+)\.", re.DOTALL), mark("No ways any more: {new}.")),
    (re.compile(r"Limits: (.+)\."), mark("Limits: {new}.")),
)


def said_differences(lines: Iterable[str]) -> tuple[str, ...]:
    """The sentences as a person reads them."""
    return tuple(lines) if language() == "en" else tuple(map(_said, lines))


def _said(line: str) -> str:
    found = _SENTENCE.fullmatch(line)
    if found:
        return tr(_DONE[found[1]], what=tr(_WHAT[found[2]]), names=found[3])
    for pattern, text in _OTHERS:
        if found := pattern.fullmatch(line):
            return tr(text, new=found[1], **({"old": found[2]} if len(found.groups()) > 1 else {}))
    return line
