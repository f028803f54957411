"""Which entries and items of the text stay, which go, and where new ones stand between them."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

from chat_app.workflow.edits.text.tree import Map, Place, Seq

Entry = tuple[int | None, str, Any]
"""The old index (None: new), the key and the value."""
Item = tuple[int | None, Any]


def align_map(place: Place, new: Map) -> tuple[list[Entry], list[int]]:
    """The entries of a mapping as they shall be, and the old ones that go."""
    old = {new.renamed.get(key.value, key.value): at for at, (key, _) in enumerate(place.entries)}
    kept = sorted(at for key, at in old.items() if key in new)
    steps: list[Entry] = []
    waiting = iter(kept)
    names = {at: key for key, at in old.items()}
    done: set[int] = set()
    for key, value in new.items():
        if key not in old:
            steps.append((None, key, value))
            continue
        while old[key] not in done:
            at = next(waiting)
            done.add(at)
            steps.append((at, names[at], new[names[at]]))
    return steps, [at for at in range(len(place.entries)) if at not in done]


def align_seq(place: Place, new: Seq) -> tuple[list[Item], list[int]]:
    """The items of a list as they shall be, and the old ones that go."""
    old_marks = [_mark(item) for item in place.items]
    new_marks = [_mark_of(value, at) for at, value in enumerate(new)]
    steps: list[Item] = []
    gone: list[int] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old_marks, new_marks, autojunk=False).get_opcodes():
        paired = i2 - i1 == j2 - j1 and not any(_holds_moved(value) for value in new[j1:j2])
        if tag == "equal" or (tag == "replace" and paired):
            steps += zip(range(i1, i2), new[j1:j2], strict=True)
            continue
        gone += range(i1, i2)
        steps += [(None, value) for value in new[j1:j2]]
    return steps, gone


def _mark(place: Place) -> tuple[Any, ...]:
    if place.kind == "scalar":
        return ("scalar", type(place.value), place.value)
    return ("moved", id(place))


def _mark_of(value: Any, at: int) -> tuple[Any, ...]:
    origin = getattr(value, "origin", None)
    if origin is not None:
        return ("moved", id(origin))
    if isinstance(value, dict | list):
        return ("new", at)
    return ("scalar", type(value), value)


def _holds_moved(value: Any) -> bool:
    """Whether a value came from the text, or anything in it."""
    if getattr(value, "origin", None) is not None:
        return True
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_holds_moved(part) for part in parts)
