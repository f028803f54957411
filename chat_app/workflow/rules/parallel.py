"""parallel-write: two nodes that may run at once must not write one field without a reducer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from chat_app.workflow.diagnostics import Diagnostic, Fix
from chat_app.workflow.edges import START
from chat_app.workflow.fields import FieldType, StateField
from chat_app.workflow.rules.context import Context, LevelView
from chat_app.workflow.rules.disjoint import two_ways
from chat_app.workflow.rules.names import written_by
from chat_app.workflow.typed_edits import ReplaceValue

_MOST_PAIRS = 20_000


def check_parallel_writes(context: Context) -> Iterator[Diagnostic]:
    """Every field with several writers, by the flow and by the subtasks of each `parallel`."""
    for level in context.levels:
        if level.sound:
            yield from _Races(context, level).findings()


class _Races:
    def __init__(self, context: Context, level: LevelView) -> None:
        self.context, self.level, self.flow = context, level, level.flow
        self.rank = {name: position for position, name in enumerate(self.flow.order)}
        self.pairs = 0
        self._below: dict[str, int] | None = None

    def findings(self) -> Iterator[Diagnostic]:
        writers: dict[str, list[str]] = {}
        for step in self.flow.steps:
            for name in written_by(self.flow.by_id[step], self.level):
                writers.setdefault(name, []).append(step)
        for name, steps in writers.items():
            if self.joined(name):
                continue
            pair = self.clash(sorted((step for step in steps if step in self.rank), key=self.rank.__getitem__))
            if pair is not None:
                yield self.finding(name, *pair)
        for owner in self.flow.by_id:
            yield from self.among_subtasks(owner)

    def joined(self, name: str) -> bool:
        """Whether the field has a reducer (or is unknown, which another rule tells)."""
        kind = self.level.own.get(name)
        return not isinstance(kind, StateField) or kind.reduce is not None

    def among_subtasks(self, owner: str) -> Iterator[Diagnostic]:
        first: dict[str, str] = {}
        for subtask in self.flow.subtasks(owner):
            for name in written_by(self.flow.by_id[subtask], self.level):
                if name in first and not self.joined(name):
                    yield self.finding(name, first[name], subtask, owner)
                first.setdefault(name, subtask)

    @property
    def below(self) -> dict[str, int]:
        """For each node what follows it, as a bit mask over the order; edges back do not count."""
        if self._below is None:
            self._below = {}
            back = self.flow.back_edges
            for name in reversed(self.flow.order):
                mask = 1 << self.rank[name]
                for after in self.flow.successors.get(name, ()):
                    if (name, after) not in back:
                        mask |= self._below[after]
                self._below[name] = mask
        return self._below

    def follows(self, one: str, other: str) -> bool:
        return bool(self.below[one] >> self.rank[other] & 1)

    def clash(self, steps: Sequence[str]) -> tuple[str, str, str] | None:
        """The first two of the steps that may run at once, and where they part."""
        if len(steps) < 2 or all(self.follows(one, other) for one, other in pairwise(steps)):
            return None
        for position, one in enumerate(steps):
            for other in steps[position + 1 :]:
                self.pairs += 1
                if self.pairs > _MOST_PAIRS:
                    return None
                fork = None if self.follows(one, other) else self.fork(one, other)
                if fork is not None:
                    return one, other, fork
        return None

    def fork(self, one: str, other: str) -> str | None:
        """The node after which two branches run at once, one with each; None when they exclude each other."""
        both = 1 << self.rank[one], 1 << self.rank[other]
        for source in reversed(self.flow.order):
            if source != START and not (self.below[source] & both[0] and self.below[source] & both[1]):
                continue
            for way in self.flow.ways(source):
                if len(way.targets) > 1 and self.apart(source, way.targets, one, other):
                    return source
        return None

    def apart(self, source: str, names: Sequence[str], one: str, other: str) -> bool:
        """Whether two of the branches lead to the two without a node in common: then both may run at once."""
        starts = [name for name in names if name in self.below and (source, name) not in self.flow.back_edges]
        if not any(self.follows(a, one) and self.follows(b, other) for a in starts for b in starts if a != b):
            return False
        return two_ways(starts, (one, other), self.leading_to(one, other))

    def leading_to(self, one: str, other: str) -> Callable[[str], list[str]]:
        """The edges forward that lead to one of two nodes."""
        back = self.flow.back_edges

        def after(name: str) -> list[str]:
            return [
                following
                for following in self.flow.successors.get(name, ())
                if (name, following) not in back and (self.follows(following, one) or self.follows(following, other))
            ]

        return after

    def finding(self, name: str, one: str, other: str, fork: str) -> Diagnostic:
        kind = self.level.own[name]
        index = list(self.flow.by_id[other].writes).index(name) if name in self.flow.by_id[other].writes else 0
        after = f"`{fork}`" if fork != START else "START"
        how = (
            f"as subtasks of {after}"
            if fork in self.flow.owners.values() and one in self.flow.owners
            else f"after {after}"
        )
        reducer = _reducer(kind)
        field_path = [*self.level.path, "state", name, "reduce"]
        return self.context.error(
            "parallel-write",
            f"`{one}` and `{other}` both write `{name}`, and may run at once {how}.",
            (*self.level.paths[other], "writes", index),
            f"Give each its own field, or say how the writes are joined: `reduce: {reducer}` on `{name}`.",
            fix=Fix(f"Join the writes with `{reducer}`", (ReplaceValue(path=field_path, value=reducer),))
            if reducer != "last"
            else None,
        )


def _reducer(kind: FieldType) -> str:
    return {"array": "append", "object": "merge"}.get(kind.type, "last")
