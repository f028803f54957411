"""Edits that add, change, move and remove nodes."""

from __future__ import annotations

from typing import Any

from chat_app.workflow.edges import END, START
from chat_app.workflow.edits.data_order import data_order
from chat_app.workflow.edits.declare import declare
from chat_app.workflow.edits.draft import (
    CannotApply,
    Draft,
    Level,
    check_end,
    list_in,
    shown,
    words,
)
from chat_app.workflow.edits.healing import forget_node, forget_unwritten, sole_writes
from chat_app.workflow.edits.intent import note_appended, sibling
from chat_app.workflow.edits.node_data import TEXT_KEYS, ids_in, new_node, node_keys
from chat_app.workflow.edits.references import fields_read
from chat_app.workflow.edits.renaming import rename_item, rename_node
from chat_app.workflow.edits.text.tree import Map, Seq, fresh, same
from chat_app.workflow.edits.wires import Wires, routes_of, tidy, ways
from chat_app.workflow.typed_edits import AddNode, MoveNode, RemoveNode, ReplaceNode, SetKey, SetPrompt


def add_node(draft: Draft, edit: AddNode) -> None:
    """Adds a node where the edit says, and joins the ways anew."""
    node = new_node(draft, edit.node)
    given = [name for name in ("after", "before", "between", "parallel_to") if getattr(edit, name)]
    if len(given) > 1:
        raise CannotApply(
            "edit-bad-place",
            f"The place of `{node['id']}` is given twice: by {' and '.join(given)}.",
            "Give one of after, before, between or parallel_to.",
        )
    container = _container(draft, edit.inside)
    if isinstance(container, Map):
        _join_parallel(draft, container, node)
    else:
        anchors = _anchors(draft, edit, container)
        level = container or anchors[0]
        _place(draft, level, node, edit, anchors[1])
    draft.touched += ids_in(node)
    level_of_node, _ = draft.node(node["id"])
    declare(draft, level_of_node, edit.fields)


def _container(draft: Draft, inside: str | None) -> Level | Map | None:
    """The level of a map, or the parallel node, that a new node joins."""
    if inside is None:
        return None
    _, node = draft.node(inside)
    if node.get("kind") == "parallel":
        return node
    if node.get("kind") == "map":
        body = node.get("body")
        if not isinstance(body, Map):
            node.put("body", fresh({"nodes": []}), node_keys("map"))
        return draft.level(node["id"])
    raise CannotApply(
        "edit-bad-place",
        f"`{node['id']}` is no map and no parallel, so nothing can be inside it.",
        "Use wrap_in_map, or add the node after it.",
    )


def _join_parallel(draft: Draft, owner: Map, node: Map) -> None:
    level, _ = draft.node(owner["id"])
    subtasks = list_in(owner, "subtasks", node_keys("parallel"))
    places = [level.index(name) for name in words(subtasks) if level.node(name)]
    level.insert(max([level.index(owner["id"]), *places]) + 1, node)
    if node["id"] not in subtasks:
        subtasks.append(node["id"])


def _anchors(draft: Draft, edit: AddNode, container: Level | None) -> tuple[Level, tuple[str, ...]]:
    """The level that the named neighbours stand on, and their ids."""
    names = edit.between or tuple(name for name in (edit.after, edit.before, edit.parallel_to) if name)
    if edit.after or edit.parallel_to:
        check_end(names[0], allowed=START)
    if edit.before:
        check_end(names[0], allowed=END)
    level, ids = container or draft.root, []
    for name in names:
        if name in (START, END):
            ids.append(name)
            continue
        level, node = draft.node(name)
        owner = level.owner_of_subtask(node["id"])
        if owner is not None and not edit.parallel_to:
            draft.note(f"`{node['id']}` is a subtask of `{owner}`, so the place is taken from `{owner}`.")
        ids.append(owner if owner is not None and not edit.parallel_to else node["id"])
    return level, tuple(ids)


