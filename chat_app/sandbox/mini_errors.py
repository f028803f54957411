"""The small interpreter's errors in the words of the app."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from pydantic_monty import MontyConversionError, MontyCrashedError, MontyError, MontyRuntimeError, MontySyntaxError

from chat_app.sandbox.contract import MIB, CodeLimits
from chat_app.sandbox.errors import (
    CodeError,
    CodeFailed,
    CodeRefused,
    LimitExceeded,
    ResultRefused,
    SandboxFailed,
)
from chat_app.workflow.names import nearest

USER_CODE = "<python-input-1>"
"""How the interpreter calls the second text it is fed: the first makes `state`."""

NO_REACH = "Code in the sandbox has no files, network, programs or environment; use an http or tool node for that."
MOST_DIGITS = 4_000

_UNSUPPORTED = re.compile(r"does not yet support (?P<what>.+)$|^(?P<that>.+) (?:is|are) not supported")
_NO_ATTRIBUTE = re.compile(r"'(?P<type>\w+)' object has no attribute '(?P<name>\w+)'")
_NO_NAME = re.compile(r"name '(?P<name>\w+)' is not defined")
_NO_CLOTHES = re.compile(r"Object of type (?P<type>\w+) is not JSON serializable")


def told(error: MontyError, names: Mapping[str, Any], limits: CodeLimits) -> CodeError:
    """What went wrong while the code ran."""
    if isinstance(error, MontyCrashedError):
        return _crashed(error, limits)
    if isinstance(error, MontySyntaxError):
        message = f"The code is not valid Python: {error}."
        return CodeRefused(message, help="Correct the line.", line=_line(error))
    if isinstance(error, MontyConversionError):
        return SandboxFailed(
            f"The state cannot be given to the code: {error}.", help="Keep plain values in the state."
        )
    if not isinstance(error, MontyRuntimeError):
        return SandboxFailed(f"The sandbox failed: {error}.", help="Run it again.")
    cause = error.exception()
    said = str(cause)
    return _limit(cause, said, limits, _line(error)) or _failed(cause, said, names, _line(error))


def not_written(error: MontyError, name: str, limits: CodeLimits) -> CodeError:
    """Why a written field could not be fetched."""
    cause = error.exception() if isinstance(error, MontyRuntimeError) else None
    if isinstance(cause, NameError):
        return ResultRefused(
            f"The code ended without assigning `{name}`.",
            help=f"Assign `{name} = ...` at the top level, on every way through the code.",
        )
    if isinstance(cause, RecursionError):
        return _too_deep(name)
    if isinstance(cause, TypeError | ValueError):
        unfit = _NO_CLOTHES.search(str(cause))
        what = f"a value of type {unfit['type']}" if unfit else f"something that is no plain value ({cause})"
        help = (
            "Fields hold text, numbers, true or false, None, lists and dicts: use str(...), list(...) or float(...)."
        )
        return ResultRefused(f"`{name}` holds {what}.", help=help)
    limit = _limit(cause, str(cause), limits, None) if cause is not None else None
    return limit or told(error, {}, limits)


def read_json(name: str, text: str) -> Any:
    """The value in a JSON text from the sandbox, which is not to be trusted."""

    def refuse(constant: str) -> NoReturn:
        message = f"`{name}` holds {constant}, which no field can hold."
        raise ResultRefused(message, help="Leave it out, or put None in its place.")

    def whole(digits: str) -> int:
        if len(digits) > MOST_DIGITS:
            raise ResultRefused(f"`{name}` holds a number of {len(digits)} digits.", help="Keep numbers smaller.")
        return int(digits)

    try:
        return json.loads(text, parse_constant=refuse, parse_int=whole)
    except RecursionError:
        raise _too_deep(name) from None


def _too_deep(name: str) -> ResultRefused:
    return ResultRefused(f"`{name}` is nested too deeply.", help="Make it flatter.")


def _crashed(error: MontyCrashedError, limits: CodeLimits) -> CodeError:
    if error.timed_out:
        return _too_long(limits, None)
    return SandboxFailed(f"The sandbox's process ended: {error}.", help="Run it again; the app is not harmed.")


def _limit(cause: BaseException, said: str, limits: CodeLimits, line: int | None) -> LimitExceeded | None:
    """The limit that was reached; the interpreter's own words tell it from an error that the code raised."""
    if isinstance(cause, TimeoutError) and said.startswith("sleep limit exceeded"):
        message = f"The code slept longer than the {limits.sleep_seconds:g} seconds it may."
        return LimitExceeded(message, help="Sleep less; nothing happens meanwhile.", line=line)
    if isinstance(cause, TimeoutError) and "time limit exceeded" in said:
        return _too_long(limits, line)
    if isinstance(cause, MemoryError) and "memory limit" in said:
        message = f"The code used more than the {limits.memory_bytes // MIB} MiB of memory it may."
        return LimitExceeded(message, help="Work on less at once, or in a map, item by item.", line=line)
    return None


def _too_long(limits: CodeLimits, line: int | None) -> LimitExceeded:
    message = f"The code ran longer than the {limits.seconds:g} seconds it may."
    return LimitExceeded(message, help="Look for a loop that does not end, or give it less to do.", line=line)


def _failed(cause: BaseException, said: str, names: Mapping[str, Any], line: int | None) -> CodeError:
    unsupported = _UNSUPPORTED.search(said) if isinstance(cause, NotImplementedError | RuntimeError) else None
    if unsupported:
        what = unsupported["what"] or unsupported["that"]
        return CodeRefused(f"`runtime: mini` does not know {what}.", help="Write it in plainer Python.", line=line)
    headline = f"{type(cause).__name__}: {said}" if said else type(cause).__name__
    return CodeFailed(f"{headline}.", help=_help(cause, said, names), line=line)


def _help(cause: BaseException, said: str, names: Mapping[str, Any]) -> str:
    fields: Mapping[str, Any] = names.get("state", {})
    if isinstance(cause, PermissionError):
        return NO_REACH
    if isinstance(cause, KeyError | IndexError):
        return "Make sure that it is there: test with `in` or `len(...)`, or read it with `.get(...)`."
    if isinstance(cause, NameError) and (found := _NO_NAME.search(said)):
        return _help_for_name(found["name"], fields, names)
    if isinstance(cause, AttributeError) and (found := _NO_ATTRIBUTE.search(said)):
        if found["type"] == "State":
            return _offer(found["name"], fields)
        if found["type"] == "dict":
            return f'The parts of an object are read by key: `["{found["name"]}"]`.'
    return "Correct the code, or guard the case; `runtime: mini` knows only a part of Python."


def _help_for_name(name: str, fields: Mapping[str, Any], names: Mapping[str, Any]) -> str:
    if name in fields:
        return f"Fields are read as `state.{name}`."
    near = nearest(name, [*names, *fields])
    if near:
        return f"Did you mean `{near if near in names else f'state.{near}'}`?"
    return f"`{name}` is not there in the sandbox: assign it first, or do without. {NO_REACH}"


def _offer(name: str, fields: Mapping[str, Any]) -> str:
    near = nearest(name, list(fields))
    if near:
        return f"Did you mean `state.{near}`?"
    there = ", ".join(f"`{field}`" for field in sorted(fields)) or "none"
    return f'Fields that are there: {there}. One that may be unset is read as `state.get("{name}")`.'


def _line(error: MontySyntaxError | MontyRuntimeError) -> int | None:
    """The innermost line of the user's own code."""
    lines = [frame.line for frame in error.traceback() if frame.filename == USER_CODE]
    return lines[-1] if lines else None
