"""Knots of a graph: what goes in circles, and which of its edges lead back. Nothing here recurses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set

Graph = Mapping[str, Iterable[str]]


def back_edges(successors: Graph, root: str, bounded: Set[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """The edges that lead back to where a circle is entered; without them no circle is left.

    All edges inside a circle to one of its entries lead back. What is left of it is looked at in the same way.
    Of several entries, some may be joins inside it: those count that a bounded edge leads to, else the nearest.
    """
    found: set[tuple[str, str]] = set()
    distance: dict[str, int] = {}
    pending: list[Graph] = [successors]
    while pending:
        graph = pending.pop()
        home: dict[str, int] = {}
        knots: list[list[str]] = []
        for number, component in enumerate(components(graph)):
            if len(component) > 1 or component[0] in graph.get(component[0], ()):
                knots.append(component)
            home.update(dict.fromkeys(component, number))
        entered = {name for source in graph for name in graph[source] if home.get(name) != home[source]}
        for knot in knots:
            inner = set(knot)
            heads = inner & entered or {knot[-1]}
            if len(heads) > 1:
                distance = distance or _distances(successors, root)
                heads = _entries(knot, heads, graph, bounded, distance)
            found |= {(source, name) for source in knot for name in graph[source] if name in heads}
            rest = inner - heads
            pending.append({source: [name for name in graph[source] if name in rest] for source in knot})
    return frozenset(found)


def _entries(
    knot: list[str], heads: set[str], graph: Graph, bounded: Set[tuple[str, str]], distance: Mapping[str, int]
) -> set[str]:
    likely = {name for source in knot for name in graph[source] if name in heads and (source, name) in bounded}
    if likely:
        return likely
    nearest = min(distance.get(name, 0) for name in heads)
    return {name for name in heads if distance.get(name, 0) == nearest}


def _distances(successors: Graph, root: str) -> dict[str, int]:
    distance = {root: 0}
    pending = [root]
    for at in pending:
        for name in successors.get(at, ()):
            if name not in distance:
                distance[name] = distance[at] + 1
                pending.append(name)
    return distance


def circles(successors: Graph) -> Iterator[list[str]]:
    """One circle of each knot of the graph, as a list of nodes, without recursion."""
    for component in components(successors):
        inner = set(component)
        start = component[-1]
        if len(component) == 1 and start not in successors.get(start, ()):
            continue
        yield _circle(start, inner, successors)


def _circle(start: str, inner: set[str], successors: Graph) -> list[str]:
    """The shortest way from a node back to itself."""
    came: dict[str, str] = {}
    pending = [start]
    for at in pending:
        for name in successors.get(at, ()):
            if name == start:
                circle = [at]
                while circle[-1] != start:
                    circle.append(came[circle[-1]])
                return circle[::-1]
            if name in inner and name not in came:
                came[name] = at
                pending.append(name)
    return [start]


def components(successors: Graph) -> Iterator[list[str]]:
    """Tarjan's strongly connected components; the node first met comes last in each."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for root in successors:
        if root in index:
            continue
        work = [(root, iter(successors.get(root, ())))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            name, rest = work[-1]
            for after in rest:
                if after not in index:
                    index[after] = low[after] = len(index)
                    stack.append(after)
                    on_stack.add(after)
                    work.append((after, iter(successors.get(after, ()))))
                    break
                if after in on_stack:
                    low[name] = min(low[name], index[after])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    component = []
                    while True:
                        each = stack.pop()
                        on_stack.discard(each)
                        component.append(each)
                        if each == name:
                            break
                    yield component
