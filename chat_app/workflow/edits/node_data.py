"""Nodes as data: their keys in order, and a new one made from what an edit gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chat_app.workflow.edges import END, START
from chat_app.workflow.edits.draft import CannotApply, Draft, shown
from chat_app.workflow.edits.text.tree import Map, Seq, fresh
from chat_app.workflow.fields import NAME_PATTERN
from chat_app.workflow.names import as_name, free_name, nearest
from chat_app.workflow.nodes import NODE_KINDS, MapBody, NodeBase

TEXT_KEYS = {
    "llm": "prompt",
    "classify": "text",
    "template": "template",
    "code": "code",
    "human": "ask",
    "http": "url",
    "map": "over",
}
"""The key that holds the text a kind works with."""

_FIRST = ("id", "kind", "description")
_LAST = ("retry", "timeout_seconds", "on_error", "cache", "writes")
_NAME = re.compile(NAME_PATTERN)


def node_keys(kind: str) -> tuple[str, ...]:
    """The keys of a kind in the order in which they are written; empty for an unknown kind."""
    model = NODE_KINDS.get(kind)
    if model is None:
        return ()
    common = set(NodeBase.model_fields)
    own = [field.alias or name for name, field in model.model_fields.items() if name not in common]
    return (*_FIRST, *(name for name in own if name != "kind"), *_LAST)


def new_node(draft: Draft, spec: dict[str, Any], replaced: Map | None = None) -> Map:
    """A node in the house's key order; refused when its id or kind can't be, or an id in it is taken."""
    return _new_node(draft, spec, set(ids_in(replaced)) if replaced else set())


def _new_node(draft: Draft, spec: dict[str, Any], free: set[str]) -> Map:
    id, kind = spec.get("id"), spec.get("kind")
    check_new_id(draft, id, free)
    if kind not in NODE_KINDS:
        close = nearest(str(kind), NODE_KINDS)
        hint = f"Did you mean `{close}`? " if close else ""
        said = "no kind" if kind is None else f"the kind `{shown(str(kind))}`, which does not exist"
        raise CannotApply("edit-bad-node", f"`{id}` has {said}.", f"{hint}Kinds are: {', '.join(NODE_KINDS)}.")
    made = ordered(spec, node_keys(str(kind)))
    if isinstance(made.get("writes"), str):
        made["writes"] = Seq([made["writes"]])
    if made.get("writes") == []:
        del made["writes"]
    body = made.get("body")
    if kind == "map" and isinstance(body, Map):
        made["body"] = _new_body(draft, body, free)
        inner = list(ids_in(made))
        twice = next((name for at, name in enumerate(inner) if name in inner[:at]), None)
        if twice is not None:
            raise CannotApply("edit-duplicate-id", f"`{twice}` stands in the new node twice.", "Ids are unique.")
    return made


def check_new_id(draft: Draft, id: Any, free: set[str] | None = None) -> None:
    """Refuses an id that is no name, or is taken; those in `free` belong to what is replaced."""
    if not isinstance(id, str) or not id:
        raise CannotApply("edit-bad-node", "The node has no id.", "Give it an `id`, such as `draft`.")
    if not _NAME.match(id) or id in (START, END):
        raise CannotApply(
            "edit-bad-name",
            f"`{shown(id)}` is no name for a node.",
            f"Use lower-case letters, digits and underscores, such as `{as_name(id, 'node')}`.",
        )
    if id not in (free or ()) and id in draft.ids():
        raise CannotApply(
            "edit-duplicate-id",
            f"There is a node `{id}` already.",
            f"Choose another id, such as `{free_name(id, draft.ids())}`, or use replace_node.",
        )


def ordered(spec: dict[str, Any], keys: tuple[str, ...]) -> Map:
    """Data as a new mapping, known keys first and in order."""
    known = [key for key in keys if key in spec and key != "writes"]
    others = [key for key in spec if key not in keys]
    last = ["writes"] if "writes" in spec and "writes" in keys else []
    return fresh({key: spec[key] for key in [*known, *others, *last]})  # type: ignore[no-any-return]


def _new_body(draft: Draft, body: Map, free: set[str]) -> Map:
    made = ordered(body, tuple(MapBody.model_fields))
    nodes = made.get("nodes")
    for at, inner in enumerate(nodes if isinstance(nodes, list) else []):
        if isinstance(inner, Map):
            made["nodes"][at] = _new_node(draft, inner, free)
    return made


def ids_in(node: dict[str, Any]) -> Iterator[str]:
    """The id of a node and those of the nodes in its body."""
    if isinstance(node.get("id"), str):
        yield node["id"]
    body = node.get("body")
    nodes = body.get("nodes") if isinstance(body, dict) else None
    for inner in nodes if isinstance(nodes, list) else []:
        if isinstance(inner, dict):
            yield from ids_in(inner)
