"""What can stand at a place: the keys of an object, the names and values that a value can be."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lsprotocol.types import CompletionItemKind as Kind

from chat_app.language_server.grammar import keys_of, kinds, rule_at, takes, told, values_of
from chat_app.language_server.levels import Field, Level, part_at
from chat_app.language_server.snapshot import Here
from chat_app.workflow.diagnostics import Path
from chat_app.workflow.edges import END, START
from chat_app.workflow.fields import FieldType
from chat_app.workflow.surroundings import Surroundings
from chat_app.workflow.values import describe

_SUFFIXES = (".yaml", ".yml")
MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can stand at a place."""

    label: str
    kind: Kind
    detail: str = ""
    about: str = ""
    """What it means, as Markdown."""
    needed: bool = field(default=False)


def keys_at(here: Here, path: Path, surroundings: Surroundings) -> Iterator[Choice]:
    """The keys that an object at a path can have."""
    data = here.found.data
    rule = rule_at(path, data)
    needed = set(rule.get("required", ()))
    for name, about in keys_of(rule).items():
        yield Choice(name, Kind.Property, takes(about), told(about), name in needed)
    yield from _named_keys(here, path, surroundings)


def _named_keys(here: Here, path: Path, surroundings: Surroundings) -> Iterator[Choice]:
    """Keys that are names: of inputs, nodes and fields in tests, of a tool's arguments, of labels."""
    level = here.level(path)
    top = here.levels[0]
    match path[len(level.path) :]:
        case ("tests", int(), "inputs"):
            yield from (of_field(each) for each in top.own.values() if each.is_input)
        case ("tests", int(), "given" | "answers" as key):
            yield from _nodes(here, here.levels, "human" if key == "answers" else None)
        case ("tests", int(), "given" | "answers", str(id)):
            yield from _written_by(here, id)
        case ("nodes", int(), "arguments"):
            tool = surroundings.tools.get(str(part_at(here.found.data, (*path[:-1], "tool"))))
            yield from _arguments(tool.parameters if tool else {})
            yield from _inputs_of(here, part_at(here.found.data, (*path[:-1], "uses")))
        case ("nodes", int(), "labels"):
            for name in _listed(part_at(here.found.data, (*path[:-1], "writes"))):
                yield from values_of_type(_type(level, name))


def values_at(here: Here, path: Path, surroundings: Surroundings, models: Iterable[str]) -> Iterator[Choice]:
    """The values that can stand at a path."""
    level = here.level(path)
    below = path[len(level.path) :]
    yield from _names_at(here, level, below)
    yield from _world_at(here, below, surroundings, models)
    match below:
        case ("nodes", int(), "kind"):
            yield from (Choice(kind, Kind.EnumMember, "kind of node", about) for kind, about in kinds().items())
            return
        case ("inputs" | "state", str(name), "default") | ("inputs", str(name), "examples", int()):
            yield from values_of_type(_type(level, name))
        case ("tests", int(), "inputs", str(name)):
            yield from values_of_type(_type(level, name))
        case ("tests", int(), "given" | "answers", str(id), str(name)):
            yield from values_of_type(_type(_level_of(here, id), name))
    rule = rule_at(path, here.found.data)
    for value in values_of(rule):
        yield Choice(_written(value), Kind.EnumMember, about=told(rule, examples=False))


def _names_at(here: Here, level: Level, below: Path) -> Iterator[Choice]:
    """Ids and fields, where the language names them."""
    match below:
        case ("edges", int(), "from"):
            yield Choice(START, Kind.Keyword, "where a run begins")
            yield from _nodes(here, [level])
        case (
            ("edges", int(), "to", *_)
            | ("edges", int(), "routes", int(), "to", *_)
            | ("edges", int(), "to_conditional", "if_true" | "if_false", *_)
        ):
            yield from _nodes(here, [level])
            yield Choice(END, Kind.Keyword, "where a run ends")
        case ("nodes", int(), "on_error"):
            yield Choice("fail", Kind.EnumMember, "the run fails (the default)")
            yield Choice("continue", Kind.EnumMember, "the run goes on without the node's writes")
            yield from _nodes(here, [level])
        case ("nodes", int(), "subtasks", *_):
            yield from _nodes(here, [level])
        case ("requirements", int(), "met_by", *_):
            yield from _nodes(here, here.levels)
        case ("nodes", int(), "writes", *_) | ("returns", *_):
            yield from (of_field(each) for each in level.own.values() if not each.is_input)
        case ("outputs", *_):
            yield from (of_field(each) for each in level.own.values())


def _world_at(here: Here, below: Path, surroundings: Surroundings, models: Iterable[str]) -> Iterator[Choice]:
    """Tools, models and files."""
    match below:
        case ("nodes", int(), "tool") | ("nodes", int(), "tools", *_):
            for name, tool in surroundings.tools.items():
                yield Choice(name, Kind.Function, tool.missing or "tool", tool.description)
        case ("model",) | ("nodes", int(), "model"):
            used = [here.found.data.get("model"), *(node.get("model") for node in _all_nodes(here))]
            named = [name for name in used if isinstance(name, str) and "/" in name]
            for name in dict.fromkeys([*models, *named]):
                yield Choice(name, Kind.Value, "model")
        case ("nodes", int(), "uses"):
            yield from _files(surroundings)


