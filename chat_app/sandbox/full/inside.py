"""What runs inside a jail: one piece of code on a copy of the state. Standard library only, nothing of the app.

A job comes as JSON on standard input; what the code prints goes to standard error; the answer goes as JSON to what
was standard output. The code shares this process and can forge all of it, so that whoever reads it trusts nothing.
"""

import asyncio
import base64
import contextlib
import inspect
import json
import os
import stat
import sys
import traceback
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from types import CodeType
from typing import Any

NAME = "<code>"


class State:
    """The state, as code may read it."""

    _fields: dict[str, Any]

    def __init__(self, fields: dict[str, Any]) -> None:
        self.__dict__["_fields"] = fields
        self.__dict__.update(fields)

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def __iter__(self) -> Any:
        return iter(self._fields)

    def __repr__(self) -> str:
        return repr(self._fields)

    def get(self, name: str, default: Any = None) -> Any:
        return self._fields.get(name, default)

    def keys(self) -> Any:
        return self._fields.keys()

    def values(self) -> Any:
        return self._fields.values()

    def items(self) -> Any:
        return self._fields.items()


class Unfit(Exception):
    """A written field is not there, or holds what no field can hold."""

    def __init__(self, name: str, kind: str, what: str = "") -> None:
        super().__init__(name)
        self.told = {"field": name, "kind": kind, "what": what}


def main() -> None:
    job = json.loads(sys.stdin.buffer.read())
    out = _own_output()
    # From here on the time of the code is counted.
    out.write(b"\n")
    out.flush()
    try:
        names = _run(job["code"], {"state": State(job["state"]), **job["names"]})
        answer: dict[str, Any] = {"values": {name: _written(names, name, job) for name in job["writes"]}}
    except Unfit as error:
        answer = {"unfit": error.told}
    except MemoryError:
        answer = {"error": {"type": "MemoryError", "said": "", "line": None}}
    except BaseException as error:  # noqa: BLE001 - whatever the code raises is told, SystemExit too
        answer = {"error": _told(error)}
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    out.write(json.dumps(answer).encode())
    out.flush()
    # Threads and exit handlers of the code must not keep the process.
    os._exit(0)


def _own_output() -> Any:
    """The answer's way out; what the code prints, programs it starts too, goes to standard error."""
    sys.stdout = sys.stderr
    try:
        out = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
    except (AttributeError, OSError):
        return sys.__stdout__.buffer if sys.__stdout__ else None
    return out


def _run(code: str, names: dict[str, Any]) -> dict[str, Any]:
    compiled: CodeType = compile(code, NAME, "exec", flags=PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    names["__name__"] = "__main__"
    if compiled.co_flags & inspect.CO_COROUTINE:
        asyncio.run(eval(compiled, names))
    else:
        exec(compiled, names)
    return names


def _written(names: dict[str, Any], name: str, job: dict[str, Any]) -> str:
    """A field as JSON text."""
    if name not in names:
        raise Unfit(name, "missing")
    value = names[name]
    if name in job["files"]:
        most = job["file_bytes"]
        value = [_file(name, one, most) for one in value] if isinstance(value, list) else _file(name, value, most)
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except TypeError:
        raise Unfit(name, "type", _odd(value)) from None
    except ValueError as error:
        raise Unfit(name, "circle" if "ircular" in str(error) else "number", str(error)) from None
    except RecursionError:
        raise Unfit(name, "deep") from None


def _file(name: str, value: Any, most: int) -> Any:
    """A path of the working folder becomes what lies there; links are not followed."""
    if not isinstance(value, str):
        return value
    try:
        number = os.open(value, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise Unfit(name, "file", f"{value!r}: {error.strerror}") from None
    with os.fdopen(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise Unfit(name, "file", f"{value!r} is no file")
        content = file.read(most + 1)
    if len(content) > most:
        raise Unfit(name, "large", f"{value!r}")
    return {"name": os.path.basename(value), "base64": base64.b64encode(content).decode()}  # noqa: PTH119


def _odd(value: Any) -> str:
    """The type of the first part that JSON does not know."""
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            todo.extend(one.values())
            todo.extend(key for key in one if not isinstance(key, str | int | float | bool | None))
        elif isinstance(one, list | tuple):
            todo.extend(one)
        elif not isinstance(one, str | int | float | bool | None):
            return type(one).__name__
    return type(value).__name__


def _told(error: BaseException) -> dict[str, Any]:
    line = None
    if isinstance(error, SyntaxError) and error.filename == NAME:
        line = error.lineno
    else:
        for frame, number in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename == NAME:
                line = number
    try:
        said = str(error)
    except Exception:  # noqa: BLE001 - its own __str__ may be broken
        said = ""
    return {"type": type(error).__name__, "said": said[:2_000], "line": line}


if __name__ == "__main__":
    main()
