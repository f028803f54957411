"""What a workflow that was read still gets wrong: settled, so that what is handed over checks.

A field that some way leaves unset begins empty; fields that two ways write keep the last; a condition that can't be
judged is given as an input; a node that can't be what it was becomes a person's step. Each is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chat_app.workflow.check import CheckResult, check
from chat_app.workflow.diagnostics import Diagnostic, Path, Severity
from chat_app.workflow.edits.draft import ROOT_KEYS
from chat_app.workflow.edits.text.splice import write_back
from chat_app.workflow.edits.text.tree import Map, fresh, load, places, plain
from chat_app.workflow.mend import mend
from chat_app.workflow.names import free_name
from chat_app.workflow.surroundings import Surroundings

_MOST_ROUNDS = 30
_EMPTY: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}

Told = list[str]


def settle(text: str, known: Surroundings) -> tuple[CheckResult, list[str], list[str]]:
    """The checked text, what was mended safely, and what had to be given up."""
    mended = mend(text, known)
    notes = [found.fix.title for found in mended.fixed if found.fix is not None]
    left_out: Told = []
    result = mended.result
    for _ in range(_MOST_ROUNDS):
        better = next((each for found in _errors(result) if (each := _without(result, found, known, left_out))), None)
        if better is None:
            break
        result = better
    left_out += [f"{found.message} {found.help or ''}".strip() for found in _errors(result)]
    return result, notes, left_out


def _errors(result: CheckResult) -> list[Diagnostic]:
    return [found for found in result.diagnostics if found.severity is Severity.ERROR]


def _without(result: CheckResult, found: Diagnostic, known: Surroundings, left_out: Told) -> CheckResult | None:
    """The text without one error, or None where nothing helps."""
    for settles in _SETTLES:
        root = places(result.text)
        data = load(root)
        line = settles(data, found, known)
        if line is None:
            continue
        after = check(write_back(result.text, root, data), known)
        if _same(found, after) or len(_errors(after)) > len(_errors(result)):
            continue
        left_out.append(line)
        return after
    return None


def _same(found: Diagnostic, after: CheckResult) -> bool:
    told = (found.code, found.path, found.message)
    return any((each.code, each.path, each.message) == told for each in _errors(after))


def _begun_empty(data: Map, found: Diagnostic, _: Surroundings) -> str | None:
    if found.code != "read-before-write":
        return None
    name = found.message.split("`")[1]
    field = (data.get("state") or {}).get(name)
    if not isinstance(field, Map) or "default" in field or field.get("type") not in _EMPTY:
        return None
    values = field.get("enum")
    field["default"] = fresh(values[0] if isinstance(values, list) and values else _EMPTY[field["type"]])
    return f"`{name}` begins empty, as some ways leave it unset."


def _kept_last(data: Map, found: Diagnostic, _: Surroundings) -> str | None:
    if found.code != "parallel-write":
        return None
    fields = data.get("state") or {}
    name = next((word for word in reversed(found.message.split("`")[1::2]) if word in fields), None)
    if name is None or "reduce" in fields[name]:
        return None
    fields[name]["reduce"] = "last"
    return f"`{name}` is written by ways that run at once: the write of the last node in the file counts."


def _in_the_jail(data: Map, found: Diagnostic, known: Surroundings) -> str | None:
    at = _node_path(data, found.path)
    node = _at(data, at) if at else None
    if not isinstance(node, Map) or node.get("kind") != "code" or "full" not in known.code_runtimes:
        return None
    if node.get("runtime") == "full":
        return None
    node["runtime"] = "full"
    return f"The code of `{node.get('id')}` needs more than the small Python: it runs in the full sandbox."


def _given_as_input(data: Map, found: Diagnostic, _: Surroundings) -> str | None:
    if "edges" not in found.path or found.path[-1] != "condition":
        return None
    holder = _at(data, found.path[:-1])
    was = holder.get("condition") if isinstance(holder, Map) else None
    if not isinstance(was, str):
        return None
    inputs = data.get("inputs") or {}
    name = free_name("condition", [*inputs, *(data.get("state") or {})])
    told = {"type": "boolean", "default": False, "description": f"Whether {was[:160]}"}
    data.put("inputs", fresh({**plain(inputs), name: told}), ROOT_KEYS)
    holder["condition"] = f"state.{name}"
    return f"The condition `{was}` can't be judged here: whether it holds is the input `{name}` now. {found.message}"


def _done_by_a_person(data: Map, found: Diagnostic, _: Surroundings) -> str | None:
    at = _node_path(data, found.path)
    node = _at(data, at) if at else None
    if not isinstance(node, Map) or node.get("kind") == "human":
        return None
    kept = {key: node[key] for key in ("id", "writes") if key in node}
    what = f"`{node.get('id')}` ({node.get('kind')})"
    node.clear()
    node["id"], node["kind"] = kept["id"], "human"
    node["ask"] = f"Do by hand what “{kept['id']}” did, then give what came of it."
    if "writes" in kept:
        node["writes"] = kept["writes"]
    return f"{what} could not be taken over: {found.message} A person does this step now."


def _node_path(data: Map, path: Path) -> Path | None:
    """The path of the innermost node that a path is in."""
    found = None
    for at in range(len(path) - 1):
        if path[at] == "nodes" and isinstance(path[at + 1], int):
            found = path[: at + 2]
    return found


def _at(data: Any, path: Path) -> Any:
    for key in path:
        try:
            data = data[key]
        except (LookupError, TypeError):
            return None
    return data


_SETTLES: tuple[Callable[[Map, Diagnostic, Surroundings], str | None], ...] = (
    _begun_empty,
    _kept_last,
    _in_the_jail,
    _given_as_input,
    _done_by_a_person,
)
"""In this order: what changes least first."""
