"""What a `code` node's Python says before it runs: its faults, what it assigns and reads. Runs nothing."""

from __future__ import annotations

import ast
import builtins
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from threading import Lock

from chat_app.workflow.names import nearest

MAX_CODE_LENGTH = 100_000

MINI_MODULES = frozenset(
    {
        "asyncio", "base64", "binascii", "bisect", "collections", "copy", "csv", "dataclasses", "datetime",
        "decimal", "functools", "hashlib", "itertools", "json", "math", "posixpath", "random", "re",
        "time", "tomllib", "typing", "unicodedata",
    }
)  # fmt: skip
"""What `runtime: mini` can import and use; `os`, `pathlib` and `sys` are there but can do nothing."""

STATE_METHODS = frozenset({"get", "keys", "values", "items"})
"""What `state` can do besides giving its fields; a field of the same name comes first."""

_EMPTY_MODULES = frozenset({"os", "pathlib", "sys", "__future__"})

_UNSUPPORTED: dict[type[ast.AST], tuple[str, str]] = {
    ast.Yield: ("generators (`yield`)", "Build a list and return it."),
    ast.YieldFrom: ("generators (`yield from`)", "Build a list and return it."),
    ast.Delete: ("the `del` statement", "Use `.pop(...)`, or build a new list or dict without the item."),
    ast.AsyncWith: ("`async with`", "Nothing in a code node has to wait; write plain Python."),
    ast.AsyncFor: ("`async for`", "Nothing in a code node has to wait; write plain Python."),
    ast.TryStar: ("exception groups (`except*`)", "Use `except`."),
}


@dataclass(frozen=True, slots=True)
class CodeFault:
    """A fault of the code; line and column count from 1 in the code's own text."""

    line: int
    column: int
    message: str
    help: str


@dataclass(frozen=True, slots=True)
class PythonCode:
    """What a text of Python says."""

    faults: tuple[CodeFault, ...] = ()
    """Why it is no Python, or cannot do what it tries."""
    assigned: frozenset[str] = frozenset()
    """Names that get a value at the top level, on some way through."""
    reads: frozenset[str] = frozenset()
    """The fields of `state` that are read by name."""
    reads_maybe: frozenset[str] = frozenset()
    """The fields that are read with something to fall back on: `state.get("x", 0)`."""
    reads_all: bool = False
    """Whether `state` is also used as a whole, so that any field may be read."""
    free: frozenset[str] = frozenset()
    """Names that are read and never assigned, `state` and Python's own aside."""


def read_code(text: str) -> PythonCode:
    """Reads a text of Python; raises nothing."""
    tree, faults = _parse(text)
    if tree is None:
        return PythonCode(faults)
    found = _Names()
    found.walk(tree)
    return PythonCode(
        faults=(*_misuses(tree),),
        assigned=frozenset(found.assigned),
        reads=frozenset(found.reads),
        reads_maybe=frozenset(found.reads_maybe),
        reads_all=found.reads_all,
        free=frozenset(found.read - found.bound - {"state"} - _BUILTINS),
    )


def mini_faults(text: str) -> tuple[CodeFault, ...]:
    """What `runtime: mini` refuses in this text: first what is no Python, then what it does not know."""
    tree, faults = _parse(text)
    return faults if tree is None else (*_misuses(tree), *_unsupported(tree))


_ONE_AT_A_TIME = Lock()
"""In Python 3.11 two threads that parse at once disturb each other (gh-106905), and warnings are caught for all."""


def _parse(text: str) -> tuple[ast.Module | None, tuple[CodeFault, ...]]:
    if len(text) > MAX_CODE_LENGTH:
        message = f"The code has {len(text)} characters, {MAX_CODE_LENGTH} are allowed"
        return None, (CodeFault(1, 1, message, "Split it over several nodes."),)
    try:
        with _ONE_AT_A_TIME, warnings.catch_warnings():
            # Python warns of odd but valid text, such as "\\d"; that is between it and the author.
            warnings.simplefilter("ignore")
            return ast.parse(text), ()
    except SyntaxError as error:
        message = (error.msg or "invalid syntax").removesuffix(".")
        return None, (
            CodeFault(
                max(error.lineno or 1, 1),
                max(error.offset or 1, 1),
                f"The code is not valid Python: {message}",
                "Correct the line.",
            ),
        )
    except (ValueError, RecursionError, MemoryError) as error:
        why = str(error) or "it is nested too deeply"
        message = f"The code cannot be read as Python: {why}"
        return None, (CodeFault(1, 1, message, "Write it more simply."),)


def _misuses(tree: ast.Module) -> Iterator[CodeFault]:
    """What no sandbox can make good: the contract of code nodes itself is missed."""
    for node in _outside_functions(tree):
        if isinstance(node, ast.Return):
            help = "Assign the written fields by name at the top level: `total = ...`."
            yield _fault(node, "`return` stands outside a function", help)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute | ast.Subscript)
            and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
            and node.value.id == "state"
        ):
            name = _key(node) or "total"
            help = f"Write `{name} = ...` and list `{name}` under the node's `writes`."
            yield _fault(node, "`state` can be read, not written", help)


