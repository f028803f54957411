"""Repairs of edits that bring new nodes: `add_node` and `branch`."""

from __future__ import annotations

from typing import Any

from chat_app.workflow.edits.repairs.op_keys import KEYS, PLACE_KEYS
from chat_app.workflow.edits.repairs.ops import Lines, Raw
from chat_app.workflow.edits.repairs.parts import repair_condition, repair_end, repair_name, repair_node, repair_type

_PLACES = frozenset({"after", "before", "between", "parallel_to", "inside", "fields", "op"})
_CHOICES = frozenset({"condition", "if", "if_else", "branch", "switch"})
"""Words for a node that only chooses a way."""
_AFTER = ("depends_on", "needs", "dependencies")
"""Words for the nodes that a node waits for."""


def repair_add_node(edit: Raw, lines: Lines) -> list[Raw]:
    """One edit a node; a node that only chooses a way becomes a branch."""
    if isinstance(edit.get("nodes"), list) and edit.get("node") is None:
        return [part for each in edit.pop("nodes") for part in repair_add_node({**edit, "node": each}, lines)]
    edit = _placed(edit, lines)
    edit, node = _gathered(edit, lines)
    if str(node.get("kind", node.get("type"))).lower() in _CHOICES and "condition" in node:
        lines.append("A node that only chooses a way is a branch.")
        return repair_branch({"op": "branch", "after": edit.get("after"), **_renamed(node)}, lines)
    tasks = node.get("subtasks", node.get("tasks", node.get("branches")))
    if isinstance(tasks, list) and any(isinstance(task, dict) and len(task) > 1 for task in tasks):
        return _with_subtasks(edit, node, tasks, lines)
    typed = node.get("fields", node.get("writes", node.get("outputs")))
    if isinstance(typed, dict):
        edit.setdefault("fields", {str(k): v for k, v in typed.items()})
    local = None if edit.get("inside") else frozenset[str]()
    edit, ways = _ways_told(edit, node, lines)
    return [
        {**edit, "node": repair_node(node, lines, local), "fields": repair_types(edit.get("fields"), lines)},
        *ways,
    ]


def _ways_told(edit: Raw, node: Raw, lines: Lines) -> tuple[Raw, list[Raw]]:
    """The edit with its place, and ways of their own, from what the node says that it waits for or leads to."""
    id = node.get("id")
    waits = [name for key in _AFTER for name in _names(node.pop(key, None))]
    follows = [name for name in _names(node.pop("next", None)) if node.get("kind") not in _CHOICES]
    if not isinstance(id, str) or any(
        edit.get(key) for key in ("after", "before", "between", "parallel_to", "inside")
    ):
        return edit, []
    if len(waits) == 1 and not follows:
        return {**edit, "after": repair_end(waits[0], lines)}, []
    ways = [{"op": "connect", "from": repair_end(name, lines), "to": id} for name in waits]
    return edit, [*ways, *({"op": "connect", "from": id, "to": repair_end(name, lines)} for name in follows)]


def _names(given: Any) -> list[str]:
    return [name for name in (given if isinstance(given, list) else [given]) if isinstance(name, str) and name]


def _gathered(edit: Raw, lines: Lines) -> tuple[Raw, Raw]:
    """The edit, and the node in it, wherever its keys stood."""
    node = edit.get("node")
    if not isinstance(node, dict):
        rest = {key: value for key, value in edit.items() if key not in _PLACES and key != "node"}
        lines.append("Gathered the keys of the new node into `node`.")
        node = {**({"id": node} if isinstance(node, str) else {}), **rest}
        return {key: value for key, value in edit.items() if key in _PLACES}, node
    if "id" not in node and "name" not in node and isinstance(edit.get("id"), str):
        node = {"id": edit["id"], **node}
    return {key: value for key, value in edit.items() if key != "id"}, node


