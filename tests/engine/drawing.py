"""Random workflows: branches, forks, joins, nested loops, maps, parallel groups, other files, people; nodes that fail
for good or a few times, are tried again, and keep what they came to.

Every field has a default, so that no read can fail; every way back is bounded, so that every run ends.
What a model or a person says follows from what it reads, so that engine and reference can be compared.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from chat_app.workflow.document import Workflow
from chat_app.workflow.edges import END, START
from chat_app.workflow.result import CheckResult
from chat_app.workflow.source import read
from chat_app.workflow.templates import compile_template

NUMBERS = ("a", "b", "c")
READS = "{{ state.a }} {{ state.b }} {{ state.c }} {{ state.s }}"
CONDITIONS = (
    "state.a > 4",
    "state.b < 5",
    "state.c == 3",
    "state.a + state.b > 8",
    "state.s == 'x'",
    "size(state.log) > 6",
)
STATE = {
    **{name: {"type": "integer", "default": 0, "reduce": "last"} for name in NUMBERS},
    "s": {"type": "string", "default": "", "reduce": "last"},
    "log": {"type": "array", "items": {"type": "string"}, "reduce": "append"},
    "bag": {"type": "object", "reduce": "merge"},
    "numbers": {"type": "array", "items": {"type": "integer"}, "reduce": "append"},
}
LOCAL = {
    "x": {"type": "integer", "default": 0, "reduce": "last"},
    "trail": {"type": "array", "items": {"type": "string"}, "reduce": "append"},
    "inner": {"type": "array", "items": {"type": "integer"}, "reduce": "append"},
}
LOCAL_CONDITIONS = ("state.x > 4", "state.a > 4", "size(state.trail) < 3", "size(state.inner) > 2")
ITEMS = {"type": "array", "items": {"type": "integer"}, "default": [0, 1]}
DEEPEST = 2
"""How many maps may stand in one another."""


@dataclass(frozen=True)
class Around:
    """Where nodes stand: in which maps, and how often they may be people."""

    items: tuple[str, ...] = ()
    people: bool = True
    calls: bool = True
    """Whether they may run other files."""

    @property
    def reads(self) -> str:
        """A template of all that can be read there."""
        items = "".join(f" {{{{ {item} }}}}" for item in self.items)
        return f"{READS} {{{{ state.x }}}} {{{{ state.inner | length }}}}{items}" if self.items else READS

    @property
    def writable(self) -> tuple[str, ...]:
        """The fields that can be written there."""
        return ("x", "trail") if self.items else (*NUMBERS, "s", "log", "bag")


def said(node: str, read: str) -> int:
    """What a model or a person says for what it reads: a number from 0 to 9."""
    return zlib.crc32(f"{node}|{read}".encode()) % 10


def failures(node: str, read: str) -> float:
    """How many tries of a node that may fail do so, for what it reads."""
    return (math.inf, math.inf, math.inf, 1, 1, 2, 4, 0, 0, 0)[said(f"{node}!", read)]


class Drawn:
    """A workflow, and what its scripted nodes do."""

    def __init__(self, workflow: Workflow, flaky: frozenset[str], used: Mapping[str, Workflow]) -> None:
        self.workflow = workflow
        self.used = used
        self.results = {uses: CheckResult("", read(""), (), inner) for uses, inner in used.items()}
        """The files that it uses, as the engine wants them."""
        self.levels = [workflow, *used.values()]
        self.flaky = flaky

    def __repr__(self) -> str:
        told = [one.model_dump_json(exclude_defaults=True, by_alias=True) for one in self.levels]
        return "\n".join([f"flaky={sorted(self.flaky)}", *told])

    @property
    def cached(self) -> frozenset[str]:
        """The nodes that keep what they come to."""
        return frozenset(node.id for level in self.levels for node in _all(level) if node.cache)

    def script(self, node: str, names: Mapping[str, Any], attempt: int) -> dict[str, Any] | str:
        """The reference interpreter's view of the scripted nodes."""
        text = _texts(self.levels)[node]
        writes = _writes(self.levels)[node]
        return self.says(node, compile_template(text).render(names), writes, attempt)

    def says(self, node: str, read: str, writes: list[str], attempt: int) -> dict[str, Any] | str:
        """What a scripted node writes for what it reads; a text: the cause for which this try fails."""
        if node in self.flaky and failures(node, read) >= attempt:
            return "server_error" if said(f"{node}?", read) < 7 else "any"
        number = said(node, read)
        made = {
            "log": [f"{node}:{number}"],
            "trail": [f"{node}:{number}"],
            "bag": {node: number},
            "s": "xyz"[number % 3],
        }
        return {name: made.get(name, number) for name in writes}


