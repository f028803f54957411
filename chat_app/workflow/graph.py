"""The control flow of one level (a workflow or a map's body), in one normal form for every consumer.

`ways` tells where a node leads; edges left out are derived from the data: a node runs after those that
write what it reads. A writer that stands later in the file counts only where no earlier one writes the field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from chat_app.workflow.diagnostics import Path
from chat_app.workflow.document import Workflow
from chat_app.workflow.edges import END, START, Edge, Target
from chat_app.workflow.knots import back_edges
from chat_app.workflow.nodes import MapBody, NodeBase, ParallelNode
from chat_app.workflow.reads import fields_read

Level = Workflow | MapBody


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a node: taken when the ways before it are not and its condition holds."""

    targets: tuple[str, ...]
    condition: str | None
    max_times: int | None
    index: int
    path: Path = ()
    """Where it stands, from the level down; empty when derived."""


class Flow:
    """The nodes of a level and where each leads."""

    def __init__(
        self,
        nodes: Sequence[NodeBase],
        ways: Mapping[str, tuple[Way, ...]],
        owners: Mapping[str, str],
        derived: bool,
    ) -> None:
        self.nodes = tuple(nodes)
        """In file order, subtasks included."""
        self.derived = derived
        """Whether the edges were left out, so that order follows the data."""
        self.owners = dict(owners)
        """The `parallel` node of each subtask."""
        self._ways = dict(ways)

    @cached_property
    def by_id(self) -> dict[str, NodeBase]:
        """The nodes by id; of two with one id, the first."""
        return {node.id: node for node in reversed(self.nodes)}

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """The nodes that stand in the flow themselves, in file order: all but the subtasks."""
        return tuple(dict.fromkeys(node.id for node in self.nodes if node.id not in self.owners))

    def ways(self, source: str) -> tuple[Way, ...]:
        """The ways out of a node or START, in the order in which they are tried."""
        return self._ways.get(source, ())

    def all_ways(self) -> Iterable[tuple[str, tuple[Way, ...]]]:
        """The ways of every source that has some, whether or not it exists."""
        return self._ways.items()

    def subtasks(self, owner: str) -> tuple[str, ...]:
        """The subtasks of a `parallel` node that exist, in its order."""
        node = self.by_id.get(owner)
        return tuple(name for name in node.subtasks if name in self.by_id) if isinstance(node, ParallelNode) else ()

    def error_target(self, node_id: str) -> str | None:
        """The node that a failure leads to, where `on_error` names one."""
        node = self.by_id.get(node_id)
        return node.on_error if node is not None and node.on_error in self.by_id else None

    @cached_property
    def successors(self) -> dict[str, tuple[str, ...]]:
        """Every node and START with all it can lead to, failures included."""
        after: dict[str, tuple[str, ...]] = {}
        for source in (START, *self.steps):
            names = [name for way in self.ways(source) for name in way.targets]
            failed = self.error_target(source)
            after[source] = tuple(dict.fromkeys([*names, failed] if failed else names))
        return after

    @cached_property
    def _before(self) -> dict[str, tuple[str, ...]]:
        before: dict[str, list[str]] = {}
        for source, names in self.successors.items():
            for name in names:
                before.setdefault(name, []).append(source)
        return {name: tuple(sources) for name, sources in before.items()}

    def predecessors(self, target: str) -> tuple[str, ...]:
        """The nodes (and START) that can lead to a node or END, in file order."""
        return self._before.get(target, ())

    @cached_property
    def reachable(self) -> frozenset[str]:
        """What a run can come to from START, subtasks and END included."""
        found = _spread([START], self.successors)
        return frozenset(found | {name for owner in found for name in self.subtasks(owner)})

    @cached_property
    def reaching_end(self) -> frozenset[str]:
        """The nodes from which END can be reached."""
        return frozenset(_spread([END], self._before))

    @cached_property
    def back_edges(self) -> frozenset[tuple[str, str]]:
        """The edges that lead back to where a loop is entered: without them no cycle is left."""
        bounded = {
            (source, name)
            for source, ways in self._ways.items()
            for way in ways
            if way.max_times is not None
            for name in way.targets
        }
        return back_edges({**self.successors, END: ()}, START, bounded)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """What is reachable, sources before targets but for edges that lead back; starts with START."""
        back = self.back_edges
        forward = {
            source: tuple(name for name in names if (source, name) not in back)
            for source, names in self.successors.items()
        }
        return _postorder(START, forward)[::-1]


