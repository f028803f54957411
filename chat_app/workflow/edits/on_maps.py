"""Puts nodes into a map over a list."""

from __future__ import annotations

import re
from typing import Any

from chat_app.workflow.edges import END, START
from chat_app.workflow.edits.declare import described, implied_type, state_of
from chat_app.workflow.edits.draft import CannotApply, Draft, Level, reads_of, reads_outside, words
from chat_app.workflow.edits.node_data import check_new_id, ordered
from chat_app.workflow.edits.references import fields_read, replace_field, texts_of_edges, texts_of_node
from chat_app.workflow.edits.renaming import rename_references, unknown_field
from chat_app.workflow.edits.text.tree import Map, Seq, fresh, plain
from chat_app.workflow.edits.wires import Wires, target_places, ways
from chat_app.workflow.names import free_name
from chat_app.workflow.typed_edits import WrapInMap

_FIELD = re.compile(r"\{\{\s*state\.(\w+)\s*\}\}")


def wrap_in_map(draft: Draft, edit: WrapInMap) -> None:
    """Makes a stretch of nodes the body of a map."""
    level, ids = _stretch(draft, edit)
    check_new_id(draft, edit.id)
    if edit.writes in draft.section("inputs"):
        raise CannotApply(
            "edit-duplicate-name", f"`{edit.writes}` is an input, so a map can't write it.", "Choose another field."
        )
    nodes = [node for node in level.steps if node["id"] in ids]
    if not any(words(node.get("writes")) for node in nodes):
        raise CannotApply(
            "edit-empty-map",
            f"{', '.join(ids)} write nothing, so a map would have nothing to collect.",
            "Let one of them write a field first.",
        )
    wires = Wires(draft, level)
    inner_edges, last = _cut_out(wires, edit.id, ids)
    over = _list_field(draft, level, edit, nodes)
    outside = reads_outside(draft, level, set(ids))
    local = _local_fields(draft, level, nodes)
    returned = [name for name in local if name in outside] or _written(nodes, last) or list(local)[-1:]
    body = Map()
    body.update({"state": local, "nodes": Seq(nodes), "edges": inner_edges, "returns": _one_or_list(returned)})
    if not local:
        del body["state"]
    at = level.index(nodes[0]["id"])
    level.nodes[:] = [step for step in level.nodes if not any(step is node for node in nodes)]
    spec = {"id": edit.id, "kind": "map", "over": over, "item": edit.item, "writes": [edit.writes]}
    made = ordered(spec, ("id", "kind", "over", "item", "body", "writes"))
    made.put("body", body, ("body", "writes"))
    level.insert(at, made)
    draft.unordered.append(edit.id)
    _settle_names(draft, level, edit, returned)
    _drop_unread_input(draft, level, edit)


def _stretch(draft: Draft, edit: WrapInMap) -> tuple[Level, list[str]]:
    """The level and all nodes that go into the map, subtasks included."""
    level, _ = draft.node(edit.nodes[0])
    ids: list[str] = []
    for name in edit.nodes:
        other, node = draft.node(name)
        if other.map_id != level.map_id:
            raise CannotApply(
                "edit-bad-place", f"`{name}` stands in {other.name}, not in {level.name}.", "Name nodes of one level."
            )
        ids += [node["id"], *(words(node.get("subtasks")) if node.get("kind") == "parallel" else [])]
    for name in ids:
        owner = level.owner_of_subtask(name)
        if owner is not None and owner not in ids:
            raise CannotApply(
                "edit-bad-place", f"`{name}` is a subtask of `{owner}`.", f"Wrap `{owner}`, its subtasks go along."
            )
    return level, list(dict.fromkeys(ids))


