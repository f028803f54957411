"""Steers the runs of a dry run: what models, people and inputs say, so that untried ways are taken."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from chat_app.chat_models.errors import RequestRefused
from chat_app.chat_models.prices import FREE
from chat_app.chat_models.protocol import ChatRequest, Finished, ModelUsage, Piece, TextPiece
from chat_app.chat_models.simulated import SIMULATED
from chat_app.engine.compiler import Compiled
from chat_app.engine.errors import StepProblem
from chat_app.engine.level import CompiledWay, Level
from chat_app.engine.reach import Act
from chat_app.engine.samples import Hints, RouteSolver, candidates
from chat_app.events.run import StepId
from chat_app.workflow.edges import END, START
from chat_app.workflow.fields import FieldType

FORESIGHT = 4
"""So many of the choices that follow are thought of when a value is chosen for one."""

Route = tuple[str, int]
"""A choice and one of its routes; the choice at a body's START is `map_id/START`."""


@dataclass(frozen=True)
class Aim:
    """What one run is for, where it is not simply for whatever is new."""

    nodes: frozenset[str] = frozenset()
    """The node to come to, with those that hold it."""
    route: Route | None = None
    """The route to take there."""
    dice: Random | None = None
    """Chooses among the values that lead on, and among those that no choice nearby asks for."""
    round_first: bool = False
    """Whether bounded ways back are used up before the run goes on: what follows may ask for a value that turns it
    back as long as it can."""
    astray: float = 0.0
    """How often a choice takes just any of its routes, as what leads on may have to be prepared elsewhere."""


NO_AIM = Aim()


@dataclass
class Place:
    """A level of the workflow, as steering sees it."""

    level: Level
    name: str
    """Empty for the workflow itself, else the name of the node that holds it."""
    around: Mapping[str, FieldType]
    """All fields that conditions can read there."""
    inside: str = ""
    """What the names of its nodes begin with: `call/` in the workflow that the node `call` runs."""

    def key(self, source: str) -> str:
        """The name of a choice in the whole file."""
        if source == START:
            return f"{self.name}/{START}" if self.name else START
        return f"{self.inside}{source}"


def places(compiled: Compiled) -> Iterator[Place]:
    """Every level, the outermost first."""
    outer = {**compiled.workflow.inputs, **compiled.workflow.state}
    todo = deque([Place(compiled.level, "", outer)])
    while todo:
        place = todo.popleft()
        yield place
        for node in place.level.nodes.values():
            name, used = place.key(node.id), node.used
            if node.body is not None:
                todo.append(Place(node.body, name, {**place.around, **node.body.fields}, place.inside))
            elif used is not None:
                around = {**used.workflow.inputs, **used.workflow.state}
                todo.append(Place(used.level, name, around, f"{name}/"))


