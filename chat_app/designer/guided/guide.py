"""Decides what a message means where the interview stands, and answers it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from chat_app.designer.guided import speech
from chat_app.designer.guided.building import Built, build, edited
from chat_app.designer.guided.changes import Changes
from chat_app.designer.guided.clauses import correction
from chat_app.designer.guided.describe import outline
from chat_app.designer.guided.editing import Editing
from chat_app.designer.guided.filing import FROM_FILES
from chat_app.designer.guided.interview import (
    assumption,
    default_of,
    is_open,
    known_points,
    next_slot,
    question,
    read_slots,
)
from chat_app.designer.guided.memory import Memory
from chat_app.designer.guided.patterns import Choice, Pattern, Slot
from chat_app.designer.guided.recipes import recipe_pattern, titled
from chat_app.designer.guided.reply import Reply
from chat_app.designer.guided.saved import Answers
from chat_app.designer.guided.scope import file_note, has_files
from chat_app.designer.guided.sequels import as_said, told_to
from chat_app.designer.guided.signals import Signal, signal_of
from chat_app.designer.guided.tongues import in_english
from chat_app.designer.guided.values import in_own_words, pick, read_answer
from chat_app.designer.guided.wishes import Wishes
from chat_app.events.design import Asked, Offered
from chat_app.translation import language, tr
from chat_app.workflow.check import CheckResult
from chat_app.workflow.graph import flow_of

_ANEW = re.compile(
    r"^(?:please\s+|now\s+)?(?:(?:i|we) (?:want|need|would like)|i'd like|(?:let's |let us )?(?:build|"
    r"make|create|design|start|begin)|give)"
    r"(?: (?:me|us))?(?: (?:a|an))?(?: (?:new|another|different|second|fresh))? workflow\b"
    r"|^(?:new|another|different|next) workflow\b",
    re.IGNORECASE,
)
"""How a wish for another workflow begins, while there is a draft."""


BUTTONS = frozenset({"skip", "run"})
"""What buttons say, whatever language they are labelled in."""


class Guide:
    """The interview as a pure function: memory, draft and message in, events out."""

    def __init__(self, check: Callable[[str], CheckResult]) -> None:
        self._check = check
        self.wishes = Wishes(check)
        self._changes = Changes(check, self.wishes)
        self._editing = Editing(check)

    def warm_up(self) -> None:
        """Loads what the first wish needs."""
        self.wishes.understand(Memory(), "answer questions about a document, then translate")

    def answer(self, memory: Memory, draft: str, message: str) -> Reply:
        """What to say and do. `memory` is changed in place."""
        text = message.strip()
        if not text:
            return self._again(memory, draft)
        signal = signal_of(in_english(text, language()).text) or signal_of(text)
        if signal is Signal.RESTART:
            memory.rest()
            return Reply().say(tr(speech.STARTED_OVER))
        if memory.stage == "asking":
            return self._asked(memory, draft, text, signal)
        if memory.stage == "choosing":
            return self._offered(memory, draft, text, signal)
        return self._idle(memory, draft, text, signal)

    def is_choice(self, memory: Memory, message: str) -> bool:
        """Whether a message is what a button says, or an answer, so that its language is not the conversation's."""
        if memory.stage == "choosing" and any(message == card.value for card in memory.offered):
            return True
        # What answers a question may be in any language: a text to try it with, a name, a number.
        return memory.stage == "asking" or message in BUTTONS

    def apply(self, memory: Memory, draft: str, answers: Answers) -> Reply:
        """Builds from saved answers; raises AnswersInvalid. What they leave out takes its default."""
        pattern = answers.pattern()
        values = answers.values(pattern)
        memory.rest()
        memory.wish, memory.stage, memory.recipe = answers.wish, "asking", dict(answers.recipe)
        memory.values, memory.origins = values, dict.fromkeys(values, "answered")
        reply = Reply().say(speech.chosen(pattern.title, known_points(pattern, values)))
        self._take_defaults(memory, pattern, reply)
        return self._build(memory, draft, pattern, reply)

    def pending(self, memory: Memory) -> Asked | Offered | None:
        """The open question or the open cards."""
        if memory.stage == "asking" and (pattern := recipe_pattern(memory.recipe)) and memory.question:
            return question(pattern.slot(memory.question))
        return self.wishes.cards_again(memory) if memory.stage == "choosing" else None

    def _again(self, memory: Memory, draft: str) -> Reply:
        pending = self.pending(memory)
        if pending:
            return Reply().add(pending)
        return Reply().say(tr(speech.HELP) if draft else tr(speech.GREETING))

    def _idle(self, memory: Memory, draft: str, text: str, signal: Signal | None) -> Reply:
        if signal in (Signal.GREETING, Signal.HELP) and not draft:
            return Reply().say(tr(speech.GREETING) if signal is Signal.GREETING else tr(speech.HELP))
        english = in_english(text, language()).text
        pattern = titled(text)
        if pattern is not None:
            memory.wish = memory.wish or english
            return self._begin(memory, draft, {"pattern": pattern.id})
        if (
            draft
            and not _ANEW.match(english)
            and not (memory.before == "" and memory.after == draft and correction(english))
        ):
            return self._changes.answer(memory, draft, text)
        return self._wish(memory, draft, text)

    def _wish(self, memory: Memory, draft: str, text: str) -> Reply:
        memory.rest()
        english = in_english(text, language()).text
        memory.said = text
        found = self.wishes.understand(memory, correction(english) or english)
        if found.sure is None:
            return found.reply
        begun = self._begin(memory, draft, found.sure)
        return found.reply.then(begun)

    def _offered(self, memory: Memory, draft: str, text: str, signal: Signal | None) -> Reply:
        if signal is Signal.OTHER:
            memory.rest()
            return Reply().say(tr(speech.OTHER_WORDS))
        cards = memory.offered
        if cards and "say" in cards[0].recipe:
            return self._suggested(memory, draft, text, signal)
        if signal in (Signal.SKIP, Signal.SKIP_ALL):
            taken = cards[0]
            reply = Reply().assume(tr("Of the ways that I offered, the first: {title}.", title=taken.title))
            return reply.then(self._begin(memory, draft, taken.recipe, all_defaults=signal is Signal.SKIP_ALL))
        for card in cards:
            if text == card.value:
                return self._begin(memory, draft, card.recipe)
        options = [Choice(label=card.title, value=card.value) for card in cards]
        chosen = pick(options, text)
        if chosen is not None:
            return self._begin(memory, draft, next(card.recipe for card in cards if card.value == chosen.value))
        return self._idle(memory, draft, text, signal)

    def _suggested(self, memory: Memory, draft: str, text: str, signal: Signal | None) -> Reply:
        """Cards that hold commands: choosing one says it."""
        cards = memory.offered
        memory.rest()
        if signal in (Signal.SKIP, Signal.SKIP_ALL):
            return Reply().say(tr(speech.LEFT_ALONE))
        chosen = pick([Choice(label=card.title, value=card.value) for card in cards], text) if len(text) < 3 else None
        return self._idle(memory, draft, chosen.value if chosen else text, signal)

    def _begin(self, memory: Memory, draft: str, recipe: dict[str, Any], all_defaults: bool = False) -> Reply:
        pattern = recipe_pattern(recipe)
        if pattern is None:
            return self._wish(memory, draft, memory.said or memory.wish)
        memory.stage, memory.recipe, memory.offered = "asking", dict(recipe), []
        memory.values = in_own_words(pattern, read_slots(pattern, told_to(recipe, memory.wish)), memory.said)
        memory.origins = dict.fromkeys(memory.values, "said")
        reply = Reply().say(speech.chosen(pattern.title, known_points(pattern, memory.values)))
        if (note := file_note(memory.wish)) and FROM_FILES not in memory.values and not has_files(pattern):
            reply.assume(note)
        if all_defaults:
            self._take_defaults(memory, pattern, reply)
        return self._proceed(memory, draft, pattern, reply)

    def _proceed(self, memory: Memory, draft: str, pattern: Pattern, reply: Reply) -> Reply:
        slot = next_slot(pattern, memory.values)
        if slot is not None:
            memory.question = slot.id
            return reply.add(question(slot))
        return self._build(memory, draft, pattern, reply)

    def _asked(self, memory: Memory, draft: str, text: str, signal: Signal | None) -> Reply:
        pattern = recipe_pattern(memory.recipe)
        if pattern is None or memory.question is None:
            return self._wish(memory, draft, text)
        slot = pattern.slot(memory.question)
        match signal:
            case Signal.SKIP:
                reply = Reply()
                self._take_default(memory, slot, reply)
                return self._proceed(memory, draft, pattern, reply)
            case Signal.SKIP_ALL:
                reply = Reply()
                self._take_defaults(memory, pattern, reply)
                return self._proceed(memory, draft, pattern, reply)
            case Signal.WHY | Signal.HELP:
                return Reply().say(tr(slot.why or speech.WHY_NOT)).add(question(slot))
            case Signal.BACK:
                return self._back(memory, pattern)
            case Signal.OTHER if not slot.options:
                memory.rest()
                return Reply().say(tr(speech.OTHER_WORDS))
        instead = correction(in_english(text, language()).text)
        if instead is not None:
            return self._corrected(memory, draft, pattern, instead)
        value = read_answer(slot, text)
        if value is None:
            return Reply().say(speech.no_answer(slot)).add(question(slot))
        memory.values[slot.id] = value
        memory.origins[slot.id] = "answered"
        return self._proceed(memory, draft, pattern, Reply())

    def _corrected(self, memory: Memory, draft: str, pattern: Pattern, text: str) -> Reply:
        """A "no, I meant …" answers the last question anew, or else is the wish in other words."""
        answered = [slot for slot in pattern.slots if slot.id in memory.values and slot.ask]
        value = read_answer(answered[-1], text) if answered else None
        if value is None:
            return self._wish(memory, draft, text)
        memory.values[answered[-1].id] = value
        memory.origins[answered[-1].id] = "answered"
        return self._proceed(memory, draft, pattern, Reply())

    def _back(self, memory: Memory, pattern: Pattern) -> Reply:
        answered = [slot for slot in pattern.slots if slot.id in memory.values and slot.ask]
        slot = answered[-1] if answered else pattern.slot(memory.question or "")
        memory.values.pop(slot.id, None)
        memory.origins.pop(slot.id, None)
        memory.question = slot.id
        return Reply().add(question(slot))

    def _take_default(self, memory: Memory, slot: Slot, reply: Reply) -> None:
        memory.values[slot.id] = default_of(slot)
        memory.origins[slot.id] = "assumed"
        reply.assume(assumption(slot))

    def _take_defaults(self, memory: Memory, pattern: Pattern, reply: Reply) -> None:
        for slot in pattern.slots:
            if is_open(pattern, slot, memory.values):
                self._take_default(memory, slot, reply)

    def _build(self, memory: Memory, draft: str, pattern: Pattern, reply: Reply) -> Reply:
        built = build(pattern, memory.values, memory.origins)
        if built.failed:
            return reply.fail(tr(speech.BUILD_FAILED), "; ".join(problem.message for problem in built.problems))
        kept = {name: value for name, value in memory.values.items() if memory.origins.get(name) != "assumed"}
        memory.answered = {"wish": memory.said or memory.wish, "recipe": memory.recipe, "answers": kept}
        work, left = self._editing.follow(built.text, memory.recipe.get("then", []))
        for text in work.assumed:
            reply.assume(text)
        assumed = sum(origin == "assumed" for origin in memory.origins.values()) + len(work.assumed)
        left = as_said(left, memory.said)
        memory.rest()
        memory.before, memory.after, memory.focus, memory.did = draft, work.text, work.focus, ""
        change = edited(draft, Built(work.text, (*built.edits, *work.edits)), self._check)
        workflow = self._check(work.text).workflow
        if workflow is None:
            return reply.add(change)
        last = flow_of(workflow).steps[-1]
        reply.add(change).say(speech.built(workflow.name, outline(workflow), last, assumed))
        return reply.say(speech.left_out(left)) if left else reply
