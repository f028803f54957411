"""Carries out commands on a draft: clause by clause, all of a message or none of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chat_app.designer.guided import speech
from chat_app.designer.guided.building import Built, change, edited
from chat_app.designer.guided.clauses import MOST_CLAUSES, clauses, too_long
from chat_app.designer.guided.commands.adding import each_step
from chat_app.designer.guided.commands.outcome import Aside, Change, Outcome, Unsure
from chat_app.designer.guided.commands.registry import understand
from chat_app.designer.guided.reply import Reply
from chat_app.designer.guided.tongues.commands import plainly
from chat_app.designer.guided.view import View
from chat_app.events.design import DesignEvent
from chat_app.translation import tr
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Diagnostic, Severity
from chat_app.workflow.typed_edits import DesignEdit

Check = Callable[[str], CheckResult]


@dataclass
class Work:
    """A message half carried out: the text so far and what led to it."""

    text: str
    focus: str | None = None
    edits: list[DesignEdit] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    asides: list[DesignEvent] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Stuck:
    """A clause that was not carried out, and why."""

    clause: str
    doubt: Unsure | None = None
    problems: tuple[Diagnostic, ...] = ()
    impossible: bool = False
    """Whether the edits themselves could not be made."""
    understood: tuple[str, ...] = ()
    """The clauses before it, which would have worked."""


class Editing:
    """Turns a message into edits of one draft."""

    def __init__(self, check: Check) -> None:
        self._check = check

    def carry_out(self, draft: str, message: str, focus: str | None) -> Work | Stuck:
        """The draft after all that a message asks for, or the first thing that stands in the way."""
        if too_long(message) or len(clauses(message)) > MOST_CLAUSES:
            return Stuck(message[:60], Unsure(tr(speech.TOO_LONG)))
        work = Work(draft, focus)
        whole = self._whole(work, message)
        if whole is not None:
            return whole
        for clause in clauses(message):
            stuck = self._one(work, clause)
            if stuck is not None:
                return stuck
        return work

    def follow(self, text: str, commands: Sequence[str]) -> tuple[Work, list[str]]:
        """The draft after some commands, each by itself, and those that could not be carried out."""
        work, left = Work(text), []
        for command in commands:
            found = self.carry_out(work.text, command, work.focus)
            if isinstance(found, Work):
                work = Work(
                    found.text,
                    found.focus,
                    work.edits + found.edits,
                    work.assumed + found.assumed,
                    work.asides + found.asides,
                )
            else:
                left.append(command)
        return work, left

    def _whole(self, work: Work, message: str) -> Work | None:
        """A message that is one command although it could be parted."""
        parts = clauses(message)
        if len(parts) < 2:
            return None
        view = self._view(work)
        outcome = understand(message.strip().rstrip("."), view) if view and "\n" not in message.strip() else None
        if isinstance(outcome, Change) and not any(
            isinstance(understand(part, view), Change) for part in parts[1:] if view
        ):
            trial = Work(work.text, work.focus)
            return trial if self._apply(trial, message, outcome) is None else None
        return None

    def _one(self, work: Work, clause: str) -> Stuck | None:
        view = self._view(work)
        if view is None:
            return Stuck(clause, problems=self._check(work.text).faults)
        parts = each_step(plainly(clause))
        if len(parts) > 1:
            return next((stuck for part in parts if (stuck := self._one(work, part)) is not None), None)
        outcome: Outcome | None = understand(clause, view)
        match outcome:
            case None:
                return Stuck(clause, understood=tuple(work.understood))
            case Unsure():
                return Stuck(clause, outcome, understood=tuple(work.understood))
            case Aside(events=events):
                work.asides += events
            case Change():
                return self._apply(work, clause, outcome)
        return None

    def _apply(self, work: Work, clause: str, wanted: Change) -> Stuck | None:
        built = change(work.text, wanted.edits)
        if built.failed:
            return Stuck(clause, problems=built.problems, impossible=True, understood=tuple(work.understood))
        worse = self._worse(work.text, built.text)
        if worse:
            return Stuck(clause, problems=worse, understood=tuple(work.understood))
        work.text, work.focus = built.text, wanted.focus or work.focus
        work.edits += wanted.edits
        work.assumed += wanted.assumed
        work.understood.append(clause)
        return None

    def _view(self, work: Work) -> View | None:
        checked = self._check(work.text)
        data = checked.source.data
        if checked.workflow is None or not isinstance(data, dict):
            return None
        return View(checked.workflow, data, work.focus)

    def _worse(self, before: str, after: str) -> tuple[Diagnostic, ...]:
        """The errors that a change brings in."""
        known = {(found.code, found.message) for found in self._check(before).diagnostics}
        errors = [found for found in self._check(after).diagnostics if found.severity is Severity.ERROR]
        return tuple(found for found in errors if (found.code, found.message) not in known)


def told(draft: str, work: Work, check: Check) -> Reply:
    """What to say of work that was done."""
    reply = Reply()
    for text in work.assumed:
        reply.assume(text)
    if work.edits:
        change_event = edited(draft, Built(work.text, tuple(work.edits)), check)
        if change_event.text == draft:
            reply.say(tr(speech.NO_CHANGE))
        else:
            reply.add(change_event)
    for event in work.asides:
        reply.add(event)
    return reply


def reasons(problems: Sequence[Diagnostic]) -> str:
    """Problems as one text, without the name of the edit."""
    return " ".join(f"{re.sub(r'^[a-z_]+: ', '', found.message).rstrip('.')}." for found in problems[:2])
