"""Single mutations of valid workflows, and what becomes of each: found by the checker, harmless, or missed.

A mutant that the checker accepts is run by the reference interpreter, as the original is, over several inputs
and answers. It is *the same* where both go the same way, *another* valid workflow where it runs to its end some
other way, and *missed* where its run breaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from chat_app.workflow.check import check
from chat_app.workflow.document import Workflow
from chat_app.workflow.edges import Edge
from chat_app.workflow.expressions import ConditionFailed
from chat_app.workflow.fields import FieldType
from chat_app.workflow.graph import flow_of
from chat_app.workflow.nodes import MapBody, MapNode, NodeBase
from chat_app.workflow.reads import templates_of
from chat_app.workflow.templates import TemplateFailed, compile_template
from tests.engine.reference import Interpreter, RunFails
from tests.workflow.strategies import ALL_KINDS, as_yaml, decorated, workflow

FOUND, SAME, ANOTHER, MISSED = "found", "same", "another", "missed"
MOST_STEPS = 3_000
RUNS = 4
Path = tuple[str | int, ...]
Level = TypeVar("Level", Workflow, MapBody)


class Endless(Exception):
    """A run did more than any bounded loop here can do."""


@dataclass(frozen=True)
class Mutant:
    """One mutation and what became of it."""

    kind: str
    path: Path
    fate: str
    codes: tuple[str, ...]
    text: str
    why: str = ""


def _entries(data: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in parts:
        yield (*path, key), value
        yield from _entries(value, (*path, key))


def _holder(data: Any, path: Path) -> Any:
    for key in path[:-1]:
        data = data[key]
    return data


def _drop(data: Any, rng: Random) -> Path:
    """Drops a key."""
    path = rng.choice([path for path, _ in _entries(data) if isinstance(path[-1], str)])
    del _holder(data, path)[path[-1]]
    return path


def _misspell(data: Any, rng: Random) -> Path:
    """Misspells a name: a key, or one that stands as a value (not in free text)."""
    free = {
        "description",
        "text",
        "prompt",
        "ask",
        "template",
        "over",
        "labels",
        "default",
        "enum",
        "examples",
        "code",
        "url",
        "query",
        "arguments",
        "name",
        "expect",
    }
    paths = [
        path
        for path, value in _entries(data)
        if not free.intersection(map(str, path[:-1]))
        and (isinstance(path[-1], str) or isinstance(value, str))
        and path != ("name",)
    ]
    path = rng.choice(paths)
    holder, key = _holder(data, path), path[-1]
    if isinstance(holder[key], str) and (isinstance(key, int) or (key not in free and rng.random() < 0.5)):
        holder[key] = _typo(holder[key], rng)
        return path
    entries = [(_typo(str(each), rng) if each == key else each, value) for each, value in holder.items()]
    holder.clear()
    holder.update(entries)
    return path


def _typo(word: str, rng: Random) -> str:
    at = rng.randrange(len(word)) if word else 0
    return rng.choice([word[:at] + "q" + word[at:], word[:at] + "q" + word[at + 1 :], f"{word}q"])


def _swap(data: Any, rng: Random) -> Path:
    """Puts a value of another type in a value's place."""
    path, value = rng.choice(list(_entries(data)))
    others: list[Any] = ["other", 5, True, ["other"], {"other": "other"}, None]
    holder = _holder(data, path)
    holder[path[-1]] = rng.choice([each for each in others if type(each) is not type(value)])
    return path


def _cut(data: Any, rng: Random) -> Path:
    """Cuts an edge: an entry, a route, one of several ends."""
    lists = [
        (path, value)
        for path, value in _entries(data)
        if isinstance(value, list) and value and (path[-1] in ("edges", "routes") or (path[-1] == "to"))
    ]
    path, value = rng.choice(lists)
    at = rng.randrange(len(value))
    del value[at]
    return (*path, at)


MUTATIONS: dict[str, Callable[[Any, Random], Path]] = {
    "drop a key": _drop,
    "misspell a name": _misspell,
    "swap a type": _swap,
    "cut an edge": _cut,
}


def mutants(seed: int, count: int, size: int = 8) -> Iterator[Mutant]:
    """So many mutants, each of a workflow of its own, all kinds in turn; the same for the same seed."""
    kinds = list(MUTATIONS)
    for number in range(count):
        rng = Random(f"{seed}-{number}")
        kind = kinds[number % len(kinds)]
        original = _original(rng, size)
        while kind == "cut an edge" and "edges" not in original:
            original = _original(rng, size)
        changed = deepcopy(original)
        path = MUTATIONS[kind](changed, rng)
        yield _judged(kind, path, original, changed)