def _cut_out(wires: Wires, map_id: str, ids: list[str]) -> tuple[Seq, list[str]]:
    """Leads the ways in and out to the map; gives the edges inside and the nodes that come last there."""
    entries: list[str] = []
    leaving: list[list[str]] = []
    inner = Seq()
    last: list[str] = []
    for edge in wires.all():
        source = str(edge.get("from"))
        if source not in ids:
            entries += [name for name in wires.targets(source) if name in ids]
            for name in ids:
                wires.redirect(edge, name, [map_id])
            continue
        inner.append(edge)
        for way in ways(edge):
            out = [name for name in words(way["to"]) if name not in ids]
            if out:
                leaving.append(out)
                last.append(source)
        for holder, key in target_places(edge):
            kept = [name for name in words(holder[key]) if name in ids]
            holder[key] = _one_or_list(kept or [END])
    if not entries:
        raise CannotApply("edit-no-way", f"Nothing leads to `{ids[0]}`.", "Connect it first.")
    if any(set(out) != set(leaving[0]) for out in leaving):
        ends = ", ".join(f"`{name}`" for name in dict.fromkeys(name for out in leaving for name in out))
        raise CannotApply(
            "edit-no-way",
            f"The nodes {', '.join(ids)} lead to different places ({ends}), so they can't be one step.",
            "Wrap nodes that all lead to the same next node.",
        )
    near = wires.edge(inner[0]["from"]) if inner else None
    wires.add(map_id, leaving[0] if leaving else [END], near=near, before=True)
    for edge in inner:
        wires.remove(edge)
    inner.insert(0, fresh({"from": START, "to": _one_or_list(list(dict.fromkeys(entries)))}))
    return inner, list(dict.fromkeys(last))


def _list_field(draft: Draft, level: Level, edit: WrapInMap, nodes: list[Map]) -> str:
    """The template of the list; the nodes then read the item."""
    over = edit.over if "{{" in edit.over else f"{{{{ state.{edit.over.strip().removeprefix('state.')} }}}}"
    found = _FIELD.fullmatch(over.strip())
    field = found.group(1) if found else None
    replaces = edit.replaces.removeprefix("state.") if edit.replaces else None
    read = set().union(*(reads_of(node) for node in nodes))
    if replaces is None and field in read:
        replaces = field
    if field is not None and level.map_id is None and field not in draft.known_fields():
        _make_list(draft, level, field, replaces, nodes)
    elif field is not None and field not in [*draft.known_fields(), *level.fields()]:
        raise unknown_field(draft, field)
    if replaces is not None:
        for node in nodes:
            _read_item(node, replaces, edit.item, was_list=replaces == field)
    return over


def _drop_unread_input(draft: Draft, level: Level, edit: WrapInMap) -> None:
    """An input that was read only as what is now the item has no use any more."""
    inputs = draft.section("inputs")
    name = (edit.replaces or "").removeprefix("state.")
    if name in inputs and level.map_id is None and name not in reads_outside(draft, level, set()):
        del inputs[name]
        if not inputs:
            del draft.data["inputs"]
        for given in _test_inputs(draft):
            given.pop(name, None)
        draft.note(f"Removed the input `{name}`, as the item takes its place.")


def _read_item(node: Map, field: str, item: str, was_list: bool) -> None:
    """Lets a node read the item; what joined the list before has one text now."""
    body = node.get("body")
    inner = Level(body, str(node["id"])) if isinstance(body, Map) else None
    for place in [*texts_of_node(node), *(texts_of_edges(inner.owner.get("edges")) if inner else [])]:
        text = replace_field(place.text, place.manner, field, item)
        if was_list and place.manner == "template":
            text = re.sub(rf"(\{{\{{\s*{item})\s*\|\s*join\b(?:\([^()]*\))?(?=\s*[|}}])", r"\1", text)
        place.set(text)
    for step in inner.steps if inner else []:
        _read_item(step, field, item, was_list)


def _make_list(draft: Draft, level: Level, field: str, replaces: str | None, nodes: list[Map]) -> None:
    """Makes the input that was read once the list that is gone through."""
    inputs = draft.section("inputs")
    old = inputs.get(replaces or "")
    if replaces is None or not isinstance(old, Map):
        raise unknown_field(draft, field)
    about = ("type", "enum", "items", "properties", "minimum", "maximum")
    kind: dict[str, Any] = {"type": "array", "items": {key: plain(old[key]) for key in about if key in old}}
    if old.get("description"):
        kind["description"] = old["description"]
    if isinstance(old.get("examples"), list) and old["examples"]:
        kind["examples"] = [[plain(example) for example in old["examples"]]]
    used = replaces in reads_outside(draft, level, {node["id"] for node in nodes})
    if used:
        inputs[field] = fresh(kind)
        _give_in_tests(draft, field, replaces, old)
        draft.note(f"Added the input `{field}`: a list of what `{replaces}` holds one of.")
        return
    inputs.rename(replaces, field)
    inputs[field] = fresh(kind)
    draft.note(f"The input `{replaces}` is now the list `{field}`.")
    for given in _test_inputs(draft):
        if replaces in given:
            given.rename(replaces, field)
            given[field] = Seq([given[field]])