def _all(level: Any) -> list[Any]:
    return [found for node in level.nodes for found in (node, *(_all(node.body) if node.kind == "map" else ()))]


def _texts(levels: list[Workflow]) -> dict[str, str]:
    return {
        node.id: getattr(node, "prompt", None) or getattr(node, "ask", "") for level in levels for node in _all(level)
    }


def _writes(levels: list[Workflow]) -> dict[str, list[str]]:
    return {node.id: list(node.writes) for level in levels for node in _all(level)}


class _Drawer:
    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.count = 0
        self.flaky: set[str] = set()
        self.used: dict[str, Workflow] = {}

    def name(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def one(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def often(self, share: int) -> bool:
        """True in so many of a hundred cases; the simplest case is False."""
        return self.draw(st.integers(0, 99)) >= 100 - share

    def level(
        self, names: list[str], nodes: list[dict[str, Any]], conditions: tuple[str, ...]
    ) -> list[dict[str, Any]]:
        """The edges of a level: forward as it comes, back only in bounded routes."""
        edges = [{"from": START, "to": self.ahead([START, *names], 0)}]
        for place, name in enumerate(names):
            edges.append({"from": name, **self.way([START, *names], place + 1, conditions)})
            if self.often(15) and nodes[place]["id"] in self.flaky and place + 1 < len(names):
                nodes[place]["on_error"] = self.one(*names[place + 1 :])
        return edges

    def ahead(self, names: list[str], place: int) -> str | list[str]:
        later = [*names[place + 1 :], END]
        if len(later) > 2 and self.often(35):
            return self.draw(st.lists(st.sampled_from(later), min_size=2, max_size=3, unique=True))
        return later[0] if self.often(60) else self.one(*later)

    def way(self, names: list[str], place: int, conditions: tuple[str, ...]) -> dict[str, Any]:
        if not self.often(45):
            return {"to": self.ahead(names, place)}
        routes: list[dict[str, Any]] = []
        for _ in range(self.draw(st.integers(1, 2))):
            back = self.often(55)
            route: dict[str, Any] = {"to": self.one(*names[1 : place + 1]) if back else self.ahead(names, place)}
            if back or self.often(20):
                route["max_times"] = self.draw(st.integers(1, 3))
            if not back or self.often(50):
                route["condition"] = self.one(*conditions)
            routes.append(route)
        return {"routes": [*routes, {"to": self.ahead(names, place)}]}

    def leaf(self, around: Around) -> dict[str, Any]:
        name = self.name()
        kind = self.one("llm", "template", "llm", *(("human",) if around.people else ()))
        if kind == "template":
            text = "trail" if around.items else "log"
            return {"id": name, "kind": kind, "template": f"{name} {around.reads}", "writes": [text]}
        writes = self.draw(st.lists(st.sampled_from(around.writable), min_size=1, max_size=2, unique=True))
        if writes == ["s"]:
            writes = ["s", "log"]
        kept = self.cache()
        # What is kept follows from what is read, and is no other for another node; what is said here is.
        text = f"{name} {around.reads}" if kept else around.reads
        node = {"id": name, "kind": kind, "prompt" if kind == "llm" else "ask": text, "writes": writes, **kept}
        if kind == "llm" and self.often(30):
            self.flaky.add(name)
            node["on_error"] = "continue" if self.often(80) else "fail"
            node |= self.retry(60)
        return node

    def retry(self, share: int) -> dict[str, Any]:
        """How often a node is tried, in so many of a hundred cases."""
        if not self.often(share):
            return {}
        on = self.one({}, {"on": ["any"]}, {"on": ["server_error"]}, {"on": ["timeout", "rate_limit"]})
        return {"retry": {"attempts": self.draw(st.integers(1, 4)), **on}}

    def cache(self) -> dict[str, Any]:
        return {"cache": True} if self.often(20) else {}

    def nodes(self, most: int, around: Around) -> tuple[list[str], list[dict[str, Any]]]:
        """The nodes of a level, and the ids of those that stand in its flow."""
        flow: list[dict[str, Any]] = []
        extra: list[dict[str, Any]] = []
        for _ in range(self.draw(st.integers(1, most))):
            shape = self.draw(st.integers(0, 10))
            if shape == 8:
                tasks = [self.leaf(around) for _ in range(self.draw(st.integers(1, 3)))]
                extra += tasks
                flow.append(self.group([task["id"] for task in tasks]))
            elif shape == 9 and len(around.items) < DEEPEST:
                flow.append(self.map(around))
            elif shape == 10 and around.calls:
                flow.append(self.call(["x"] if around.items else ["a", "log"], around))
            else:
                flow.append(self.leaf(around))
        return [node["id"] for node in flow], [*flow, *extra]

    def group(self, tasks: list[str]) -> dict[str, Any]:
        group: dict[str, Any] = {"id": self.name(), "kind": "parallel", "subtasks": tasks}
        if self.often(30):
            group["max_concurrency"] = 1
        return {**group, **self.retry(25), **({"on_error": "continue"} if self.often(50) else {})}

    def call(self, writes: list[str], around: Around) -> dict[str, Any]:
        """A node that runs another file; the same file may be run by several nodes."""
        name = self.name()
        fitting = [uses for uses, inner in self.used.items() if len(inner.outputs) == len(writes)]
        if fitting and self.often(40):
            uses = self.one(*fitting)
        else:
            uses = f"./{name}.yaml"
            inside = Around(people=around.people and self.often(60), calls=False)
            names, nodes = self.nodes(3, inside)
            document = {
                "version": 1,
                "name": name,
                "inputs": {"k": {"type": "integer", "default": 5}, "items": ITEMS},
                "state": STATE,
                "outputs": ["a", "log"][: len(writes)],
                "nodes": nodes,
                "edges": self.level(names, nodes, (*CONDITIONS, "state.k > 4")),
            }
            self.used[uses] = Workflow.model_validate(document)
        node: dict[str, Any] = {"id": name, "kind": "workflow", "uses": uses, "writes": writes}
        if self.often(60):
            node["arguments"] = {"k": "{{ state.b }}"}
        return {**node, **self.retry(25), **({"on_error": "continue"} if self.often(50) else {})}

    def map(self, around: Around) -> dict[str, Any]:
        """A map; what stands in it may be maps, groups, other files and people."""
        name = self.name()
        item = f"item{len(around.items)}"
        inside = replace(around, items=(*around.items, item), people=around.people and self.often(60))
        names, body = self.nodes(3, inside)
        return {
            "id": name,
            "kind": "map",
            "over": "{{ state.items }}",
            "item": item,
            "on_item_error": self.one("skip", "collect", "fail"),
            "max_concurrency": self.one(1, 2, 4),
            "body": {
                "state": LOCAL,
                "nodes": body,
                "edges": self.level(names, body, LOCAL_CONDITIONS),
                "returns": "x",
            },
            "writes": ["inner" if around.items else "numbers"],
            **self.retry(25),
            **self.cache(),
            **({"on_error": "continue"} if self.often(50) else {}),
        }


@st.composite
def workflows(draw: st.DrawFn) -> Drawn:
    """A workflow that ends."""
    drawer = _Drawer(draw)
    names, nodes = drawer.nodes(7, Around())
    document = {
        "version": 1,
        "name": "drawn",
        "inputs": {"items": {**ITEMS, "default": list(range(drawer.one(2, 0, 3)))}},
        "state": STATE,
        "outputs": ["log"],
        "nodes": nodes,
        "edges": drawer.level(names, nodes, CONDITIONS),
        "limits": {"steps": 100_000, "tokens": 100_000_000},
    }
    return Drawn(Workflow.model_validate(document), frozenset(drawer.flaky), drawer.used)
