"""The dry run: walks the compiled graph without a model until every way was taken, and says what was not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chat_app.engine.compiler import compile_workflow
from chat_app.engine.errors import InputsRefused, NotRunnable
from chat_app.engine.inputs import first_state
from chat_app.engine.level import CompiledNode
from chat_app.engine.rehearsal import Rehearsal
from chat_app.engine.steering import Route, SteeredModel, Steering
from chat_app.events.run import (
    LimitReached,
    RouteTaken,
    RunEvent,
    RunFailed,
    StepFailed,
    StepFinished,
    StepId,
    StepStarted,
)
from chat_app.workflow.check import CheckResult
from chat_app.workflow.document import Limits
from chat_app.workflow.edges import START
from chat_app.workflow.nodes import (
    ClassifyNode,
    CodeNode,
    HttpNode,
    LlmNode,
    MapNode,
    ParallelNode,
    ToolNode,
)

MOST_RUNS = 60
FRUITLESS_RUNS = 3
"""So many runs in a row without anything new, and the rest counts as not to be had."""


@dataclass(frozen=True, slots=True)
class DryRunReport:
    """What was walked, and what went wrong on the way."""

    runs: int
    nodes: int
    routes: int
    failures: int
    """Nodes whose `on_error` leads somewhere."""
    nodes_missed: tuple[str, ...] = ()
    routes_missed: tuple[str, ...] = ()
    """In words: `route 2 of draft, to approve`."""
    failures_missed: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """Runs that failed: what would fail with a real model too."""

    @property
    def complete(self) -> bool:
        """Whether everything was walked and nothing failed."""
        return not (self.nodes_missed or self.routes_missed or self.failures_missed or self.problems)

    def lines(self) -> list[str]:
        """The report for people and models."""
        parts = [_share("node", self.nodes, self.nodes_missed)]
        if self.routes:
            parts.append(_share("route", self.routes, self.routes_missed))
        if self.failures:
            parts.append(_share("error path", self.failures, self.failures_missed))
        runs = "1 run" if self.runs == 1 else f"{self.runs} runs"
        lines = [f"Walked {', '.join(parts)} in {runs}, without a model."]
        lines += self.problems
        lines += [f"`{node}` was never reached." for node in self.nodes_missed]
        lines += [f"No values were found that take {route}." for route in self.routes_missed]
        lines += [f"The error path of `{node}` was never taken." for node in self.failures_missed]
        return lines


async def dry_run(checked: CheckResult) -> DryRunReport:
    """Walks a checked workflow; costs nothing, asks no model, touches no network."""
    if checked.workflow is None or not checked.valid:
        raise NotRunnable("The workflow has errors.", help="Correct what the check found first.")
    return await _Walk(Steering(compile_workflow(checked.workflow, checked.used))).whole()


class _Walk:
    def __init__(self, steering: Steering) -> None:
        self._steering = steering
        self._workflow = steering.compiled.workflow
        # Loops may be long: what the workflow allows is walked, but no run for ever.
        self._rehearsal = Rehearsal(steering.compiled, Limits(seconds=20.0), pretend=steering.pretend)
        self._failing = dict(_failing(steering))
        self._problems: dict[str, None] = {}
        self._runs = 0
        self._names: dict[StepId, str] = {}
        """The nodes of the steps of the present run."""

    async def whole(self) -> DryRunReport:
        fruitless = 0
        while self._runs < MOST_RUNS and fruitless < FRUITLESS_RUNS and (self._runs == 0 or self._missing()):
            before = self._seen()
            await self._once(self._next_failure())
            fruitless = 0 if self._seen() > before else fruitless + 1
        return self._report()

    def _next_failure(self) -> str | None:
        """A node whose error path is still to be walked."""
        # Some nodes are reached by a failure alone, so error paths do not wait until all else is walked.
        if self._runs % 2 == 0 and (self._routes_missed() or self._nodes_missed()):
            return None
        return next(
            (
                node
                for node in self._failing
                if node in self._steering.nodes_seen and node not in self._steering.failures_seen
            ),
            None,
        )

    async def _once(self, failing: str | None) -> None:
        steering = self._steering
        # What only a failure leads to can fail only where that failure comes first.
        steering.begin(() if failing is None else steering.nodes_seen[failing] | self._failing[failing])
        self._runs += 1
        self._names.clear()
        try:
            state = first_state(self._workflow, steering.inputs())
        except InputsRefused as refused:
            self._problems[f"No inputs could be made up: {refused.message}."] = None
            return
        rest = await self._rehearsal.run(state, SteeredModel(steering), answer=steering.answer, emit=self._note)
        match rest.event:
            case RunFailed(message=message, node=node):
                self._problems[f"`{node}` fails: {message}" if node else message] = None
            case LimitReached(message=message):
                self._problems[f"A run comes to a limit: {message}"] = None

    def _note(self, event: RunEvent) -> None:
        steering = self._steering
        match event:
            case StepStarted(step=step, node=node):
                self._names[step] = node
            case StepFinished(node=node):
                steering.nodes_seen.setdefault(node, steering.failing)
            case StepFailed(node=node, continues=True):
                steering.nodes_seen.setdefault(node, steering.failing)
                steering.failures_seen.add(node)
            case RouteTaken(source=source, route=int() as route, parent=parent):
                within = "" if parent is None else self._names[parent]
                key = f"{within}/{START}" if source == START and within else source
                steering.routes_seen.add((key, route))
                steering.taken[(key, route)] = steering.taken.get((key, route), 0) + 1
            case _:
                return

    def _seen(self) -> int:
        steering = self._steering
        return len(steering.nodes_seen) + len(steering.routes_seen) + len(steering.failures_seen)

    def _missing(self) -> bool:
        return bool(self._nodes_missed() or self._routes_missed() or self._failures_missed())

    def _nodes_missed(self) -> list[str]:
        return [node for node in self._nodes() if node not in self._steering.nodes_seen]

    def _routes_missed(self) -> list[Route]:
        return sorted(self._steering.routes - self._steering.routes_seen)

    def _failures_missed(self) -> list[str]:
        return [node for node in self._failing if node not in self._steering.failures_seen]

    def _nodes(self) -> list[str]:
        return [place.key(node) for place in self._steering.places for node in place.level.nodes]

    def _report(self) -> DryRunReport:
        return DryRunReport(
            runs=self._runs,
            nodes=len(self._nodes()),
            routes=len(self._steering.routes),
            failures=len(self._failing),
            nodes_missed=tuple(self._nodes_missed()),
            routes_missed=tuple(self._in_words(route) for route in self._routes_missed()),
            failures_missed=tuple(self._failures_missed()),
            problems=tuple(self._problems),
        )

    def _in_words(self, route: Route) -> str:
        key, index = route
        place = self._steering.place_of[key]
        source = START if key.endswith(START) else key.removeprefix(place.inside)
        targets = place.level.ways[source][index].targets
        return f"route {index + 1} of `{key}`, to {', '.join(targets)}"


def _failing(steering: Steering) -> Iterable[tuple[str, frozenset[str]]]:
    """The nodes whose failure leads somewhere, each with the nodes that must fail for it."""
    for place in steering.places:
        for node in place.level.nodes.values():
            asking = _asking_within(node, place.level.nodes, place.inside)
            if node.spec.on_error != "fail" and asking:
                yield place.key(node.id), asking


def _asking_within(node: CompiledNode, beside: dict[str, CompiledNode], inside: str) -> frozenset[str]:
    """The nodes whose failure is rehearsed, in this node or under it, and whose failure would be its own."""
    spec = node.spec
    if isinstance(spec, LlmNode | ClassifyNode | CodeNode | HttpNode | ToolNode):
        return frozenset({f"{inside}{node.id}"})
    if isinstance(spec, ParallelNode):
        parts = [beside[name] for name in spec.subtasks if name in beside]
    elif isinstance(spec, MapNode) and node.body is not None and spec.on_item_error == "fail":
        parts, beside = list(node.body.nodes.values()), node.body.nodes
    elif node.used is not None:
        parts, beside, inside = list(node.used.level.nodes.values()), node.used.level.nodes, f"{inside}{node.id}/"
    else:
        return frozenset()
    return frozenset(
        name for part in parts if part.spec.on_error == "fail" for name in _asking_within(part, beside, inside)
    )


def _share(what: str, total: int, missed: tuple[str, ...]) -> str:
    return f"{total - len(missed)} of {total} {what}{'' if total == 1 else 's'}"
