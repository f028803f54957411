"""Renaming a node, a field or a map's item everywhere it is named, by the typed edit that the designers use."""

from __future__ import annotations

import re

from lsprotocol import types

from chat_app.language_server.mentions import Mention, Symbol
from chat_app.language_server.snapshot import Snapshot
from chat_app.language_server.text_edits import text_edits
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.fields import NAME_PATTERN
from chat_app.workflow.source import read
from chat_app.workflow.typed_edits import Rename

_TAKEN = frozenset({"state", "index", "secret", "loop"})


class CannotRename(Exception):
    """The name at this place can't be changed, or not to the name given."""


def renamable_at(snapshot: Snapshot, place: types.Position) -> types.PrepareRenamePlaceholder | None:
    """The name that a rename at a place would change; None where there is none."""
    mention = snapshot.mention_at(snapshot.lines.offset(place))
    if mention is None or not _declared(snapshot, mention.symbol):
        return None
    return types.PrepareRenamePlaceholder(snapshot.lines.range(mention.start, mention.end), mention.symbol.name)


def rename_at(snapshot: Snapshot, place: types.Position, new: str) -> types.WorkspaceEdit:
    """The edits of a rename; raises CannotRename."""
    mention = snapshot.mention_at(snapshot.lines.offset(place))
    if mention is None:
        reason = "only nodes, fields and a map's item have names" if snapshot.readable else "the YAML is broken"
        raise CannotRename(f"There is nothing to rename here: {reason}.")
    if not re.match(NAME_PATTERN, new):
        raise CannotRename(
            f"`{new}` is no name: use lower-case letters, digits and underscores, beginning with a letter."
        )
    return types.WorkspaceEdit(changes={snapshot.uri: _edits(snapshot, mention.symbol, new)})


def _edits(snapshot: Snapshot, symbol: Symbol, new: str) -> list[types.TextEdit]:
    if symbol.what == "item":
        return _of_item(snapshot, symbol, new)
    alike = _declared(snapshot, Symbol(symbol.what, symbol.name), anywhere=True)
    if symbol.what == "field" and len(alike) > 1:
        raise CannotRename(f"{len(alike)} fields are called `{symbol.name}`; rename this one by hand.")
    edit = Rename(what=symbol.what, old=symbol.name, new=new)
    result = apply_edits(snapshot.text, [edit], snapshot.surroundings)
    if result.problems:
        problem = result.problems[0]
        raise CannotRename(f"{problem.message.removeprefix('rename: ')} {problem.help or ''}".strip())
    in_place = _in_place(snapshot, symbol, new)
    # The edit may write a text anew, in quotes; where changing the words says the same, only they change.
    same = read(_written(snapshot, symbol, new)).data == read(result.text).data
    return in_place if same else text_edits(snapshot.lines, result.text)


def _in_place(snapshot: Snapshot, symbol: Symbol, new: str) -> list[types.TextEdit]:
    """Each mention changed where it stands."""
    places = [each for each in snapshot.mentions if each.symbol == symbol]
    return [types.TextEdit(snapshot.lines.range(each.start, each.end), new) for each in places]


def _written(snapshot: Snapshot, symbol: Symbol, new: str) -> str:
    """The text after that."""
    parts, at = [], 0
    for each in snapshot.mentions:
        if each.symbol == symbol:
            parts += [snapshot.text[at : each.start], new]
            at = each.end
    return "".join([*parts, snapshot.text[at:]])


def _of_item(snapshot: Snapshot, symbol: Symbol, new: str) -> list[types.TextEdit]:
    """An item is named only in its map: each place is changed as it is written."""
    if new in _TAKEN or _declared(snapshot, Symbol("item", new), anywhere=True):
        raise CannotRename(f"`{new}` stands for something else already; choose another name for the item.")
    if not _declared(snapshot, symbol):
        raise CannotRename("The item has its usual name; write `item: ...` into the map to give it another.")
    return _in_place(snapshot, symbol, new)


def _declared(snapshot: Snapshot, symbol: Symbol, anywhere: bool = False) -> list[Mention]:
    """Where a symbol is declared; `anywhere`: at whatever level."""
    return [
        each
        for each in snapshot.mentions
        if each.declares
        and (
            each.symbol == symbol or (anywhere and (each.symbol.what, each.symbol.name) == (symbol.what, symbol.name))
        )
    ]
