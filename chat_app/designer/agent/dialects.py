"""Operations that can be understood only with the text at hand: one more output, a JSON Patch by index.

They are put into typed edits here; whatever else a model writes instead of them, the fixers read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from chat_app.workflow.source import read

_ADDS = frozenset({"add_output", "add_outputs", "append_output", "include_output"})
_REMOVES = frozenset({"remove_output", "remove_outputs", "delete_output", "drop_output"})
_PATCH_OPS = frozenset({"add", "replace", "remove"})
_NAME_KEYS = ("name", "output", "field", "id", "outputs", "names", "fields", "value")
_SPLIT = re.compile(r"[/.]")


def in_our_words(text: str, raw: Sequence[Any]) -> list[Any]:
    """The raw edits, with those of other dialects said as typed edits."""
    data = read(text).data
    document: dict[str, Any] = data if isinstance(data, dict) else {}
    outputs = [str(name) for name in document.get("outputs") or []]
    said: list[Any] = []
    for edit in raw:
        op = str(edit.get("op", "")).lower() if isinstance(edit, dict) else ""
        if op in _ADDS or op in _REMOVES:
            names = _names(edit)
            outputs = [name for name in outputs if name not in names] + (names if op in _ADDS else [])
            said.append({"op": "set_outputs", "outputs": list(outputs)})
        elif op in _PATCH_OPS and isinstance(edit.get("path"), str):
            said.extend(_patched(document, op, edit) or [edit])
        else:
            said.append(edit)
    return said


def _names(edit: dict[str, Any]) -> list[str]:
    found: Any = next((edit[key] for key in _NAME_KEYS if edit.get(key)), [])
    names = found if isinstance(found, list) else [found]
    return [str(name).removeprefix("state.") for name in names if isinstance(name, str)]


def _patched(document: dict[str, Any], op: str, edit: dict[str, Any]) -> list[dict[str, Any]]:
    """A JSON Patch on one of the parts that have edits of their own."""
    parts = [part for part in _SPLIT.split(edit["path"]) if part]
    value = edit.get("value")
    match parts:
        case ["outputs"] if isinstance(value, list):
            return [{"op": "set_outputs", "outputs": value}]
        case ["outputs", _] if op == "add" and isinstance(value, str):
            return [{"op": "set_outputs", "outputs": [*(document.get("outputs") or []), value]}]
        case ["nodes", "-" | "end"] if isinstance(value, dict):
            return [{"op": "add_node", "node": value}]
        case ["nodes", place, *keys]:
            return list(_on_node(_id(document, place), op, keys, value))
        case ["inputs", name] if op != "remove":
            return [{"op": "add_input", "name": name, "type": value}]
        case ["state", name] if op != "remove":
            return [{"op": "add_field", "name": name, "type": value}]
        case ["inputs" | "state", name]:
            return [{"op": "remove_field", "name": name}]
        case ["description" | "model" as key]:
            return [{"op": "set_info", key: None if op == "remove" else value}]
        case ["limits", name]:
            return [{"op": "set_limits", "limits": {name: None if op == "remove" else value}}]
        case _:
            return []


def _on_node(name: str | None, op: str, keys: list[str], value: Any) -> Iterator[dict[str, Any]]:
    if name is None:
        return
    if not keys:
        if op == "remove":
            yield {"op": "remove_node", "id": name}
        elif isinstance(value, dict) and op == "replace":
            yield {"op": "replace_node", "id": name, "node": value}
        elif isinstance(value, dict):
            yield {"op": "add_node", "node": value, "before": name}
    elif len(keys) == 1:
        yield {"op": "set_key", "id": name, "key": keys[0], "value": None if op == "remove" else value}


def _id(document: dict[str, Any], place: str) -> str | None:
    """The id of the node at an index, or the one that is named."""
    nodes = [node for node in document.get("nodes") or [] if isinstance(node, dict)]
    if place.isdigit() and int(place) < len(nodes):
        return str(nodes[int(place)].get("id"))
    return place if any(node.get("id") == place for node in nodes) else None
