"""Random valid workflows: every one checks clean and can be run. For the tests of the checker, edits and engine.

`workflows()` draws documents as plain data, `workflow_texts()` as YAML. A shape is drawn first (steps, choices,
forks that join, bounded loops, `parallel`, `map`), together with what is certainly set at each point, so that a
node reads only what it may read; the edges are then wired from the end to the start.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any

import yaml
from hypothesis import strategies as st

SIMPLE_KINDS = ("llm", "classify", "template", "human", "code", "http", "tool")
KINDS = ("llm", "classify", "template", "human", "parallel", "map")
"""Kinds whose work the reference interpreter knows or is told."""
ALL_KINDS = (*KINDS, "code", "http", "tool")

Fields = dict[str, dict[str, Any]]

_FIELD_TYPES: tuple[dict[str, Any], ...] = (
    {"type": "string"},
    {"type": "string"},
    {"type": "string", "enum": ["calm", "angry"]},
    {"type": "integer", "minimum": 0, "maximum": 9},
    {"type": "number", "minimum": 0, "maximum": 1},
    {"type": "boolean"},
    {"type": "array", "items": {"type": "string"}},
    {"type": "object", "properties": {"title": {"type": "string"}, "pages": {"type": "integer"}}},
)


@dataclass
class _Level:
    """What one level collects while it is drawn."""

    kinds: tuple[str, ...]
    numbers: list[int]
    """One counter for the whole document, so that every id and field is unique."""
    deepest: int
    most: int = 30
    """Beyond so many names only plain steps are drawn."""
    nodes: list[dict[str, Any]] = field(default_factory=list)
    state: Fields = field(default_factory=dict)
    edges: dict[str, dict[str, Any]] = field(default_factory=dict)
    outer: Fields = field(default_factory=dict)
    locals: tuple[str, ...] = ()

    def fresh(self, start: str) -> str:
        self.numbers[0] += 1
        return f"{start}_{self.numbers[0]}"


def _lookups(level: _Level, known: Fields) -> list[str]:
    """What a text may look up: fields that are certainly set, parts of them, the item."""
    names = [f"state.{name}" for name in {**level.outer, **known}]
    names += [f"state.{name}.title" for name, kind in known.items() if kind["type"] == "object"]
    names += [f"state.{name} | join(', ')" for name, kind in known.items() if kind["type"] == "array"]
    return [*names, *level.locals]


def _texts(rng: Random, level: _Level, known: Fields) -> str:
    words = rng.choice(["Work on this.", "Say: more", "Größe?", "a\nb", "'quoted'", "# no comment"])
    lookups = _lookups(level, known)
    chosen = rng.choices(lookups, k=rng.randint(0, 3)) if lookups else []
    return " ".join([words, *(f"{{{{ {name} }}}}" for name in chosen)])


def conditions(known: Fields) -> list[str]:
    """Conditions over fields that are set."""
    made = ["true", "1 < 2"]
    for name, kind in known.items():
        match kind["type"]:
            case "string" if "enum" in kind:
                made += [f"state.{name} == '{value}'" for value in kind["enum"]]
                made.append(f"state.{name} in ['{kind['enum'][0]}'] && has(state.{name})")
            case "string":
                made += [f"state.{name} != ''", f"size(state.{name}) > 3"]
            case "integer":
                made += [f"state.{name} < 5", f"state.{name} >= 3 && state.{name} <= 6", f"7 < state.{name}"]
            case "number":
                made += [f"state.{name} >= 0.5", f"state.{name} < 0.25 || state.{name} > 0.75"]
            case "boolean":
                made += [f"state.{name}", f"!state.{name}"]
            case "array":
                made += [f"size(state.{name}) > 1", f"state.{name}.exists(x, x == 'a')"]
            case "object":
                made.append(f"state.{name}.pages > 3")
    return made


def _step(rng: Random, level: _Level, known: Fields, kinds: Sequence[str]) -> tuple[str, Fields]:
    """One node; what it writes is new."""
    kind = rng.choice(kinds)
    node: dict[str, Any] = {"id": level.fresh("node"), "kind": kind}
    text = _texts(rng, level, known)
    new: Fields = {}
    match kind:
        case "llm" | "human":
            node["prompt" if kind == "llm" else "ask"] = text
            for _ in range(rng.randint(1, 2)):
                new[level.fresh("field")] = deepcopy(rng.choice(_FIELD_TYPES))
        case "classify":
            node |= {"text": text, "labels": {"calm": "quiet", "angry": "loud"}}
            new[level.fresh("field")] = {"type": "string", "enum": ["calm", "angry"]}
        case "template":
            node["template"] = text
            new[level.fresh("field")] = {"type": "string"}
        case "code":
            kinds = [deepcopy(rng.choice(_FIELD_TYPES)) for _ in range(rng.randint(1, 2))]
            new |= {level.fresh("field"): each for each in kinds}
            read = [f"seen = state.{name}\n" for name in {**level.outer, **known}][:1]
            node["code"] = "".join([*read, *(f"{name} = {_sample(each)!r}\n" for name, each in new.items())])
        case "http":
            node |= {"method": rng.choice(["GET", "POST"]), "url": "https://example.com/items", "query": {"q": text}}
            new[level.fresh("field")] = {"type": "string"}
        case "tool":
            node |= {"tool": "fetch_page", "arguments": {"url": text, "max_characters": 300}}
            new[level.fresh("field")] = {"type": "string"}
    node["writes"] = list(new)
    level.nodes.append(node)
    level.state |= new
    return node["id"], new


def _parallel(rng: Random, level: _Level, known: Fields) -> tuple[str, Fields]:
    owner = {"id": level.fresh("node"), "kind": "parallel", "subtasks": []}
    level.nodes.append(owner)
    new: Fields = {}
    kinds = [kind for kind in level.kinds if kind in SIMPLE_KINDS and kind != "human"]
    for _ in range(rng.randint(1, 3)):
        name, written = _step(rng, level, known, kinds)
        owner["subtasks"].append(name)
        new |= written
    return owner["id"], new


def _map(rng: Random, level: _Level, known: Fields) -> tuple[str, Fields]:
    lists = [name for name, kind in {**level.outer, **known}.items() if kind["type"] == "array"]
    if not lists:
        return _step(rng, level, known, SIMPLE_KINDS[:1])
    item = level.fresh("item")
    inner = _Level(level.kinds, level.numbers, level.deepest - 1, level.most, outer={**level.outer, **known})
    inner.locals = (*level.locals, item)
    body, certain = _body(rng, inner, can_wait=False)
    for name, kind in body["state"].items():
        if name not in certain:
            kind["default"] = _sample(kind)
    returned = sorted(body["state"])
    body["returns"] = returned[0] if len(returned) == 1 else returned
    writes = level.fresh("field")
    node = {"id": level.fresh("node"), "kind": "map", "over": f"{{{{ state.{rng.choice(lists)} }}}}"}
    level.nodes.append(node | {"item": item, "body": body, "writes": [writes]})
    level.state[writes] = {"type": "array"}
    return node["id"], {writes: {"type": "array"}}


def _to(names: Sequence[str]) -> str | list[str]:
    return names[0] if len(names) == 1 else list(names)


@dataclass
class _Part:
    """A piece of a flow: `wire(next)` writes its edges and gives the names by which it is entered."""

    kind: str
    node: str = ""
    inner: list[list[_Part]] = field(default_factory=list)
    conditions: list[str | None] = field(default_factory=list)
    times: int = 1

    def wire(self, level: _Level, following: list[str]) -> list[str]:
        match self.kind:
            case "step":
                level.edges[self.node] = {"to": _to(following)}
                return [self.node]
            case "choice":
                entered = [wire_all(level, branch, following) for branch in self.inner]
                routes = [
                    ({} if condition is None else {"condition": condition}) | {"to": _to(names)}
                    for condition, names in zip(self.conditions, entered, strict=True)
                ]
                level.edges[self.node] = {"routes": routes}
                return [self.node]
            case "fork":
                return [name for branch in self.inner for name in wire_all(level, branch, following)]
            case _:
                entered = wire_all(level, self.inner[0], [self.node])
                back = {"to": _to(entered), "max_times": self.times}
                if self.conditions[0] is not None:
                    back["condition"] = self.conditions[0]
                level.edges[self.node] = {"routes": [back, {"to": _to(following)}]}
                return entered


def wire_all(level: _Level, parts: list[_Part], following: list[str]) -> list[str]:
    """Wires a row of parts from the last to the first."""
    for part in reversed(parts):
        following = part.wire(level, following)
    return following


def _row(
    rng: Random, level: _Level, known: Fields, deep: int, can_wait: bool, least: int = 1
) -> tuple[list[_Part], Fields]:
    """Parts one after the other, and what is certainly set after them."""
    parts: list[_Part] = []
    known = dict(known)
    for _ in range(rng.randint(least, 3)):
        part, new = _part(rng, level, known, deep, can_wait)
        parts.append(part)
        known |= new
    return parts, known


def _part(rng: Random, level: _Level, known: Fields, deep: int, can_wait: bool) -> tuple[_Part, Fields]:
    if level.numbers[0] >= level.most:
        deep = 0
    shapes = ["step", "step"] + (["choice", "fork", "loop"] if deep > 0 else [])
    shapes += (
        []
        if level.numbers[0] >= level.most
        else [kind for kind in ("parallel", "map") if kind in level.kinds and level.deepest > 0]
    )
    simple = [kind for kind in level.kinds if kind in SIMPLE_KINDS and (can_wait or kind != "human")]
    match rng.choice(shapes):
        case "parallel":
            name, new = _parallel(rng, level, known)
            return _Part("step", name), new
        case "map":
            name, new = _map(rng, level, known)
            return _Part("step", name), new
        case "choice":
            name, new = _step(rng, level, known, simple)
            known = known | new
            part = _Part("choice", name)
            ends = []
            count = rng.randint(2, 3)
            for number in range(count):
                branch, after = _row(rng, level, known, deep - 1, can_wait, least=0)
                part.inner.append(branch)
                part.conditions.append(None if number == count - 1 else rng.choice(conditions(known)))
                ends.append(after)
            return part, new | {key: value for key, value in ends[0].items() if all(key in end for end in ends)}
        case "fork":
            part, new = _Part("fork"), {}
            for _ in range(rng.randint(2, 3)):
                branch, after = _row(rng, level, known, deep - 1, can_wait)
                part.inner.append(branch)
                new |= after
            return part, new
        case "loop":
            inner, after = _row(rng, level, known, deep - 1, can_wait, least=0)
            name, new = _step(rng, level, after, simple)
            after = after | new
            condition = rng.choice([None, *conditions(after)])
            return _Part("loop", name, [inner], [condition], rng.randint(1, 3)), after
        case _:
            name, new = _step(rng, level, known, simple)
            return _Part("step", name), new


def _sample(kind: dict[str, Any]) -> Any:
    """A value of a type."""
    match kind["type"]:
        case "object":
            return {name: _sample(part) for name, part in kind.get("properties", {}).items()}
        case "string":
            return kind["enum"][0] if "enum" in kind else "a"
        case name:
            return {"array": [], "integer": 1, "number": 0.5, "boolean": True}[name]


def _body(rng: Random, level: _Level, can_wait: bool = True) -> tuple[dict[str, Any], Fields]:
    """The nodes, edges and state of one level, and what is certainly set at its end.

    The edges may be left out where order follows the data.
    """
    start = level.outer if not level.locals else {}
    if rng.random() < 0.5:
        parts, known = _row(rng, level, start, 2, can_wait)
        first = wire_all(level, parts, ["END"])
        level.edges["START"] = {"to": _to(first)}
    else:
        simple = [kind for kind in level.kinds if kind in SIMPLE_KINDS and (can_wait or kind != "human")]
        known = dict(start)
        for _ in range(rng.randint(1, 5)):
            known |= _step(rng, level, known, simple)[1]
    body: dict[str, Any] = {"state": level.state, "nodes": level.nodes}
    if level.edges:
        body["edges"] = [{"from": source, **way} for source, way in level.edges.items()]
    return body, known


def workflow(rng: Random, size: int = 30, kinds: tuple[str, ...] = KINDS, waiting: bool = True) -> dict[str, Any]:
    """One random workflow; `size` bounds its names, and with them its nodes."""
    inputs: Fields = {
        "topic": {"type": "string", "default": "Bees"},
        "texts": {"type": "array", "items": {"type": "string"}, "default": ["one", "two"]},
    }
    level = _Level(kinds, [0], deepest=2, most=size)
    level.outer = inputs
    body, _ = _body(rng, level, can_wait=waiting and "human" in kinds)
    used = str(body)
    return {
        "version": 1,
        "name": "drawn",
        "inputs": {name: kind for name, kind in inputs.items() if re.search(rf"state\.{name}\b", used)},
        "state": body["state"],
        "outputs": sorted(body["state"]),
        **{key: value for key, value in body.items() if key != "state"},
        "limits": {"steps": 10_000},
    }


def decorated(rng: Random, data: dict[str, Any]) -> dict[str, Any]:
    """The same with keys that may be left out, and with two-way choices in their short form."""
    first = data["nodes"][0]["id"]
    data["description"] = "Drawn by dice."
    data["requirements"] = [{"id": "drawn", "text": "It is drawn", "met_by": [first]}]
    data["tests"] = [{"name": "one", "expect": ["true", "1 < 2"]}]
    _decorate_level(rng, data)
    return data


def _decorate_level(rng: Random, level: dict[str, Any]) -> None:
    for node in level["nodes"]:
        if rng.random() < 0.3:
            node |= {"description": "Does its part", "timeout_seconds": rng.choice([30, 2.5]), "cache": True}
        if rng.random() < 0.2:
            node["retry"] = {"attempts": 3, "backoff_seconds": 0, "on": ["timeout", "any"]}
        if node["kind"] in ("llm", "http", "tool") and rng.random() < 0.2:
            node["on_error"] = "continue"
            for name in node["writes"]:
                level["state"][name]["default"] = _sample(level["state"][name])
        if node["kind"] == "map":
            node |= {"max_concurrency": 2, "on_item_error": "fail"}
            _decorate_level(rng, node["body"])
    for edge in level.get("edges", ()):
        routes = edge.get("routes", ())
        if len(routes) == 2 and "condition" in routes[0] and "max_times" not in routes[0] and rng.random() < 0.5:
            del edge["routes"]
            choice, otherwise = routes
            edge["to_conditional"] = {
                "condition": choice["condition"], "if_true": choice["to"], "if_false": otherwise["to"]
            }  # fmt: skip


def whole_workflows() -> st.SearchStrategy[dict[str, Any]]:
    """Valid workflows of every kind but `workflow`, with every key of nodes and every form of edges."""
    return st.builds(
        lambda size, seed: decorated(Random(seed), workflow(Random(seed), size, ALL_KINDS)),
        st.integers(1, 40),
        st.integers(0, 2**32),
    )


def workflows(kinds: tuple[str, ...] = KINDS, waiting: bool = True) -> st.SearchStrategy[dict[str, Any]]:
    """Valid workflows as plain data. `waiting=False` leaves `human` nodes out.

    A seed and a size are drawn, not each choice: that is fifty times faster, and a smaller size still shrinks.
    """
    return st.builds(
        lambda size, seed: workflow(Random(seed), size, kinds, waiting), st.integers(1, 40), st.integers(0, 2**32)
    )


class _Plain(yaml.SafeDumper):
    """Writes a value out wherever it stands, as aliases are not read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(data: dict[str, Any]) -> str:
    """A document as YAML, in the order of its keys."""
    return yaml.dump(data, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)


def workflow_texts(kinds: tuple[str, ...] = KINDS, waiting: bool = True) -> st.SearchStrategy[str]:
    """Valid workflows as YAML."""
    return workflows(kinds, waiting).map(as_yaml)
