"""What can still be read of a document whose shape is wrong in places, so that the rest is judged as well.

What has one clear repair (a misspelt key or kind) is read as if it were repaired. Any other broken part
becomes a blank: a node, edge, field or test of which no more is known than its name, and what is said
about it or follows from it is left out. A fault is told once, by its cause.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chat_app.workflow.codes import CODES
from chat_app.workflow.diagnostics import Diagnostic, Path
from chat_app.workflow.document import LANGUAGE_VERSION, Workflow
from chat_app.workflow.edges import END, START
from chat_app.workflow.fields import NAME_PATTERN
from chat_app.workflow.places import Place, Source, Spot
from chat_app.workflow.typed_edits import RenameKey, ReplaceValue

MOST_PROBLEMS = 200
"""A text with more misshapen parts is not read leniently: there is too little left to judge."""

_ROUNDS = 4
_NAME = re.compile(NAME_PATTERN)
_QUOTED = re.compile("`([^`]*)`")
_WORD = re.compile(r"\w+")
_OPTIONAL = frozenset(
    {"description", "retry", "timeout_seconds", "cache", "temperature", "max_tokens", "max_turns", "max_concurrency",
     "model", "system", "images", "files"}
)  # fmt: skip
"""Keys of nodes without which the rest of the node says the same."""
_NODE_NAMES = frozenset({"edges", "given", "answers", "met_by", "subtasks", "on_error"})
_ABOUT_WRITES = frozenset({"read-before-write", "unwritten-output", "data-cycle", "parallel-write", "derived-order"})
_ABOUT_FLOW = frozenset(
    {"unknown-name", "duplicate-id", "unreachable-node", "no-way-to-end", "unbounded-cycle", "edge-form",
     "route-order", "subtask-edge"}
)  # fmt: skip
"""What can be told though the fields are not known."""


@dataclass
class Unread:
    """What could not be read, and so must not be judged."""

    units: set[Path] = field(default_factory=set)
    """The parts that became blanks."""
    levels: set[Path] = field(default_factory=set)
    """The levels whose flow is not known."""
    names: set[str] = field(default_factory=set)
    """Names of nodes and fields of which nothing else is known."""
    codes: set[str] = field(default_factory=set)
    """Findings that would only follow from what is missing."""
    nodes: bool = False
    """Whether there are nodes whose name is not known."""
    fields: bool = False
    """Whether there are fields whose name is not known."""

    def hides(self, found: Diagnostic) -> bool:
        """Whether a finding speaks of what could not be read."""
        path = found.path
        if found.code in self.codes or any(path[:length] in self.units for length in range(len(path) + 1)):
            return True
        if self.nodes and found.code == "unknown-name" and _NODE_NAMES.intersection(found.path):
            edits = found.fix.edits if found.fix else ()
            return not any(isinstance(edit, ReplaceValue) and edit.value in (START, END) for edit in edits)
        if self.fields and found.code == "unknown-name" and not _NODE_NAMES.intersection(found.path):
            return True
        said = {word for quoted in _QUOTED.findall(found.message) for word in _WORD.findall(quoted)}
        return not said.isdisjoint(self.names)


@dataclass(frozen=True)
class Reading:
    """A workflow made of what could be read."""

    workflow: Workflow
    source: Source
    """The text, with its places under the names that are meant."""
    unread: Unread
    problems: tuple[Diagnostic, ...] = ()
    """What was found wrong beneath misspelt keys."""


Shape = Callable[[Any], tuple[Workflow | None, Sequence[Diagnostic]]]


def read_leniently(source: Source, problems: Sequence[Diagnostic], shape: Shape) -> Reading | None:
    """The workflow without its broken parts; None where too little is left."""
    if not isinstance(source.data, dict) or len(problems) > MOST_PROBLEMS:
        return None
    work = _Work(source.data, source.root)
    told: list[Diagnostic] = []
    for number in range(_ROUNDS):
        for found in problems:
            work.repair(found, guess=number == 0 or found in told)
        workflow, problems = shape(work.data)
        if workflow is not None:
            known = Source(source.text, work.data, root=work.root)
            return Reading(workflow, known, work.unread, tuple(told))
        if len(problems) > MOST_PROBLEMS:
            return None
        places = Source(source.text, work.data, root=work.root)
        if number == 0:
            told = [
                work.fixed_with_above(_placed(found, places)) for found in problems if work.below_renamed(found.path)
            ]
            problems = [*told, *(found for found in problems if not work.below_renamed(found.path))]
    return None


def _placed(found: Diagnostic, source: Source) -> Diagnostic:
    return replace(found, location=source.location(found.path, key=found.code == "unknown-key"))


class _Work:
    """The data while they are repaired; what is changed is copied before."""

    def __init__(self, data: Any, root: Spot | None) -> None:
        self.data = data
        self.root = root
        self.unread = Unread()
        self._renamed: dict[Path, RenameKey] = {}

    def below_renamed(self, path: Path) -> bool:
        return any(path[:length] in self._renamed for length in range(1, len(path)))

    def fixed_with_above(self, found: Diagnostic) -> Diagnostic:
        """The finding with a fix that first gives the keys above it their right names."""
        above = [
            self._renamed[place]
            for size in range(1, len(found.path))
            if (place := found.path[:size]) in self._renamed
        ]
        return replace(found, fix=replace(found.fix, edits=(*above, *found.fix.edits))) if found.fix else found

    def repair(self, found: Diagnostic, guess: bool) -> None:
        """Makes the one clear repair, or blanks the part."""
        # Those before it only rename what stands above.
        edit = found.fix.edits[-1] if found.fix else None
        if guess and isinstance(edit, RenameKey) and (edit.key == "writes" or not self._lacks_writes(found.path)):
            self._rename(tuple(edit.path), edit)
        elif guess and isinstance(edit, ReplaceValue):
            self._put(tuple(edit.path), edit.value)
        elif self._is_needless(found):
            self._drop(found.path)
        else:
            self._blank(_unit(found.path, self.data))

    def _lacks_writes(self, path: Path) -> bool:
        """Whether a key stands in a node that does not say what it writes, though its kind must."""
        node = found_at(self.data, path[:-1])
        of_node = len(path) >= 3 and path[-3] == "nodes" and isinstance(node, dict)
        return of_node and "writes" not in node and node.get("kind") != "parallel"

    def _is_needless(self, found: Diagnostic) -> bool:
        """Whether the part says the same without the key at fault."""
        path = found.path
        if found.code == "unknown-key":
            # It may have been meant for the key that is missing beside it.
            return "edges" not in path and not self._lacks_writes(path)
        return found_at(self.data, path) is not _NOTHING and (
            (len(path) >= 3 and path[-3] == "nodes" and path[-1] in _OPTIONAL)
            or path in (("description",), ("model",))
        )

    def _rename(self, path: Path, edit: RenameKey) -> None:
        key = edit.key
        holder = found_at(self.data, path[:-1])
        if not isinstance(holder, dict) or path[-1] not in holder or key in holder:
            return
        self.data = _changed(
            self.data,
            path[:-1],
            lambda old: {key if each == path[-1] else each: value for each, value in old.items()},
        )
        self.root = _renamed_place(self.root, path, key)
        self._renamed[*path[:-1], key] = edit

    def _put(self, path: Path, value: Any) -> None:
        if found_at(self.data, path[:-1]) is not _NOTHING and path:
            self.data = _changed(self.data, path[:-1], lambda old: _with(old, path[-1], value))

    def _drop(self, path: Path) -> None:
        holder = found_at(self.data, path[:-1])
        if isinstance(holder, dict) and path and path[-1] in holder:
            self.data = _changed(
                self.data, path[:-1], lambda old: {key: value for key, value in old.items() if key != path[-1]}
            )

    def _blank(self, unit: Path) -> None:
        self.unread.units.add(unit)
        key: str | int = unit[-2] if len(unit) > 1 and isinstance(unit[-1], int) else ""
        old = found_at(self.data, unit)
        if key == "nodes":
            self._put(unit, self._blank_node(old, unit))
        elif key == "edges":
            self.unread.levels.add(unit[:-2])
            self._put(unit, {"from": "", "to": END})
        elif key == "tests":
            self._put(unit, {"name": "", "expect": ["true"]})
        elif key == "requirements":
            self._put(unit, {"id": f"unread_{unit[-1]}", "text": ""})
        elif len(unit) > 1 and unit[-2] in ("inputs", "state"):
            self._blank_field(unit, old)
        else:
            self._blank_key(unit)

    def _blank_node(self, old: Any, unit: Path) -> dict[str, Any]:
        level = unit[:-2]
        known = old if isinstance(old, Mapping) else {}
        name = known.get("id")
        if isinstance(name, str):
            self.unread.names.add(name)
        if not isinstance(name, str) or not _NAME.match(name):
            self.unread.nodes = True
            self.unread.levels.add(level)
            name = "unread_" + "_".join(str(part) for part in unit if isinstance(part, int))
        node: dict[str, Any] = {"id": name, "kind": "template", "template": ""}
        writes, subtasks = known.get("writes"), known.get("subtasks")
        if _are_names(writes):
            node["writes"] = writes
        elif known.get("kind") != "parallel":
            self.unread.codes |= _ABOUT_WRITES
        if _are_names(subtasks) and subtasks:
            node = {"id": name, "kind": "parallel", "subtasks": subtasks}
        if isinstance(known.get("on_error"), str):
            node["on_error"] = known["on_error"]
        if known.get("kind") in ("map", "parallel") and ("subtasks" not in node):
            self.unread.nodes = True
            self.unread.levels.add(level)
        above = found_at(self.data, level)
        if not (isinstance(above, Mapping) and above.get("edges") is not None):
            self.unread.levels.add(level)
        return node

    def _blank_field(self, unit: Path, old: Any) -> None:
        self.unread.names.add(str(unit[-1]))
        if not _NAME.match(str(unit[-1])):
            self._drop(unit)
            return
        blank: dict[str, Any] = {"type": "string"}
        if isinstance(old, Mapping) and "default" in old:
            blank["default"] = ""
        self._put(unit, blank)

    def _blank_key(self, unit: Path) -> None:
        """A key of a level that can't be read at all."""
        if unit[-1:] == ("edges",):
            self.unread.levels.add(unit[:-1])
            self._put(unit, [])
        elif unit == ("name",):
            self._put(unit, "unread")
        elif unit == ("version",):
            self._put(unit, LANGUAGE_VERSION)
        elif unit and unit[-1] != "nodes":
            self._drop(unit)
            if unit[-1] in ("inputs", "state"):
                self.unread.codes |= CODES.keys() - _ABOUT_FLOW
                self.unread.fields = True
            if unit[-1] == "limits":
                self.unread.codes.add("no-limits")


