"""The levels of a document (the workflow and its maps' bodies) with their names, read from whatever is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from chat_app.workflow.diagnostics import Path
from chat_app.workflow.fields import FieldType, InputField, StateField
from chat_app.workflow.templates import compile_template
from chat_app.workflow.typed import Known, TextProblem, item_of, object_of, part_of, simple


@dataclass
class Field:
    """A field as it is declared; its type is None while that can't be read."""

    name: str
    path: Path
    type: Known

    @property
    def is_input(self) -> bool:
        """Whether the user gives it."""
        return self.path[0] == "inputs"


@dataclass
class Level:
    """One level: its nodes and its fields by name."""

    path: Path
    nodes: dict[str, Path] = field(default_factory=dict)
    own: dict[str, Field] = field(default_factory=dict)
    above: Level | None = None
    item: str | None = None
    """The name of the item, of a map's body."""
    item_type: Known = None

    def field(self, name: str) -> Field | None:
        """A field that can be read here."""
        return self.own.get(name) or (self.above.field(name) if self.above else None)

    def fields(self) -> dict[str, Field]:
        """All fields that can be read here."""
        return {**(self.above.fields() if self.above else {}), **self.own}

    def owner_of(self, name: str) -> Level | None:
        """The level that declares a field."""
        return self if name in self.own else self.above.owner_of(name) if self.above else None

    def item_owner(self, name: str) -> Level | None:
        """The level whose item has a name."""
        return self if name == self.item else self.above.item_owner(name) if self.above else None

    def names(self) -> dict[str, Known]:
        """What templates and conditions may look up besides the state."""
        inherited = self.above.names() if self.above else {}
        return inherited | ({self.item: self.item_type, "index": simple("integer")} if self.item else {})

    def types(self) -> dict[str, Known]:
        """Every name with its type, the state among them."""
        known = {name: each.type for name, each in self.fields().items() if each.type is not None}
        return {**self.names(), "state": object_of(known)}

    def type_of(self, parts: tuple[str, ...], bound: Mapping[str, Known] | None = None) -> Known:
        """The type of `state.a.b`; `[]` stands for one item. None where nothing is known."""
        known = {**self.types(), **(bound or {})}.get(parts[0])
        for part in parts[1:]:
            found = item_of(known, "") if part == "[]" else part_of(known, part, "")
            if found is None or isinstance(found, TextProblem):
                return None
            known = found
        return known


def levels_of(data: Any) -> list[Level]:
    """The levels of a document, the workflow itself first."""
    top = Level(())
    if not isinstance(data, dict):
        return [top]
    _declare(top, data.get("inputs"), ("inputs",), InputField)
    _declare(top, data.get("state"), ("state",), StateField)
    return [top, *_inside(top, data)]


def level_at(levels: list[Level], path: Path) -> Level:
    """The innermost level in which a path lies."""
    return max((level for level in levels if path[: len(level.path)] == level.path), key=lambda each: len(each.path))


def part_at(data: Any, path: Path) -> Any:
    """What stands at a path; None where nothing does."""
    for part in path:
        in_list = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if not in_list and not (isinstance(data, dict) and part in data):
            return None
        data = data[part]
    return data


def _inside(level: Level, data: dict[str, Any]) -> Iterator[Level]:
    nodes = data.get("nodes")
    for index, node in enumerate(nodes if isinstance(nodes, list) else ()):
        if not isinstance(node, dict):
            continue
        path: Path = (*level.path, "nodes", index)
        if isinstance(node.get("id"), str):
            level.nodes.setdefault(node["id"], path)
        body = node.get("body")
        if node.get("kind") == "map" and isinstance(body, dict):
            yield from _body(level, node, body, (*path, "body"))


def _body(above: Level, node: dict[str, Any], body: dict[str, Any], path: Path) -> Iterator[Level]:
    item = node.get("item", "item")
    inner = Level(path, above=above, item=item if isinstance(item, str) else "item")
    inner.item_type = _item_type(node.get("over"), above)
    _declare(inner, body.get("state"), (*path, "state"), StateField)
    yield inner
    yield from _inside(inner, body)


def _item_type(over: Any, above: Level) -> Known:
    if not isinstance(over, str):
        return None
    template = compile_template(over)
    if template.problems or not template.is_value:
        return None
    known, problems = template.type_problems(above.types())
    return known.items if not problems and known is not None and known.type == "array" else None


def _declare(level: Level, section: Any, path: Path, model: type[FieldType]) -> None:
    for name, value in section.items() if isinstance(section, dict) else ():
        level.own.setdefault(name, Field(name, (*path, name), _read(value, model)))


def _read(value: Any, model: type[FieldType]) -> Known:
    try:
        return model.model_validate(value)
    except ValidationError:
        kind = value.get("type") if isinstance(value, dict) else None
        return simple(kind) if kind in ("string", "integer", "number", "boolean", "object", "array", "file") else None
