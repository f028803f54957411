"""Repairs of whole documents as models and people write them; what is right keeps its bytes."""

from __future__ import annotations

import re
from typing import Any

from chat_app.workflow.document import LANGUAGE_VERSION
from chat_app.workflow.edits.declare import declare_implied
from chat_app.workflow.edits.draft import ROOT_KEYS, Draft, words
from chat_app.workflow.edits.mending import mend_reads
from chat_app.workflow.edits.node_data import node_keys, ordered
from chat_app.workflow.edits.on_nodes import update
from chat_app.workflow.edits.repairs.aliases import SECTIONS
from chat_app.workflow.edits.repairs.dialect.translate import speaks_dialect, translated
from chat_app.workflow.edits.repairs.edges import edges_of_nodes, repair_edges
from chat_app.workflow.edits.repairs.layout import repair_layout
from chat_app.workflow.edits.repairs.parts import (
    Lines,
    repair_condition,
    repair_limits,
    repair_name,
    repair_node,
    repair_type,
)
from chat_app.workflow.edits.text.splice import write_back
from chat_app.workflow.edits.text.tree import Map, Seq, fresh, load, places, plain, same
from chat_app.workflow.names import nearest
from chat_app.workflow.source import read


def repair_text(text: str) -> tuple[str, list[str]]:
    """The text with what can surely be repaired repaired, and a line for each repair."""
    lines: Lines = []
    text = repair_layout(text, lines)
    source = read(text)
    if source.problems or not isinstance(source.data, dict):
        return text, lines
    place = places(text)
    data = load(place)
    found: Lines = []
    data = _unwrapped(data, found)
    if speaks_dialect(data):
        return _translated(plain(data), text, [*lines, *found])
    _repair_root(data, found)
    if same(plain(data), source.data):
        return text, lines
    new = write_back(text, place, data)
    if read(new).problems or not same(read(new).data, plain(data)):
        return text, lines
    return new, list(dict.fromkeys([*lines, *found]))


def _translated(data: dict[str, Any], text: str, lines: Lines) -> tuple[str, list[str]]:
    """A document in another tool's manner, written anew as one of ours and repaired as such."""
    made = fresh(translated(data, lines))
    _repair_root(made, lines)
    blank = f"version: {LANGUAGE_VERSION}\n"
    new = write_back(blank, places(blank), made)
    readable = not read(new).problems and same(read(new).data, plain(made))
    return (new, list(dict.fromkeys(lines))) if readable else (text, lines)


def _unwrapped(data: Map, lines: Lines) -> Map:
    """The workflow inside a single key such as `workflow:`."""
    inner = next(iter(data.values())) if len(data) == 1 else None
    if isinstance(inner, Map) and ({"nodes", "steps", "inputs"} & inner.keys()):
        lines.append(f"Took the workflow out of `{next(iter(data))}`.")
        made: Map = fresh(plain(inner))
        return made
    return data


def _repair_root(data: Map, lines: Lines) -> None:
    for old, new in SECTIONS.items():
        if old in data and new not in data:
            data.rename(old, new)
            lines.append(f"The section `{old}` is called `{new}`.")
    for key in [key for key in data if key not in ROOT_KEYS]:
        close = nearest(str(key), [known for known in ROOT_KEYS if known not in data], 0.8)
        if close:
            data.rename(key, close)
            lines.append(f"The section `{key}` is called `{close}`.")
    if data.get("version") is None or _says_one(data["version"]):
        data.pop("version", None)
        data.put("version", LANGUAGE_VERSION, ROOT_KEYS)
        lines.append(f"The version of the language is {LANGUAGE_VERSION}.")
    data.put("name", repair_name(data.get("name") or "workflow", lines), ROOT_KEYS)
    _repair_fields(data, "inputs", lines)
    _repair_fields(data, "state", lines)
    _repair_nodes(data, lines)
    _repair_outputs(data, lines)
    if isinstance(data.get("edges"), list | dict):
        repair_edges(data, lines)
    _repair_limits(data, lines)
    _repair_tests(data, lines)
    draft = Draft(data)
    draft.touched = draft.ids()
    mend_reads(draft, draft.touched)
    declare_implied(draft)
    lines += draft.repaired


def _says_one(version: Any) -> bool:
    """Whether a version is the present one in other words; a newer one is left for the checker."""
    return type(version) is not int and str(version).lower().lstrip("v") in ("1", "1.0", "1.0.0")


