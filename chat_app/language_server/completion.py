"""Completion: what can be written at the cursor, as the items that an editor shows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lsprotocol import types

from chat_app.language_server.choices import Choice, keys_at, values_at
from chat_app.language_server.levels import part_at
from chat_app.language_server.phrases import next_words, phrase_at
from chat_app.language_server.positions import Lines
from chat_app.language_server.snapshot import Here, Snapshot
from chat_app.language_server.spot import Spot
from chat_app.workflow.edits.text.scalar_text import inline
from chat_app.workflow.scalars import scalar_value
from chat_app.workflow.surroundings import Surroundings

TRIGGERS = [".", "{", "[", ",", " ", "|", "'", '"', "/"]

_WORD_AFTER = re.compile(r"\w*")
_VALUE_AFTER = re.compile(r"[\w./:-]*")


def completions_at(
    lines: Lines, place: types.Position, surroundings: Surroundings, models: Iterable[str], good: Snapshot | None
) -> list[types.CompletionItem]:
    """What can be written at a place; the text may be broken."""
    offset = lines.offset(place)
    here = Here.at(lines.text, offset, good)
    spot = here.found.spot
    if spot is None:
        return []
    phrase = phrase_at(here, spot)
    words = next_words(phrase, spot.style) if phrase is not None else None
    if words is not None:
        written, choices = words
        after = _WORD_AFTER.match(spot.after)
        return _items(lines, choices, offset - len(written), offset + (after.end() if after else 0))
    items: list[types.CompletionItem] = []
    if spot.role in ("key", "either"):
        items += _keys(lines, here, spot, surroundings, offset)
    if spot.role in ("value", "either") and spot.style != "|":
        items += _values(lines, here, spot, surroundings, models, offset)
    return items


def _keys(
    lines: Lines, here: Here, spot: Spot, surroundings: Surroundings, offset: int
) -> list[types.CompletionItem]:
    held = part_at(here.found.data, spot.path)
    there = set(held) if isinstance(held, dict) else set()
    if spot.colon:
        there.discard(spot.before + spot.after)
    choices = [choice for choice in keys_at(here, spot.path, surroundings) if choice.label not in there]
    after = _WORD_AFTER.match(spot.after)
    end = offset + (after.end() if after else 0)
    return _items(lines, choices, offset - len(spot.before), end, ending="" if spot.colon else ": ")


def _values(
    lines: Lines, here: Here, spot: Spot, surroundings: Surroundings, models: Iterable[str], offset: int
) -> list[types.CompletionItem]:
    choices = list({each.label: each for each in values_at(here, spot.path, surroundings, models)}.values())
    beside = part_at(here.found.data, spot.path[:-1]) if isinstance(spot.path[-1], int) else None
    if isinstance(beside, list):
        taken = {name for at, name in enumerate(beside) if at != spot.path[-1] and isinstance(name, str)}
        choices = [choice for choice in choices if choice.label not in taken]
    after = _VALUE_AFTER.match(spot.after)
    end = offset + (after.end() if after else 0)
    if not spot.style:
        choices = [_plain(choice, flow=spot.flow) for choice in choices]
    return _items(lines, choices, offset - len(spot.before), end)


def _plain(choice: Choice, *, flow: bool) -> Choice:
    """The choice in quotes, where it would not be read as it is written."""
    value = scalar_value(choice.label)
    text = inline(value, flow=flow) if isinstance(value, str) and not choice.label.startswith("./") else choice.label
    return choice if text == choice.label else Choice(text, choice.kind, choice.detail, choice.about, choice.needed)


def _items(
    lines: Lines, choices: Iterable[Choice], start: int, end: int, ending: str = ""
) -> list[types.CompletionItem]:
    span = lines.range(start, end)
    if span.start.line != span.end.line:
        # Editors complete within one line.
        return []
    return [
        types.CompletionItem(
            label=choice.label,
            kind=choice.kind,
            detail=choice.detail or None,
            documentation=_markdown(choice.about) if choice.about else None,
            sort_text=f"{0 if choice.needed else 1}{number:04}",
            filter_text=choice.label,
            text_edit=types.TextEdit(span, choice.label + ending),
        )
        for number, choice in enumerate(choices)
    ]


def _markdown(text: str) -> types.MarkupContent:
    return types.MarkupContent(types.MarkupKind.Markdown, text)
