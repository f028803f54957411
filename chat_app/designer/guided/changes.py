"""Answers a message about a draft: does it, asks back, or says what could be done instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from chat_app.designer.guided import speech
from chat_app.designer.guided.clauses import MOST_CHARACTERS, correction
from chat_app.designer.guided.corrected import corrected
from chat_app.designer.guided.editing import Editing, Stuck, Work, reasons, told
from chat_app.designer.guided.examples import nearest_examples
from chat_app.designer.guided.learnt import Learnt, learnt_in
from chat_app.designer.guided.memory import Memory, OfferedCard
from chat_app.designer.guided.reply import Reply
from chat_app.designer.guided.scope import refusals_in
from chat_app.designer.guided.tongues import in_english
from chat_app.designer.guided.view import View
from chat_app.designer.guided.wishes import Wishes
from chat_app.events.design import Card, Offered
from chat_app.translation import language, tr
from chat_app.workflow.check import CheckResult

MOST_SHOWN = 100
"""Characters of a message that are told back."""


class Changes:
    """Edits by command."""

    def __init__(self, check: Callable[[str], CheckResult], wishes: Wishes) -> None:
        self._check = check
        self._wishes = wishes
        self._editing = Editing(check)

    def answer(self, memory: Memory, draft: str, message: str) -> Reply:
        """What to do with a message while there is a draft."""
        memory.rest()
        learnt = learnt_in(message, language())
        if learnt is not None:
            return self._handed_over(memory, draft, learnt)
        said, message = message, in_english(message, language()).text
        instead = correction(message)
        base = draft
        if instead is not None:
            message = instead
            if memory.after == draft and memory.before:
                base = memory.before
                message = self._put_right(memory, base, instead)
        found = self._editing.carry_out(base, message, memory.focus)
        if isinstance(found, Work):
            return self._done(memory, draft, base, message, found)
        return self._stuck(memory, draft, message, found if language() == "en" else _as_said(found, said))

    def _done(self, memory: Memory, draft: str, base: str, message: str, work: Work) -> Reply:
        reply = told(draft, work, self._check)
        if work.edits:
            memory.before, memory.after, memory.focus, memory.did = base, work.text, work.focus, message
        return reply

    def _handed_over(self, memory: Memory, draft: str, learnt: Learnt) -> Reply:
        """A change with what was answered about it: what the command has no place for goes into the step's prompt."""
        found = self._editing.carry_out(draft, learnt.wish, memory.focus)
        if isinstance(found, Stuck):
            return self._stuck(memory, draft, learnt.wish, found)
        left = []
        for point in learnt.points:
            told_of = self._editing.carry_out(
                found.text, f'tell {found.focus} to keep to this: "{point}"', found.focus
            )
            if isinstance(told_of, Work):
                found = replace(told_of, edits=found.edits + told_of.edits, assumed=found.assumed)
            else:
                left.append(point)
        reply = self._done(memory, draft, draft, learnt.wish, found)
        return reply.say(speech.left_out(left)) if left else reply

    def _put_right(self, memory: Memory, base: str, instead: str) -> str:
        """The last command with what was wrong in it put right; a correction that is a command stands for itself."""
        workflow = self._check(base).workflow
        if workflow is None or not memory.did:
            return instead
        return corrected(memory.did, instead, View(workflow)) or instead

    def _stuck(self, memory: Memory, draft: str, message: str, stuck: Stuck) -> Reply:
        reply = Reply()
        if stuck.doubt is not None:
            reply.say(f"{stuck.doubt.text} {tr(speech.UNCHANGED)}")
            return _with_cards(reply, memory, [(text, text, "") for text in stuck.doubt.suggestions])
        if stuck.problems:
            return self._refused(reply, draft, stuck)
        refusals = refusals_in(message[:MOST_CHARACTERS])
        if refusals:
            reply.say(tr(refusals[0].says))
        else:
            reply.say(speech.not_understood(stuck.clause, stuck.understood))
        return _with_cards(reply, memory, self._nearest(draft, message, stuck))

    def _refused(self, reply: Reply, draft: str, stuck: Stuck) -> Reply:
        if self._check(draft).workflow is None:
            return reply.fail(tr(speech.BROKEN_DRAFT), reasons(stuck.problems))
        text = tr(speech.IMPOSSIBLE if stuck.impossible else speech.WOULD_BREAK, clause=stuck.clause)
        return reply.fail(text, reasons(stuck.problems))

    def _nearest(self, draft: str, message: str, stuck: Stuck) -> list[tuple[str, str, str]]:
        """Cards: what was understood, a new workflow that the message may mean, the nearest commands."""
        cards = [(text, text, tr(speech.ONLY_THIS)) for text in stuck.understood[:1]]
        cards += [
            (
                speech.use(pattern.title),
                tr("New workflow: {title}", title=tr(pattern.title)),
                tr(pattern.description),
            )
            for pattern in self._wishes.nearest(message)[:1]
        ]
        workflow = self._check(draft).workflow
        if workflow is not None:
            cards += [(text, text, meaning) for text, meaning in nearest_examples(View(workflow), message)]
        return cards[:4]


def _as_said(stuck: Stuck, said: str) -> Stuck:
    """The same, told in the words of the person where English is not theirs."""
    return replace(stuck, clause=said.strip()[:MOST_SHOWN])


def _with_cards(reply: Reply, memory: Memory, cards: Sequence[tuple[str, str, str]]) -> Reply:
    if not cards:
        return reply
    memory.stage = "choosing"
    memory.offered = [OfferedCard(value, title, {"say": value}) for value, title, _ in cards]
    return reply.add(
        Offered(tr(speech.DID_YOU_MEAN), tuple(Card(title, text, value) for value, title, text in cards))
    )