def _spread(roots: Iterable[str], neighbours: Mapping[str, Iterable[str]]) -> set[str]:
    found = set(roots)
    pending = list(found)
    while pending:
        for name in neighbours.get(pending.pop(), ()):
            if name not in found:
                found.add(name)
                pending.append(name)
    return found


def _postorder(root: str, successors: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Depth first without recursion, as chains may be thousands of nodes long."""
    seen, done = {root}, []
    stack = [(root, iter(reversed(successors.get(root, ()))))]
    while stack:
        name, rest = stack[-1]
        for after in rest:
            if after not in seen:
                seen.add(after)
                stack.append((after, iter(reversed(successors.get(after, ())))))
                break
        else:
            stack.pop()
            done.append(name)
    return tuple(done)


def flow_of(level: Level) -> Flow:
    """The flow of a workflow or of a map's body."""
    owners: dict[str, str] = {}
    for node in level.nodes:
        if isinstance(node, ParallelNode):
            for name in node.subtasks:
                owners.setdefault(name, node.id)
    if level.edges is None:
        ways, derived = derived_ways(level.nodes, owners), True
    else:
        ways, derived = _written_ways(level.edges), False
    return Flow(level.nodes, ways, owners, derived)


def _written_ways(edges: Sequence[Edge]) -> dict[str, tuple[Way, ...]]:
    ways: dict[str, tuple[Way, ...]] = {}
    for number, edge in enumerate(edges):
        if edge.from_ in ways:
            continue
        ways[edge.from_] = tuple(_ways_of(edge, ("edges", number)))
    return ways


def _ways_of(edge: Edge, path: Path) -> Iterator[Way]:
    if edge.routes is not None:
        for index, route in enumerate(edge.routes):
            yield Way(_names(route.to), route.condition, route.max_times, index, (*path, "routes", index))
    elif edge.to_conditional is not None:
        two = edge.to_conditional
        yield Way(_names(two.if_true), two.condition, None, 0, (*path, "to_conditional"))
        yield Way(_names(two.if_false), None, None, 1, (*path, "to_conditional"))
    else:
        yield Way(_names(edge.to or []), None, None, 0, path)


def _names(target: Target) -> tuple[str, ...]:
    return (target,) if isinstance(target, str) else tuple(dict.fromkeys(target))


def derived_ways(nodes: Sequence[NodeBase], owners: Mapping[str, str]) -> dict[str, tuple[Way, ...]]:
    """Order by data: each node after those that write what it reads; what needs nothing starts at once."""
    needs = _reduced(data_needs(nodes, owners))
    after: dict[str, list[str]] = {}
    for name, before in needs.items():
        for source in before or [START]:
            after.setdefault(source, []).append(name)
    return {source: (Way(tuple(after.get(source, [END])), None, None, 0),) for source in (START, *needs)}


def data_needs(nodes: Sequence[NodeBase], owners: Mapping[str, str]) -> dict[str, set[str]]:
    """Each step with the steps that write what it reads (a subtask counts as its `parallel` node)."""

    def step(name: str) -> str:
        seen = {name}
        while (owner := owners.get(name)) and owner not in seen:
            seen.add(owner)
            name = owner
        return name

    writers: dict[str, list[tuple[int, str]]] = {}
    for position, node in enumerate(nodes):
        for name in node.writes:
            writers.setdefault(name, []).append((position, step(node.id)))
    needs: dict[str, set[str]] = {node.id: set() for node in nodes if step(node.id) == node.id}
    first = {name: position for position, name in enumerate(needs)}
    for node in nodes:
        reader = step(node.id)
        for name in fields_read(node):
            others = {who for _, who in writers.get(name, ()) if who != reader}
            earlier = {who for who in others if first.get(who, 0) < first.get(reader, 0)}
            needs.setdefault(reader, set()).update(earlier or others)
    return needs


def _reduced(needs: dict[str, set[str]]) -> dict[str, set[str]]:
    """Without the needs that follow from others, so that the graph shows each order once."""
    index = {name: position for position, name in enumerate(needs)}
    above: dict[str, int] = {}
    for name in _by_need(needs):
        mask = 0
        for source in needs[name]:
            mask |= above.get(source, 0) | (1 << index[source])
        above[name] = mask
    reduced = {}
    for name, before in needs.items():
        implied = 0
        for source in before:
            implied |= above.get(source, 0)
        kept = {source for source in before if not implied >> index[source] & 1}
        reduced[name] = kept or set(before)
    return reduced


def _by_need(needs: Mapping[str, set[str]]) -> tuple[str, ...]:
    roots = "\0"
    return _postorder(
        roots, {**{name: tuple(sorted(before)) for name, before in needs.items()}, roots: tuple(needs)}
    )[:-1]