def _unit(path: Path, data: Any) -> Path:
    """The part that a path leads into: the innermost node, edge, field or test, or a key of a level."""
    start = 0
    while True:
        key = path[start] if len(path) > start else ""
        size = start + 2
        if key == "nodes" and len(path) > size:
            inner = path[: size + 1]
            deeper = len(path) > size + 2 and path[size] == "body" and path[size + 1] in ("nodes", "edges", "state")
            if deeper and isinstance(found_at(data, inner), dict) and len(path) > size + 1:
                start = size + 1
                continue
        if key in ("nodes", "edges", "tests", "requirements", "inputs", "state") and len(path) >= size:
            return path[:size]
        return path[: start + 1]


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) and _NAME.match(name) for name in value)


_NOTHING = object()


def found_at(data: Any, path: Path) -> Any:
    """What stands at a path; a mark of its own where nothing does."""
    for part in path:
        inside = part in data if isinstance(data, dict) else isinstance(data, list) and part in range(len(data))
        if not inside:
            return _NOTHING
        data = data[part]
    return data


def _changed(data: Any, path: Path, change: Callable[[Any], Any]) -> Any:
    """The data with one part changed; what leads to it is copied, the rest is shared."""
    if not path:
        return change(data)
    return _with(data, path[0], _changed(data[path[0]], path[1:], change))


def _with(old: Any, key: str | int, value: Any) -> Any:
    if isinstance(old, dict):
        return {**old, key: value}
    if isinstance(old, list) and isinstance(key, int):
        return [*old[:key], value, *old[key + 1 :]]
    return old


def _renamed_place(spot: Spot | None, path: Path, key: str) -> Spot | None:
    """The places with one key under another name."""
    if not isinstance(spot, Place) or spot.parts is None:
        return spot
    first, rest = path[0], path[1:]
    if isinstance(spot.parts, list):
        assert isinstance(first, int)
        inner = _renamed_place(spot.parts[first], rest, key)
        parts = [inner if number == first else part for number, part in enumerate(spot.parts)]
        return replace(spot, parts=[part for part in parts if part is not None])
    name = str(first)
    if name not in spot.parts:
        return spot
    if rest:
        inner = _renamed_place(spot.parts[name], rest, key)
        return spot if inner is None else replace(spot, parts={**spot.parts, name: inner})
    keys = {key if each == name else each: span for each, span in (spot.keys or {}).items()}
    return replace(spot, keys=keys, parts={key if each == name else each: part for each, part in spot.parts.items()})