def _place(draft: Draft, level: Level, node: Map, edit: AddNode, anchors: tuple[str, ...]) -> None:
    id = node["id"]
    if edit.parallel_to:
        owner = level.owner_of_subtask(anchors[0])
        if owner is not None:
            _join_parallel(draft, draft.node(owner)[1], node)
            return
    claimed = level.owner_of_subtask(id)
    if claimed is not None and not anchors:
        level.insert(len(level.nodes), node)
        return
    wires = Wires(draft, level)
    _release_subtasks(level, wires, node)
    beside = sibling(draft, level, wires, anchors[0], node) if edit.after else None
    if beside is not None:
        wires.put_beside(id, beside)
        draft.note(f"`{id}` runs beside `{beside}`, as both were put after `{anchors[0]}`.")
    elif edit.after:
        wires.put_after(id, anchors[0])
        draft.followers[level.map_id, anchors[0]] = id
    elif edit.between:
        wires.put_between(id, *anchors)
    elif edit.parallel_to:
        wires.put_beside(id, anchors[0])
    else:
        wires.put_before(id, anchors[0] if edit.before else END)
        if not edit.before:
            note_appended(draft, level, wires, id)
    level.insert(_file_place(level, edit, anchors), node)


def _release_subtasks(level: Level, wires: Wires, node: Map) -> None:
    """Nodes that a new parallel takes as subtasks lose the edges of their own."""
    if node.get("kind") == "parallel":
        for name in words(node.get("subtasks")):
            if level.node(name) is not None:
                wires.detach(name)


def _file_place(level: Level, edit: AddNode | MoveNode, anchors: tuple[str, ...]) -> int:
    """Where in the list of nodes a node is written."""
    if not anchors or END in anchors:
        return len(level.nodes)
    if anchors[0] == START and len(anchors) == 1:
        return 0
    if edit.before or len(anchors) == 2:
        return level.index(anchors[-1])
    anchor = level.node(anchors[0])
    inside = words(anchor.get("subtasks")) if anchor is not None and anchor.get("kind") == "parallel" else []
    return max(level.index(name) for name in [anchors[0], *inside] if level.node(name)) + 1


def remove_node(draft: Draft, edit: RemoveNode) -> None:
    """Removes a node, joins the ways, and takes away what only it was there for."""
    if edit.id in draft.gone_ids():
        return
    level, node = draft.node(edit.id)
    last = _last_without(level, node["id"])
    lost = _remove(draft, level, node)
    if edit.orphans and isinstance(level.owner.get("edges"), list):
        reached = Wires(draft, level).reachable()
        for orphan in [step for step in level.steps if step["id"] not in reached]:
            if level.node(orphan["id"]) is orphan:
                draft.note(f"Removed `{orphan['id']}` too, as nothing leads to it any more.")
                lost |= _remove(draft, level, orphan)
    forget_unwritten(draft, level, lost, last)


def _remove(draft: Draft, level: Level, node: Map) -> set[str]:
    """Takes a node out; gives the fields that no one writes now."""
    id = node["id"]
    if level.map_id is not None and level.ids == [id]:
        raise CannotApply(
            "edit-empty-map",
            f"`{id}` is the only node in the body of `{level.map_id}`.",
            f"Remove `{level.map_id}`, or add another node to its body first.",
        )
    owner = level.owner_of_subtask(id)
    goes = [node]
    if node.get("kind") == "parallel":
        goes += [step for step in level.steps if step["id"] in words(node.get("subtasks"))]
    lost = sole_writes(level, goes)
    if owner is None:
        wires = Wires(draft, level)
        _drop_blind_routes(draft, wires, id, lost)
        wires.detach(id)
    for gone in goes:
        level.nodes[:] = [step for step in level.nodes if step is not gone]
        forget_node(draft, level, gone["id"])
    left = level.node(owner) if owner is not None else None
    if left is not None and not words(left.get("subtasks")):
        draft.note(f"Removed `{owner}` too, as it has no subtask left.")
        lost |= _remove(draft, level, left)
    if not level.nodes:
        level.owner.pop("edges", None)
    return lost