def _unsupported(tree: ast.Module) -> Iterator[CodeFault]:
    for node in ast.walk(tree):
        known = _UNSUPPORTED.get(type(node))
        if known is not None:
            yield _fault(node, f"`runtime: mini` does not know {known[0]}", known[1])
        elif isinstance(node, ast.ClassDef):
            yield from _unsupported_class(node)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield from _unsupported_module(node, alias.name)
        elif isinstance(node, ast.ImportFrom):
            yield from _unsupported_module(node, "." * node.level + (node.module or ""))
            if any(alias.name == "*" for alias in node.names):
                yield _fault(node, "`runtime: mini` does not know `import *`", "Name what you import.")


def _unsupported_class(node: ast.ClassDef) -> Iterator[CodeFault]:
    help = "Use functions, dicts or a dataclass."
    if node.bases or node.keywords:
        yield _fault(node, "`runtime: mini` does not know classes that inherit", help)
    for part in node.body:
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and part.decorator_list:
            yield _fault(part, "`runtime: mini` does not know decorated methods", help)


def _unsupported_module(node: ast.stmt, name: str) -> Iterator[CodeFault]:
    top = name.partition(".")[0]
    if top in MINI_MODULES or top in _EMPTY_MODULES:
        return
    near = nearest(top, sorted(MINI_MODULES))
    # A module is misspelt, or it is another one: then a likeness of names says nothing.
    help = f"Did you mean `{near}`? " if near and near[0] == top[:1] else ""
    listed = ", ".join(sorted(MINI_MODULES))
    yield _fault(node, f"`runtime: mini` has no module `{name}`", f"{help}It has: {listed}.")


def _fault(node: ast.stmt | ast.expr | ast.AST, message: str, help: str) -> CodeFault:
    return CodeFault(getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1, message, help)


def _outside_functions(tree: ast.Module) -> Iterator[ast.AST]:
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_OWN_NAMES = (*_SCOPES[:2], ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class _Names:
    """Collects names. Function bodies count as run: what they read of `state` is read."""

    def __init__(self) -> None:
        self.assigned: set[str] = set()
        self.bound: set[str] = set()
        self.read: set[str] = set()
        self.reads: set[str] = set()
        self.reads_maybe: set[str] = set()
        self.reads_all = False

    def walk(self, tree: ast.Module) -> None:
        """Goes through the whole tree, without recursion."""
        pending: list[tuple[ast.AST, bool]] = [(tree, True)]
        while pending:
            node, top = pending.pop()
            self._note(node, top)
            inside = top and not isinstance(node, _SCOPES + _COMPREHENSIONS)
            pending.extend((child, inside) for child in self._parts(node))

    def _note(self, node: ast.AST, top: bool) -> None:
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                self.read.add(name)
                self.reads_all = self.reads_all or name == "state"
            case ast.Name(id=name):
                self._bind(name, top)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                self._bind(name, top)
            case ast.alias(name=name, asname=asname):
                self._bind(asname or name.partition(".")[0], top)
            case ast.arg(arg=name):
                self.bound.add(name)
            case ast.Global(names=names):
                self.assigned.update(names)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                self._bind(name, top)
            case ast.MatchMapping(rest=str(name)):
                self._bind(name, top)
            case ast.NamedExpr(target=ast.Name(id=name)):
                # A name given inside a comprehension belongs to what is around it.
                self.assigned.add(name)

    def _bind(self, name: str, top: bool) -> None:
        self.bound.add(name)
        if top:
            self.assigned.add(name)

    def _parts(self, node: ast.AST) -> Iterable[ast.AST]:
        """The parts of an expression that are still to be read; a look into `state` is noted at once."""
        if isinstance(node, ast.Attribute | ast.Subscript) and _is_state(node.value):
            field = _key(node)
            if field is not None:
                if isinstance(node.ctx, ast.Load):
                    self.reads.add(field)
                return ()
        elif isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute) and _is_state(function.value):
                return self._state_call(node, function.attr)
        return ast.iter_child_nodes(node)

    def _state_call(self, node: ast.Call, method: str) -> Iterable[ast.AST]:
        first = node.args[0] if node.args else None
        if method == "get" and isinstance(first, ast.Constant):
            reads = self.reads if len(node.args) == 1 else self.reads_maybe
            reads.add(str(first.value))
        elif method in STATE_METHODS:
            self.reads_all = True
        else:
            self.reads.add(method)
        return (*node.args, *node.keywords)


def _is_state(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "state"


def _key(node: ast.Attribute | ast.Subscript) -> str | None:
    """The field in `state.x` or `state["x"]`; None when it is worked out at run time."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    return None


_BUILTINS = frozenset(dir(builtins))
