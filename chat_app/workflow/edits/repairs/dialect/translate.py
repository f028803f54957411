"""A whole workflow in another tool's manner as the data of ours; kinds, types and keys are repaired after it."""

from __future__ import annotations

import re
from typing import Any

from chat_app.workflow.edits.repairs.dialect import words
from chat_app.workflow.edits.repairs.dialect.arrows import edges_of, listed
from chat_app.workflow.edits.repairs.dialect.fields import Fields, outputs_of, pairs, wanted_names
from chat_app.workflow.edits.repairs.dialect.names import Names, texts
from chat_app.workflow.edits.repairs.dialect.steps import Drawing, draw
from chat_app.workflow.edits.repairs.dialect.words import first, kind_word, pop_first
from chat_app.workflow.flowchart import Box, fold, node_names
from chat_app.workflow.names import as_name

_NODES = ("nodes", "steps", "tasks", "stages", "agents", "blocks")
_EDGES = ("edges", "connections", "links", "flow", "transitions")
_KEPT = ("version", "name", "title", "workflow_name", "description", "model", "requirements", "limits", "tests")
_FOREIGN = re.compile(r"\$\{|\{\{\s*(?:nodes|steps|tasks)\.")
_SIGNS = frozenset({*words.HOLDERS, *words.AFTER, "updates", "uses"})


def speaks_dialect(data: Any) -> bool:
    """Whether a document is written in another tool's manner, and not ours with a slip here and there."""
    if not isinstance(data, dict):
        return False
    steps = _steps(data)
    if not steps:
        return False
    if {"conditional_edges", "entry_point", "state_schema", "trigger", "triggers"} & data.keys():
        return True
    for step in steps:
        kind = kind_word(step)
        if kind == "workflow" and "uses" in step:
            continue
        if (_SIGNS - {"with"} if kind == "tool" else _SIGNS) & step.keys():
            return True
        if kind in words.STARTS | words.ENDS | words.CHOICES | words.LOOPS and not step.get(
            "labels", step.get("categories")
        ):
            return "prompt" not in step and "text" not in step
        nested = first(step, words.BODIES[1:]) if kind in words.MAPS | words.PARALLELS else None
        if isinstance(nested, list) and any(isinstance(part, dict) for part in nested):
            return True
    plain = [edge for edge in _edges(data) if isinstance(edge, dict)]
    if any("source" in edge and "target" in edge for edge in plain):
        return True
    if isinstance(data.get("edges"), dict) and any(isinstance(to, list | dict) for to in data["edges"].values()):
        return True
    return any(_FOREIGN.search(text) for step in steps for text in texts(step))


def translated(data: dict[str, Any], lines: list[str]) -> dict[str, Any]:
    """The document in our shape."""
    fields = Fields()
    fields.declare_inputs(data.get("inputs", data.get("input", data.get("parameters"))))
    fields.declare_variables(first(data, ("state", "state_schema", "variables", "fields")))
    drawing = draw(_steps(data), _all_edges(data), in_order=True)
    for given in drawing.inputs:
        fields.declare_inputs(given)
    returned = first(data, ("outputs", "output")) if "outputs" in data or "output" in data else drawing.outputs
    fields.wanted = wanted_names(returned)
    fields.returned = frozenset(name for name, source in pairs(returned) if name == source)
    nodes, edges = _level(drawing, fields, frozenset(), top=True)
    fields.unwritten_are_inputs()
    made = {key: data[key] for key in _KEPT if key in data}
    made |= {"inputs": fields.inputs, "state": fields.state, "outputs": outputs_of(returned, fields), "nodes": nodes}
    if edges and len(nodes) > 1:
        made["edges"] = edges
    lines.append(
        "The workflow was written in another tool's manner: its steps, conditions and references are ours now."
    )
    return {key: value for key, value in made.items() if value not in ({}, [])}


