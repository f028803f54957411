"""Edges of another tool in whatever form they are written: source, target, handle, condition."""

from __future__ import annotations

import itertools
import re
from typing import Any

from chat_app.workflow.edits.repairs.dialect.words import first

Told = tuple[str, str, str, str | None]
"""Source, target, handle and condition of an edge."""


def edges_of(edges: Any) -> list[Told]:
    """Source, target, handle and condition of each edge, in whatever form they are written."""
    return [(_end(source), _end(target), handle, condition) for source, target, handle, condition in _edges_of(edges)]


def _end(name: str) -> str:
    """START and END in whatever spelling."""
    plain = name.strip("_ ").upper()
    return plain if plain in ("START", "END") else name


def _edges_of(edges: Any) -> list[Told]:
    made: list[Told] = []
    if isinstance(edges, dict):
        edges = [{"from": source, "to": to} for source, to in edges.items()]
    for given in edges if isinstance(edges, list) else []:
        edge: Any = given
        if isinstance(edge, list | tuple) and len(edge) >= 2:
            edge = {"from": edge[0], "to": edge[1]}
        if isinstance(edge, str) and re.search(r"-+>|→|=>", edge):
            parts = [part.strip() for part in re.split(r"-+>|→|=>", edge)]
            made += [(one, other, "", None) for one, other in itertools.pairwise(parts)]
        if not isinstance(edge, dict):
            continue
        source = first(edge, ("from", "source", "from_node", "src", "start"))
        target = first(
            edge, ("to", "target", "to_node", "dest", "destination", "end", "path_map", "mapping", "routes")
        )
        subject = first(edge, ("path", "on", "field", "router", "condition_field"))
        handle = str(
            first(edge, ("sourceHandle", "source_handle", "handle", "branch", "label", "port", "when_value")) or ""
        )
        condition = first(edge, ("condition", "when", "if", "expression"))
        condition = str(condition) if condition is not None else None
        for one in listed(source):
            made += _to(str(one), target, handle if handle not in ("source", "out") else "", condition, subject)
    return made


def _to(source: str, target: Any, handle: str, condition: str | None, subject: Any) -> list[Told]:
    if isinstance(target, dict):
        ways = [(source, str(to), "", is_value(subject, value)) for value, to in target.items()]
        return [*ways[:-1], *((*way[:3], "else") for way in ways[-1:])]  # the map names every way there is
    made: list[Told] = []
    for one in listed(target):
        if isinstance(one, dict):
            named = first(one, ("to", "target", "node", "goto", "next"))
            tested = first(one, ("condition", "when", "if"))
            made += [(source, str(each), "", str(tested) if tested is not None else "else") for each in listed(named)]
        else:
            made.append((source, str(one), handle, condition))
    return made


def is_value(subject: Any, value: Any) -> str | None:
    """The condition that something has a value."""
    if not isinstance(subject, str):
        return str(value)
    shown = (
        str(value).lower() if isinstance(value, bool) else value if isinstance(value, int | float) else f"'{value}'"
    )
    return (
        f"{subject.strip()} == {shown}"
        if not subject.strip().startswith("{{")
        else f"{subject.strip()[2:-2].strip()} == {shown}"
    )


def listed(value: Any) -> list[Any]:
    """A value as a list; nothing as an empty one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
