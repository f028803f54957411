"""The parts of a document, for an editor's outline and its search by name."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from chat_app.language_server.snapshot import Snapshot
from chat_app.workflow.diagnostics import Path

_SECTIONS = {
    "inputs": types.SymbolKind.Field,
    "state": types.SymbolKind.Variable,
    "nodes": types.SymbolKind.Function,
    "tests": types.SymbolKind.Event,
    "requirements": types.SymbolKind.Interface,
}


def symbols_of(snapshot: Snapshot) -> list[types.DocumentSymbol]:
    """Inputs, state, nodes (those of maps inside them), tests and requirements."""
    data = snapshot.result.source.data
    return _sections(snapshot, data, ()) if isinstance(data, dict) else []


def _sections(snapshot: Snapshot, data: dict[str, Any], path: Path) -> list[types.DocumentSymbol]:
    found = []
    for key, kind in _SECTIONS.items():
        held = data.get(key)
        parts = [*held.items()] if isinstance(held, dict) else [*enumerate(held)] if isinstance(held, list) else []
        made = (_part(snapshot, value, (*path, key, name), kind) for name, value in parts)
        children = [child for child in made if child is not None]
        if children:
            found.append(_symbol(snapshot, key, types.SymbolKind.Namespace, (*path, key), None, children))
    return [symbol for symbol in found if symbol is not None]


def _part(snapshot: Snapshot, value: Any, path: Path, kind: types.SymbolKind) -> types.DocumentSymbol | None:
    if isinstance(path[-1], str):
        detail = value.get("type") if isinstance(value, dict) else None
        return _symbol(snapshot, path[-1], kind, path, detail, None)
    if not isinstance(value, dict):
        return None
    name = value.get("id", value.get("name"))
    body = value.get("body")
    children = _sections(snapshot, body, (*path, "body")) if isinstance(body, dict) else None
    return _symbol(snapshot, str(name or path[-1]), kind, path, value.get("kind"), children)


def _symbol(
    snapshot: Snapshot,
    name: str,
    kind: types.SymbolKind,
    path: Path,
    detail: Any,
    children: list[types.DocumentSymbol] | None,
) -> types.DocumentSymbol | None:
    source = snapshot.result.source
    span, key = source.span(path), source.span(path, key=True)
    if span is None or key is None:
        return None
    chosen = source.span((*path, "id")) or source.span((*path, "name")) or key if isinstance(path[-1], int) else key
    start, end = min(span[0], key[0]), max(span[1], chosen[1])
    return types.DocumentSymbol(
        name=name or "?",
        kind=kind,
        range=snapshot.lines.range(start, end),
        selection_range=snapshot.lines.range(*(chosen if chosen[1] <= end else (start, start))),
        detail=str(detail) if detail else None,
        children=children or None,
    )
