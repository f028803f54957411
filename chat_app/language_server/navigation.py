"""Where a name is declared, and where it is used."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types
from pygls.uris import from_fs_path

from chat_app.language_server.mentions import Mention
from chat_app.language_server.snapshot import Snapshot


def definition_at(snapshot: Snapshot, place: types.Position) -> list[types.Location]:
    """Where the name at a place is declared; for the file of a `workflow` node, the file."""
    offset = snapshot.lines.offset(place)
    mention = snapshot.mention_at(offset)
    if mention is None:
        return _file_at(snapshot, offset)
    declared = [each for each in snapshot.mentions if each.symbol == mention.symbol and each.declares]
    return [location(snapshot, each) for each in declared]


def references_at(snapshot: Snapshot, place: types.Position, *, declaration: bool) -> list[types.Location]:
    """Every place that names what is named at a place."""
    mention = snapshot.mention_at(snapshot.lines.offset(place))
    if mention is None:
        return []
    return [
        location(snapshot, each)
        for each in snapshot.mentions
        if each.symbol == mention.symbol and (declaration or not each.declares)
    ]


def highlights_at(snapshot: Snapshot, place: types.Position) -> list[types.DocumentHighlight]:
    """The same places, for the editor to mark: where the name is declared, and where it is read."""
    mention = snapshot.mention_at(snapshot.lines.offset(place))
    if mention is None:
        return []
    kinds = {True: types.DocumentHighlightKind.Write, False: types.DocumentHighlightKind.Read}
    return [
        types.DocumentHighlight(snapshot.lines.range(each.start, each.end), kinds[each.declares])
        for each in snapshot.mentions
        if each.symbol == mention.symbol
    ]


def location(snapshot: Snapshot, mention: Mention) -> types.Location:
    """A mention as a place in a file."""
    return types.Location(snapshot.uri, snapshot.lines.range(mention.start, mention.end))


def _file_at(snapshot: Snapshot, offset: int) -> list[types.Location]:
    folder = snapshot.surroundings.folder
    if folder is None or not snapshot.readable:
        return []
    for name, start, end in _files(snapshot):
        target = Path(folder, name).resolve()
        if start <= offset <= end and target.is_relative_to(folder.resolve()) and target.is_file():
            uri = from_fs_path(str(target))
            beginning = types.Position(0, 0)
            return [types.Location(uri, types.Range(beginning, beginning))] if uri else []
    return []


def _files(snapshot: Snapshot) -> list[tuple[str, int, int]]:
    """The files that `workflow` nodes name, with where they are named."""
    source = snapshot.result.source
    found = []
    for path, name in _uses(source.data, ()):
        span = source.span(path)
        if span is not None:
            found.append((name, *span))
    return found


def _uses(data: object, path: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], str]]:
    nodes = data.get("nodes") if isinstance(data, dict) else None
    found: list[tuple[tuple[str | int, ...], str]] = []
    for at, node in enumerate(nodes if isinstance(nodes, list) else ()):
        if not isinstance(node, dict):
            continue
        if isinstance(node.get("uses"), str):
            found.append(((*path, "nodes", at, "uses"), node["uses"]))
        found += _uses(node.get("body"), (*path, "nodes", at, "body"))
    return found
