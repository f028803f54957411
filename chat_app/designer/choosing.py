"""Some of a turn's edits taken and the others left, as one transaction; what depends on what is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from chat_app.designer.agent.fixing import Fixer
from chat_app.designer.agent.mending import node_ids
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Diagnostic, Severity
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.edits.fixers import repair_edits
from chat_app.workflow.edits.skeleton import new_workflow
from chat_app.workflow.source import read
from chat_app.workflow.surroundings import Surroundings

Raw = dict[str, Any]
Check = Callable[[str], CheckResult]

_STATE = re.compile(r"\bstate\.(\w+)")
_ENDS = (
    "after",
    "before",
    "parallel_to",
    "inside",
    "first",
    "last",
    "then",
    "otherwise",
    "from",
    "to",
    "old",
    "replaces",
)
_LISTS = ("outputs", "nodes", "between", "met_by")
WHOLE = "document"
"""The op of a turn that wrote or took over a whole workflow: it is taken whole or not at all."""


@dataclass(frozen=True, slots=True)
class Choosable:
    """One edit of a turn, as it is offered."""

    number: int
    line: str
    needs: tuple[int, ...] = ()
    """The edits without which it makes no sense."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What comes of a choice; the text is the base where nothing valid comes of it."""

    text: str
    kept: tuple[int, ...] = ()
    taken_along: tuple[int, ...] = ()
    """Edits that were not chosen, but without which a chosen one makes no sense."""
    repaired: tuple[str, ...] = ()
    problems: tuple[Diagnostic, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the choice could be made."""
        return not self.problems


def choosable(base: str, edits: Sequence[Raw]) -> list[Choosable]:
    """The edits of a turn, each with a line and with what it needs."""
    there = _names_in(base)
    brought: dict[str, int] = {}
    for number, edit in enumerate(edits):
        for name in _brings(edit):
            brought.setdefault(name, number)
    made = []
    for number, edit in enumerate(edits):
        names = _uses(edit) - _brings(edit) - there
        needs = sorted({brought[name] for name in names if name in brought} - {number})
        made.append(Choosable(number, line_of(edit), tuple(needs)))
    return made


def with_needs(offered: Sequence[Choosable], wanted: Iterable[int]) -> list[int]:
    """The wanted edits and all that they need, in order."""
    needs = {one.number: one.needs for one in offered}
    kept: set[int] = set()
    waiting = [number for number in wanted if number in needs]
    while waiting:
        number = waiting.pop()
        if number not in kept:
            kept.add(number)
            waiting += needs[number]
    return sorted(kept)


def choose(
    base: str, edits: Sequence[Raw], wanted: Iterable[int], check: Check, *, full: str, surroundings: Surroundings
) -> Chosen:
    """The base with the wanted edits; `full` is the text with all of them. Never less valid than the base."""
    asked = sorted(set(wanted))
    offered = choosable(base, edits)
    if not asked:
        return Chosen(base)
    if len(asked) == len(edits) or any(edit.get("op") == WHOLE for edit in edits):
        return Chosen(full, tuple(range(len(edits))), tuple(n for n in range(len(edits)) if n not in asked))
    kept = with_needs(offered, asked)
    checked, repaired, problems = _made(base, edits, kept, check, surroundings)
    for number in (each for each in range(len(edits)) if each not in kept):
        if not problems:
            break
        more = with_needs(offered, [*kept, number])
        other, lines, left = _made(base, edits, more, check, surroundings)
        if len(left) < len(problems):
            checked, repaired, problems, kept = other, lines, left, more
    along = tuple(number for number in kept if number not in asked)
    if problems:
        return Chosen(base, tuple(kept), along, (), problems)
    return Chosen(checked.text, tuple(kept), along, repaired)


def _made(
    base: str, edits: Sequence[Raw], kept: Sequence[int], check: Check, surroundings: Surroundings
) -> tuple[CheckResult, tuple[str, ...], tuple[Diagnostic, ...]]:
    start = base if base.strip() else new_workflow("workflow")
    typed, _, unread = repair_edits([edits[number] for number in kept])
    result = apply_edits(start, typed, surroundings)
    checked, repaired = Fixer(check, surroundings).fixed(check(result.text), node_ids(base))
    before = {(found.code, found.message) for found in check(base).faults} if base.strip() else set()
    wrong = [found for found in checked.diagnostics if found.severity is Severity.ERROR]
    new = [found for found in wrong if (found.code, found.message) not in before]
    return checked, (*result.repaired, *repaired), (*unread, *result.problems, *new)


def line_of(edit: Raw) -> str:
    """What an edit does, in a line."""
    name = _name_of(edit)
    match edit.get("op"):
        case "add_node":
            return f"Add the step {name}" + (f" after {edit['after']}" if edit.get("after") else "")
        case "remove_node":
            return f"Remove the step {name}"
        case "replace_node":
            return f"Put another step in the place of {edit.get('id')}"
        case "set_prompt":
            return f"Change what {name} is told"
        case "set_key":
            return f"Set {edit.get('key')} of {name}"
        case "rename":
            return f"Rename {edit.get('old')} to {edit.get('new')}"
        case "set_outputs":
            return f"Return {', '.join(map(str, edit.get('outputs') or []))}"
        case "branch":
            return f"After {edit.get('after')}, go to {edit.get('then')} when {edit.get('condition')}"
        case "loop":
            return f"Repeat {edit.get('first')} to {edit.get('last')} until {edit.get('until')}"
        case "connect":
            return f"Go from {edit.get('from')} to {edit.get('to')}"
        case "disconnect":
            return f"Do not go from {edit.get('from')} to {edit.get('to')} any more"
        case "wrap_in_map":
            return f"Do {', '.join(map(str, edit.get('nodes') or []))} for each item"
        case op if op == WHOLE:
            return "The whole workflow as it was written"
        case op:
            return f"{str(op).replace('_', ' ').capitalize()} {name}".rstrip()


def _name_of(edit: Raw) -> str:
    node = edit.get("node")
    held = node.get("id") if isinstance(node, dict) else None
    return str(held or edit.get("id") or edit.get("name") or "")


def _nodes(edit: Raw) -> list[Raw]:
    found = [edit.get("node"), *(edit.get("add") or [])]
    return [node for node in found if isinstance(node, dict)]


def _brings(edit: Raw) -> set[str]:
    """The names that are there because of an edit."""
    names: set[str] = {str(name) for name in edit.get("fields") or {}}
    for node in _nodes(edit):
        names |= {str(node.get("id")), *map(str, node.get("writes") or [])}
        body = node.get("body")
        names |= {str(inner.get("id")) for inner in (body or {}).get("nodes") or [] if isinstance(inner, dict)}
    if edit.get("op") in ("add_input", "add_field"):
        names.add(str(edit.get("name")))
    if edit.get("op") == "rename":
        names.add(str(edit.get("new")))
    if edit.get("op") == "wrap_in_map":
        names |= {str(edit.get("id")), str(edit.get("writes"))}
    if edit.get("op") == "set_key" and edit.get("key") == "writes":
        names |= set(map(str, edit.get("value") or []))
    return names


def _uses(edit: Raw) -> set[str]:
    """The names that an edit needs to be there."""
    names = {str(edit[key]) for key in _ENDS if isinstance(edit.get(key), str)}
    for key in _LISTS:
        names |= {str(each) for each in edit.get(key) or [] if isinstance(each, str)}
    if edit.get("op") not in ("add_requirement", "remove_requirement", "wrap_in_map") and isinstance(
        edit.get("id"), str
    ):
        names.add(str(edit["id"]))
    return names | set(_STATE.findall(str({key: value for key, value in edit.items() if key != "fields"})))


def _names_in(base: str) -> set[str]:
    data = read(base).data if base.strip() else None
    if not isinstance(data, dict):
        return set()
    return {*(data.get("inputs") or {}), *(data.get("state") or {}), *node_ids(base)}
