"""Hover: what the word under the pointer means, and why something is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from chat_app.language_server.choices import Choice, about_field, about_node, keys_at, values_at
from chat_app.language_server.findings import touching
from chat_app.language_server.levels import part_at
from chat_app.language_server.phrases import about_word, phrase_at
from chat_app.language_server.positions import Lines
from chat_app.language_server.snapshot import Here, Snapshot
from chat_app.language_server.spot import Spot
from chat_app.workflow.codes import CODES
from chat_app.workflow.surroundings import Surroundings


def hover_at(
    lines: Lines, place: types.Position, surroundings: Surroundings, checked: Snapshot | None, good: Snapshot | None
) -> types.Hover | None:
    """What there is to say about a place; None where it is nothing."""
    offset = lines.offset(place)
    here = Here.at(lines.text, offset, good)
    said = _about(here, here.found.spot, offset, surroundings) if here.found.spot else None
    parts = [said[2]] if said else []
    if checked is not None and checked.text == lines.text:
        parts += _explained(checked, offset)
    if not parts:
        return None
    span = lines.range(said[0], said[1]) if said else None
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(parts)), span)


def _explained(checked: Snapshot, offset: int) -> list[str]:
    """What the findings at a place mean; their headlines are shown by the editor."""
    codes = dict.fromkeys(found.code for found in touching(checked, offset, offset))
    return [f"`{code}`: {CODES[code]}" for code in codes if code in CODES]


def _about(here: Here, spot: Spot, offset: int, surroundings: Surroundings) -> tuple[int, int, str] | None:
    phrase = phrase_at(here, spot)
    if phrase is not None and (about := about_word(phrase, offset)):
        return about
    word = spot.before + spot.after
    tell = _of_key if spot.role == "key" else _of_value
    text = tell(here, spot, word, surroundings)
    return (spot.start, spot.start + len(word), text) if text and word.strip() else None


def _of_key(here: Here, spot: Spot, word: str, surroundings: Surroundings) -> str:
    level = here.level(spot.path)
    if spot.path[len(level.path) :] in (("inputs",), ("state",)) and word in level.own:
        return about_field(level.own[word])
    return _told(keys_at(here, spot.path, surroundings), word)


def _of_value(here: Here, spot: Spot, word: str, surroundings: Surroundings) -> str:
    if spot.path[-1:] == ("id",):
        node = part_at(here.found.data, spot.path[:-1])
        if isinstance(node, dict) and "nodes" in spot.path:
            return about_node(node)
    return _told(values_at(here, spot.path, surroundings, ()), word)


def _told(choices: Iterable[Choice], word: str) -> str:
    found = next((each for each in choices if each.label == word), None)
    if found is None:
        return ""
    if found.about.startswith("**"):
        return found.about
    head = f"**{found.label}**: {found.detail}" if found.detail else f"**{found.label}**"
    return f"{head}\n\n{found.about}" if found.about else head
