"""What came out of a jail, in the words of the app. The code may have forged all of it: it is bounded and checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from chat_app.sandbox.contract import MIB, CodeLimits
from chat_app.sandbox.errors import CodeError, CodeFailed, CodeRefused, LimitExceeded, ResultRefused, SandboxFailed
from chat_app.sandbox.mini_errors import read_json

FIELD_HELP = "Fields hold text, numbers, true or false, None, lists and dicts: use str(...), list(...) or float(...)."
NO_REACH = (
    "Code in the sandbox has no network and no files but its working folder; use an http or tool node for that."
)


def values_of(
    answer: bytes, writes: Sequence[str], limits: CodeLimits, memory: int, printed: tuple[str, ...], files: int
) -> dict[str, Any]:
    """The written fields; raises CodeError. `files` is how many bytes a field of files may have."""
    try:
        told = json.loads(answer)
        if not isinstance(told, dict):
            raise ValueError
    except (ValueError, RecursionError):
        raise _broke_off(memory, printed) from None
    try:
        if isinstance(told.get("error"), Mapping):
            raise _failed(told["error"], memory)
        if isinstance(told.get("unfit"), Mapping):
            raise _unfit(told["unfit"])
        values = told.get("values")
        return {name: _value(name, values, limits, files) for name in writes}
    except CodeError as error:
        error.printed = printed
        raise


def _value(name: str, values: Any, limits: CodeLimits, files: int) -> Any:
    text = values.get(name) if isinstance(values, Mapping) else None
    if not isinstance(text, str):
        raise ResultRefused(
            f"The code gave no `{name}`.", help="Assign it at the top level, and let Python end by itself."
        )
    most = max(limits.result_characters, files)
    if len(text) > most:
        raise LimitExceeded(
            f"`{name}` has {len(text)} characters as JSON, {most} are allowed.",
            help="Keep only what later nodes need.",
        )
    try:
        return read_json(name, text)
    except ValueError:
        raise ResultRefused(f"`{name}` is no JSON.", help=FIELD_HELP) from None


def _broke_off(memory: int, printed: tuple[str, ...]) -> CodeError:
    last = f" It said last: {printed[-1][:300]}" if printed else ""
    message = f"The code's process ended before it had answered.{last}"
    help = f"Most likely it used more than the {memory // MIB} MiB of memory it may, or ended Python itself."
    return LimitExceeded(message, help=help, printed=printed)


def _failed(error: Mapping[str, Any], memory: int) -> CodeError:
    kind, said = str(error.get("type"))[:100], str(error.get("said"))[:2_000]
    line = error.get("line")
    line = line if isinstance(line, int) and not isinstance(line, bool) else None
    if kind == "MemoryError":
        message = f"The code used more than the {memory // MIB} MiB of memory it may."
        return LimitExceeded(message, help="Work on less at once, or in a map, item by item.", line=line)
    headline = f"{kind}: {said}" if said else kind
    if kind in ("SyntaxError", "IndentationError", "TabError"):
        return CodeRefused(f"The code is not valid Python: {headline}.", help="Correct the line.", line=line)
    return CodeFailed(f"{headline}.", help=_help(kind, said), line=line)


def _help(kind: str, said: str) -> str:
    if kind in ("PermissionError", "gaierror", "ConnectionRefusedError", "BlockingIOError", "FileNotFoundError"):
        return NO_REACH
    if kind in ("KeyError", "IndexError"):
        return "Make sure that it is there: test with `in` or `len(...)`, or read it with `.get(...)`."
    if kind in ("ModuleNotFoundError", "ImportError"):
        return "Use what is installed in the sandbox: Python's own library is always there."
    if kind == "AttributeError" and "'State'" in said:
        return 'Fields are read as `state.name`; one that may be unset as `state.get("name")`.'
    if kind == "NameError":
        return "Assign it first; fields are read as `state.name`."
    return "Correct the code, or guard the case."


def _unfit(told: Mapping[str, Any]) -> CodeError:
    name, what = str(told.get("field"))[:100], str(told.get("what"))[:300]
    match told.get("kind"):
        case "missing":
            return ResultRefused(
                f"The code ended without assigning `{name}`.",
                help=f"Assign `{name} = ...` at the top level, on every way through the code.",
            )
        case "type":
            return ResultRefused(f"`{name}` holds a value of type {what}.", help=FIELD_HELP)
        case "number":
            message = f"`{name}` holds NaN or Infinity, which no field can hold."
            return ResultRefused(message, help="Leave it out, or put None in its place.")
        case "deep" | "circle":
            return ResultRefused(f"`{name}` is nested too deeply.", help="Make it flatter.")
        case "file":
            help = "Give the path of a file that the code wrote into its working folder; links are not followed."
            return ResultRefused(f"`{name}` names no file that can be taken: {what}.", help=help)
        case "large":
            return LimitExceeded(f"The file in `{name}` is too large: {what}.", help="Write less, or several files.")
    return SandboxFailed(f"The sandbox gave no `{name}`.", help="Run it again.")
