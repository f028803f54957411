"""A workflow text under edit: tolerant access to its levels, nodes and fields by id and name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from chat_app.workflow.document import Limits, Requirement, Workflow, WorkflowTest
from chat_app.workflow.edges import END, START
from chat_app.workflow.edits.references import fields_read, texts_of_edges, texts_of_node
from chat_app.workflow.edits.text.tree import Map, Seq
from chat_app.workflow.names import likeness, nearest
from chat_app.workflow.nodes import MapBody

SURE_ENOUGH = 0.87
"""So alike must a name be to be taken for another without asking."""

ROOT_KEYS = tuple(Workflow.model_fields)
BODY_KEYS = tuple(MapBody.model_fields)
LIMIT_KEYS = tuple(Limits.model_fields)
REQUIREMENT_KEYS = tuple(Requirement.model_fields)
TEST_KEYS = tuple(WorkflowTest.model_fields)


class CannotApply(Exception):
    """An edit can't be made; caught in `apply` and told as a diagnostic."""

    def __init__(self, code: str, message: str, help: str) -> None:
        super().__init__(message)
        self.code, self.message, self.help = code, message, help


@dataclass(eq=False)
class Level:
    """The workflow itself, or the body of a map."""

    owner: Map
    map_id: str | None = None

    @property
    def nodes(self) -> list[Any]:
        """All items of the list of nodes, whatever they are."""
        found = self.owner.get("nodes")
        return found if isinstance(found, list) else []

    def insert(self, at: int, node: Map) -> None:
        """Writes a node into the list of nodes, which is made when it is missing."""
        list_in(self.owner, "nodes", ROOT_KEYS if self.map_id is None else BODY_KEYS).insert(at, node)

    @property
    def steps(self) -> list[Map]:
        """The nodes that can be addressed."""
        return [node for node in self.nodes if isinstance(node, Map) and isinstance(node.get("id"), str)]

    @property
    def ids(self) -> list[str]:
        return [node["id"] for node in self.steps]

    @property
    def name(self) -> str:
        return "the workflow" if self.map_id is None else f"the body of `{self.map_id}`"

    def node(self, id: str) -> Map | None:
        return next((node for node in self.steps if node["id"] == id), None)

    def index(self, id: str) -> int:
        """Where a node stands in the list of nodes."""
        return next(at for at, node in enumerate(self.nodes) if isinstance(node, Map) and node.get("id") == id)

    def owner_of_subtask(self, id: str) -> str | None:
        """The parallel node whose subtask a node is."""
        for node in self.steps:
            if node.get("kind") == "parallel" and id in words(node.get("subtasks")):
                return str(node["id"])
        return None

    def fields(self) -> Map:
        """The fields local to this level, for reading."""
        found = self.owner.get("state")
        return found if isinstance(found, Map) else Map()