def of_field(each: Field) -> Choice:
    """A field as something to choose."""
    return Choice(each.name, Kind.Field, type_words(each.type), about_field(each))


def about_field(each: Field) -> str:
    """What a field holds, as Markdown."""
    where = "input" if each.is_input else "state" if len(each.path) == 2 else "state of one item"
    lines = [f"**{each.name}**: {type_words(each.type) or 'of a type that can not be read'} ({where})"]
    if each.type is not None:
        lines += [each.type.description or "", _bounds(each.type)]
    return "\n\n".join(line for line in lines if line)


def type_words(kind: FieldType | None) -> str:
    """A type in a few words, its choices among them."""
    if kind is None:
        return ""
    if kind.enum:
        return "one of " + ", ".join(str(value) for value in kind.enum)
    return describe(kind)


def _bounds(kind: FieldType) -> str:
    set_keys = kind.model_dump(by_alias=True, exclude_none=True, exclude_unset=True)
    shown = {key: value for key, value in set_keys.items() if key not in ("type", "description", "enum", "examples")}
    return ", ".join(f"`{key}: {json.dumps(value, ensure_ascii=False)}`" for key, value in shown.items())


def values_of_type(kind: FieldType | None) -> Iterator[Choice]:
    """The values of a type with few of them."""
    if kind is not None and kind.enum:
        yield from (Choice(_written(value), Kind.EnumMember, "value") for value in kind.enum)
    elif kind is not None and kind.type == "boolean":
        yield from (Choice(word, Kind.EnumMember, "value") for word in ("true", "false"))


def about_node(node: Mapping[str, Any]) -> str:
    """What a node is and does, as Markdown."""
    kind = node.get("kind")
    lines = [f"**{node.get('id')}**: a node of kind `{kind}`" if kind else f"**{node.get('id')}**: a node"]
    if isinstance(node.get("description"), str):
        lines.append(str(node["description"]))
    elif isinstance(kind, str):
        lines.append(kinds().get(kind, ""))
    writes = _listed(node.get("writes"))
    if writes:
        lines.append("Writes " + ", ".join(f"`{name}`" for name in writes) + ".")
    return "\n\n".join(line for line in lines if line)


def _nodes(here: Here, levels: Iterable[Level], kind: str | None = None) -> Iterator[Choice]:
    for level in levels:
        for id, path in level.nodes.items():
            node = part_at(here.found.data, path)
            known = node if isinstance(node, dict) and node.get("id") == id else {"id": id}
            if kind is None or known.get("kind") in (kind, None):
                yield Choice(id, Kind.Reference, str(known.get("kind") or "node"), about_node(known))


def _all_nodes(here: Here) -> Iterator[dict[str, Any]]:
    for level in here.levels:
        for path in level.nodes.values():
            node = part_at(here.found.data, path)
            if isinstance(node, dict):
                yield node


def _level_of(here: Here, id: str) -> Level:
    return next((level for level in here.levels if id in level.nodes), here.levels[0])


def _written_by(here: Here, id: str) -> Iterator[Choice]:
    level = _level_of(here, id)
    node = part_at(here.found.data, level.nodes[id]) if id in level.nodes else None
    for name in _listed(node.get("writes") if isinstance(node, dict) else None):
        declared = level.field(name)
        yield of_field(declared) if declared else Choice(name, Kind.Field)


def _type(level: Level, name: str) -> FieldType | None:
    declared = level.field(name)
    return declared.type if declared else None


def _arguments(parameters: Mapping[str, Any]) -> Iterator[Choice]:
    needed = parameters.get("required", ())
    for name, rule in parameters.get("properties", {}).items():
        yield Choice(name, Kind.Property, takes(rule), told(rule), name in needed)


def _inputs_of(here: Here, uses: Any) -> Iterator[Choice]:
    """The inputs of another file, where the last check could read it."""
    used = here.used.get(uses) if isinstance(uses, str) else None
    for name, kind in used.workflow.inputs.items() if used and used.workflow else ():
        yield Choice(name, Kind.Property, type_words(kind), kind.description or "", not kind.has_default)


def _files(surroundings: Surroundings) -> Iterator[Choice]:
    folder = surroundings.folder
    try:
        files = [] if folder is None else [file.name for file in folder.iterdir() if file.suffix in _SUFFIXES]
    except OSError:
        # A folder that is not there yet, or may not be listed, has nothing to offer.
        files = []
    for name in sorted(files)[:MOST_FILES]:
        yield Choice(f"./{name}", Kind.File, "workflow")


def _listed(value: Any) -> list[str]:
    return [name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str)]


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