def _give_in_tests(draft: Draft, field: str, single: str, kind: Map) -> None:
    """Tests give the list too: one item of what they give already."""
    for given in _test_inputs(draft):
        value = given.get(single, kind.get("default"))
        if value is not None:
            given[field] = Seq([fresh(plain(value))])


def _test_inputs(draft: Draft) -> list[Map]:
    tests = draft.data.get("tests")
    found = [test.get("inputs") for test in tests if isinstance(test, Map)] if isinstance(tests, list) else []
    return [given for given in found if isinstance(given, Map)]


def _local_fields(draft: Draft, level: Level, nodes: list[Map]) -> Map:
    """The fields that the nodes write, moved into the body with their types."""
    ids = {node["id"] for node in nodes}
    elsewhere = {name for step in level.steps if step["id"] not in ids for name in words(step.get("writes"))}
    local, outer = Map(), level.fields()
    for name in dict.fromkeys(name for node in nodes for name in words(node.get("writes"))):
        kind = outer.get(name)
        if kind is None:
            writer = next(node for node in nodes if name in words(node.get("writes")))
            local[name] = fresh(implied_type(draft, level, writer, name))
        elif name in elsewhere:
            local[name] = fresh(plain(kind))
        else:
            local[name] = kind
            del outer[name]
    return local


def _written(nodes: list[Map], last: list[str]) -> list[str]:
    """What the last nodes write."""
    ends = [node for node in nodes if node["id"] in last] or nodes[-1:]
    return list(dict.fromkeys(name for node in ends for name in words(node.get("writes"))))


def _settle_names(draft: Draft, level: Level, edit: WrapInMap, returned: list[str]) -> None:
    """Declares the list of results, and lets what is outside read it."""
    inner = draft.level(edit.id)
    local = inner.fields()
    types = {name: {k: plain(v) for k, v in local[name].items() if k != "reduce"} for name in returned}
    single = returned[0] if len(returned) == 1 else None
    if edit.writes in local:
        new = free_name(f"one_{edit.writes}", [*local, *level.fields(), *draft.section("inputs")])
        local.rename(edit.writes, new)
        rename_references(draft, inner, edit.writes, new)
        draft.note(f"Inside `{edit.id}`, `{edit.writes}` is called `{new}`.")
    state = state_of(level)
    items: Any = types[single] if single else {"type": "object", "properties": types}
    if edit.writes not in state:
        kind = {"type": "array", "items": items}
        state[edit.writes] = fresh(kind)
        draft.note(f"Declared the field `{edit.writes}` as {described(kind)}.")
    elif single == edit.writes:
        state[edit.writes] = fresh({"type": "array", "items": items})
    _drop_expectations(draft, level, {name for name in local if name not in state})
    for name in returned:
        if name != edit.writes and name in reads_outside(draft, level, {edit.id}) and name not in state:
            rename_references(draft, level, name, edit.writes)
            draft.note(f"Outside `{edit.id}`, `{name}` is now in the list `{edit.writes}`.")
    _join_outputs(level, edit.writes, [name for name in returned if name not in state])


def _drop_expectations(draft: Draft, level: Level, gone: set[str]) -> None:
    """What tests expected of a single value says nothing of a list of them."""
    tests = draft.data.get("tests")
    if level.map_id is not None or not isinstance(tests, list):
        return
    for test in [test for test in tests if isinstance(test, Map)]:
        lines = words(test.get("expect"))
        kept = [line for line in lines if not fields_read(line, "condition") & gone]
        if len(kept) == len(lines):
            continue
        if kept:
            test["expect"][:] = kept
            draft.note(f"The test `{test.get('name')}` expects nothing of {', '.join(sorted(gone))} any more.")
        else:
            tests[:] = [other for other in tests if other is not test]
            draft.note(f"Removed the test `{test.get('name')}`: what it expected is a list now.")
    if not tests:
        del draft.data["tests"]


def _join_outputs(level: Level, writes: str, gone: list[str]) -> None:
    outputs = level.owner.get("outputs" if level.map_id is None else "returns")
    if isinstance(outputs, list):
        joined = list(dict.fromkeys(writes if name in gone else name for name in words(outputs)))
        outputs[:] = joined if len(joined) < len(outputs) or writes in joined else outputs


def _one_or_list(names: list[str]) -> Any:
    return names[0] if len(names) == 1 else Seq(names)
