"""What is right: a small interpreter of workflows, one node at a time, without LangGraph and without the engine.

It runs `template`, `parallel`, `map`, `workflow`; what other nodes do is told by `script`. It says what the state is
at the end, which steps ran, in which order, where they led, and whether the run failed. It imports nothing of the
engine. The rule of joins: of the nodes that wait, one is held back while another can still come to it. Where each
can come to the other, only the way forward counts: paths without the edges that close a loop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chat_app.workflow.document import Workflow
from chat_app.workflow.edges import END, START, targets
from chat_app.workflow.expressions import compile_condition
from chat_app.workflow.graph import flow_of
from chat_app.workflow.nodes import MapBody, MapNode, NodeBase, ParallelNode, TemplateNode, WorkflowNode
from chat_app.workflow.templates import compile_template
from chat_app.workflow.values import initial_state

Level = Workflow | MapBody
Names = Mapping[str, Any]
Taken = dict[tuple[str, int], int]
Script = Callable[[str, Mapping[str, Any]], dict[str, Any] | None]
"""What a node of another kind returns for what it reads; None: it fails."""


class RunFails(Exception):
    """A node failed and `on_error` did not help."""


@dataclass
class Interpreter:
    workflow: Workflow
    script: Script
    used: Mapping[str, Workflow] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    """The ids of all steps that ran."""
    rounds: dict[str, list[list[str]]] = field(default_factory=dict)
    """By the level that they stand in: the ids of its steps, those that ran side by side together."""
    led: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each way from a node was gone."""

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The state at the end; raises RunFails."""
        state = {**initial_state(self.workflow.state), **initial_state(self.workflow.inputs), **inputs}
        return self._level(self.workflow, {"state": state}, state, "")

    def _level(self, level: Level, names: Names, own: dict[str, Any], place: str) -> dict[str, Any]:
        ways = {edge.from_: edge.ways_out() for edge in level.edges or []}
        subtasks = {name for node in level.nodes if isinstance(node, ParallelNode) for name in node.subtasks}
        nodes = {node.id: node for node in level.nodes if node.id not in subtasks}
        reach, forward = _reach(ways, nodes, flow_of(level).back_edges)
        order = list(nodes)
        taken: Taken = {}
        ran: dict[str, int] = {}
        waiting = set(self._decide(level, START, ways, names, own, taken)) - {END}
        while waiting:
            running = [
                node
                for node in sorted(waiting, key=order.index)
                if not any(_blocks(other, node, reach, forward) for other in waiting if other != node)
            ]
            waiting -= set(running)
            seen, done, ids = dict(own), [], []
            for node in running:
                ran[node] = ran.get(node, 0) + 1
                ids.append(f"{place}{node}#{ran[node]}")
                done.append(self._step(level, nodes[node], ways, names, seen, taken, ids[-1]))
            self.rounds.setdefault(place, []).append(ids)
            for node, (writes, after) in zip(running, done, strict=True):
                own = _joined(level, own, writes)
                waiting |= set(after) - {END}
                self.led.update((node, target) for target in after)
        return own

    def _step(
        self,
        level: Level,
        node: NodeBase,
        ways: Mapping[str, Any],
        names: Names,
        own: dict[str, Any],
        taken: Taken,
        step: str,
    ) -> tuple[dict[str, Any], list[str]]:
        """What a node writes, and where it leads."""
        self.steps.append(step)
        try:
            writes = self._work(level, node, {**names, "state": {**names["state"], **own}}, step)
        except RunFails:
            if node.on_error == "fail":
                raise
            if node.on_error != "continue":
                return {}, [node.on_error]
            writes = {}
        return writes, self._decide(level, node.id, ways, names, _joined(level, own, writes), taken)

    def _work(self, level: Level, node: NodeBase, names: Names, step: str) -> dict[str, Any]:
        match node:
            case TemplateNode():
                return {node.writes[0]: compile_template(node.template).render(names)}
            case ParallelNode():
                writes: dict[str, Any] = {}
                by_id = {one.id: one for one in level.nodes}
                for one in sorted((by_id[name] for name in node.subtasks), key=level.nodes.index):
                    written, _ = self._step(level, one, {}, names, {}, {}, f"{step}/{one.id}#1")
                    writes = _joined(level, writes, written)
                return writes
            case MapNode():
                items = compile_template(node.over).render(names)
                values = [value for at, item in enumerate(items) for value in self._item(node, names, at, item, step)]
                return {node.writes[0]: values}
            case WorkflowNode():
                inner = self.used[node.uses]
                state = {**initial_state(inner.state), **initial_state(inner.inputs)}
                state |= {name: compile_template(text).render(names) for name, text in node.arguments.items()}
                end = self._level(inner, {"state": state}, state, f"{step}/")
                return {name: end[inner.outputs[0] if len(inner.outputs) == 1 else name] for name in node.writes}
            case _:
                told = self.script(node.id, names)
                if told is None:
                    raise RunFails(node.id)
                return told

    def _item(self, node: MapNode, names: Names, at: int, item: Any, step: str) -> list[Any]:
        inner = {**names, node.item: item, "index": at}
        try:
            state = self._level(node.body, inner, initial_state(node.body.state), f"{step}[{at}]/")
        except RunFails:
            if node.on_item_error == "fail":
                raise
            return [] if node.on_item_error == "skip" else [{"error": "", "index": at}]
        returns = node.body.returns
        return [state[returns] if isinstance(returns, str) else {name: state[name] for name in returns}]

    def _decide(
        self, level: Level, source: str, ways: Mapping[str, Any], names: Names, own: dict[str, Any], taken: Taken
    ) -> list[str]:
        fields = {**self.workflow.inputs, **self.workflow.state, **getattr(level, "inputs", {}), **level.state}
        for index, route in enumerate(ways.get(source, [])):
            if route.max_times is not None and taken.get((source, index), 0) >= route.max_times:
                continue
            if route.condition is not None:
                condition = compile_condition(route.condition, fields)
                assert not isinstance(condition, list), condition
                if not condition.evaluate({**names["state"], **own}):
                    continue
            taken[source, index] = taken.get((source, index), 0) + 1
            return targets(route.to)
        return [END]


def _joined(level: Level, state: Mapping[str, Any], writes: Mapping[str, Any]) -> dict[str, Any]:
    new = dict(state)
    for name, value in writes.items():
        how = level.state[name].reduce
        if how == "append":
            new[name] = [*state.get(name, []), *(value if isinstance(value, list) else [value])]
        elif how == "merge":
            new[name] = {**state.get(name, {}), **value}
        else:
            new[name] = value
    return new


def _blocks(other: str, node: str, reach: Mapping[str, set[str]], forward: Mapping[str, set[str]]) -> bool:
    return node in reach[other] and (other not in reach[node] or node in forward[other])


def _reach(
    ways: Mapping[str, Any], nodes: Mapping[str, NodeBase], closing: frozenset[tuple[str, str]]
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """What each node can come to: at all, and without the edges that close a loop."""
    after: dict[str, list[str]] = {
        source: [target for route in ways.get(source, []) for target in targets(route.to) if target != END]
        for source in (START, *nodes)
    }
    for name, node in nodes.items():
        if node.on_error in nodes:
            after[name].append(node.on_error)

    def all_after(node: str, usable: Callable[[str, str], bool]) -> set[str]:
        found: set[str] = set()
        todo = [node]
        while todo:
            one = todo.pop()
            new = {target for target in after[one] if usable(one, target)} - found
            found |= new
            todo += new
        return found

    reach = {node: all_after(node, lambda one, other: True) for node in after}
    forward = {node: all_after(node, lambda one, other: (one, other) not in closing) for node in after}
    return reach, forward
