"""Repairs of what a model forgot, made without asking it again: only on nodes of this turn, each told.

The check's own fixes are safe anywhere; these are guesses at what was meant, so they are kept only
where they leave fewer errors, and never touch a node that stood there before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chat_app.designer.agent.mending_conditions import mended_condition
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Diagnostic, Path
from chat_app.workflow.document import Workflow
from chat_app.workflow.graph import Flow, flow_of
from chat_app.workflow.names import LONGEST_NAME, free_name
from chat_app.workflow.nodes import ClassifyNode
from chat_app.workflow.reads import fields_read
from chat_app.workflow.source import read
from chat_app.workflow.typed_edits import AddField, AddInput, Edit, ReplaceValue, SetKey, SetOutputs

_NO_FIELD = re.compile(r"^`state\.([a-z][a-z0-9_]{0,63})` names no field")
_UNSET = re.compile(r"^`(\w+)` is unset when `(\w+)` runs")
_STATE = re.compile(r"\bstate\.(\w+)")
_EMPTY: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}
_WRITERS: dict[str, tuple[str, dict[str, Any]]] = {
    "llm": ("text", {"type": "string"}),
    "template": ("text", {"type": "string"}),
    "human": ("answer", {"type": "string"}),
    "classify": ("label", {"type": "string"}),
}
"""The field that a node of a kind gets where it was given none."""
_ROUNDS = 3
"""How often a loop that was given no bound may repeat."""


@dataclass(frozen=True, slots=True)
class Mending:
    """One guess, with what is told of it."""

    line: str
    edits: tuple[Edit, ...]


def mendings(checked: CheckResult, problem: Diagnostic, old: frozenset[str]) -> Iterator[Mending]:
    """What may be done about a problem of a new node; nothing for nodes named in `old`."""
    workflow = checked.workflow
    if workflow is None:
        return
    if problem.path and problem.path[-1] == "condition":
        yield from _as_meant(workflow, problem)
    match problem.code:
        case "unknown-name":
            yield from _unknown(workflow, problem, old)
        case "read-before-write":
            yield from _set_at_first(workflow, problem, old)
        case "wrong-writes":
            yield from _with_a_field(workflow, problem, old)
        case "unbounded-cycle":
            yield from _bounded(problem)


def completions(checked: CheckResult, start: CheckResult | None) -> Iterator[Mending]:
    """What a valid workflow of this turn still lacks: outputs of a first draft, limits of a new loop."""
    workflow = checked.workflow
    if workflow is None:
        return
    if start is None and not workflow.outputs and (names := _unread(workflow)):
        told = ", ".join(f"`{name}`" for name in names)
        yield Mending(f"Took {told} for what a run returns.", (SetOutputs(outputs=names),))
    before = {found.code for found in start.diagnostics} if start else set()
    for found in checked.diagnostics:
        if found.code == "no-limits" and found.code not in before and found.fix is not None:
            yield Mending(f"{found.fix.title}, as the workflow repeats.", found.fix.edits)


def _unread(workflow: Workflow) -> list[str]:
    """The fields that nodes write and nothing reads: what all the work comes to."""
    used = {name for node in workflow.nodes for name in fields_read(node)}
    for edge in workflow.edges or []:
        used |= {name for way in edge.ways_out() for name in _STATE.findall(way.condition or "")}
    written = [name for node in workflow.nodes for name in node.writes if name in workflow.state]
    return list(dict.fromkeys(name for name in written if name not in used))


def node_ids(text: str) -> frozenset[str]:
    """The ids of all nodes in a text, those in maps too, whatever else is wrong with it."""
    return frozenset(_ids(read(text).data))


def _ids(data: Any) -> Iterator[str]:
    nodes = data.get("nodes") if isinstance(data, dict) else None
    for node in nodes if isinstance(nodes, list) else []:
        if isinstance(node, dict):
            if isinstance(node.get("id"), str):
                yield node["id"]
            yield from _ids(node.get("body"))


def _unknown(workflow: Workflow, problem: Diagnostic, old: frozenset[str]) -> Iterator[Mending]:
    """A name that is no field: a value of an enum left bare in a condition, or an input not declared."""
    found = _NO_FIELD.match(problem.message)
    if found is None:
        return
    name = found[1]
    if "edges" in problem.path:
        yield from _as_value(workflow, problem, name)
        return
    owner = _owner(workflow, problem)
    if owner is None or owner in old or (problem.help or "").startswith("Did you mean"):
        return
    is_list = problem.path[-1:] == ("over",)
    type: dict[str, Any] = {"type": "array", "items": {"type": "string"}} if is_list else {"type": "string"}
    yield Mending(f"Took `{name}` for an input, as nothing writes it.", (AddInput(name=name, type=type),))


def _as_meant(workflow: Workflow, problem: Diagnostic) -> Iterator[Mending]:
    condition = _at(workflow.model_dump(by_alias=True, exclude_unset=True), problem.path)
    made = mended_condition(condition, problem) if isinstance(condition, str) else None
    if made is not None:
        yield Mending(
            f"Wrote the condition `{condition}` as `{made}`.", (ReplaceValue(path=[*problem.path], value=made),)
        )


def _as_value(workflow: Workflow, problem: Diagnostic, name: str) -> Iterator[Mending]:
    values = {value for field in (*workflow.state.values(), *workflow.inputs.values()) for value in field.enum or ()}
    condition = _at(workflow.model_dump(by_alias=True, exclude_unset=True), problem.path)
    if name in values and isinstance(condition, str):
        quoted = re.sub(rf"\bstate\.{name}\b", f"'{name}'", condition)
        line = f"Took `{name}` in a condition for the text '{name}'."
        yield Mending(line, (ReplaceValue(path=list(problem.path), value=quoted),))


def _at(data: Any, path: Path) -> Any:
    for key in path:
        try:
            data = data[key]
        except (LookupError, TypeError):
            return None
    return data


def _set_at_first(workflow: Workflow, problem: Diagnostic, old: frozenset[str]) -> Iterator[Mending]:
    found = _UNSET.match(problem.message)
    if found is None:
        return
    name, reader = found[1], found[2]
    field = workflow.state.get(name)
    if field is None or field.enum or field.type not in _EMPTY or reader in old:
        return
    flow = flow_of(workflow)
    writers = [node.id for node in workflow.nodes if name in node.writes]
    if not any(_leads(flow, writer, reader) for writer in writers):
        return
    kept = field.model_dump(by_alias=True, exclude_unset=True)
    yield Mending(
        f"`{name}` is empty at first, as the loop reads it before it writes it.",
        (AddField(name=name, type=kept | {"default": _EMPTY[field.type]}),),
    )


def _with_a_field(workflow: Workflow, problem: Diagnostic, old: frozenset[str]) -> Iterator[Mending]:
    owner = _owner(workflow, problem)
    node = next((each for each in workflow.nodes if each.id == owner), None)
    if node is None or node.writes or node.id in old or node.kind not in _WRITERS:
        return
    ending, type = _WRITERS[node.kind]
    if isinstance(node, ClassifyNode):
        type = type | {"enum": list(node.labels)}
    name = free_name(f"{node.id}_{ending}"[:LONGEST_NAME], [*workflow.inputs, *workflow.state])
    yield Mending(
        f"Gave `{node.id}` the field `{name}` to write.",
        (AddField(name=name, type=type), SetKey(id=node.id, key="writes", value=[name])),
    )


def _bounded(problem: Diagnostic) -> Iterator[Mending]:
    if len(problem.path) >= 2 and problem.path[-1] == "to" and "routes" in problem.path:
        path = [*problem.path[:-1], "max_times"]
        line = f"Bounded the way back: at most {_ROUNDS} times."
        yield Mending(line, (ReplaceValue(path=path, value=_ROUNDS),))


def _owner(workflow: Workflow, problem: Diagnostic) -> str | None:
    """The node of the workflow's own level that a problem is in."""
    path = problem.path
    if len(path) < 2 or path[0] != "nodes" or not isinstance(path[1], int) or path[1] >= len(workflow.nodes):
        return None
    return workflow.nodes[path[1]].id


def _leads(flow: Flow, start: str, goal: str) -> bool:
    """Whether a run can come from one node to another."""
    seen, waiting = {start}, [start]
    while waiting:
        for after in flow.successors.get(waiting.pop(), ()):
            if after == goal:
                return True
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return False