@dataclass
class Steering:
    """One for a dry run; knows what has been covered so far."""

    compiled: Compiled
    nodes_seen: dict[str, frozenset[str]] = field(default_factory=dict)
    """Each with the nodes that failed in the run that first came to it."""
    routes_seen: set[Route] = field(default_factory=set)
    failures_seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.places = list(places(self.compiled))
        self.solvers: dict[str, RouteSolver] = {}
        self.place_of: dict[str, Place] = {}
        conditions = [
            way.text for place in self.places for ways in place.level.ways.values() for way in ways if way.text
        ]
        self.hints = Hints.of(conditions)
        for place in self.places:
            for node in place.level.nodes:
                self.place_of[place.key(node)] = place
            for source, ways in place.level.ways.items():
                if len(ways) > 1:
                    self.place_of[place.key(source)] = place
                    self.solvers[place.key(source)] = RouteSolver(
                        [way.condition for way in ways], place.around, self.hints
                    )
        self.taken: dict[Route, int] = {}
        """In the present run."""
        self.failing: frozenset[str] = frozenset()
        """The nodes that fail in the present run."""
        self.aim = NO_AIM

    @property
    def routes(self) -> set[Route]:
        """Every route of every choice."""
        return {(key, index) for key, solver in self.solvers.items() for index in range(len(solver.conditions))}

    def begin(self, failing: Iterable[str] = (), aim: Aim = NO_AIM) -> None:
        """A new run."""
        self.taken = {}
        self.failing = frozenset(failing)
        self.aim = aim

    def way_to(self, key: str) -> frozenset[str]:
        """The node of a choice or the node itself, and the nodes that hold it."""
        place, found = self.place_of[key], {key}
        owner = place.level.flow.owners.get(key.removeprefix(place.inside))
        while owner is not None:
            found.add(place.key(owner))
            owner = place.level.flow.owners.get(owner)
        return frozenset(found) | (self.way_to(place.name) if place.name else frozenset())

    def inputs(self) -> dict[str, Any]:
        """What the run is started with."""
        return self._steered(START, self.places[0], self.compiled.workflow.inputs)

    def values(self, node: str) -> dict[str, Any]:
        """What a node that calls out, or a person, returns now."""
        place = self.place_of[node]
        own = node.removeprefix(place.inside)
        return self._steered(own, place, place.level.nodes[own].fields)

    def answer(self, step: StepId, node: str) -> dict[str, Any]:
        """What a person says."""
        return self.values(node)

    def pretend(self, act: Act) -> dict[str, Any]:
        """What code, a request or a tool gives: made-up inputs would only make it fail for no fault of its own."""
        if act.node in self.failing:
            raise StepProblem("This failure is rehearsed.", help="Nothing to do.")
        return self.values(act.node)

    def _steered(self, node: str, place: Place, fields: Mapping[str, FieldType]) -> dict[str, Any]:
        """Values for the fields, so that the choices that follow take the most interesting routes."""
        dice = self.aim.dice
        values = {name: _one_of(candidates(field, self.hints), dice) for name, field in fields.items()}
        chosen: dict[str, Any] = {}
        following = list(self._choices_after(node, place))
        for position, key in enumerate(following):
            if set(self.solvers[key].reads) & set(fields):
                found = self._wanted(key, chosen, following[position + 1 : position + 1 + FORESIGHT])
                chosen |= {name: value for name, value in found.items() if name in fields and name not in chosen}
        return values | chosen

    def _choices_after(self, node: str, place: Place) -> Iterator[str]:
        """The choices that follow a node, the nearest first; those in the bodies of maps on the way too."""
        seen, todo = {node}, deque([node])
        owner = place.level.flow.owners.get(node)
        if owner is not None:
            todo.append(owner)
        while todo:
            name = todo.popleft()
            if place.key(name) in self.solvers:
                yield place.key(name)
            found = place.level.nodes.get(name)
            if found is not None and found.body is not None and name != node:
                yield from (key for key in self.solvers if self.place_of[key].level is found.body)
            for after in place.level.flow.successors.get(name, ()):
                if after not in seen and after != END:
                    seen.add(after)
                    todo.append(after)

    def _wanted(self, key: str, chosen: Mapping[str, Any], later: list[str]) -> dict[str, Any]:
        """Values that lead the choice to its most interesting route that can be had; none where none can."""
        exhausted = self._exhausted(key)
        for route in self._ranked(key):
            solutions = self.solvers[key].solutions(route, exhausted, chosen)
            if solutions and self.aim.dice is not None and self.aim.dice.random() < 0.5:
                return self.aim.dice.choice(solutions)
            if solutions:
                return max(solutions, key=lambda values: self._agreeing(later, {**values, **chosen}))
        return {}

    def _agreeing(self, later: list[str], values: Mapping[str, Any]) -> int:
        """How many of the choices that come later could take the route they want with these values."""
        return sum(
            bool(ranked and self.solvers[key].solutions(ranked[0], self._exhausted(key), values))
            for key in later
            for ranked in (self._ranked(key),)
        )

    def _ways(self, key: str) -> tuple[CompiledWay, ...]:
        place = self.place_of[key]
        source = START if key.endswith(START) else key.removeprefix(place.inside)
        return place.level.ways[source]

    def _exhausted(self, key: str) -> frozenset[int]:
        """The routes of a choice that are used up in this run."""
        return frozenset(
            index
            for index, way in enumerate(self._ways(key))
            if way.max_times is not None and self.taken.get((key, index), 0) >= way.max_times
        )

    def _ranked(self, key: str) -> list[int]:
        """The routes of a choice that are left, the most interesting first."""
        ways, exhausted, place = self._ways(key), self._exhausted(key), self.place_of[key]
        left = [index for index in range(len(ways)) if index not in exhausted]
        dice = self.aim.dice
        if dice is not None and dice.random() < self.aim.astray:
            return dice.sample(left, len(left))
        return sorted(
            left,
            key=lambda index: (
                self.aim.round_first and ways[index].max_times is None,
                self._distance(place, key, index, ways[index].targets),
                index,
            ),
        )

    def _distance(self, place: Place, key: str, index: int, targets: tuple[str, ...]) -> float:
        """How far a route is from something untried; where nothing is, how far from END."""
        aim = self.aim
        if (key, index) == aim.route if aim.nodes else (key, index) not in self.routes_seen:
            return 0.0
        best_new, best_end = math.inf, math.inf
        seen: set[str] = set()
        todo = deque((target, 1) for target in targets)
        while todo:
            name, steps = todo.popleft()
            if name == END:
                best_end = min(best_end, steps)
            if name in seen or name == END:
                continue
            seen.add(name)
            if self._untried(place.key(name)):
                best_new = min(best_new, steps)
            todo.extend((after, steps + 1) for after in place.level.flow.successors.get(name, ()))
        return best_new if best_new < math.inf else 1_000.0 + best_end

    def _untried(self, key: str) -> bool:
        if self.aim.nodes:
            return key in self.aim.nodes
        if key not in self.nodes_seen:
            return True
        solver = self.solvers.get(key)
        return solver is not None and any(
            (key, index) not in self.routes_seen for index in range(len(solver.conditions))
        )


def _one_of(values: list[Any], dice: Random | None) -> Any:
    """The most ordinary value; by dice, any."""
    return values[0] if dice is None or dice.random() < 0.5 else dice.choice(values)


class SteeredModel:
    """A chat model that says what the steering wants, and fails where it wants that."""

    name = SIMULATED
    simulated = True
    price = FREE

    def __init__(self, steering: Steering) -> None:
        self._steering = steering

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """An answer for the node that the request is for."""
        node = request.purpose.removeprefix("node:")
        if node in self._steering.failing:
            raise RequestRefused("This failure is rehearsed.", help="Nothing to do.")
        values = self._steering.values(node)
        text = json.dumps(values) if request.schema is not None else str(next(iter(values.values()), ""))
        yield TextPiece(text)
        yield Finished(text, (), ModelUsage(0, 0, 0.0))