def _original(rng: Random, size: int) -> dict[str, Any]:
    drawn = workflow(rng, rng.randint(3, size), ALL_KINDS)
    return decorated(rng, drawn) if rng.random() < 0.5 else drawn


def _judged(kind: str, path: Path, original: dict[str, Any], changed: dict[str, Any]) -> Mutant:
    text = as_yaml(changed)
    found, before = check(text), check(as_yaml(original))
    # What is no fault of the original is none of the mutant.
    faults = [each for each in found.faults if each.code not in {old.code for old in before.faults}]
    if faults:
        return Mutant(kind, path, FOUND, tuple(each.code for each in faults), text)
    assert found.workflow is not None and before.workflow is not None
    fate = SAME
    for seed in range(RUNS):
        expected = _outcome(before.workflow, seed)
        outcome = _outcome(found.workflow, seed)
        if isinstance(outcome, Exception) and not isinstance(outcome, RunFails):
            return Mutant(kind, path, MISSED, (), text, f"{type(outcome).__name__}: {outcome}")
        if outcome != expected:
            fate = ANOTHER
    return Mutant(kind, path, fate, (), text)


def _outcome(workflow: Workflow, seed: int) -> Any:
    """What a run returns and which way it went; the exception where it broke."""
    workflow = with_edges(workflow)
    nodes, fields = dict(nodes_of(workflow)), dict(fields_of(workflow))
    count = [0]

    def script(name: str, names: Mapping[str, Any], attempt: int) -> dict[str, Any]:
        count[0] += 1
        if count[0] > MOST_STEPS:
            raise Endless(name)
        for _, text in templates_of(nodes[name]):
            compile_template(text).render(names)
        return {each: value_of(fields[each], Random(f"{seed}-{name}-{each}")) for each in nodes[name].writes}

    inputs = {
        name: value_of(kind, Random(f"{seed}-{name}"))
        for name, kind in workflow.inputs.items()
        if not kind.has_default
    }
    run = Interpreter(workflow, script)
    try:
        state = run.run(inputs)
        return [{name: state.get(name) for name in workflow.outputs}, run.steps]
    except (KeyError, AssertionError, TemplateFailed, ConditionFailed, Endless, TypeError, ValueError) as broken:
        return broken


def with_edges(level: Level) -> Level:
    """The same with all edges written out, as the reference knows only those."""
    nodes = [
        node.model_copy(update={"body": with_edges(node.body)}) if isinstance(node, MapNode) else node
        for node in level.nodes
    ]
    edges = level.edges
    if edges is None:
        ways = flow_of(level).all_ways()
        edges = [Edge(**{"from": source, "to": list(way.targets)}) for source, found in ways for way in found]
    return level.model_copy(update={"nodes": nodes, "edges": edges})


def nodes_of(level: Workflow | MapBody) -> Iterator[tuple[str, NodeBase]]:
    for node in level.nodes:
        yield node.id, node
        if isinstance(node, MapNode):
            yield from nodes_of(node.body)


def fields_of(level: Workflow | MapBody) -> Iterator[tuple[str, FieldType]]:
    yield from level.state.items()
    for node in level.nodes:
        if isinstance(node, MapNode):
            yield from fields_of(node.body)


def value_of(field: FieldType, rng: Random) -> Any:
    """A value of a type, the same for the same dice."""
    if field.enum:
        return rng.choice(field.enum)
    match field.type:
        case "integer":
            return rng.randint(int(field.minimum or 0), int(field.maximum or 9))
        case "number":
            return round(rng.uniform(field.minimum or 0.0, field.maximum or 1.0), 3)
        case "boolean":
            return rng.random() < 0.5
        case "array":
            inner = field.items or FieldType(type="string")
            return [value_of(inner, rng) for _ in range(rng.randint(field.min_items or 0, 3))]
        case "object":
            if field.properties is None:
                # Of an object without declared parts nothing is known; what makes it here gives it these.
                return {"title": "one", "pages": 1}
            return {name: value_of(kind, rng) for name, kind in field.properties.items()}
        case _:
            return rng.choice(["one", "two words", "drei"])
