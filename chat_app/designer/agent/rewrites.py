"""A model that writes the whole document again: only what differs is taken over, the rest keeps its bytes."""

from __future__ import annotations

import re
from typing import Any

from chat_app.workflow.edits.text.splice import write_back
from chat_app.workflow.edits.text.tree import Map, Seq, fresh, load, places, plain, same
from chat_app.workflow.source import read

_KEPT_IN_SILENCE = frozenset({"version", "description", "model", "requirements", "tests", "limits"})
"""What a rewrite that does not mention it leaves alone."""
_ELLIPSIS = re.compile(
    r"^\s*(?:#\s*)?(?:-\s*)?(?:\.\.\.|…|#.*\b(?:unchanged|as before|same as|rest of)\b).*$", re.M | re.I
)
_NAMED_BY = {"nodes": "id", "edges": "from", "requirements": "id", "tests": "name"}


def rewritten(old: str, new: str) -> str | None:
    """The old text with the new one's data; None where one can't be read, or the new one leaves out parts."""
    if _ELLIPSIS.search(new) or read(old).problems or read(new).problems:
        return None
    place = places(old)
    data, wanted = load(place), plain(load(places(new)))
    if not isinstance(data, Map) or not isinstance(wanted, dict):
        return None
    _take_over(data, wanted, keep=_KEPT_IN_SILENCE)
    return write_back(old, place, data)


def _take_over(data: Map, wanted: dict[str, Any], keep: frozenset[str] = frozenset()) -> None:
    for key in [key for key in data if key not in wanted and key not in keep]:
        del data[key]
    for key, value in wanted.items():
        data[key] = _merged(data.get(key), value, _NAMED_BY.get(key))


def _merged(have: Any, wanted: Any, named_by: str | None) -> Any:
    """What is equal stays as it stands; mappings and named lists are merged within."""
    if same(plain(have), wanted):
        return have
    if isinstance(have, Map) and isinstance(wanted, dict):
        _take_over(have, wanted)
        return have
    if isinstance(have, Seq) and isinstance(wanted, list) and named_by:
        known = {item[named_by]: item for item in have if isinstance(item, Map) and named_by in item}
        items = [_merged(known.get(_name(item, named_by)), item, None) for item in wanted]
        return Seq(items, have.origin)
    return fresh(wanted)


def _name(item: Any, named_by: str) -> Any:
    name = item.get(named_by) if isinstance(item, dict) else None
    return name if isinstance(name, str) else None
