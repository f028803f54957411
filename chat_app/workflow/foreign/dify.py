"""Dify's DSL (`kind: app` with a workflow graph, version 0.1 and later), read into ours."""

from __future__ import annotations

from typing import Any

from chat_app.workflow.flowchart import Arrow, Box, Case, fold, node_names
from chat_app.workflow.foreign.building import Draft, Foreign, asked_choice
from chat_app.workflow.foreign.dify_boxes import READERS, Reading, stand_in
from chat_app.workflow.foreign.dify_fields import input_type, returned_type
from chat_app.workflow.names import as_name, free_name

_NOTHING = frozenset({"iteration-start", "loop-start", "loop-end", "", "custom-note", "variable-aggregator"})
_KEEP: dict[str, Any] = {"string": "", "number": 0, "array": [], "object": {}}
"""What a variable of a conversation begins with."""


def is_dify(data: Any) -> bool:
    """Whether a document is one of Dify's."""
    return (
        isinstance(data, dict)
        and isinstance(data.get("app"), dict)
        and ("workflow" in data or "model_config" in data)
    )


def from_dify(data: dict[str, Any], tools: frozenset[str]) -> Foreign:
    """Dify's app as a workflow of ours."""
    app = data["app"]
    graph = (data.get("workflow") or {}).get("graph") or {}
    nodes = [
        node for node in graph.get("nodes") or [] if isinstance(node, dict) and isinstance(node.get("data"), dict)
    ]
    arrows = [
        Arrow(str(edge.get("source")), str(edge.get("target")), str(edge.get("sourceHandle") or ""))
        for edge in graph.get("edges") or []
        if isinstance(edge, dict)
    ]
    reading = Reading(Draft("Dify"), {str(node["id"]): node["data"] for node in nodes if "id" in node}, tools)
    if not nodes:
        return _plain_chat(reading, data)
    _prefer_names(reading)
    for variable in (data.get("workflow") or {}).get("conversation_variables") or []:
        kind = returned_type(str(variable.get("value_type") or "string"))
        empty = variable.get("value") if kind["type"] in _KEEP else None
        default = empty if isinstance(empty, str | int | float) else _KEEP.get(kind["type"])
        made = kind if default is None else {**kind, "default": default}
        reading.draft.written("conversation", str(variable.get("name")), str(variable.get("name")), made)
    boxes = {id: Box(id, _title(each), starts=_type(each) == "start") for id, each in reading.nodes.items()}
    inside = {str(node["id"]): _parent(node) for node in nodes if _parent(node)}
    for id, each in reading.nodes.items():
        _declare(reading, id, each)
    outputs: list[str] = []
    for id in _inner_last(list(boxes), inside):
        _read(reading, boxes, id, outputs)
    return _assembled(reading, boxes, arrows, inside, outputs, app)


def _assembled(
    reading: Reading,
    boxes: dict[str, Box],
    arrows: list[Arrow],
    inside: dict[str, str],
    outputs: list[str],
    app: dict[str, Any],
) -> Foreign:
    for id, box in boxes.items():
        if box.node is not None and (writes := reading.writes(id)):
            box.node["writes"] = writes
    names = node_names(boxes.values())
    maps = {id for id, each in reading.nodes.items() if _type(each) == "iteration"}
    for id in maps:
        _fill_map(reading, boxes, arrows, inside, names, id)
    _unroll_loops(reading, boxes, arrows, inside)
    outer = [box for id, box in boxes.items() if inside.get(id) not in maps]
    folded = fold(outer, arrows, names)
    models = {str(each["model"]) for each in folded.nodes if each.get("model")}
    if len(models) == 1:
        for each in folded.nodes:
            each.pop("model", None)
    document = reading.draft.document(
        str(app.get("name") or "workflow"),
        str(app.get("description") or ""),
        folded,
        outputs,
        next(iter(models)) if len(models) == 1 else None,
    )
    return reading.draft.done(document)


def _type(data: dict[str, Any]) -> str:
    return str(data.get("type") or "")


def _title(data: dict[str, Any]) -> str:
    title = str(data.get("title") or "")
    return title if as_name(title, "") else _type(data).replace("-", "_") or "step"


def _parent(node: dict[str, Any]) -> str:
    data = node["data"]
    return str(node.get("parentId") or data.get("iteration_id") or data.get("loop_id") or "")


def _inner_last(ids: list[str], inside: dict[str, str]) -> list[str]:
    return sorted(ids, key=lambda id: id in inside)


def _prefer_names(reading: Reading) -> None:
    """An output's own name is the best name for the field behind it."""
    for data in reading.nodes.values():
        if _type(data) == "end":
            for output in data.get("outputs") or []:
                selector = output.get("value_selector") if isinstance(output, dict) else None
                if isinstance(selector, list) and len(selector) >= 2:
                    key = (str(selector[0]), str(selector[1]))
                    reading.wanted.setdefault(key, as_name(str(output.get("variable") or ""), "result"))


def _declare(reading: Reading, id: str, data: dict[str, Any]) -> None:
    """Inputs, and what several nodes return as one, before any text names them."""
    draft = reading.draft
    if _type(data) == "start":
        for variable in data.get("variables") or []:
            if isinstance(variable, dict) and variable.get("variable"):
                draft.input(id, str(variable["variable"]), input_type(variable))
    elif _type(data) in ("variable-aggregator", "variable-assigner"):
        sources = [each for each in data.get("variables") or [] if isinstance(each, list) and len(each) >= 2]
        groups = (data.get("advanced_settings") or {}).get("groups") or []
        sources += [each for group in groups for each in group.get("variables") or [] if isinstance(each, list)]
        kind = returned_type(str(data.get("output_type") or "string"))
        name = draft.written(id, "output", reading.wanted.get((id, "output"), f"{_title(data)}_output"), kind)
        for source in sources:
            draft.fields.setdefault((str(source[0]), str(source[1])), name)