def _drop_blind_routes(draft: Draft, wires: Wires, id: str, lost: set[str]) -> None:
    """Routes of a node that goes can't choose by what only it wrote."""
    edge = wires.edge(id)
    if edge is None or len(ways(edge)) < 2:
        return
    routes = routes_of(edge)
    kept = [r for r in routes if not fields_read(str(r.get("condition") or ""), "condition") & lost]
    if len(kept) < len(routes):
        routes[:] = kept
        draft.note(f"Dropped the routes of `{id}` that depend on what it wrote.")
        tidy(edge)


def _last_without(level: Level, id: str) -> list[str]:
    """The nodes that come last when this one is gone."""
    edges = level.owner.get("edges")
    known = [edge for edge in (edges if isinstance(edges, list) else data_order(level)) if isinstance(edge, dict)]
    into = {
        target: [str(e.get("from")) for e in known if any(target in words(way["to"]) for way in ways(e))]
        for target in (END, id)
    }
    return [name for name in dict.fromkeys([*into[END], *into[id]]) if name not in (id, START)]


def replace_node(draft: Draft, edit: ReplaceNode) -> None:
    """Puts another node in the place of one; what is equal in both keeps its text."""
    level, node = draft.node(edit.id)
    old_id = node["id"]
    new = new_node(draft, {"id": old_id, **edit.node}, node)
    lost = sole_writes(level, [node])
    if "writes" not in new and node.get("writes") and new.get("kind") != "parallel":
        new.put("writes", node["writes"], node_keys(str(new.get("kind"))))
        draft.note(f"`{new['id']}` keeps writing {', '.join(words(node['writes']))}.")
    if new["id"] != old_id:
        rename_node(draft, old_id, new["id"])
    subtasks = words(node.get("subtasks")) if node.get("kind") == "parallel" else []
    update(node, new)
    _settle_subtasks(draft, level, node, subtasks)
    draft.touched += ids_in(node)
    declare(draft, level, edit.fields)
    forget_unwritten(draft, level, lost - set(words(node.get("writes"))), [node["id"]])


def _settle_subtasks(draft: Draft, level: Level, node: Map, before: list[str]) -> None:
    """Subtasks that are new lose edges of their own; those of a parallel that is none any more go with it."""
    now = words(node.get("subtasks")) if node.get("kind") == "parallel" else []
    if isinstance(level.owner.get("edges"), list):
        wires = Wires(draft, level)
        for name in now:
            if name not in before and level.node(name) is not None:
                wires.detach(name)
    for name in before if node.get("kind") != "parallel" else []:
        gone = level.node(name)
        if gone is not None and level.owner_of_subtask(name) is None:
            level.nodes[:] = [step for step in level.nodes if step is not gone]
            forget_node(draft, level, name)
            draft.note(f"Removed `{name}` too, a subtask of what `{node['id']}` replaces.")


def update(old: Map, new: Map) -> None:
    """Gives a mapping other entries; values that are equal stay as they are written."""
    for key in [key for key in old if key not in new]:
        del old[key]
    order = tuple(new)
    for key, value in new.items():
        now = old.get(key)
        if key not in old:
            old.put(key, value, order)
        elif isinstance(now, Map) and isinstance(value, Map):
            update(now, value)
        elif isinstance(now, Seq) and isinstance(value, list):
            update_list(now, value)
        elif not same(now, value):
            old[key] = value


def update_list(old: Seq, new: list[Any]) -> None:
    """Gives a list other items; nodes with the same id keep what is equal in them."""
    known = {item["id"]: item for item in old if isinstance(item, Map) and isinstance(item.get("id"), str)}
    items: list[Any] = []
    for value in new:
        have = known.pop(value.get("id"), None) if isinstance(value, Map) else None
        if have is not None:
            update(have, value)
        equal = next((item for item in old if have is None and isinstance(item, Map) and same(item, value)), None)
        items.append(value if have is None and equal is None else have or equal)
    old[:] = items


