"""What a dry run walked, missed, and was shown to be impossible: the report, and the loops that it watches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chat_app.workflow.edges import START
from chat_app.workflow.graph import Flow


@dataclass(frozen=True, slots=True)
class Share:
    """How much of one kind of thing was walked."""

    what: str
    """In words, for one of them: `error path`."""
    total: int
    missed: tuple[str, ...] = ()
    """A sentence for each that was not walked, although nothing shows it to be impossible."""
    impossible: tuple[str, ...] = ()
    """A sentence for each that no run can come to, with why."""

    def told(self) -> str:
        """`3 of 4 routes`."""
        walked = self.total - len(self.missed) - len(self.impossible)
        return f"{walked} of {self.total} {self.what if self.total == 1 else _many(self.what)}"


def _many(what: str) -> str:
    return f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"


@dataclass(frozen=True, slots=True)
class DryRunReport:
    """What was walked, and what went wrong on the way."""

    runs: int
    shares: tuple[Share, ...]
    """Nodes, routes, map bodies, loop exits, error paths."""
    problems: tuple[str, ...] = ()
    """Runs that failed: what would fail with a real model too."""

    @property
    def complete(self) -> bool:
        """Whether everything was walked or shown to be impossible, and nothing failed."""
        return not (self.problems or any(share.missed for share in self.shares))

    def lines(self) -> list[str]:
        """The report for people and models."""
        runs = "1 run" if self.runs == 1 else f"{self.runs} runs"
        parts = [share.told() for share in self.shares if share.total]
        return [
            f"Walked {', '.join(parts)} in {runs}, without a model.",
            *self.problems,
            *(line for share in self.shares for line in share.missed),
            *(line for share in self.shares for line in share.impossible),
        ]


@dataclass(frozen=True, slots=True)
class Loop:
    """What runs again and again, from where it is entered."""

    head: str
    body: frozenset[str]
    back: tuple[tuple[str, int], ...]
    """The ways that lead back to the head: node and way."""
    exits: frozenset[tuple[str, int]]
    """The ways that lead out of it."""


def loops_of(flow: Flow) -> Iterator[Loop]:
    """The loops of a level, by the nodes at which they are entered."""
    heads = dict.fromkeys(head for _, head in sorted(flow.back_edges, key=lambda edge: flow.order.index(edge[1])))
    for head in heads:
        back = tuple(
            (source, way.index)
            for source, name in flow.back_edges
            if name == head
            for way in flow.ways(source)
            if head in way.targets
        )
        body = _around(flow, head, {source for source, name in flow.back_edges if name == head})
        exits = frozenset(
            (source, way.index)
            for source in body
            for way in flow.ways(source)
            if len(flow.ways(source)) > 1 and body.isdisjoint(way.targets)
        )
        yield Loop(head, frozenset(body), back, exits)


def _around(flow: Flow, head: str, sources: set[str]) -> set[str]:
    """The nodes between the head of a loop and those that lead back to it."""
    body, pending = {head}, list(sources)
    while pending:
        name = pending.pop()
        if name not in body and name != START:
            body.add(name)
            pending += flow.predecessors(name)
    return body