def _repair_fields(data: Map, section: str, lines: Lines) -> None:
    given = data.get(section)
    if isinstance(given, list):
        named: dict[str, Any] = {}
        for item in given:
            if isinstance(item, dict) and "name" in item:
                named[str(item["name"])] = {key: value for key, value in plain(item).items() if key != "name"}
            elif isinstance(item, dict) and len(item) == 1:
                named |= plain(item)
            elif isinstance(item, str):
                named[item] = {"type": "string"}
        data[section] = given = fresh(named)
        lines.append(f"The {section} are written as a mapping from names to types.")
    if not isinstance(given, Map):
        return
    for name in list(given):
        kind = repair_type(plain(given[name]), lines, name)
        if section == "state":
            kind.pop("examples", None)
        if not same(plain(given[name]), kind):
            if isinstance(given[name], Map):
                update(given[name], fresh(kind))
            else:
                given[name] = fresh(kind)
        valid = repair_name(name, lines, "field")
        if valid != name and valid not in given:
            given.rename(name, valid)


def _repair_nodes(data: Map, lines: Lines) -> None:
    nodes = data.get("nodes")
    if isinstance(nodes, Map):
        data["nodes"] = nodes = Seq(
            fresh({"id": id, **(plain(node) if isinstance(node, dict) else {"prompt": str(node)})})
            for id, node in nodes.items()
        )
        lines.append("The nodes are written as a list, each with its `id`.")
    if not isinstance(nodes, list):
        return
    if "edges" not in data:
        edges = edges_of_nodes(nodes)
        if edges:
            data.put("edges", fresh(edges), ROOT_KEYS)
            lines.append("The nodes' own ways out are written as edges.")
    for at, node in enumerate(nodes):
        if isinstance(node, Map):
            _repair_node(data, node, lines)
        elif isinstance(node, dict):
            nodes[at] = fresh(repair_node(node, lines))


def _repair_node(data: Map, node: Map, lines: Lines) -> None:
    before = plain(node)
    fields = before.pop("fields", None) if "fields" not in node_keys(str(before.get("kind"))) else None
    if isinstance(before.get("writes"), dict):
        fields = {**before["writes"], **(fields if isinstance(fields, dict) else {})}
    made = repair_node(before, lines)
    if not same(plain(node), made):
        update(node, ordered(made, node_keys(str(made.get("kind")))))
    if isinstance(fields, dict):
        state = data.get("state")
        if not isinstance(state, Map):
            state = Map()
            data.put("state", state, ROOT_KEYS)
        for name, kind in fields.items():
            if name not in state:
                state[str(name)] = fresh(repair_type(kind, lines, str(name)))
                lines.append(f"The field `{name}` of `{node.get('id')}` is declared in the state.")


def _repair_outputs(data: Map, lines: Lines) -> None:
    given = data.get("outputs")
    if isinstance(given, str):
        given = re.split(r"[,\s]+", given.strip())
    if isinstance(given, dict):
        given = list(given)
    if not isinstance(given, list):
        return
    names: list[str] = []
    draft = Draft(data)
    writes = {step["id"]: words(step.get("writes")) for step in draft.root.steps}
    fields = {*draft.section("inputs"), *draft.section("state")}
    for item in given:
        name = str(item.get("name") or item.get("field") or "") if isinstance(item, dict) else str(item)
        name = name.strip("{} ").removeprefix("state.")
        if name not in fields and len(writes.get(name.split(".")[0], [])) == 1:
            name = writes[name.split(".")[0]][0]
        names.append(name)
    if not same(plain(data.get("outputs")), names):
        now = data["outputs"]
        if isinstance(now, Seq):
            now[:] = names
        else:
            data["outputs"] = Seq(names)
        lines.append(f"The outputs are names of fields: {', '.join(names)}.")


def _repair_limits(data: Map, lines: Lines) -> None:
    limits = data.get("limits")
    if not isinstance(limits, Map):
        return
    made = repair_limits(plain(limits), lines)
    if not same(plain(limits), made):
        update(limits, fresh(made))


def _repair_tests(data: Map, lines: Lines) -> None:
    tests = data.get("tests")
    for test in tests if isinstance(tests, list) else []:
        if not isinstance(test, Map):
            continue
        if isinstance(test.get("expect"), str):
            test["expect"] = Seq([test["expect"]])
        expect = test.get("expect")
        if isinstance(expect, list):
            made = [repair_condition(line, lines) for line in expect]
            if not same(plain(expect), plain(made)):
                expect[:] = made
