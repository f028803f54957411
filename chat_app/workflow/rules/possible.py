"""Which routes can be taken at all, as far as types, conditions and what nodes write tell; and why the others can't.

Each choice is tried with one value of each region that its conditions tell apart. Between choices the regions are
followed along the edges: a route that was taken says something of the fields that it asked about, until a node
writes them. Where branches run at once, a field that any node of the level writes may hold anything at any time.
What is said to be impossible is; what is not may still be.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import product
from math import prod
from typing import Any

from chat_app.workflow.cel_tree import Parsed, Tree, parse
from chat_app.workflow.edges import START
from chat_app.workflow.graph import Way
from chat_app.workflow.reduce import reducer_of
from chat_app.workflow.rules.agreeing import agree, beside
from chat_app.workflow.rules.context import LevelView
from chat_app.workflow.rules.made import made_by
from chat_app.workflow.rules.names import written_by
from chat_app.workflow.rules.regions import (
    Domain,
    Mark,
    Region,
    Truth,
    atoms_in,
    between,
    domain_of,
    equal,
    field_of,
    item_in,
    path_of,
    truth,
    type_of,
)
from chat_app.workflow.values import starts_set

MOST_TRIED = 4_000
"""Combinations of regions that are tried for one choice; beyond that all its routes count as possible."""
MOST_FOLLOWED = 20_000
"""Variables times nodes; in larger levels only some variables are followed, or each choice is judged by itself."""

Known = dict[str, frozenset[Region]]
"""The regions in which variables may lie; one that is left out may lie anywhere."""
ROUTE = "route"
NODE = "node"
_NEVER = "never holds"


@dataclass(frozen=True)
class Impossible:
    """Something that no run can come to, and why."""

    what: str
    source: str
    """The node, or START."""
    way: int = 0
    """Of a route: which."""
    why: str = ""
    bounds: str = ""
    """What the types say of the numbers that it asks about, in sentences."""
    unset: frozenset[str] = frozenset()
    """The fields that it asks about and that are never set there."""


@dataclass
class _Choice:
    """A source with several ways, or one with a condition."""

    source: str
    ways: tuple[Way, ...]
    trees: tuple[Tree | None, ...]
    variables: tuple[str, ...] = ()
    open: dict[int, Known] = field(default_factory=dict)
    """The ways found possible so far, each with the regions that lead to it."""


def impossible(level: LevelView) -> list[Impossible]:
    """What can't be in a level whose edges hold together; nothing for others."""
    if not level.sound or level.flow.derived or len(level.conditions) == 0:
        return []
    return list(_Walk(level).found())


