"""What is right: a small interpreter of workflows, one node at a time, without LangGraph and without the engine.

It runs `template`, `parallel`, `map`, `workflow`; what other nodes do is told by `script`. It says what the state is
at the end, which steps ran and were tried again, in which order, where they led, and whether the run failed. The rule
of joins: of the nodes that wait, one is held back while another can still come to it. Where each can come to the
other, only the way forward counts: paths without the edges that close a loop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chat_app.workflow import nodes as kinds
from chat_app.workflow.document import Workflow
from chat_app.workflow.edges import END, START, targets
from chat_app.workflow.expressions import compile_condition
from chat_app.workflow.graph import flow_of
from chat_app.workflow.templates import compile_template
from chat_app.workflow.values import initial_state

Level = Workflow | kinds.MapBody
Names = Mapping[str, Any]
State = dict[str, Any]
Ways = Mapping[str, Any]
Reach = Mapping[str, set[str]]
Taken = dict[tuple[str, int], int]
Script = Callable[[str, Mapping[str, Any], int], State | str]
"""What a node of another kind returns for what it reads, at which try; a text: the cause for which it fails."""


class RunFails(Exception):
    """A node failed and neither `retry` nor `on_error` helped; it is told for which cause."""


@dataclass
class Interpreter:
    workflow: Workflow
    script: Script
    used: Mapping[str, Workflow] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    """The ids of all steps that ran."""
    retried: Counter[str] = field(default_factory=Counter)
    rounds: dict[str, list[list[str]]] = field(default_factory=dict)
    """By the level that they stand in: the ids of its steps, those that ran side by side together."""
    led: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each way from a node was gone."""

    def run(self, inputs: Mapping[str, Any]) -> State:
        """The state at the end; raises RunFails."""
        state = {**initial_state(self.workflow.state), **initial_state(self.workflow.inputs), **inputs}
        return self._level(self.workflow, {"state": state}, state, "")

    def _level(self, level: Level, names: Names, own: State, place: str) -> State:
        ways = {edge.from_: edge.ways_out() for edge in level.edges or []}
        subtasks = {name for node in level.nodes if isinstance(node, kinds.ParallelNode) for name in node.subtasks}
        nodes = {node.id: node for node in level.nodes if node.id not in subtasks}
        reach, forward = _reach(ways, nodes, flow_of(level).back_edges)
        taken: Taken = {}
        ran: Counter[str] = Counter()
        waiting = set(self._decide(level, START, ways, names, own, taken)) - {END}
        while waiting:
            running = [
                node
                for node in nodes
                if node in waiting and not any(_blocks(other, node, reach, forward) for other in waiting - {node})
            ]
            waiting -= set(running)
            done, ids = [], []
            for node in running:
                ran[node] += 1
                ids.append(f"{place}{node}#{ran[node]}")
                done.append(self._step(level, nodes[node], ways, names, own, taken, ids[-1]))
            self.rounds.setdefault(place, []).append(ids)
            for node, (writes, after) in zip(running, done, strict=True):
                own = _joined(level, own, writes)
                waiting |= set(after) - {END}
                self.led.update((node, target) for target in after)
        return own

    def _step(
        self, level: Level, node: kinds.NodeBase, ways: Ways, names: Names, own: State, taken: Taken, step: str
    ) -> tuple[State, list[str]]:
        """What a node writes, and where it leads."""
        self.steps.append(step)
        try:
            writes = self._tried(level, node, {**names, "state": {**names["state"], **own}}, step)
        except RunFails:
            if node.on_error == "fail":
                raise
            if node.on_error != "continue":
                return {}, [node.on_error]
            writes = {}
        return writes, self._decide(level, node.id, ways, names, _joined(level, own, writes), taken)

    def _tried(self, level: Level, node: kinds.NodeBase, names: Names, step: str, attempt: int = 1) -> State:
        retry = node.retry or kinds.Retry(attempts=4 if isinstance(node, kinds.LlmNode) else 1)
        try:
            return self._work(level, node, names, step, attempt)
        except RunFails as failed:
            if attempt == retry.attempts or not {"any", str(failed)} & set(retry.on):
                raise RunFails("any") from failed
        self.retried[step] += 1
        return self._tried(level, node, names, step, attempt + 1)

    def _work(self, level: Level, node: kinds.NodeBase, names: Names, step: str, attempt: int) -> State:
        match node:
            case kinds.TemplateNode():
                return {node.writes[0]: compile_template(node.template).render(names)}
            case kinds.ParallelNode():
                writes: State = {}
                for one in (each for each in level.nodes if each.id in node.subtasks):
                    written, _ = self._step(level, one, {}, names, {}, {}, f"{step}/{one.id}#1")
                    writes = _joined(level, writes, written)
                return writes
            case kinds.MapNode():
                items = compile_template(node.over).render(names)
                values = [value for at, item in enumerate(items) for value in self._item(node, names, at, item, step)]
                return {node.writes[0]: values}
            case kinds.WorkflowNode():
                inner = self.used[node.uses]
                state = {**initial_state(inner.state), **initial_state(inner.inputs)}
                state |= {name: compile_template(text).render(names) for name, text in node.arguments.items()}
                end = self._level(inner, {"state": state}, state, f"{step}/")
                return {name: end[inner.outputs[0] if len(inner.outputs) == 1 else name] for name in node.writes}
            case _:
                told = self.script(node.id, names, attempt)
                if isinstance(told, str):
                    raise RunFails(told)
                return told

    def _item(self, node: kinds.MapNode, names: Names, at: int, item: Any, step: str) -> list[Any]:
        inner = {**names, node.item: item, "index": at}
        try:
            state = self._level(node.body, inner, initial_state(node.body.state), f"{step}[{at}]/")
        except RunFails:
            if node.on_item_error == "fail":
                raise
            return [] if node.on_item_error == "skip" else [{"error": "", "index": at}]
        returns = node.body.returns
        return [state[returns] if isinstance(returns, str) else {name: state[name] for name in returns}]

    def _decide(self, level: Level, source: str, ways: Ways, names: Names, own: State, taken: Taken) -> list[str]:
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


def _joined(level: Level, state: Mapping[str, Any], writes: Mapping[str, Any]) -> State:
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


def _blocks(other: str, node: str, reach: Reach, forward: Reach) -> bool:
    return node in reach[other] and (other not in reach[node] or node in forward[other])


def _reach(
    ways: Ways, nodes: Mapping[str, kinds.NodeBase], closing: frozenset[tuple[str, str]]
) -> tuple[Reach, Reach]:
    """What each node can come to: at all, and without the edges that close a loop."""
    after = {
        source: [target for route in ways.get(source, []) for target in targets(route.to) if target != END]
        for source in (START, *nodes)
    }
    for name, node in nodes.items():
        if node.on_error in nodes:
            after[name].append(node.on_error)

    def all_after(node: str, without: frozenset[tuple[str, str]] = frozenset()) -> set[str]:
        found: set[str] = set()
        todo = [node]
        while todo:
            one = todo.pop()
            new = {target for target in after[one] if (one, target) not in without} - found
            found |= new
            todo += new
        return found

    return {node: all_after(node) for node in after}, {node: all_after(node, closing) for node in after}