@dataclass
class Draft:
    """The whole document, and what was done to it on the way."""

    data: Map
    lenient: bool = False
    """Whether a name that is almost right is taken for the one that exists."""
    repaired: list[str] = field(default_factory=list)
    unordered: list[str | None] = field(default_factory=list)
    """The levels (by the map's id, None for the root) whose edges were left out when the edits began."""
    touched: list[str] = field(default_factory=list)
    """The nodes that are new or changed: what they read and write may need mending."""
    appended: dict[tuple[str | None, str], tuple[str, ...]] = field(default_factory=dict)
    """Nodes that were put at the end for want of a place, by map and id, with the nodes that led to the end."""
    followers: dict[tuple[str | None, str], str] = field(default_factory=dict)
    """The node that these edits put behind another one, by map and that one's id."""
    told_ways: list[tuple[str | None, str, str, bool]] = field(default_factory=list)
    """Ways that edits said: map, from, to, and whether under a condition or bound."""
    first_ids: frozenset[str] = frozenset()
    """The nodes that were there when the edits began."""
    first_fields: frozenset[str] = frozenset()
    """The inputs and state fields that were there when the edits began."""

    def begun(self) -> Draft:
        """The draft, remembering what is there now."""
        fields = [name for level in self.levels() for name in level.fields()]
        return replace(
            self, first_ids=frozenset(self.ids()), first_fields=frozenset([*fields, *self.section("inputs")])
        )

    def gone_ids(self) -> frozenset[str]:
        """The nodes that earlier edits took away; removing them again is no fault."""
        return self.first_ids - set(self.ids())

    def levels(self) -> list[Level]:
        """The workflow's level and those of all maps' bodies, outer ones first."""
        found = [Level(self.data)]
        for level in found:
            for node in level.steps:
                body = node.get("body")
                if node.get("kind") == "map" and isinstance(body, Map):
                    found.append(Level(body, node["id"]))
        return found

    @property
    def root(self) -> Level:
        return Level(self.data)

    def level(self, map_id: str | None) -> Level:
        return next(level for level in self.levels() if level.map_id == map_id)

    def ids(self) -> list[str]:
        return [id for level in self.levels() for id in level.ids]

    def find(self, id: str) -> tuple[Level, Map] | None:
        for level in self.levels():
            node = level.node(id)
            if node is not None:
                return level, node
        return None

    def node(self, id: str) -> tuple[Level, Map]:
        """The node with this id and its level."""
        found = self.find(self.meant(id, self.ids()))
        if found is None:
            raise self.unknown_node(id)
        return found

    def meant(self, name: str, names: list[str]) -> str:
        """The name itself, or, when being lenient, the one that was surely meant."""
        if name in names or not self.lenient:
            return name
        close = [other for other in names if likeness(name, other) >= SURE_ENOUGH]
        if len(close) != 1:
            return name
        self.note(f"Took `{name}` for `{close[0]}`, the name that exists.")
        return close[0]

    def unknown_node(self, id: str) -> CannotApply:
        ids = self.ids()
        close = nearest(id, ids)
        known = ", ".join(f"`{name}`" for name in ids[:30]) or "none yet"
        help = f"Did you mean `{close}`? " if close else ""
        return CannotApply("edit-unknown-node", f"There is no node `{shown(id)}`.", f"{help}The nodes are: {known}.")

    def known_fields(self) -> list[str]:
        """The names of inputs and state fields of the root, those about to be declared too."""
        names = [*self.section("inputs"), *self.section("state")]
        for node in self.root.steps:
            if node["id"] in self.touched:
                names += words(node.get("writes"))
        return list(dict.fromkeys(names))

    def section(self, name: str) -> Map:
        """A mapping of the root, for reading; empty when it is not there."""
        found = self.data.get(name)
        return found if isinstance(found, Map) else Map()

    def note(self, line: str) -> None:
        """Tells of something done beyond the edit."""
        if line not in self.repaired:
            self.repaired.append(line)


def words(value: Any) -> list[str]:
    """The strings of a list, or the one string that stands in its place."""
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def shown(text: str, most: int = 60) -> str:
    """A name fit for a message."""
    flat = " ".join(str(text).split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def mapping_in(owner: Map, key: str, order: tuple[str, ...]) -> Map:
    """A mapping under a key, made when it is missing."""
    found = owner.get(key)
    if not isinstance(found, Map):
        found = Map()
        owner.put(key, found, order)
    return found


def list_in(owner: Map, key: str, order: tuple[str, ...]) -> list[Any]:
    """A list under a key, made when it is missing."""
    found = owner.get(key)
    if not isinstance(found, list):
        found = Seq()
        owner.put(key, found, order)
    return found


def reads_of(node: Map) -> set[str]:
    """The fields that a node reads from its own level, through a map's body too."""
    found: set[str] = set()
    for place in texts_of_node(node):
        found |= fields_read(place.text, place.manner)
    body = node.get("body")
    if node.get("kind") == "map" and isinstance(body, Map):
        inner = Level(body, str(node.get("id")))
        local = set(inner.fields())
        for place in texts_of_edges(body.get("edges")):
            found |= fields_read(place.text, "condition") - local
        for step in inner.steps:
            found |= reads_of(step) - local
    return found


def reads_inside(level: Level, skip: set[str]) -> set[str]:
    """The fields read at a level by nodes not in `skip` and by conditions."""
    found: set[str] = set()
    for node in level.steps:
        if node["id"] not in skip:
            found |= reads_of(node)
    for place in texts_of_edges(level.owner.get("edges")):
        found |= fields_read(place.text, "condition")
    return found


def reads_outside(draft: Draft, level: Level, skip: set[str]) -> set[str]:
    """The fields read at a level by nodes not in `skip`, conditions, outputs or returns, and tests."""
    found = reads_inside(level, skip)
    if level.map_id is not None:
        return found | set(words(level.owner.get("returns")))
    return found | set(words(level.owner.get("outputs"))) | set(expected(draft))


def expected(draft: Draft) -> Iterator[str]:
    """The fields that tests expect something of."""
    tests = draft.data.get("tests")
    for test in tests if isinstance(tests, list) else []:
        if isinstance(test, dict):
            for line in words(test.get("expect")):
                yield from fields_read(line, "condition")


def check_end(id: str, *, allowed: str) -> None:
    """Refuses START where only nodes and END can stand, and the other way round."""
    other = START if allowed == END else END
    if id == other:
        raise CannotApply("edit-bad-place", f"`{other}` can't stand here.", f"Name a node, or {allowed}.")