class _Walk:
    def __init__(self, level: LevelView) -> None:
        self.level, self.flow = level, level.flow
        self.choices = {choice.source: choice for choice in self._choices()}
        self.domains: dict[str, Domain] = {}
        self._read_domains()
        self.writes = {step: frozenset(written_by(self.flow.by_id[step], level)) for step in (*self.flow.steps,)}
        self.followed = self._followed()
        self.anywhere = self._anywhere()
        self.at: dict[str, Known] = {}
        self._solve()

    def _choices(self) -> Iterator[_Choice]:
        for source in (START, *self.flow.steps):
            ways = self.flow.ways(source)
            if len(ways) > 1:
                trees = tuple(self._tree(source, way) for way in ways)
                yield _Choice(source, ways, trees)

    def _tree(self, source: str, way: Way) -> Tree | None:
        if way.condition is None:
            return None
        parsed = parse(way.condition)
        # What can't be read may be either way.
        return (
            parsed.tree
            if isinstance(parsed, Parsed) and (source, way.index) in self.level.conditions
            else Tree("name")
        )

    def _read_domains(self) -> None:
        asked: dict[str, list[Any]] = {}
        for choice in self.choices.values():
            atoms = [atom for tree in choice.trees if tree is not None for atom in atoms_in(tree)]
            choice.variables = tuple(dict.fromkeys(atom.variable for atom in atoms))
            for atom in atoms:
                asked.setdefault(atom.variable, []).append(atom)
        for variable, atoms in asked.items():
            kind = type_of(variable, self.level.names) if variable else None
            domain = domain_of(kind, atoms, unset=field_of(variable) is not None) if kind is not None else None
            if domain is not None:
                self.domains[variable] = domain
        for choice in self.choices.values():
            choice.variables = tuple(name for name in choice.variables if name in self.domains)
            more = choice.variables + beside(choice.variables, self.domains)
            if prod(len(self.domains[name].regions) for name in more) <= MOST_TRIED:
                choice.variables = more

    def _followed(self) -> frozenset[str]:
        """The variables of which more may be known than their type; in a level where branches run at once, only those
        that nothing writes. What a map reads from outside may be written while it runs."""
        level, steps = self.level, len(self.flow.steps)
        written = frozenset[str]().union(*self.writes.values())
        forks = any(len(way.targets) > 1 for source in (START, *self.flow.steps) for way in self.flow.ways(source))
        fixed, changing = set(), set()
        for variable in self.domains:
            name = field_of(variable)
            if name is not None and level.parent is not None and name not in level.own:
                continue
            if name is None or name not in written:
                fixed.add(variable)
            elif not forks:
                changing.add(variable)
        asked = Counter(name for choice in self.choices.values() for name in choice.variables)
        several = {name for name in changing if asked[name] > 1}
        for found in (fixed | changing, fixed | several, fixed):
            if len(found) * steps <= MOST_FOLLOWED:
                return frozenset(found)
        return frozenset()

    def _first(self) -> Known:
        return {name: self._start(name) for name in self.followed if field_of(name) is not None}

    def _anywhere(self) -> Known:
        """What the other fields of the level may hold at any time: how they start, and what is written into them."""
        writers: dict[str, list[str]] = {}
        for step, written in self.writes.items():
            for each in written:
                writers.setdefault(each, []).append(step)
        found: Known = {}
        for variable in self.domains.keys() - self.followed:
            name = field_of(variable)
            if name is not None and name in self.level.own:
                made = (self._made(step, variable) for step in writers.get(name, ()))
                found[variable] = self._start(variable).union(*made)
        return found

    def _start(self, variable: str) -> frozenset[Region]:
        domain, name = self.domains[variable], field_of(variable)
        if name is None or name not in self.level.own:
            return domain.set_ones
        kind = self.level.own[name]
        if not starts_set(kind):
            return frozenset({Mark.UNSET})
        if kind.has_default and variable == f"state.{name}" and domain.kind is kind:
            return domain.of_value(kind.default)
        item = item_in(variable)
        if item is not None and kind.has_default and isinstance(kind.default, list):
            return frozenset({any(equal(item[1], each) for each in kind.default)})
        return domain.set_ones

    def _solve(self) -> None:
        self.at = {START: self._first()}
        rank = {name: position for position, name in enumerate(self.flow.order)}
        pending, waiting = [0], {START}
        while pending:
            source = self.flow.order[heappop(pending)]
            waiting.discard(source)
            for target, known in self._onward(source):
                if target in self.flow.by_id and self._join(target, known) and target not in waiting:
                    heappush(pending, rank[target])
                    waiting.add(target)

    def _join(self, target: str, known: Known) -> bool:
        """Adds what is known on one more way into a node; whether that says anything new."""
        if target not in self.at:
            self.at[target] = known
            return True
        before = self.at[target]
        joined = {name: before[name] | known[name] for name in before if name in known}
        self.at[target] = joined
        return joined != before

    def _onward(self, source: str) -> Iterator[tuple[str, Known]]:
        before = self.at[source]
        after = self._after(source, before)
        choice = self.choices.get(source)
        if choice is None:
            for way in self.flow.ways(source):
                for target in way.targets:
                    yield target, after
        else:
            self._judge(choice, self.anywhere | after)
            for index, known in choice.open.items():
                for target in choice.ways[index].targets:
                    yield target, {**after, **{name: known[name] for name in known if name in self.followed}}
        failed = self.flow.error_target(source)
        if failed is not None:
            yield failed, {name: before[name] | after[name] for name in before if name in after}

    def _after(self, source: str, before: Known) -> Known:
        written = self.writes.get(source, frozenset())
        if not written:
            return before
        after = dict(before)
        for variable in self.followed:
            if field_of(variable) in written:
                found = self._made(source, variable)
                if self._may_keep(source):
                    found = found | before.get(variable, self.domains[variable].all)
                after[variable] = found
        return after

    def _may_keep(self, source: str) -> bool:
        """Whether a step, or a part of it, may fail and leave what was there before."""
        continues = self.flow.by_id[source].on_error == "continue"
        return continues or any(self._may_keep(part) for part in self.flow.subtasks(source))

    def _made(self, source: str, variable: str) -> frozenset[Region]:
        """The regions that a step may write: all but for what the fixed parts of templates rule out."""
        name = path_of(variable).partition(".")[2]
        kind, domain = self.level.own.get(name), self.domains[variable]
        if kind is None or reducer_of(kind) in ("append", "merge"):
            return domain.set_ones
        pending, found = [source], frozenset[Region]()
        while pending:
            at = pending.pop()
            pending += self.flow.subtasks(at)
            if name.partition(".")[0] in self.flow.by_id[at].writes:
                found |= made_by(self.flow.by_id[at], variable, domain, kind.type == "string")
        return found or domain.set_ones

    def _judge(self, choice: _Choice, known: Known) -> None:
        """Finds the ways that can be taken with what is known, and adds what each of them tells."""
        pools = [known.get(name, self.domains[name].all) for name in choice.variables]
        if prod(len(pool) for pool in pools) > MOST_TRIED:
            choice.open = {way.index: {} for way in choice.ways}
            return
        tried = [
            regions
            for values in product(*pools)
            if agree(regions := dict(zip(choice.variables, values, strict=True)), self.domains)
        ]
        size = -1
        while len(choice.open) != size:
            # A way may be used up only where it can be taken.
            size = len(choice.open)
            for regions in tried:
                for index in _taken(choice, regions):
                    told = choice.open.setdefault(index, {})
                    for name, region in regions.items():
                        told[name] = told.get(name, frozenset()) | {region}

    def found(self) -> Iterator[Impossible]:
        """What was never come to, each with its cause."""
        for source in (START, *self.flow.steps):
            if source not in self.at:
                if source in self.flow.reachable:
                    yield Impossible(NODE, source, why="every way to it is impossible")
                continue
            choice = self.choices.get(source)
            for way in choice.ways if choice else ():
                if choice is not None and way.index not in choice.open:
                    why = self._why(choice, way.index)
                    bounds = self._bounds(choice, way.index) if why.endswith(_NEVER) else ""
                    yield Impossible(ROUTE, source, way.index, why, bounds, self._unset(choice, way.index))

    def _unset(self, choice: _Choice, index: int) -> frozenset[str]:
        known = self._known(choice)
        asked = (name for name in self._asked(choice, index) if known.get(name) == frozenset({Mark.UNSET}))
        return frozenset(name for each in asked if (name := field_of(each)) is not None)

    def _known(self, choice: _Choice) -> Known:
        """What is known where a choice is made."""
        return self.anywhere | self._after(choice.source, self.at[choice.source])

    def _bounds(self, choice: _Choice, index: int) -> str:
        told = []
        for name in self._asked(choice, index):
            kind = self.domains[name].kind
            if kind.type in ("integer", "number") and (kind.minimum is not None or kind.maximum is not None):
                told.append(f"`{_shown(name)}` is {between(kind)}. ")
        return "".join(told)

    def _asked(self, choice: _Choice, index: int) -> list[str]:
        """The variables of one route's own condition; all of the choice where it has none."""
        tree = choice.trees[index]
        if tree is None:
            return list(choice.variables)
        own = {atom.variable for atom in atoms_in(tree)}
        return [name for name in choice.variables if name in own]

    def _why(self, choice: _Choice, index: int) -> str:
        if not choice.variables and choice.trees[index] is not None:
            return f"`{choice.ways[index].condition}` {_NEVER}"
        alone = _Choice(choice.source, choice.ways, choice.trees, choice.variables)
        self._judge(alone, {})
        known = self._known(choice)
        if index not in alone.open:
            return self._by_types(choice, index, {})
        told: list[str] = []
        for names in (self._asked(choice, index), choice.variables):
            told = told or [
                _always(name, self.domains[name], known[name])
                for name in names
                if name in known and known[name] not in (self.domains[name].all, self.domains[name].set_ones)
            ]
        return " and ".join(told) or self._by_types(choice, index, known)

    def _by_types(self, choice: _Choice, index: int, known: Known) -> str:
        """Why a route is never taken whatever was before: its own condition, or those that are tried first."""
        tree, condition = choice.trees[index], choice.ways[index].condition
        pools = [known.get(name, self.domains[name].set_ones) for name in choice.variables]
        tried = (dict(zip(choice.variables, values, strict=True)) for values in product(*pools))
        holding = [
            regions
            for regions in tried
            if agree(regions, self.domains) and (tree is None or truth(tree, regions) in (Truth.YES, Truth.MAYBE))
        ]
        if not holding:
            return f"`{condition}` {_NEVER}"
        before = {_first_taken(choice, regions) for regions in holding} - {index}
        routes = _counted(sorted(number for number in before if number is not None))
        if condition is None:
            return f"{routes} always holds" if len(before) == 1 else f"one of {routes} always holds"
        return f"whenever `{condition}` holds, {routes} is taken before it"


