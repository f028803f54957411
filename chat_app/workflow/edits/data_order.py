"""The edges that follow from the data where a level leaves them out, for drafts that may be wrong."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from chat_app.workflow.edits.draft import Level, reads_of, words
from chat_app.workflow.edits.text.tree import Map, plain
from chat_app.workflow.graph import derived_ways
from chat_app.workflow.nodes import NODE_KINDS, NodeBase, ParallelNode, TemplateNode


def data_order(level: Level) -> list[dict[str, Any]]:
    """The edges of a level as they would be written out; none for a level without nodes."""
    nodes = [_as_node(step) for step in level.steps]
    if not nodes:
        return []
    owners: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ParallelNode):
            for name in node.subtasks:
                owners.setdefault(name, node.id)
    found = derived_ways(nodes, owners)
    return [{"from": source, "to": _target(way[0].targets)} for source, way in found.items()]


def follows_data(level: Level) -> bool:
    """Whether the edges written out say no more than the data does."""
    edges = level.owner.get("edges")
    if not isinstance(edges, list) or any(not isinstance(edge, dict) or "to" not in edge for edge in edges):
        return False
    return _pairs(edges) == _pairs(data_order(level))


def _pairs(edges: list[Any]) -> set[tuple[str, str]]:
    """The single ways, without those that others imply."""
    after: dict[str, set[str]] = {}
    for edge in edges:
        after.setdefault(str(edge["from"]), set()).update(words(edge["to"]))
    return {
        (source, target)
        for source, targets in after.items()
        for target in targets
        if not any(target in _beyond(other, after) for other in targets - {target})
    }


def _beyond(start: str, after: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        for name in after.get(todo.pop(), ()):
            if name not in seen:
                seen.add(name)
                todo.append(name)
    return seen


def _as_node(step: Map) -> NodeBase:
    data = plain(step)
    model = NODE_KINDS.get(str(step.get("kind")))
    try:
        return model.model_validate(data) if model else _stand_in(step)
    except ValidationError:
        return _stand_in(step)


def _stand_in(step: Map) -> NodeBase:
    """A node that reads and writes the same fields as one that is not yet right."""
    common = {"id": step["id"], "writes": words(step.get("writes"))}
    if step.get("kind") == "parallel":
        return ParallelNode.model_construct(**common, subtasks=words(step.get("subtasks")))
    reads = " ".join(f"{{{{ state.{name} }}}}" for name in sorted(reads_of(step)))
    return TemplateNode.model_construct(**common, template=reads)


def _target(names: tuple[str, ...]) -> Any:
    return names[0] if len(names) == 1 else list(names)