def _level(
    drawing: Drawing, fields: Fields, local: frozenset[str], *, top: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The nodes and edges of one level; what its steps write is declared in `fields`."""
    names = node_names(drawing.boxes.values(), fields.ids)
    fields.ids |= set(names.values())
    boxes = [box for box in drawing.boxes.values() if box.node is not None]
    for box in boxes:
        fields.declare_writes(_alias(drawing, box), names[box.id], box.node or {}, many=len(boxes) > 1)
    known = Names(
        fields={*fields.inputs, *fields.state},
        written=fields.written,
        blocks={name for name in drawing.aliases if name not in fields.written},
        local=local,
    )
    for box in boxes:
        node = box.node or {}
        if box.id in drawing.bodies:
            box.node = _map(drawing.bodies[box.id], node, fields, known, names[box.id])
        else:
            box.node = _node(node, known, fields.writes_of(_alias(drawing, box)))
    for box in drawing.boxes.values():
        box.cases = [
            type(case)(case.handle, known.condition(case.condition) if case.condition else None, case.max_times)
            for case in box.cases
        ]
    folded = fold(list(drawing.boxes.values()), drawing.arrows, names)
    if top and len(folded.nodes) < len(boxes) // 2 + 1 and boxes:
        return fold(boxes, [], names).nodes, []  # its ways make no sense: the order of the data is left
    return folded.nodes, folded.edges


def _alias(drawing: Drawing, box: Box) -> str:
    """The name by which texts mean a box."""
    return next((name for name, id in drawing.aliases.items() if id == box.id), box.id)


def _map(body: Drawing, node: dict[str, Any], fields: Fields, known: Names, name: str) -> dict[str, Any]:
    item = as_name(str(node["item"]), "item")
    over = node.get("over")
    path = known.text(over) if isinstance(over, str) and "{" in over else f"{{{{ {known.path(str(over))} }}}}"
    inner = fields.inside()
    given = node.get("body") or {}
    nodes, edges = _level(body, inner, known.local | {item, "index"}, top=False)
    written = [each for step in nodes for each in step.get("writes") or []]
    made = {"kind": "map", "over": path, "item": item}
    made |= {key: node[key] for key in ("max_concurrency", "on_item_error") if key in node}
    parts: dict[str, Any] = {"state": {**(given.get("state") or {}), **inner.state}, "nodes": nodes}
    if len(nodes) > 1:
        parts["edges"] = edges
    returns = given.get("returns")
    parts["returns"] = returns if returns in written else (written[-1] if written else returns)
    writes = fields.writes_of_block(name)
    fields.fit_list(writes, inner.state.get(parts["returns"]))
    return {**made, "body": parts, "writes": [writes]}


def _node(node: dict[str, Any], known: Names, writes: list[str]) -> dict[str, Any]:
    made = dict(node)
    pop_first(made, words.WRITES)
    for key in words.WRITES:
        made.pop(key, None)
    given = made.pop("inputs", made.pop("input", None))
    kind = kind_word(made)
    own = dict(known.own)
    if isinstance(given, dict):
        own |= {
            name: known.path(_bare(value)) for name, value in given.items() if isinstance(value, str) and _one(value)
        }
        if kind in ("tool", "workflow", "tool_call", "function_call", "action") and "arguments" not in made:
            made["arguments"] = given
        elif kind in ("classify", "classifier", "question_classifier") and "text" not in made and given:
            made["text"] = next(iter(given.values()))
    reading = Names(known.fields, known.written, known.blocks, known.local, own)
    for key in ("name", "title", "if", "when", "position", *words.AFTER):
        made.pop(key, None)
    asked = any(
        made.get(key)
        for key in ("prompt", "template", "code", "url", "tool", "text", "ask", "messages", "instructions")
    )
    if (
        not asked
        and kind in ("llm", "agent", "")
        and (told := made.get("description") or made.get("task") or made.get("goal"))
    ):
        sources = list(own.values()) or [f"state.{name}" for name in list(known.fields)[:1]]
        made["prompt"] = "\n\n".join([str(told), *(f"{{{{ {path} }}}}" for path in sources)])
    made = {
        key: _translated(value, reading) if key not in ("code", "model", "id") else value
        for key, value in made.items()
    }
    if writes:
        made["writes"] = writes
    return made


def _translated(value: Any, names: Names) -> Any:
    if isinstance(value, str):
        return names.text(value)
    if isinstance(value, dict):
        return {key: _translated(part, names) for key, part in value.items()}
    return [_translated(part, names) for part in value] if isinstance(value, list) else value


def _one(value: str) -> bool:
    """Whether a text is one reference and nothing else."""
    return bool(re.fullmatch(r"\s*(?:\$?\{\{?[^{}]*\}?\}|[A-Za-z_][\w.]*)\s*", value))


def _bare(value: str) -> str:
    return re.sub(r"^\s*\$?\{+\s*|\s*\}+\s*$", "", value)


def _steps(data: dict[str, Any]) -> list[dict[str, Any]]:
    found = first(data, _NODES)
    if isinstance(found, dict):
        found = [{"id": name, **step} for name, step in found.items() if isinstance(step, dict)]
    return [step for step in found if isinstance(step, dict)] if isinstance(found, list) else []


def _edges(data: dict[str, Any]) -> list[Any]:
    found = first(data, _EDGES)
    return found if isinstance(found, list) else []


def _all_edges(data: dict[str, Any]) -> list[Any]:
    given = first(data, _EDGES)
    if isinstance(given, dict):
        given = [{"from": source, "to": to} for source, to in given.items()]
    edges: list[Any] = listed(given)[:]
    edges += listed(data.get("conditional_edges"))
    entry = first(data, ("entry_point", "entry", "start_at", "start"))
    if isinstance(entry, str) and entry not in {
        source for source, *_ in edges_of(edges) if source.upper() == "START"
    }:
        edges.append({"from": "START", "to": entry})
    return edges