def set_key(draft: Draft, edit: SetKey) -> None:
    """Sets or takes away one key of a node."""
    level, node = draft.node(edit.id)
    if edit.key == "id":
        if not isinstance(edit.value, str):
            raise CannotApply("edit-bad-node", "A node's id is a name.", "Give a name such as `draft`.")
        rename_node(draft, node["id"], edit.value)
        return
    if edit.key == "kind":
        update(node, new_node(draft, {**node, "kind": edit.value}, node))
        return
    lost = sole_writes(level, [node]) if edit.key == "writes" else set()
    keys = node_keys(str(node.get("kind")))
    if keys and edit.key not in keys:
        known = ", ".join(f"`{key}`" for key in keys if key not in ("id", "kind"))
        raise CannotApply(
            "edit-unknown-key",
            f"A node of kind `{node.get('kind')}` has no key `{shown(edit.key)}`.",
            f"Its keys are: {known}.",
        )
    if edit.key == "item" and node.get("kind") == "map":
        rename_item(node, str(node.get("item", "item")), str(edit.value or "item"))
    subtasks = words(node.get("subtasks"))
    if edit.value is None:
        node.pop(edit.key, None)
    else:
        _set(node, edit.key, fresh(edit.value), keys)
    if edit.key == "subtasks":
        _settle_subtasks(draft, level, node, subtasks)
    draft.touched.append(node["id"])
    if edit.key == "writes":
        if isinstance(edit.value, str):
            node["writes"] = Seq([edit.value])
        forget_unwritten(draft, level, lost - set(words(node.get("writes"))), [node["id"]])


def _set(node: Map, key: str, value: Any, order: tuple[str, ...]) -> None:
    now = node.get(key)
    if isinstance(now, Map) and isinstance(value, Map):
        update(now, value)
    elif isinstance(now, Seq) and isinstance(value, Seq):
        update_list(now, value)
    else:
        node.put(key, value, order)


def set_prompt(draft: Draft, edit: SetPrompt) -> None:
    """Sets the text that a node works with."""
    _, node = draft.node(edit.id)
    key = TEXT_KEYS.get(str(node.get("kind")))
    if key is None:
        raise CannotApply(
            "edit-no-text",
            f"`{node['id']}` is of kind `{node.get('kind')}`, which works with no text.",
            "Use set_key for its other keys.",
        )
    node.put(key, edit.prompt, node_keys(str(node["kind"])))
    draft.touched.append(node["id"])


def move_node(draft: Draft, edit: MoveNode) -> None:
    """Takes a node out of the flow and puts it in elsewhere on its level."""
    level, node = draft.node(edit.id)
    id = node["id"]
    anchor = edit.after or edit.before
    if anchor is None or (edit.after and edit.before):
        raise CannotApply("edit-bad-place", "A move needs one place.", "Give either after or before.")
    check_end(anchor, allowed=START if edit.after else END)
    if anchor not in (START, END):
        other, found = draft.node(anchor)
        anchor = other.owner_of_subtask(found["id"]) or found["id"]
        if other.map_id != level.map_id:
            raise CannotApply(
                "edit-bad-place",
                f"`{id}` and `{anchor}` stand on different levels.",
                f"`{id}` is in {level.name}, `{anchor}` in {other.name}. Add a new node there and remove this one.",
            )
    if anchor == id:
        raise CannotApply("edit-bad-place", f"`{id}` can't be moved next to itself.", "Name another node.")
    if level.owner_of_subtask(id):
        raise CannotApply(
            "edit-bad-place",
            f"`{id}` is a subtask of `{level.owner_of_subtask(id)}` and has no place of its own.",
            "Set the subtasks of that node, or move it instead.",
        )
    wires = Wires(draft, level)
    if wires.chooses(id):
        raise CannotApply(
            "edit-no-way",
            f"`{id}` chooses between ways, so it can't simply be moved.",
            "Move the nodes around it, or disconnect its ways first.",
        )
    wires.detach(id)
    level.nodes[:] = [step for step in level.nodes if step is not node]
    if edit.after:
        wires.put_after(id, anchor)
    else:
        wires.put_before(id, anchor)
    level.insert(_file_place(level, edit, (anchor,)), node)