def _taken(choice: _Choice, regions: Mapping[str, Region]) -> Iterator[int]:
    """The ways that may be taken for some values, in the order in which they are tried."""
    for way, tree in zip(choice.ways, choice.trees, strict=True):
        holds = Truth.YES if tree is None else truth(tree, regions)
        if holds in (Truth.YES, Truth.MAYBE):
            yield way.index
        used_up = way.max_times is not None and way.index in choice.open
        if holds in (Truth.YES, Truth.FAILS) and not used_up:
            return


def _first_taken(choice: _Choice, regions: Mapping[str, Region]) -> int | None:
    return next(iter(_taken(choice, regions)), None)


def _counted(indexes: Iterable[int]) -> str:
    numbers = [str(index + 1) for index in indexes]
    return f"route {numbers[0]}" if len(numbers) == 1 else f"routes {', '.join(numbers[:-1])} and {numbers[-1]}"


def _always(variable: str, domain: Domain, regions: frozenset[Region]) -> str:
    item = item_in(variable)
    if item is None:
        return f"`{_shown(variable)}` is always {domain.told(regions)} there"
    value = json.dumps(item[1], ensure_ascii=False)
    return f"{value} is {'always' if True in regions else 'never'} among `{item[0]}` there"


def _shown(variable: str) -> str:
    kind, colon, path = variable.partition(":")
    return f"size({path})" if colon else kind
