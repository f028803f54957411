"""Renames nodes and fields everywhere they are named."""

from __future__ import annotations

from typing import Any

from chat_app.workflow.edits.draft import CannotApply, Draft, Level, shown
from chat_app.workflow.edits.node_data import check_new_id
from chat_app.workflow.edits.references import (
    rename_field,
    rename_word,
    texts_of_edges,
    texts_of_node,
)
from chat_app.workflow.edits.text.tree import Map
from chat_app.workflow.names import nearest
from chat_app.workflow.typed_edits import Rename


def rename(draft: Draft, edit: Rename) -> None:
    """Renames a node, a field or the workflow."""
    if edit.what == "workflow":
        draft.data["name"] = edit.new
    elif edit.what == "node":
        _, node = draft.node(edit.old)
        rename_node(draft, node["id"], edit.new)
    else:
        rename_anywhere(draft, edit.old, edit.new)


def rename_node(draft: Draft, old: str, new: str) -> None:
    """Gives a node another id, and every place that names it too."""
    if old == new:
        return
    check_new_id(draft, new)
    level, node = draft.node(old)
    node["id"] = new
    for edge in _maps(level.owner.get("edges")):
        _swap(edge, "from", old, new)
        _swap(edge, "to", old, new)
        for route in _maps(edge.get("routes")):
            _swap(route, "to", old, new)
        two = edge.get("to_conditional")
        if isinstance(two, Map):
            _swap(two, "if_true", old, new)
            _swap(two, "if_false", old, new)
    for step in level.steps:
        _swap(step, "on_error", old, new)
        if step.get("kind") == "parallel":
            _swap(step, "subtasks", old, new)
    for wish in _maps(draft.data.get("requirements")):
        _swap(wish, "met_by", old, new)
    for test in _maps(draft.data.get("tests")):
        for key in ("given", "answers"):
            held = test.get(key)
            if isinstance(held, Map) and old in held:
                held.rename(old, new)
    draft.touched = [new if id == old else id for id in draft.touched]
    draft.unordered = [new if id == old else id for id in draft.unordered]


def rename_anywhere(draft: Draft, old: str, new: str) -> None:
    """Renames an input or state field; one of the workflow, or else one of a map's body."""
    old = draft.meant(old, _all_fields(draft))
    holders = [(level, section) for level, section in _sections(draft) if old in section]
    if not holders:
        raise unknown_field(draft, old)
    level, section = holders[0]
    if new in section or (level.map_id is None and new in (*draft.section("inputs"), *draft.section("state"))):
        raise CannotApply(
            "edit-duplicate-name", f"There is a field `{new}` already.", "Choose another name for the field."
        )
    section.rename(old, new)
    rename_references(draft, level, old, new)


def rename_references(draft: Draft, level: Level, old: str, new: str) -> None:
    """Renames a field of a level wherever it is read, written or returned."""
    _in_level(level, old, new)
    if level.map_id is not None:
        _in_tests(draft, set(level.ids), old, new, inside=True)
        _swap(level.owner, "returns", old, new)
        return
    _swap(level.owner, "outputs", old, new)
    _in_tests(draft, set(level.ids), old, new, inside=False)


def _in_level(level: Level, old: str, new: str, writes: bool = True) -> None:
    for place in texts_of_edges(level.owner.get("edges")):
        place.set(rename_field(place.text, place.manner, old, new))
    for step in level.steps:
        for place in texts_of_node(step):
            text = rename_field(place.text, place.manner, old, new)
            place.set(text if writes or place.manner != "code" else place.text)
        if writes:
            _swap(step, "writes", old, new)
        body = step.get("body")
        if step.get("kind") == "map" and isinstance(body, Map):
            inner = Level(body, step["id"])
            if old not in inner.fields():
                _in_level(inner, old, new, writes=False)


def _in_tests(draft: Draft, ids: set[str], old: str, new: str, inside: bool) -> None:
    for test in _maps(draft.data.get("tests")):
        inputs = test.get("inputs")
        if not inside and isinstance(inputs, Map) and old in inputs:
            inputs.rename(old, new)
        for key in ("given", "answers"):
            held = test.get(key)
            for id, values in held.items() if isinstance(held, Map) else ():
                if id in ids and isinstance(values, Map) and old in values:
                    values.rename(old, new)
        expect = test.get("expect")
        if not inside and isinstance(expect, list):
            expect[:] = [rename_field(e, "condition", old, new) if isinstance(e, str) else e for e in expect]


def rename_item(node: Map, old: str, new: str) -> None:
    """Renames what a map's body reads its item by."""
    body = node.get("body")
    if not isinstance(body, Map):
        return
    inner = Level(body, str(node.get("id")))
    for place in texts_of_edges(body.get("edges")):
        place.set(rename_word(place.text, place.manner, old, new))
    for step in inner.steps:
        for place in texts_of_node(step):
            place.set(rename_word(place.text, place.manner, old, new))
        rename_item(step, old, new)


def unknown_field(draft: Draft, name: str) -> CannotApply:
    """The refusal of a field that is not there."""
    names = _all_fields(draft)
    close = nearest(name, names)
    hint = f"Did you mean `{close}`? " if close else ""
    known = ", ".join(f"`{each}`" for each in names[:40]) or "none yet"
    return CannotApply("edit-unknown-field", f"There is no field `{shown(name)}`.", f"{hint}The fields are: {known}.")


def _all_fields(draft: Draft) -> list[str]:
    names = [name for _, section in _sections(draft) for name in section]
    return list(dict.fromkeys([*names, *draft.known_fields()]))


def _sections(draft: Draft) -> list[tuple[Level, Map]]:
    levels = draft.levels()
    return [(levels[0], draft.section("inputs")), *((level, level.fields()) for level in levels)]


def _swap(holder: Map, key: str, old: str, new: str) -> None:
    now = holder.get(key)
    if now == old:
        holder[key] = new
    elif isinstance(now, list) and old in now:
        now[:] = [new if each == old else each for each in now]


def _maps(value: Any) -> list[Map]:
    return [item for item in value if isinstance(item, Map)] if isinstance(value, list) else []
