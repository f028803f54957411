"""Which fields are certainly set when a node runs, whatever routes were taken.

State only grows in a run: a field that was set stays set. So it is enough to follow the edges that lead
forward. A join waits for all branches that were really taken, hence it knows what each of them wrote where
they always run together, and only what all have in common where they exclude each other. To tell the two
apart each node gets a *case*: the choice of a route on which its running depends. Where all cases of a
choice meet again, the case before the choice is restored.

The cases are exact for flows that branch and join in order; for others they err towards "maybe unset",
and `branch_without` then looks for a real way to show, and finds none where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from chat_app.workflow.edges import END, START
from chat_app.workflow.expressions import Condition
from chat_app.workflow.graph import Way
from chat_app.workflow.rules.context import LevelView
from chat_app.workflow.values import starts_set

Case = tuple[str, int]
"""A choice: the node and which of its ways (-1: its error way)."""

FAILED = -1


@dataclass
class Arrival:
    """One edge into a node: the case on which it depends and the fields set on it."""

    source: str
    case: Case | None
    fields: int


@dataclass
class Exits:
    """What is known about the ways out of a node."""

    count: int
    below: Case | None
    """The case of the node itself."""
    found: dict[Case, int] = field(default_factory=dict)


class Certain:
    """The fields that are certainly set at each node of a level, as bit masks."""

    def __init__(
        self, level: LevelView, writes: Mapping[str, tuple[str, ...]], conditions: Mapping[tuple[str, int], Condition]
    ) -> None:
        self.level = level
        self.flow = level.flow
        self.conditions = conditions
        self.bits = {name: 1 << position for position, name in enumerate(level.own)}
        self.writes = {name: self.mask(fields) for name, fields in writes.items()}
        self.at_start = self.mask(name for name, kind in level.own.items() if starts_set(kind))
        self.cases: dict[str, Case | None] = {START: None}
        self.parents: dict[Case, Case | None] = {}
        self.at: dict[str, int] = {START: self.at_start}
        self.caps: dict[str, int] = {}
        self._solve()
        while not self._settled():
            self._solve()

    def mask(self, names: Iterable[str]) -> int:
        """Field names as a bit mask; names from outside the level count as nothing."""
        result = 0
        for name in names:
            result |= self.bits.get(name, 0)
        return result

    def after(self, node: str) -> int:
        """What is set once a node ran well."""
        return self.at.get(node, 0) | self.writes.get(node, 0)

    def by_condition(self, source: str, way: int) -> int:
        """What is known to be set because a way was taken: `has()` in its condition or in those before it."""
        known = 0
        for index in range(way + 1):
            condition = self.conditions.get((source, index))
            if condition is None:
                continue
            names = condition.set_when_true if index == way else condition.set_when_false
            if index < way and self.flow.ways(source)[index].max_times is not None:
                continue
            known |= self.mask(name.removeprefix("state.") for name in names)
        return known

    @cached_property
    def forward(self) -> dict[str, list[tuple[str, int]]]:
        """The edges that lead forward into each node: source and way."""
        into: dict[str, list[tuple[str, int]]] = {}
        back = self.flow.back_edges
        for source in self.flow.order:
            for way in self.flow.ways(source):
                for target in way.targets:
                    if (source, target) not in back:
                        into.setdefault(target, []).append((source, way.index))
            failed = self.flow.error_target(source)
            if failed is not None and (source, failed) not in back:
                into.setdefault(failed, []).append((source, FAILED))
        return into

    def exits(self, source: str) -> int:
        """How many ways a run may go on from a node; a way back only delays the choice of one of them."""
        failed = self.flow.error_target(source)
        return len(self.onward(source)) + (failed is not None and (source, failed) not in self.flow.back_edges)

    def onward(self, source: str) -> list[Way]:
        """The ways that do not only lead back."""
        back = self.flow.back_edges
        return [way for way in self.flow.ways(source) if any((source, name) not in back for name in way.targets)]

    def _solve(self) -> None:
        for node in self.flow.order:
            if node == START:
                continue
            arrivals = [self._arrival(source, way) for source, way in self.forward.get(node, ())]
            if arrivals:
                self.cases[node], known = self._joined(node, arrivals)
                self.at[node] = known & self.caps.get(node, -1)

    def _settled(self) -> bool:
        """Whether each way back knows what its target counts on; not so where a loop is entered in its middle."""
        settled = True
        for source, target in self.flow.back_edges:
            lost = self.at.get(target, 0) & ~self.after(source)
            if lost and source in self.at:
                self.caps[target] = self.caps.get(target, -1) & ~lost
                settled = False
        return settled

    def _arrival(self, source: str, way: int) -> Arrival:
        case = self.cases.get(source)
        fields = self.at.get(source, 0)
        if way != FAILED:
            fields |= self.writes.get(source, 0) | self.by_condition(source, way)
        if self.exits(source) > 1:
            chosen: Case = (source, way)
            self.parents.setdefault(chosen, case)
            case = chosen
        return Arrival(source, case, fields)

    def _joined(self, node: str, arrivals: list[Arrival]) -> tuple[Case | None, int]:
        by_case: dict[Case | None, int] = {}
        for arrival in arrivals:
            by_case[arrival.case] = by_case.get(arrival.case, 0) | arrival.fields
        while len(by_case) > 1 and self._closed(by_case):
            pass
        if len(by_case) == 1:
            return next(iter(by_case.items()))
        roots = [case for case in by_case if not self._implied(case, by_case)]
        if len(roots) == 1:
            return roots[0], by_case[roots[0]]
        common = -1
        for case in roots:
            common &= by_case[case]
        own: Case = (f"{node}?", 0)
        self.parents[own] = None
        return own, common

    def _closed(self, by_case: dict[Case | None, int]) -> bool:
        """Replaces all the cases of one choice by the case before it; whether there was such a choice."""
        groups: dict[str, list[Case]] = {}
        for case in by_case:
            if case is not None:
                groups.setdefault(case[0], []).append(case)
        for source, cases in groups.items():
            if len(cases) == self.exits(source):
                common = -1
                for case in cases:
                    common &= by_case.pop(case)
                before = self.parents[cases[0]]
                by_case[before] = by_case.get(before, 0) | common
                return True
        return False

    def _implied(self, case: Case | None, by_case: Mapping[Case | None, int]) -> bool:
        """Whether another of the cases holds whenever this one does."""
        while case is not None:
            case = self.parents.get(case)
            if case in by_case:
                return True
        return False


@dataclass(frozen=True)
class Branch:
    """How a node can be reached without a field: the last choice that leads past the nodes that write it."""

    source: str | None = None
    way: Way | None = None
    failed: bool = False
    """The way is taken because the source failed."""


def branch_without(
    certain: Certain, node: str, writers: frozenset[str], blocked: Callable[[str, int], bool]
) -> Branch | None:
    """A way to a node on which none of the writers ran; None when there is none.

    `blocked(source, way)` says that a way can't be taken while the field is unset.
    """
    flow = certain.flow
    above = _above(certain, node)
    back = flow.back_edges

    def exits(source: str) -> list[tuple[int, tuple[str, ...]]]:
        found = []
        if source not in writers or (
            source in certain.flow.by_id and certain.flow.by_id[source].on_error == "continue"
        ):
            found = [(way.index, way.targets) for way in certain.onward(source) if not blocked(source, way.index)]
        failed = flow.error_target(source)
        return [*found, (FAILED, (failed,))] if failed is not None and (source, failed) not in back else found

    avoids = {node: True}
    reaches: dict[str, tuple[int, str] | None] = {node: (0, node)}
    for source in reversed(flow.order):
        if source not in above or source == node:
            continue
        avoids[source], reaches[source] = False, None
        for index, names in exits(source):
            relevant = [name for name in names if name in above and (source, name) not in back]
            if not all(avoids.get(name, True) for name in relevant):
                continue
            avoids[source] = True
            leading = next((name for name in relevant if reaches.get(name)), None)
            if leading is not None and reaches[source] is None:
                reaches[source] = (index, leading)
    if not reaches.get(START):
        return None
    return _last_choice(certain, node, writers, reaches)


def _above(certain: Certain, node: str) -> set[str]:
    above, pending = {node}, [node]
    while pending:
        for source, _ in certain.forward.get(pending.pop(), ()):
            if source not in above:
                above.add(source)
                pending.append(source)
    return above


def _last_choice(
    certain: Certain, node: str, writers: frozenset[str], reaches: Mapping[str, tuple[int, str] | None]
) -> Branch:
    flow = certain.flow
    leads = set().union(*(_above(certain, writer) for writer in writers)) if writers else set()
    branch, source = Branch(), START
    while source != node:
        step = reaches[source]
        assert step is not None
        index, following = step
        if index == FAILED or source in writers:
            branch = Branch(source, failed=True)
        elif certain.exits(source) > 1:
            others = [name for way in flow.ways(source) if way.index != index for name in way.targets]
            if source != START and (leads.intersection(others) or branch.source is None):
                branch = Branch(source, flow.ways(source)[index])
        source = following
    return branch


__all__ = ["END", "FAILED", "Branch", "Case", "Certain", "branch_without"]