def _read(reading: Reading, boxes: dict[str, Box], id: str, outputs: list[str]) -> None:
    data, box = reading.nodes[id], boxes[id]
    kind = _type(data)
    if kind == "end":
        box.ends = True
        given = [each for each in data.get("outputs") or [] if isinstance(each, dict)]
        selectors = [each["value_selector"] for each in given if isinstance(each.get("value_selector"), list)]
        outputs += [reading.field(selector) for selector in selectors]
    elif kind == "answer":
        name = reading.draft.fields.get(("answer", "answer")) or reading.draft.written(
            "answer", "answer", "answer", {"type": "string"}
        )
        reading.draft.fields[id, "answer"] = name
        box.node = {"kind": "template", "template": reading.text(str(data.get("answer") or ""))}
        outputs.append(name)
    elif kind == "if-else":
        box.cases = reading.cases(data)
        if not all(case.condition for case in box.cases[:-1]):
            box.node, box.cases = asked_choice(reading.draft, id, box.name, box.cases)
    elif kind in READERS:
        box.node, box.cases = READERS[kind](reading, id, data)
    elif kind not in _NOTHING and kind not in ("start", "variable-assigner", "loop"):
        box.node = stand_in(reading, box, kind)


def _fill_map(
    reading: Reading,
    boxes: dict[str, Box],
    arrows: list[Arrow],
    inside: dict[str, str],
    names: dict[str, str],
    id: str,
) -> None:
    """Gives an iteration its body: the boxes inside it and the fields that they write."""
    children = [box for child, box in boxes.items() if inside.get(child) == id]
    node, draft = boxes[id].node, reading.draft
    if node is None:
        return
    folded = fold(children, arrows, names)
    local = [name for each in folded.nodes for name in each.get("writes") or []]
    selector = reading.nodes[id].get("output_selector") or []
    returns = reading.field(selector) if len(selector) >= 2 else (local[-1] if local else "")
    if not folded.nodes or returns not in local:
        boxes[id].node = stand_in(reading, boxes[id], "an iteration whose result was not found")
        return
    state = {name: draft.state.pop(name) for name in dict.fromkeys(local) if name in draft.state}
    body: dict[str, Any] = {"state": state, "nodes": folded.nodes}
    if len(folded.nodes) > 1:
        body["edges"] = folded.edges
    node["body"] = {**body, "returns": returns}
    for written in node["writes"]:
        kept = {key: value for key, value in state[returns].items() if key != "default"}
        draft.state[written] = {"type": "array", "items": kept}


def _unroll_loops(reading: Reading, boxes: dict[str, Box], arrows: list[Arrow], inside: dict[str, str]) -> None:
    """A loop's own boxes stand on the way themselves, with a bounded way back from the last to the first."""
    for id, data in reading.nodes.items():
        if _type(data) != "loop":
            continue
        children = [child for child in boxes if inside.get(child) == id]
        starts = [child for child in children if _type(reading.nodes[child]) == "loop-start"]
        led_from = {arrow.source for arrow in arrows if arrow.target in children}
        last = [child for child in children if child not in led_from and child not in starts]
        first = next((arrow.target for arrow in arrows if arrow.source in starts), children[0] if children else None)
        if first is None or not last:
            continue
        follow = [arrow for arrow in arrows if arrow.source == id]
        arrows[:] = [each for each in arrows if each.source != id] + [Arrow(id, first)]
        until = reading.cases({"conditions": data.get("break_conditions"), **_operator(data)})
        condition = until[0].condition if until and until[0].condition else None
        turn = free_name(f"{id}-again", boxes)
        rounds = max(1, int(data.get("loop_count") or 3) - 1)
        leave = [Case("out", condition)] if condition else []
        boxes[turn] = Box(turn, "again", cases=[*leave, Case("again", None, rounds), Case("out")])
        arrows += [Arrow(each, turn) for each in last] + [Arrow(turn, first, "again")]
        arrows += [Arrow(turn, each.target, "out") for each in follow]


def _operator(data: dict[str, Any]) -> dict[str, Any]:
    return {"logical_operator": data.get("logical_operator") or "and"}


def _plain_chat(reading: Reading, data: dict[str, Any]) -> Foreign:
    """An app that is one prompt: a node that answers."""
    config = data.get("model_config") or {}
    query = reading.draft.input("sys", "query", {"type": "string"})
    answer = reading.draft.written("llm", "text", "answer", {"type": "string"})
    prompt = str(config.get("pre_prompt") or "")
    node: dict[str, Any] = {"kind": "llm", "prompt": f"{{{{ state.{query} }}}}"}
    if prompt.strip():
        node["system"] = reading.text(prompt)
    node["writes"] = [answer]
    box = Box("llm", "answer", node, starts=False)
    document = reading.draft.document(
        str(data["app"].get("name") or "chat"),
        str(data["app"].get("description") or ""),
        fold([box], [], node_names([box])),
        [answer],
    )
    return reading.draft.done(document)
