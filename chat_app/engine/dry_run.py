"""The dry run: walks the compiled graph without a model until every way was taken, and says what was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from chat_app.engine.compiler import compile_workflow
from chat_app.engine.coverage import DryRunReport, Loop, Share, loops_of
from chat_app.engine.errors import InputsRefused, NotRunnable
from chat_app.engine.impossible import Shown, shown_impossible
from chat_app.engine.inputs import first_state
from chat_app.engine.level import CompiledNode
from chat_app.engine.rehearsal import Rehearsal
from chat_app.engine.steering import NO_AIM, Aim, Place, Route, SteeredModel, Steering
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
"""So many runs in a row without anything new, and each thing that is left is aimed at by itself."""
AIMED_RUNS = 24
"""So many runs are made for one thing that is left; what none of them comes to counts as not to be had."""
MOST_STEPS = 20_000
"""Steps of all runs; no run begins after so many, so that a large file takes no longer than a person waits."""


async def dry_run(checked: CheckResult) -> DryRunReport:
    """Walks a checked workflow; costs nothing, asks no model, touches no network."""
    if checked.workflow is None or not checked.valid:
        raise NotRunnable("The workflow has errors.", help="Correct what the check found first.")
    steering = Steering(compile_workflow(checked.workflow, checked.used))
    return await _Walk(steering, shown_impossible(checked)).whole()


@dataclass(frozen=True)
class Target:
    """One thing that is still to be walked."""

    key: str
    """The node or the choice."""
    route: Route | None = None
    fails: str | None = None
    """The node whose error path it is."""
    leaves: str | None = None
    """The head of the loop to go round and leave."""


def aim_at(steering: Steering, target: Target, number: int) -> Aim:
    """The aim of one of the runs for a target: straight, through all rounds of loops, then ever more by dice."""
    dice = None if number < 2 else Random(number)
    astray = 0.0 if number < 6 else (0.25, 0.5, 1.0)[number % 3]
    return Aim(steering.way_to(target.key), target.route, dice, number % 2 == 1, astray)


class _Walk:
    def __init__(self, steering: Steering, shown: Shown) -> None:
        self._steering = steering
        self._shown = shown
        self._workflow = steering.compiled.workflow
        # Loops may be long: what the workflow allows is walked, but no run for ever.
        self._rehearsal = Rehearsal(steering.compiled, Limits(seconds=20.0), pretend=steering.pretend)
        self._failing = dict(_failing(steering))
        self._loops = {place.key(loop.head): (place, loop) for place in steering.places for loop in _left(place)}
        self._loops_left: set[str] = set()
        self._problems: dict[str, None] = {}
        self._runs = 0
        self._steps = 0
        self._names: dict[StepId, str] = {}
        """The nodes of the steps of the present run."""
        self._rounds: Counter[tuple[StepId | None, str]] = Counter()
        """How often each node ran in the present run, by the step that it runs in."""

    async def whole(self) -> DryRunReport:
        fruitless = 0
        while self._runs < MOST_RUNS and fruitless < FRUITLESS_RUNS and (self._runs == 0 or self._missing()):
            before = self._seen()
            await self._once(self._next_failure())
            fruitless = 0 if self._seen() > before else fruitless + 1
        await self._aimed()
        return self._report()

    async def _aimed(self) -> None:
        """Runs for the things that are still missed, one after the other."""
        tried: set[Target] = set()
        while (target := next((each for each in self._targets() if each not in tried), None)) is not None:
            tried.add(target)
            for number in range(AIMED_RUNS):
                if target not in self._targets() or self._steps >= MOST_STEPS:
                    break
                await self._once(target.fails, aim_at(self._steering, target, number))

    def _targets(self) -> list[Target]:
        """What is missed, the routes first: a node that is never reached has a route to it that was never taken."""
        routes = [Target(key, route=(key, index)) for key, index in self._routes_missed()]
        nodes = [Target(node) for node in self._nodes_missed()]
        failures = [Target(node, fails=node) for node in self._failures_missed()]
        loops = [self._back_to(head) for head in self._loops_missed()]
        return [each for each in (*routes, *nodes, *failures, *loops) if each.key in self._steering.place_of]

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

    def _back_to(self, head: str) -> Target:
        place, loop = self._loops[head]
        source, way = loop.back[0]
        return Target(place.key(source), route=(place.key(source), way), leaves=head)

    async def _once(self, failing: str | None, aim: Aim = NO_AIM) -> None:
        steering = self._steering
        # What only a failure leads to can fail only where that failure comes first.
        first = frozenset[str]() if failing is None else steering.nodes_seen.get(failing, frozenset())
        steering.begin(first if failing is None else first | self._failing[failing], aim)
        self._runs += 1
        self._names.clear()
        self._rounds.clear()
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
            case StepStarted(step=step, node=node, parent=parent):
                self._steps += 1
                self._names[step] = node
                self._rounds[parent, node] += 1
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
                self._note_exit(key, route, parent)
            case _:
                return

    def _note_exit(self, key: str, route: int, parent: StepId | None) -> None:
        """A loop is left where it was gone through before."""
        for head, (place, loop) in self._loops.items():
            inner = key.removeprefix(place.inside)
            if (inner, route) in loop.exits and key == place.key(inner) and self._rounds[parent, head] > 1:
                self._loops_left.add(head)

    def _seen(self) -> int:
        steering = self._steering
        found = len(steering.nodes_seen) + len(steering.routes_seen) + len(steering.failures_seen)
        return found + len(self._loops_left)

    def _missing(self) -> bool:
        return bool(self._nodes_missed() or self._routes_missed() or self._failures_missed() or self._loops_missed())

    def _nodes_missed(self) -> list[str]:
        seen, never = self._steering.nodes_seen, self._shown.nodes
        return [node for node in self._nodes() if node not in seen and node not in never]

    def _routes_missed(self) -> list[Route]:
        return sorted(self._steering.routes - self._steering.routes_seen - self._shown.routes.keys())

    def _failures_missed(self) -> list[str]:
        seen, never = self._steering.failures_seen, self._shown.nodes
        return [node for node in self._failing if node not in seen and node not in never]

    def _loops_missed(self) -> list[str]:
        return [head for head in self._loops if head not in self._loops_left and not self._never_again(head)]

    def _never_again(self, head: str) -> bool:
        """Whether every way back to the head of a loop was shown to be impossible."""
        place, loop = self._loops[head]
        never = self._shown
        return head in never.nodes or all(
            (place.key(source), way) in never.routes or place.key(source) in never.nodes for source, way in loop.back
        )

    def _nodes(self) -> list[str]:
        return [place.key(node) for place in self._steering.places for node in place.level.nodes]

    def _bodies(self) -> dict[str, list[str]]:
        """The maps, each with the nodes of its body."""
        return {
            place.name: [place.key(node) for node in place.level.nodes]
            for place in self._steering.places
            if place.name and place.inside != f"{place.name}/"
        }

    def _report(self) -> DryRunReport:
        return DryRunReport(
            self._runs,
            (self._of_nodes(), self._of_routes(), self._of_bodies(), self._of_loops(), self._of_failures()),
            tuple(self._problems),
        )

    def _of_nodes(self) -> Share:
        seen, never = self._steering.nodes_seen, self._shown.nodes
        return Share(
            "node",
            len(self._nodes()),
            tuple(f"`{node}` was never reached." for node in self._nodes_missed()),
            tuple(f"`{node}` can never run: {never[node]}." for node in self._nodes() if node in never.keys() - seen),
        )

    def _of_routes(self) -> Share:
        never = self._shown.routes
        missed = (f"No values were found that take {self._in_words(route)}." for route in self._routes_missed())
        impossible = sorted((self._steering.routes & never.keys()) - self._steering.routes_seen)
        told = (f"{_capital(self._in_words(route))}, can never be taken: {never[route]}." for route in impossible)
        return Share("route", len(self._steering.routes), tuple(missed), tuple(told))

    def _of_bodies(self) -> Share:
        seen, never = self._steering.nodes_seen, self._shown.nodes
        bodies = self._bodies()
        unseen = [name for name, nodes in bodies.items() if seen.keys().isdisjoint(nodes)]
        return Share(
            "map body",
            len(bodies),
            tuple(f"The body of `{name}` was walked for no item." for name in unseen if name not in never),
            tuple(f"The body of `{name}` can never run: {never[name]}." for name in unseen if name in never),
        )

    def _of_loops(self) -> Share:
        unseen = [head for head in self._loops if head not in self._loops_left]
        missed = self._loops_missed()
        return Share(
            "loop exit",
            len(self._loops),
            tuple(f"No run was seen to go round the loop at `{head}` and leave it." for head in missed),
            tuple(
                f"The loop at `{head}` is never gone round: no way back to it can be taken."
                for head in unseen
                if head not in missed
            ),
        )

    def _of_failures(self) -> Share:
        seen, never = self._steering.failures_seen, self._shown.nodes
        return Share(
            "error path",
            len(self._failing),
            tuple(f"The error path of `{node}` was never taken." for node in self._failures_missed()),
            tuple(
                f"The error path of `{node}` can never be taken: {never[node]}."
                for node in self._failing
                if node in never and node not in seen
            ),
        )

    def _in_words(self, route: Route) -> str:
        key, index = route
        place = self._steering.place_of[key]
        source = START if key.endswith(START) else key.removeprefix(place.inside)
        targets = place.level.ways[source][index].targets
        return f"route {index + 1} of `{key}`, to {', '.join(targets)}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _left(place: Place) -> Iterable[Loop]:
    """The loops of a level that a choice leads out of."""
    return (loop for loop in loops_of(place.level.flow) if loop.exits)


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