def _placed(edit: Raw, lines: Lines) -> Raw:
    """The edit with one place in the words of the contract."""
    position = edit.pop("position", None)
    if isinstance(position, dict):
        edit = {**edit, **{PLACE_KEYS.get(str(k), str(k)): v for k, v in position.items() if k not in edit}}
    elif isinstance(position, str) and " " in position:
        word, name = position.split(None, 1)
        edit[word.lower()] = name
    between = edit.get("between")
    if isinstance(between, dict):
        between = [between.get("from", between.get("after")), between.get("to", between.get("before"))]
    if isinstance(between, list):
        edit["between"] = tuple(repair_end(name, lines) for name in between)
    for key in ("after", "before", "parallel_to"):
        if isinstance(edit.get(key), list) and edit[key]:
            edit[key] = edit[key][0]
        if key in edit:
            edit[key] = repair_end(edit[key], lines)
    if edit.get("after") == "END" or (edit.get("after") and edit.get("before") == "END"):
        edit.pop("after" if edit["after"] == "END" else "before")
    elif edit.get("after") and edit.get("before"):
        edit["between"] = (edit.pop("after"), edit.pop("before"))
    return edit


def _with_subtasks(edit: Raw, node: Raw, tasks: list[Any], lines: Lines) -> list[Raw]:
    """A parallel whose subtasks are whole nodes: one edit for it, and one for each of them."""
    lines.append("The subtasks of a parallel are nodes of their own.")
    parts = [repair_node(task, lines) if isinstance(task, dict) else {"id": task} for task in tasks]
    owner = {key: value for key, value in node.items() if key not in ("tasks", "branches")}
    owner["subtasks"] = [part.get("id") for part in parts]
    made = repair_add_node({**edit, "node": owner}, lines)
    inside = made[0]["node"].get("id")
    new = [{"op": "add_node", "node": part, "inside": inside} for part in parts if len(part) > 1]
    return made + [each for part in new for each in repair_add_node(part, lines)]


def _renamed(raw: Raw) -> Raw:
    """The keys of a choice as those of a branch."""
    keys = KEYS["branch"]
    return {keys.get(key, key): value for key, value in raw.items() if key not in ("kind", "type", "id", "name")}


def repair_branch(edit: Raw, lines: Lines) -> list[Raw]:
    """A branch whose ways are names; nodes given in their place are added by it."""
    routes = edit.pop("routes", None)
    if isinstance(routes, list) and routes and "condition" not in edit:
        return _branches(edit, [route for route in routes if isinstance(route, dict)], lines)
    add = edit.get("add")
    given = [add] if isinstance(add, dict) else add if isinstance(add, list) else []
    edit["add"] = [repair_node(node, lines) for node in given if isinstance(node, dict)]
    for key in ("then", "otherwise"):
        value = edit.get(key)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, dict):
            node = repair_node(value, lines)
            lines.append(f"The new node of `{key}` is added by the branch.")
            edit["add"].append(node)
            value = node.get("id")
        edit[key] = repair_end(value, lines)
    edit["after"] = repair_end(edit.get("after"), lines)
    if edit["after"] is None:
        del edit["after"]
    edit["condition"] = repair_condition(edit.get("condition"), lines)
    edit["fields"] = repair_types(edit.get("fields"), lines)
    return [edit]


def _branches(edit: Raw, routes: list[Raw], lines: Lines) -> list[Raw]:
    """Several routes in one branch: one edit for each that has a condition."""
    known = [_renamed(route) for route in routes]
    last = next((route.get("then") for route in known if not route.get("condition")), None)
    bound = [route for route in known if route.get("condition")]
    lines.append("A branch with several routes became one edit a route.")
    made: list[Raw] = []
    for number, route in enumerate(bound):
        also = {"otherwise": last} if last is not None and number == len(bound) - 1 else {}
        add = {"add": edit["add"]} if number == 0 and edit.get("add") else {}
        parts = {
            "op": "branch",
            "after": edit.get("after"),
            "condition": route["condition"],
            "then": route.get("then"),
        }
        made += repair_branch({**parts, **also, **add}, lines)
    return made


def repair_types(fields: Any, lines: Lines) -> dict[str, Any]:
    """Fields by name, each with its type as it stands in YAML."""
    if isinstance(fields, list):
        fields = {
            str(f.get("name")): {k: v for k, v in f.items() if k != "name"} for f in fields if isinstance(f, dict)
        }
    if not isinstance(fields, dict):
        return {}
    return {
        str(repair_name(str(name), lines, "field")): repair_type(kind, lines, str(name))
        for name, kind in fields.items()
    }
