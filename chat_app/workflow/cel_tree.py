"""CEL text as a tree. The CEL library parses; it gives its tree as a protocol buffer, read here by hand.

The wire format and the field numbers are those of `cel/expr/syntax.proto`, which are fixed for good.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from cel_expr_python import cel

from chat_app.workflow.condition_words import COMPARISONS, LITERAL, NEGATION, WORDS, swapped
from chat_app.workflow.typed import TextProblem

Kind = Literal["const", "name", "select", "call", "list", "map", "loop"]


@dataclass(slots=True)
class Tree:
    """One node of an expression; which attributes count depends on `kind`."""

    kind: Kind = "const"
    offset: int = 0
    value: Any = None
    """Of a constant."""
    name: str = ""
    """Of a name, a function, a selected part, a loop's variable."""
    has: bool = False
    """Of a part: whether it only asks if the part is there."""
    target: Tree | None = None
    """What a part is selected from, a method called on, a loop runs over."""
    args: list[Tree] = field(default_factory=list)
    """Of a call, a list, a map (values); of a loop: start, step, condition, result."""
    bound: str = ""
    """Of a loop: the name of its result while it grows."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """An expression that could be read: its tree, and the library's program."""

    tree: Tree
    program: Any


SIGNS = {"_==_": "==", "_!=_": "!=", "_<_": "<", "_<=_": "<=", "_>_": ">", "_>=_": ">=",
          "_+_": "+", "_-_": "-", "_*_": "*", "_/_": "/", "_%_": "%", "_&&_": "&&", "_||_": "||"}  # fmt: skip
"""The library's names of operators, and how they are written."""


def written(tree: Tree) -> str:
    """An expression as a person would write it, as far as messages need it."""
    match tree.kind:
        case "const":
            return f"'{tree.value}'" if isinstance(tree.value, str) else str(tree.value).lower()
        case "name":
            return tree.name
        case "select":
            assert tree.target is not None
            return f"{written(tree.target)}.{tree.name}"
        case "call" if tree.name == "_[_]":
            return f"{written(tree.args[0])}[{written(tree.args[1])}]"
        case "call" if tree.name in SIGNS:
            return f" {SIGNS[tree.name]} ".join(written(part) for part in tree.args)
        case "call" if tree.target is None and tree.name.isidentifier():
            return f"{tree.name}({', '.join(written(part) for part in tree.args)})"
        case "list":
            return f"[{', '.join(written(part) for part in tree.args)}]"
        case _:
            return "…"


_ENV: list[Any] = []


def environment() -> Any:
    """The one CEL environment; made when the first condition is met, as it takes a moment."""
    if not _ENV:
        _ENV.append(cel.NewEnv(variables={}))
    return _ENV[0]


@lru_cache(maxsize=4096)
def parse(text: str) -> Parsed | TextProblem:
    """Reads an expression, or says why it can't be read."""
    found = _parsed(text)
    return found if isinstance(found, Parsed) else _syntax(text, found)


def _parsed(text: str) -> Parsed | str:
    """The expression, or what the library says against it."""
    try:
        program = environment().compile(text, disable_check=True)
        return Parsed(_decode(program.serialize()), program)
    except (RuntimeError, ValueError) as error:
        return str(error)


_WHERE = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?(.*)")
_HINTS = (
    (re.compile(r"\{\{|\{%"), "A condition is written without braces: `state.mood == 'angry'`."),
    (re.compile(r"(?<![=!<>])=(?!=)"), "Compare with `==`."),
    (re.compile(r"\band\b"), "Join conditions with `&&`."),
    (re.compile(r"\bor\b"), "Join conditions with `||`."),
    (re.compile(r"\bnot\b"), "Negate with `!`: `!state.done`, `!(x in list)`."),
    (re.compile(r"\bis\b"), "Compare with `==`; ask whether a field is set with `has(state.x)`."),
)
_STRINGS = re.compile(LITERAL)


def _syntax(text: str, error: str) -> TextProblem:
    found = _WHERE.search(error)
    offset, problem = None, "unreadable"
    if found:
        lines = text.split("\n")
        row, column = int(found.group(1)), int(found.group(2))
        offset = sum(len(line) + 1 for line in lines[: row - 1]) + column - 1
        problem = _plain(found.group(3))
    bare = _STRINGS.sub(lambda part: "'" + " " * (len(part.group()) - 2) + "'", text)
    help = next((hint for pattern, hint in _HINTS if pattern.search(bare)), None)
    return TextProblem(
        "condition-syntax",
        f"The condition can't be read: {problem}.",
        help or "A condition compares fields: `state.score >= 7 && state.mood == 'calm'`.",
        offset=offset,
        whole=_in_cel(text),
    )


