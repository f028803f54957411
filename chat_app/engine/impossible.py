"""What of a workflow no run can come to, by the names that a dry run gives to choices and nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chat_app.workflow.check import CheckResult
from chat_app.workflow.edges import START
from chat_app.workflow.graph import Flow
from chat_app.workflow.nodes import MapNode, WorkflowNode
from chat_app.workflow.rules.context import Context, LevelView
from chat_app.workflow.rules.possible import NODE, impossible
from chat_app.workflow.surroundings import Surroundings


@dataclass
class Shown:
    """What was shown to be impossible, each with why."""

    routes: dict[tuple[str, int], str] = field(default_factory=dict)
    nodes: dict[str, str] = field(default_factory=dict)


def shown_impossible(checked: CheckResult) -> Shown:
    """Of a workflow and of the files that it runs."""
    shown = Shown()
    _add(checked, "", "", shown)
    return shown


def _add(checked: CheckResult, inside: str, name: str, shown: Shown) -> None:
    """Adds what is impossible in one file; `name` is the node that runs it, `inside` what its names begin with."""
    if checked.workflow is None:
        return
    never: set[str] = set()
    for level in Context(checked.workflow, checked.source, Surroundings(), checked.used).levels:
        if level.owner is not None and level.owner.id in never:
            _all_of(level, f"`{inside}{level.owner.id}` never runs", inside, shown, never)
            continue
        start = f"{inside}{level.owner.id}" if level.owner is not None else name
        for found in impossible(level):
            if found.what == NODE:
                for each in _with_subtasks(level.flow, found.source):
                    shown.nodes[f"{inside}{each}"] = found.why
                    never.add(each)
                _all_routes(level.flow, found.source, f"`{inside}{found.source}` never runs", inside, shown)
            else:
                place = (
                    (f"{start}/{START}" if start else START) if found.source == START else f"{inside}{found.source}"
                )
                shown.routes[place, found.way] = found.why
        for node in level.level.nodes:
            if isinstance(node, WorkflowNode) and isinstance(used := checked.used.get(node.uses), CheckResult):
                _add(used, f"{inside}{node.id}/", f"{inside}{node.id}", shown)


def _all_of(level: LevelView, why: str, inside: str, shown: Shown, never: set[str]) -> None:
    """Everything in the body of a map that never runs."""
    for node in level.level.nodes:
        shown.nodes[f"{inside}{node.id}"] = why
        never.add(node.id)
        _all_routes(level.flow, node.id, why, inside, shown)
    assert isinstance(level.owner, MapNode)
    for way in level.flow.ways(START):
        shown.routes[f"{inside}{level.owner.id}/{START}", way.index] = why


def _all_routes(flow: Flow, source: str, why: str, inside: str, shown: Shown) -> None:
    for way in flow.ways(source):
        shown.routes[f"{inside}{source}", way.index] = why


def _with_subtasks(flow: Flow, name: str) -> Iterator[str]:
    yield name
    for subtask in flow.subtasks(name):
        yield from _with_subtasks(flow, subtask)
