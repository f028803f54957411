"""The edits of one turn, to accept or reject one by one: what is kept is applied again to the text before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from chat_app.translation import tr
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Diagnostic, Severity
from chat_app.workflow.diff import diff
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.edits.skeleton import new_workflow
from chat_app.workflow.source import read
from chat_app.workflow.typed_edits import Edit

Check = Callable[[str], CheckResult]

_EDITS: TypeAdapter[list[Edit]] = TypeAdapter(list[Edit])


@dataclass(frozen=True, slots=True)
class Unit:
    """What is accepted or rejected as one: edits that only make sense together, and what they did."""

    edits: tuple[Mapping[str, Any], ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """A turn under review. Everything is accepted at first."""

    before: str
    after: str
    units: tuple[Unit, ...]
    rejected: frozenset[int] = frozenset()
    rest: tuple[str, ...] = ()
    """What the turn did beyond its edits; it is gone once an edit is rejected."""
    blank: str = ""
    """What the edits of a first design were made to: a workflow with nothing in it."""

    @property
    def base(self) -> str:
        """The text that the edits are made to."""
        return self.blank or self.before

    def as_json(self) -> dict[str, Any]:
        """The review as plain data."""
        return {
            "before": self.before,
            "after": self.after,
            "units": [{"edits": list(unit.edits), "lines": list(unit.lines)} for unit in self.units],
            "rejected": sorted(self.rejected),
            "rest": list(self.rest),
            "blank": self.blank,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Review:
        """The review that `as_json` made."""
        units = tuple(Unit(tuple(one["edits"]), tuple(one["lines"])) for one in data["units"])
        rejected, rest = frozenset(data["rejected"]), tuple(data["rest"])
        return cls(data["before"], data["after"], units, rejected, rest, data.get("blank", ""))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a choice leads to: the text, the review, and what had to go with it; or why it can't be."""

    text: str
    review: Review
    also: tuple[int, ...] = ()
    refused: str = ""


def review_of(before: str, after: str, edits: Sequence[Mapping[str, Any]]) -> Review | None:
    """The review of a turn; None where there is nothing to choose, or the edits can't be told apart."""
    if before == after or not edits:
        return None
    blank = "" if before.strip() else _blank(after)
    try:
        typed = _EDITS.validate_python(list(edits))
    except ValidationError:
        return None
    units: list[Unit] = []
    text, start = blank or before, 0
    for end in range(1, len(typed) + 1):
        # An edit may name what a later one brings: then the two are one unit.
        result = apply_edits(blank or before, typed[:end])
        if not result.ok:
            continue
        lines = diff(text, result.text).lines()
        if lines:
            units.append(Unit(tuple(edits[start:end]), lines))
        elif units:
            units[-1] = replace(units[-1], edits=(*units[-1].edits, *edits[start:end]))
        text, start = result.text, end
    if start < len(typed) or not units:
        return None
    rest = diff(text, after).lines()
    # Of a first design nothing may be lost but what is rejected.
    return None if blank and rest else Review(before, after, tuple(units), rest=rest, blank=blank)


def _blank(text: str) -> str:
    """A workflow of the same name with nothing in it."""
    data = read(text).data
    told = data if isinstance(data, dict) else {}
    return new_workflow(str(told.get("name") or "workflow"), str(told.get("description") or ""))


def rejected(review: Review, place: int, check: Check) -> Outcome:
    """Leaves one unit out, with those that can't be made without it."""
    return _with(review, review.rejected | {place}, check)


def accepted(review: Review, place: int, check: Check) -> Outcome:
    """Takes one unit in again."""
    return _with(review, review.rejected - {place}, check)


def nothing_kept(review: Review) -> Outcome:
    """Leaves every unit out."""
    return Outcome(review.before, replace(review, rejected=frozenset(range(len(review.units)))))


def all_kept(review: Review) -> Outcome:
    """Takes every unit in again."""
    return Outcome(review.after, replace(review, rejected=frozenset()))


def _with(review: Review, out: frozenset[int], check: Check) -> Outcome:
    if not out:
        return all_kept(review)
    asked, text = out, ""
    while len(out) < len(review.units):
        kept = [place for place in range(len(review.units)) if place not in out]
        edits = [(place, edit) for place in kept for edit in review.units[place].edits]
        result = apply_edits(review.base, _EDITS.validate_python([edit for _, edit in edits]))
        if result.ok:
            text = result.text
            break
        failed = {edits[number][0] for number in _numbers(result.problems)}
        if not failed:
            return Outcome(review.after, review, refused=result.problems[0].message)
        out |= failed
    else:
        return replace(nothing_kept(review), also=tuple(sorted(out - asked)))
    broken = _worse(check(review.before) if review.before.strip() else None, check(text))
    if broken:
        return Outcome(text, review, refused=broken)
    return Outcome(text, replace(review, rejected=out), also=tuple(sorted(out - asked)))


def _numbers(problems: Iterable[Diagnostic]) -> set[int]:
    return {int(one.path[1]) for one in problems if len(one.path) == 2 and one.path[0] == "edits"}


def _worse(before: CheckResult | None, after: CheckResult) -> str:
    """The first error that the text would bring in; empty where there is none."""
    known = {(one.code, one.message) for one in before.diagnostics} if before else set()
    return next(
        (
            one.message
            for one in after.diagnostics
            if one.severity is Severity.ERROR and (one.code, one.message) not in known
        ),
        "",
    )


def refusal_help() -> str:
    """What to do where a unit can't be left out alone."""
    return tr("Reject what depends on it first, or reject all of the turn.")