_FOREIGN = (*WORDS, *NEGATION, *COMPARISONS)


def _in_cel(text: str) -> str | None:
    """The condition with others' words turned into CEL's, where that can be read."""
    bare = text.strip()
    if bare.startswith("{{") and bare.endswith("}}"):
        bare = bare[2:-2].strip()
    if len(bare) > _LONGEST_TURNED:
        return None
    turned = swapped(bare, _FOREIGN)
    return turned if turned != text and isinstance(_parsed(turned), Parsed) else None


_LONGEST_TURNED = 2_000


def _plain(problem: str) -> str:
    if "'<EOF>' expecting" in problem or problem.startswith("mismatched input '<EOF>'"):
        return "it ends too early"
    missing = re.match(r"missing '(.*?)' at '(.*?)'", problem)
    if missing:
        return f"a `{missing.group(1)}` is missing" + (
            "" if missing.group(2) == "<EOF>" else f" before `{missing.group(2)}`"
        )
    unexpected = re.match(r"(?:mismatched|extraneous) input '(.*?)' expecting", problem)
    if unexpected:
        return f"`{unexpected.group(1)}` is not expected here"
    unknown = re.match(r"token recognition error at: '(.*?)'", problem)
    if unknown:
        return f"`{unknown.group(1).strip()}` is not expected here"
    return problem.replace("[INVALID_ARGUMENT]", "").strip().rstrip(".") or "unreadable"


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a protocol buffer message: numbers as int, the rest as bytes."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
        elif wire == 1:
            yield number, data[at : at + 8]
            at += 8
        elif wire == 2:
            size, at = _varint(data, at)
            yield number, data[at : at + size]
            at += size
        elif wire == 5:
            yield number, data[at : at + 4]
            at += 4
        else:
            raise ValueError("an unknown wire type in a CEL tree")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
        shift += 7


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _decode(serialized: bytes) -> Tree:
    """An `Any` that holds a ParsedExpr: the expression is field 2, the places field 3."""
    message = dict(_fields(serialized))[2]
    parts = dict(_fields(message))
    places: dict[int, int] = {}
    for number, entry in _fields(parts.get(3, b"")):
        if number == 4:
            pair = dict(_fields(entry))
            places[pair.get(1, 0)] = pair.get(2, 0)
    return _expression(parts[2], places)


def _expression(data: bytes, places: dict[int, int]) -> Tree:
    tree = Tree()
    for number, value in _fields(data):
        if number == 2:
            tree.offset = places.get(value, 0)
        elif number == 3:
            tree.value = _constant(value)
        elif number == 4:
            tree.kind, tree.name = "name", dict(_fields(value))[1].decode()
        elif number == 5:
            _select(tree, value, places)
        elif number == 6:
            _call(tree, value, places)
        elif number == 7:
            tree.kind = "list"
            tree.args = [_expression(item, places) for part, item in _fields(value) if part == 1]
        elif number == 8:
            tree.kind = "map"
            entries = [dict(_fields(entry)) for part, entry in _fields(value) if part == 2]
            tree.args = [_expression(entry[4], places) for entry in entries if 4 in entry]
        elif number == 9:
            _loop(tree, value, places)
    return tree


def _constant(data: bytes) -> Any:
    for number, value in _fields(data):
        if number == 2:
            return bool(value)
        if number == 3:
            return _signed(value)
        if number == 4:
            return value
        if number == 5:
            return struct.unpack("<d", value)[0]
        if number == 6:
            return value.decode()
        if number == 7:
            return bytes(value)
    return None


def _select(tree: Tree, data: bytes, places: dict[int, int]) -> None:
    parts = dict(_fields(data))
    tree.kind, tree.name, tree.has = "select", parts[2].decode(), bool(parts.get(3, 0))
    tree.target = _expression(parts[1], places)


def _call(tree: Tree, data: bytes, places: dict[int, int]) -> None:
    tree.kind = "call"
    for number, value in _fields(data):
        if number == 1:
            tree.target = _expression(value, places)
        elif number == 2:
            tree.name = value.decode()
        elif number == 3:
            tree.args.append(_expression(value, places))


def _loop(tree: Tree, data: bytes, places: dict[int, int]) -> None:
    parts = dict(_fields(data))
    tree.kind, tree.name, tree.bound = "loop", parts[1].decode(), parts[3].decode()
    tree.target = _expression(parts[2], places)
    tree.args = [_expression(parts[number], places) for number in (4, 6, 5, 7)]
