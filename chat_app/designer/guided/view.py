"""A draft as commands see it: its nodes and fields found by a person's words, and what a new step reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rapidfuzz import fuzz

from chat_app.designer.guided.material import Material, is_telling
from chat_app.designer.guided.stems import stem, stems
from chat_app.designer.guided.steps import Taken
from chat_app.workflow.document import Workflow
from chat_app.workflow.edges import END, START
from chat_app.workflow.fields import FieldType
from chat_app.workflow.graph import Flow, flow_of
from chat_app.workflow.nodes import MapBody, MapNode, NodeBase, ParallelNode

_LEAST = 72.0
_CLEAR = 8.0
_NOISE = re.compile(
    r"\b(?:the|a|an|this|that|my|our|step|steps|node|nodes|stage|part|task|one|field|it'?s|called|named)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A node with the level on which it stands; `map` is None on the workflow's own."""

    node: NodeBase
    level: Workflow | MapBody
    map: MapNode | None


@dataclass
class View:
    """One state of the draft."""

    workflow: Workflow
    data: Mapping[str, Any] = field(default_factory=dict)
    """The document as it is written."""
    focus: str | None = None
    """The node that the last command touched: what "it" means."""
    _flows: dict[int, Flow] = field(default_factory=dict)

    @cached_property
    def places(self) -> dict[str, Place]:
        """Every node by id, those in maps too, in file order."""
        return {place.node.id: place for place in _places(self.workflow, None)}

    @property
    def ids(self) -> set[str]:
        """Every node id in use."""
        return set(self.places)

    @property
    def names(self) -> set[str]:
        """Every field name in use: inputs, state, items and fields of maps."""
        used = {*self.workflow.inputs, *self.workflow.state}
        for place in self.places.values():
            if isinstance(place.node, MapNode):
                used |= {place.node.item, *place.node.body.state}
        return used

    @property
    def taken(self) -> Taken:
        """The names that a new step may not take."""
        return Taken(self.ids, self.names)

    def flow(self, level: Workflow | MapBody) -> Flow:
        """The control flow of a level."""
        return self._flows.setdefault(id(level), flow_of(level))

    @property
    def main(self) -> Flow:
        """The control flow of the workflow's own level."""
        return self.flow(self.workflow)

    # -- finding by words

    def nodes_like(self, words: str) -> list[str]:
        """The ids of the nodes that some words may mean, the best first; several where it is not clear."""
        plain = words.strip().strip("`\"'").lower()
        if plain in self.places:
            return [plain]
        fixed = self._by_position(plain)
        if fixed:
            return [fixed]
        bare = " ".join(_NOISE.sub(" ", plain.replace("_", " ")).split())
        if not bare:
            return []
        scored = sorted(
            ((self._likeness(bare, place.node), name) for name, place in self.places.items()), reverse=True
        )
        if not scored or scored[0][0] < _LEAST:
            return []
        return [name for score, name in scored if score >= scored[0][0] - _CLEAR and score >= _LEAST][:4]

    def _by_position(self, plain: str) -> str | None:
        steps = list(self.main.steps)
        if not steps:
            return None
        if re.fullmatch(r"(?:the )?(?:very )?last(?: (?:step|node|one))?", plain):
            return steps[-1]
        if re.fullmatch(r"(?:the )?(?:very )?first(?: (?:step|node|one))?", plain):
            return steps[0]
        if re.fullmatch(r"(?:it|that|this|that one|this one|(?:that|this) step)", plain):
            return self.focus if self.focus in self.places else (steps[0] if len(steps) == 1 else None)
        ordinal = re.fullmatch(r"(?:the )?(second|third|fourth|fifth|(?:step|node) (\d+))(?: (?:step|node))?", plain)
        if ordinal:
            at = int(ordinal[2]) - 1 if ordinal[2] else ("second", "third", "fourth", "fifth").index(ordinal[1]) + 1
            return steps[at] if 0 <= at < len(steps) else None
        return None

    def _likeness(self, bare: str, node: NodeBase) -> float:
        wanted = stems(bare)
        own = stems(node.id.replace("_", " "))
        if wanted == own:
            return 100.0
        if wanted and own and (set(wanted) <= set(own) or set(own) <= set(wanted)):
            return 92.0 - 2 * abs(len(own) - len(wanted))
        scores = [fuzz.ratio(bare, node.id.replace("_", " "))]
        if any(set(wanted) == set(stems(name.replace("_", " "))) for name in node.writes):
            scores.append(84.0)
        described = set(stems(node.description or ""))
        if wanted and set(wanted) <= described:
            scores.append(80.0)
        kind = getattr(node, "kind", "")
        if stem(bare) == stem(kind) or _KIND_WORDS.get(bare) == kind:
            scores.append(76.0)
        return max(scores)

    def fields_like(self, words: str) -> str | None:
        """The field (an input or a state field) that some words mean."""
        bare = " ".join(
            _NOISE.sub(" ", words.strip().strip("`\"'").lower().replace("_", " ").removeprefix("state.")).split()
        )
        known = {**self.workflow.inputs, **self.workflow.state}
        joined = bare.replace(" ", "_")
        if joined in known:
            return joined
        wanted = stems(bare)
        if not wanted:
            return None
        scored = []
        for name in known:
            own = stems(name.replace("_", " "))
            score = 100.0 if own == wanted else 0.0
            if not score and set(wanted) & set(own) and (set(wanted) <= set(own) or set(own) <= set(wanted)):
                score = 90.0
            scored.append((max(score, fuzz.ratio(bare, name.replace("_", " "))), name))
        score, name = max(scored, default=(0.0, ""))
        return name if score >= 80 else None

    def fields_named_in(self, text: str) -> list[str]:
        """The fields whose names stand in a text as words."""
        words = set(stems(text))
        known = [*self.workflow.inputs, *self.workflow.state]
        return [name for name in known if set(stems(name.replace("_", " "))) <= words]

    def type_of(self, name: str) -> FieldType:
        """The type of an input or a state field."""
        return {**self.workflow.inputs, **self.workflow.state}[name]

    # -- material

    def fields_of(self, place: Place) -> Mapping[str, FieldType]:
        """The fields that stand on a node's level, by the names that templates read them by."""
        if isinstance(place.level, MapBody):
            return {f"state.{name}": kind for name, kind in place.level.state.items()}
        return {f"state.{name}": kind for name, kind in {**self.workflow.inputs, **self.workflow.state}.items()}

    def after(self, node_id: str, seen: frozenset[str] = frozenset()) -> Material:
        """What a step right after a node works on."""
        place = self.places[node_id]
        known = self.fields_of(place)
        written = [f"state.{name}" for name in self._writes(place) if f"state.{name}" in known]
        telling = {name: known[name] for name in written if is_telling(known[name])}
        if telling or node_id in seen:
            return Material(telling or {name: known[name] for name in written})
        return self.before(node_id, seen | {node_id})

    def before(self, node_id: str, seen: frozenset[str] = frozenset()) -> Material:
        """What a step right before a node works on."""
        place = self.places[node_id]
        flow = self.flow(place.level)
        node_id = flow.owners.get(node_id, node_id)
        earlier = [
            name for name in flow.predecessors(node_id) if (name, node_id) not in flow.back_edges and name not in seen
        ]
        if earlier and earlier[0] != START:
            return self.after(earlier[0], seen | {node_id})
        if place.map is not None:
            return Material({place.map.item: FieldType(type="string")})
        telling = {f"state.{name}": kind for name, kind in self.workflow.inputs.items() if is_telling(kind)}
        return Material(telling or {f"state.{name}": kind for name, kind in self.workflow.inputs.items()})

    def at_end(self) -> Material:
        """What a step at the end works on: what every way to the end has written, else the first output."""
        found = [self.after(name).fields for name in self.main.predecessors(END) if name != START]
        common = {name: kind for name, kind in found[0].items() if all(name in one for one in found)} if found else {}
        outputs = {f"state.{name}": self.workflow.state.get(name) for name in self.workflow.outputs}
        wanted = {name: kind for name, kind in common.items() if name in outputs} or common
        if wanted:
            return Material(wanted)
        rich = {name: kind for name, kind in outputs.items() if kind is not None and is_telling(kind)}
        first = dict(list(rich.items())[:1])
        return Material(first or {f"state.{name}": kind for name, kind in self.workflow.inputs.items()})

    def inside(self, node_id: str) -> Material:
        """What a step inside a map or beside a parallel's subtasks works on."""
        node = self.places[node_id].node
        if not isinstance(node, MapNode):
            return self.before(node_id)
        inner = flow_of(node.body)
        last = [name for name in inner.predecessors(END) if name != START]
        return self.after(last[0]) if last else Material({node.item: FieldType(type="string")})

    def of_field(self, name: str) -> Material:
        """One field as a material."""
        return Material({f"state.{name}": self.type_of(name)})

    def _writes(self, place: Place) -> list[str]:
        if isinstance(place.node, ParallelNode):
            subtasks = [self.places[name].node for name in place.node.subtasks if name in self.places]
            return [*place.node.writes, *(name for node in subtasks for name in node.writes)]
        return list(place.node.writes)


_KIND_WORDS = {
    "approval": "human",
    "person": "human",
    "question": "human",
    "loop over": "map",
    "each": "map",
    "for each": "map",
    "classification": "classify",
    "classifier": "classify",
}


def _places(level: Workflow | MapBody, owner: MapNode | None) -> Iterator[Place]:
    for node in level.nodes:
        yield Place(node, level, owner)
        if isinstance(node, MapNode):
            yield from _places(node.body, node)
