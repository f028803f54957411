"""Which of the nodes that wait for their turn may run now: the join rule, and nothing else.

A node runs once after every branch really taken has arrived. So a waiting node is held back while
another waiting node can still reach it. Where each can reach the other (both stand in one loop),
only the way forward counts, that is, the graph without the edges that close a loop: a loop's entry
goes before its end, and branches side by side inside a loop run at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chat_app.workflow.graph import Flow


class Frontier:
    """The join rule of one level, made ready once for all its runs."""

    def __init__(self, flow: Flow) -> None:
        self._order = {node: place for place, node in enumerate(flow.steps)}
        ways = {source: _kept(targets, self._order) for source, targets in flow.successors.items()}
        forward = {
            source: [target for target in targets if (source, target) not in flow.back_edges]
            for source, targets in ways.items()
        }
        self._reached = _reachable(ways)
        self._forward = _reachable(forward)

    def release(self, waiting: Iterable[str]) -> tuple[list[str], list[str]]:
        """The nodes that run now and those still held back, both in file order."""
        nodes = sorted(set(waiting), key=self._order.__getitem__)
        held = [node for node in nodes if any(self._blocks(other, node) for other in nodes)]
        return [node for node in nodes if node not in held], held

    def _blocks(self, other: str, node: str) -> bool:
        if other == node or node not in self._reached[other]:
            return False
        return other not in self._reached[node] or node in self._forward[other]


def _kept(targets: Iterable[str], known: Mapping[str, int]) -> list[str]:
    return [target for target in targets if target in known]


def _reachable(ways: Mapping[str, list[str]]) -> dict[str, set[str]]:
    """For each node, all that can be reached by one edge or more."""
    found: dict[str, set[str]] = {}
    for source in ways:
        seen: set[str] = set()
        todo = list(ways[source])
        while todo:
            node = todo.pop()
            if node not in seen:
                seen.add(node)
                todo.extend(ways.get(node, ()))
        found[source] = seen
    return found
