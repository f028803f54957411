"""State fields that nodes write and nobody declared: declared with the type that their use tells."""

from __future__ import annotations

import re
from typing import Any

from chat_app.workflow.edits.draft import BODY_KEYS, ROOT_KEYS, Draft, Level, mapping_in, words
from chat_app.workflow.edits.references import texts_of_edges
from chat_app.workflow.edits.text.tree import Map, fresh, plain
from chat_app.workflow.names import likeness

LIKE_ENOUGH = 0.8


def declare(draft: Draft, level: Level, fields: dict[str, dict[str, Any]]) -> None:
    """Declares the fields that an edit brings; those that are there stay as they are."""
    for name, kind in fields.items():
        if name not in level.fields() and (level.map_id is not None or name not in draft.section("inputs")):
            state_of(level).put(name, fresh(kind if isinstance(kind, dict) else {"type": str(kind)}))


def declare_implied(draft: Draft) -> None:
    """Declares what touched nodes write and no one has declared."""
    for level in draft.levels():
        for node in level.steps:
            if node["id"] not in draft.touched:
                continue
            for name in words(node.get("writes")):
                outer = draft.section("inputs") if level.map_id is None else Map()
                if name in level.fields():
                    _fit(draft, level, node, name)
                elif name not in outer and not _took_unwritten(draft, level, node, name):
                    kind = implied_type(draft, level, node, name)
                    state_of(level).put(name, fresh(kind))
                    draft.note(f"Declared the field `{name}` as {described(kind)}, as `{node['id']}` writes it.")


def _took_unwritten(draft: Draft, level: Level, node: Map, name: str) -> bool:
    """Whether a slip of the pen in `writes` was mended: a field like it waits for a writer."""
    written = {each for step in level.steps for each in words(step.get("writes"))}
    waiting = [field for field in level.fields() if field not in written]
    close = [field for field in waiting if likeness(name, field) >= LIKE_ENOUGH]
    writes = node.get("writes")
    if len(close) != 1 or not isinstance(writes, list):
        return False
    writes[:] = [close[0] if each == name else each for each in writes]
    draft.note(f"`{node['id']}` writes `{close[0]}`, the field that no other node writes, not `{name}`.")
    return True


def _fit(draft: Draft, level: Level, node: Map, name: str) -> None:
    """Lets a declared field hold what a classify or a map alone puts into it."""
    kind, labels = level.fields()[name], node.get("labels")
    if not isinstance(kind, Map) or sum(name in words(step.get("writes")) for step in level.steps) > 1:
        return
    if node.get("kind") == "classify" and isinstance(labels, dict) and labels:
        now = kind.get("enum")
        if kind.get("type") == "string" and (not isinstance(now, list) or set(now) != set(labels)):
            kind["enum"] = fresh(list(labels))
            draft.note(f"The values of `{name}` are now the labels of `{node['id']}`: {', '.join(labels)}.")
    elif node.get("kind") == "map" and kind.get("type") not in (None, "array"):
        items = {key: plain(value) for key, value in kind.items() if key not in ("description", "reduce", "default")}
        for key in [key for key in items if key in kind]:
            del kind[key]
        kind["type"], kind["items"] = "array", fresh(items)
        draft.note(f"`{name}` is now a list, as the map `{node['id']}` collects into it.")


def implied_type(draft: Draft, level: Level, node: Map, name: str) -> dict[str, Any]:
    """The type that a field most likely has."""
    kind, labels, body = node.get("kind"), node.get("labels"), node.get("body")
    if kind == "classify" and isinstance(labels, dict) and labels:
        return {"type": "string", "enum": list(labels)}
    if kind == "map" and isinstance(body, Map):
        return {"type": "array", "items": _returned(draft, Level(body, node["id"]))}
    if kind == "template":
        whole = re.fullmatch(r"\s*\{\{\s*state\.(\w+)\s*\}\}\s*", str(node.get("template", "")))
        known = {**draft.section("inputs"), **level.fields()}
        if whole and isinstance(known.get(whole.group(1)), dict):
            return {key: plain(value) for key, value in known[whole.group(1)].items() if key in ("type", "items")}
    return _used_as(level, name)


def described(kind: dict[str, Any]) -> str:
    """A type in a few words."""
    if kind.get("enum"):
        return "one of " + ", ".join(str(value) for value in kind["enum"])
    if kind.get("type") == "array":
        items = kind.get("items")
        return f"a list of {items.get('type', 'value')}s" if isinstance(items, dict) else "a list"
    return str(kind.get("type"))


def state_of(level: Level) -> Map:
    """The fields of a level, for changing."""
    return mapping_in(level.owner, "state", ROOT_KEYS if level.map_id is None else BODY_KEYS)


def _returned(draft: Draft, inner: Level) -> dict[str, Any]:
    def kind_of(name: str) -> dict[str, Any]:
        known = inner.fields().get(name)
        if isinstance(known, dict):
            return {key: plain(value) for key, value in known.items() if key not in ("reduce", "default")}
        writer = next((step for step in inner.steps if name in words(step.get("writes"))), None)
        return implied_type(draft, inner, writer, name) if writer is not None else {"type": "string"}

    returns = inner.owner.get("returns")
    if isinstance(returns, list):
        return {"type": "object", "properties": {name: kind_of(name) for name in words(returns)}}
    return kind_of(str(returns))


def _used_as(level: Level, name: str) -> dict[str, Any]:
    """A number or boolean where a condition compares the field as one, a list where a map goes over it."""
    field = rf"(?<![\w.])state\.{re.escape(name)}\b"
    for place in texts_of_edges(level.owner.get("edges")):
        if re.search(rf"{field}\s*(?:[<>]=?|==|!=)\s*-?\d", place.text):
            return {"type": "number"}
        if re.search(
            rf"{field}\s*(?:==|!=)\s*(?:true|false)\b|(?:^|&&|\|\||!)\s*{field}\s*(?:$|&&|\|\|)", place.text
        ):
            return {"type": "boolean"}
    for node in level.steps:
        if node.get("kind") == "map" and re.search(
            rf"\{{\{{\s*state\.{re.escape(name)}\s*\}}\}}", str(node.get("over"))
        ):
            return {"type": "array", "items": {"type": "string"}}
    return {"type": "string"}
