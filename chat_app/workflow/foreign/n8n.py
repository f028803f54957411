"""n8n's workflows (JSON with `nodes` and `connections`), read into ours."""

from __future__ import annotations

import itertools
from typing import Any

from chat_app.workflow.flowchart import Arrow, Box, fold, node_names
from chat_app.workflow.foreign.building import Draft, Foreign
from chat_app.workflow.foreign.n8n_boxes import READERS, stand_in
from chat_app.workflow.foreign.n8n_reading import Reading, short_type

_PARTS = ("ai_languageModel", "ai_tool", "ai_outputParser", "ai_memory", "ai_embedding", "ai_vectorStore")
_NOTES = frozenset({"stickyNote"})
_BATCHES = "splitInBatches"


def is_n8n(data: Any) -> bool:
    """Whether a document is one of n8n's."""
    return (
        isinstance(data, dict) and isinstance(data.get("nodes"), list) and isinstance(data.get("connections"), dict)
    )


def from_n8n(data: dict[str, Any], tools: frozenset[str]) -> Foreign:
    """n8n's workflow as one of ours."""
    nodes = {
        str(node["name"]): node
        for node in data["nodes"]
        if isinstance(node, dict) and node.get("name") and short_type(node) not in _NOTES and not node.get("disabled")
    }
    arrows, parts = _wires(data["connections"], nodes)
    unwired = not arrows and len(nodes) > 1
    if unwired:
        order = sorted((name for name in nodes if name not in parts), key=lambda name: _place(nodes[name]))
        arrows = [Arrow(one, other, "0") for one, other in itertools.pairwise(order)]
    boxes = {name: Box(name, name) for name in nodes if name not in parts}
    reading = Reading(Draft("n8n"), nodes, arrows, parts, tools)
    if unwired:
        reading.draft.note("The file holds no connections: its steps follow each other as they are drawn.")
    if (data.get("settings") or {}).get("errorWorkflow"):
        reading.draft.leave_out("The workflow that n8n runs on errors: use `on_error` of a node.")
    bodies = _bodies(reading)
    for name, box in boxes.items():
        kind = short_type(nodes[name])
        if kind.lower().endswith("trigger") or kind in ("webhook", "start"):
            box.starts = True
            reading.declare_inputs(name)
        elif kind in READERS:
            box.node, box.cases = READERS[kind](reading, name)
        else:
            box.node = stand_in(reading, name)
    for name, box in boxes.items():
        if box.node is not None:
            box.node.pop("writes", None)
            if writes := reading.writes(name):
                box.node["writes"] = writes
            elif box.node["kind"] == "human":
                box.node["writes"] = [reading.draft.written(name, "", f"{name}_done", {"type": "string"})]
    names = node_names(boxes.values())
    for loop, body in bodies.items():
        _fill(reading, boxes, names, loop, body)
    inside = {name for body in bodies.values() for name in body}
    outer = [box for name, box in boxes.items() if name not in inside]
    folded = fold(outer, _with_extras(reading, boxes), names)
    document = reading.draft.document(
        str(data.get("name") or "workflow"), "", folded, _outputs(reading, folded.nodes)
    )
    return reading.draft.done(document)


def _place(node: dict[str, Any]) -> tuple[bool, float]:
    """Where a node is drawn: what starts a run first, then from left to right."""
    kind, at = short_type(node), node.get("position") or [0, 0]
    return not kind.lower().endswith("trigger"), float(at[0]) if isinstance(at, list) and at else 0.0


def _wires(
    connections: dict[str, Any], nodes: dict[str, Any]
) -> tuple[list[Arrow], dict[str, list[tuple[str, str]]]]:
    """The arrows of the flow, and the parts (models, tools, parsers) with what they belong to."""
    arrows: list[Arrow] = []
    parts: dict[str, list[tuple[str, str]]] = {}
    for source, kinds in connections.items():
        for kind, outputs in (kinds if isinstance(kinds, dict) else {}).items():
            for number, targets in enumerate(outputs or []):
                for target in targets or []:
                    name = str(target.get("node")) if isinstance(target, dict) else ""
                    if source not in nodes or name not in nodes:
                        continue
                    if kind in _PARTS:
                        parts.setdefault(source, []).append((kind, name))
                    else:
                        arrows.append(Arrow(source, name, str(number)))
    return arrows, parts


def _bodies(reading: Reading) -> dict[str, list[str]]:
    """The nodes inside each loop over items: what its second way out reaches before it comes back."""
    found: dict[str, list[str]] = {}
    for name, node in reading.nodes.items():
        if short_type(node) != _BATCHES:
            continue
        handle = "1" if float(node.get("typeVersion") or 1) >= 3 else "0"
        waiting = [arrow.target for arrow in reading.arrows if arrow.source == name and arrow.handle == handle]
        body: list[str] = []
        while waiting:
            inner = waiting.pop(0)
            if inner == name or inner in body:
                continue
            body.append(inner)
            waiting += [arrow.target for arrow in reading.arrows if arrow.source == inner]
        if body:
            found[name] = body
            reading.loops |= dict.fromkeys(body, name)
            reading.arrows[:] = [
                arrow
                for arrow in reading.arrows
                if not (arrow.target == name and arrow.source in body)
                and not (arrow.source == name and arrow.handle == handle)
            ]
    return found


def _fill(reading: Reading, boxes: dict[str, Box], names: dict[str, str], loop: str, body: list[str]) -> None:
    """Gives a loop over items its body."""
    draft = reading.draft
    folded = fold([boxes[name] for name in body], reading.arrows, names)
    local = [field for node in folded.nodes for field in node.get("writes") or []]
    node = boxes[loop].node
    if node is None or not local or local[-1] not in draft.state:
        boxes[loop].node = stand_in(reading, loop)
        return
    state = {name: draft.state.pop(name) for name in dict.fromkeys(local) if name in draft.state}
    node["body"] = {"state": state, "nodes": folded.nodes}
    if len(folded.nodes) > 1:
        node["body"]["edges"] = folded.edges
    node["body"]["returns"] = local[-1]
    for written in node["writes"]:
        draft.state[written] = {"type": "array", "items": dict(state[local[-1]])}


def _with_extras(reading: Reading, boxes: dict[str, Box]) -> list[Arrow]:
    """The arrows, with the further boxes that one node of n8n's became put behind it."""
    arrows = list(reading.arrows)
    for name, extras in reading.extras.items():
        last = name
        for number, node in enumerate(extras, 2):
            made = Box(f"{name} {number}", f"{name} {number}", node)
            boxes[made.id] = made
            arrows = [Arrow(made.id, a.target, a.handle) if a.source == last else a for a in arrows]
            arrows.append(Arrow(last, made.id, "0"))
            last = made.id
    return arrows


def _outputs(reading: Reading, nodes: list[dict[str, Any]]) -> list[str]:
    """What a webhook answers with; else what nothing reads."""
    answers = [name for name, node in reading.nodes.items() if short_type(node) == "respondToWebhook"]
    answered = [
        reading.draft.fields[name, "response"] for name in answers if (name, "response") in reading.draft.fields
    ]
    if answered:
        return answered
    told = str(nodes)
    written = [name for node in nodes for name in node.get("writes") or []]
    return [name for name in written if f"state.{name}" not in told] or written[-1:]
