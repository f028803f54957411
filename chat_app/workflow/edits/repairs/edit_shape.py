"""Repairs the shape of one edit: its op, its keys, and the parts inside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chat_app.workflow.edits.node_data import node_keys
from chat_app.workflow.edits.on_flow import negated
from chat_app.workflow.edits.repairs.new_nodes import repair_add_node, repair_branch, repair_types
from chat_app.workflow.edits.repairs.op_keys import ID_KEYS, KEYS
from chat_app.workflow.edits.repairs.ops import EDIT_OPS, Lines, Raw, keys_of, with_op, without_strangers
from chat_app.workflow.edits.repairs.parts import (
    repair_condition,
    repair_end,
    repair_kind,
    repair_limits,
    repair_name,
    repair_node,
    repair_type,
)
from chat_app.workflow.names import as_name, nearest
from chat_app.workflow.nodes import NODE_KINDS


def repair_edit(raw: Raw, lines: Lines) -> list[Raw]:
    """One edit in the shape of the contract; several where one said several things."""
    edit = with_op(raw, lines)
    op = str(edit.get("op"))
    if op not in EDIT_OPS:
        return [edit]
    for old, new in KEYS.get(op, {}).items():
        if old in edit and new not in edit and old not in keys_of(op):
            edit[new] = edit.pop(old)
    if "id" in keys_of(op):
        for key in ID_KEYS:
            if "id" not in edit and isinstance(edit.get(key), str) and key not in keys_of(op):
                edit["id"] = edit.pop(key)
    made = _REPAIRS[op](edit, lines) if op in _REPAIRS else [edit]
    return [without_strangers(part, lines) for part in made]


def _replace_node(edit: Raw, lines: Lines) -> list[Raw]:
    for key in ("with", "new_node", "by", "replacement"):
        if isinstance(edit.get(key), dict):
            edit["node"] = edit.pop(key)
    if isinstance(edit.get("node"), dict):
        edit["node"] = repair_node(edit["node"], lines)
        edit.setdefault("id", edit["node"].get("id"))
    edit["fields"] = repair_types(edit.get("fields"), lines)
    return [edit]


def _set_key(edit: Raw, lines: Lines) -> list[Raw]:
    for holder in ("node", "values", "changes", "updates", "set", "keys", "patch"):
        values = edit.get(holder)
        if isinstance(values, dict) and "key" not in edit:
            id = edit.get("id") or values.get("id")
            lines.append("One edit that set several keys became one edit a key.")
            parts = {key: value for key, value in values.items() if key != "id" or value != id}
            return [_one_key(id, key, value, lines) for key, value in parts.items()]
    if "key" not in edit:
        parts = {key: value for key, value in edit.items() if key not in ("op", "id", "reason", "value")}
        if parts:
            return [_one_key(edit.get("id"), key, value, lines) for key, value in parts.items()]
    return [_one_key(edit.get("id"), str(edit.get("key")), edit.get("value"), lines)]


def _one_key(id: Any, key: str, value: Any, lines: Lines) -> Raw:
    known = {name for kind in NODE_KINDS for name in node_keys(kind)}
    if key == "type" and isinstance(value, str):
        key = "kind"
    if key not in known:
        close = nearest(key, known, 0.85)
        if close:
            lines.append(f"The key `{key[:40]}` is `{close}`.")
            key = close
    if key == "kind":
        value = repair_kind(value, lines)
    if key in ("writes", "tools", "subtasks") and isinstance(value, str):
        value = [value]
    return {"op": "set_key", "id": id, "key": key, "value": value}


def _rename(edit: Raw, lines: Lines) -> list[Raw]:
    what = str(edit.get("what", "node")).lower()
    edit["what"] = {"input": "field", "state": "field", "output": "field", "step": "node"}.get(what, what)
    if edit["what"] == "workflow":
        edit.setdefault("old", "")
    if isinstance(edit.get("old"), str) and edit["what"] == "field":
        edit["old"] = edit["old"].removeprefix("state.")
    edit["new"] = repair_name(str(edit.get("new", "")).removeprefix("state."), lines, "name")
    return [edit]


def _typed_field(edit: Raw, lines: Lines) -> list[Raw]:
    own = keys_of(edit["op"])
    beside = {key: value for key, value in edit.items() if key not in own}
    kind = edit.get("type", beside or "string")
    if isinstance(kind, str) and beside:
        kind = {"type": kind, **beside}
    edit = {key: value for key, value in edit.items() if key in own}
    edit["name"] = repair_name(str(edit.get("name", "")).removeprefix("state."), lines, "field")
    edit["type"] = repair_type(kind, lines, str(edit["name"]))
    return [edit]


def _set_outputs(edit: Raw, _: Lines) -> list[Raw]:
    given = edit.get("outputs")
    if isinstance(given, str):
        given = [given]
    if isinstance(given, dict):
        given = list(given)
    if isinstance(given, list):
        names = [str(n.get("name") or n.get("field") or "") if isinstance(n, dict) else n for n in given]
        edit["outputs"] = [n.strip("{} ").removeprefix("state.") if isinstance(n, str) else n for n in names]
    return [edit]


def _loop(edit: Raw, lines: Lines) -> list[Raw]:
    body = edit.get("body", edit.get("nodes"))
    if isinstance(body, str):
        body = [body]
    if isinstance(body, list) and body:
        edit.setdefault("first", body[0])
        edit.setdefault("last", body[-1])
        edit.pop("body", None)
        edit.pop("nodes", None)
    if "until" not in edit and isinstance(edit.get("while"), str):
        edit["until"] = negated(repair_condition(edit.pop("while"), lines))
    edit["until"] = repair_condition(edit.get("until"), lines)
    if "first" not in edit and "last" in edit:
        edit["first"] = edit["last"]
    if isinstance(edit.get("max_times"), str) and edit["max_times"].isdigit():
        edit["max_times"] = int(edit["max_times"])
    return [edit]


def _wrap_in_map(edit: Raw, lines: Lines) -> list[Raw]:
    if isinstance(edit.get("nodes"), str):
        edit["nodes"] = [edit["nodes"]]
    if isinstance(edit.get("writes"), list) and edit["writes"]:
        edit["writes"] = edit["writes"][0]
    nodes = edit.get("nodes")
    if not edit.get("id") and isinstance(nodes, list) and nodes:
        edit["id"] = as_name(f"each_{nodes[0]}")
        lines.append(f"The map is called `{edit['id']}`.")
    if not edit.get("writes") and edit.get("id"):
        edit["writes"] = as_name(f"{edit['id']}_results")
        lines.append(f"The map writes `{edit['writes']}`.")
    return [edit]


def _connect(edit: Raw, lines: Lines) -> list[Raw]:
    edit["from"] = repair_end(edit.get("from", edit.pop("from_", None)), lines)
    if edit.get("condition") is not None:
        edit["condition"] = repair_condition(edit["condition"], lines)
    targets = edit.get("to")
    if isinstance(targets, list):
        return [{**edit, "to": repair_end(name, lines)} for name in targets]
    return [{**edit, "to": repair_end(targets, lines)}]


def _set_limits(edit: Raw, lines: Lines) -> list[Raw]:
    limits = edit.get("limits")
    if not isinstance(limits, dict):
        name, value = edit.get("name"), edit.get("value")
        beside = {k: v for k, v in edit.items() if k not in ("op", "limits", "name", "value")}
        limits = {str(name): value} if name else beside
    return [{"op": "set_limits", "limits": repair_limits(limits, lines)}]


def _set_info(edit: Raw, lines: Lines) -> list[Raw]:
    for key in ("text", "value"):
        if isinstance(edit.get(key), str) and "description" not in edit and "model" not in edit:
            edit["description"] = edit.pop(key)
    name = edit.pop("name", None)
    renamed = [{"op": "rename", "what": "workflow", "old": "", "new": repair_name(name, lines)}] if name else []
    rest = [edit] if {"description", "model"} & edit.keys() else []
    return [*renamed, *rest]


def _add_test(edit: Raw, lines: Lines) -> list[Raw]:
    test = edit.get("test")
    if not isinstance(test, dict):
        test = {key: value for key, value in edit.items() if key not in ("op", "test")}
    expect = test.get("expect", test.get("expected"))
    if isinstance(expect, str):
        expect = [expect]
    if isinstance(expect, list):
        test = {
            **{k: v for k, v in test.items() if k != "expected"},
            "expect": [repair_condition(e, lines) for e in expect],
        }
    return [{"op": "add_test", "test": test}]


def _add_requirement(edit: Raw, lines: Lines) -> list[Raw]:
    if isinstance(edit.get("met_by"), str):
        edit["met_by"] = [edit["met_by"]]
    edit["id"] = repair_name(edit.get("id") or as_name(str(edit.get("text", ""))[:40], "wish"), lines, "name")
    return [edit]


_REPAIRS: dict[str, Callable[[Raw, Lines], list[Raw]]] = {
    "add_node": repair_add_node,
    "replace_node": _replace_node,
    "set_key": _set_key,
    "rename": _rename,
    "add_input": _typed_field,
    "add_field": _typed_field,
    "set_outputs": _set_outputs,
    "branch": repair_branch,
    "loop": _loop,
    "wrap_in_map": _wrap_in_map,
    "connect": _connect,
    "disconnect": _connect,
    "set_limits": _set_limits,
    "set_info": _set_info,
    "add_test": _add_test,
    "add_requirement": _add_requirement,
}
