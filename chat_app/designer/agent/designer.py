"""The model-driven designer: runs the graph of a turn and keeps the conversation true to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from functools import cache
from typing import Any

from chat_app.chat_models.errors import ChatModelError
from chat_app.chat_models.protocol import ChatModel
from chat_app.designer.agent.budget import Budget
from chat_app.designer.agent.calls import Caller
from chat_app.designer.agent.checkpoints import Checkpoints
from chat_app.designer.agent.costs import Costs, RunTests
from chat_app.designer.agent.editing import Editor
from chat_app.designer.agent.graph import TurnGraph
from chat_app.designer.agent.intake import Intake
from chat_app.designer.agent.memory import Memory, Pending, load_memory, store_memory
from chat_app.designer.agent.modes import Modes
from chat_app.designer.agent.presenting import LEAVE, TAKE, Presenter
from chat_app.designer.agent.rehearsing import Rehearser
from chat_app.designer.agent.thinking import Thinker
from chat_app.designer.agent.trying import Trier, TryRun
from chat_app.designer.agent.turn import Check, DryRun, TurnState, begin, unpacked
from chat_app.designer.agent.waiting import entry, unfinished
from chat_app.designer.conversation import Conversation, Designer, Message
from chat_app.designer.rebasing import rebased
from chat_app.designer.starting import Starts
from chat_app.events.design import (
    Asked,
    Assumed,
    Card,
    DesignEvent,
    Edited,
    Offered,
    Said,
    Stage,
    TurnFailed,
    TurnFinished,
)
from chat_app.translation import LANGUAGES
from chat_app.translation.catalogs import finished_texts
from chat_app.workflow.surroundings import Surroundings

_CHANGED_MEANWHILE = (
    "The workflow was changed by hand while I worked on it, and my change no longer fits there. It stands as you "
    "wrote it. Mine, made to the workflow as it was, would be:\n"
)
_BACK = frozenset({"use the model", "try the model again", "use the model again"})


class AgentDesigner:
    """Designs with a chat model; implements `Designer`."""

    def __init__(
        self,
        model: ChatModel,
        check: Check,
        *,
        surroundings: Surroundings = Surroundings(),  # noqa: B008 - frozen
        dry_run: DryRun | None = None,
        fallback: Designer | None = None,
        run_tests: RunTests | None = None,
        trial: TryRun | None = None,
        starts: Starts | None = None,
        modes: Modes | None = None,
        checkpoints: Checkpoints | None = None,
        budget: Budget = Budget(),  # noqa: B008 - frozen
    ) -> None:
        self._model = model
        self._check = check
        self._fallback = fallback
        self._checkpoints = checkpoints or Checkpoints()
        modes = modes or Modes()
        if modes.is_weak(model.name):
            budget = replace(budget, calls=budget.calls_in_steps)
        caller = Caller(model, modes, budget)
        trier = Trier(check, trial, budget)
        self._graph = TurnGraph(
            Intake(budget, can_try=trier.can, starts=starts),
            Thinker(caller, surroundings, budget, model.name),
            Editor(check, surroundings, starts),
            Rehearser(check, dry_run),
            Presenter(check, surroundings, Costs(check, run_tests)),
            trier,
            budget,
        )

    @property
    def name(self) -> str:
        """Who designs, as the page shows it."""
        return self._model.name

    async def unfinished(self, conversation: Conversation) -> str | None:
        """The message of a turn that was cut off in the middle; "continue" goes on with it."""
        async with self._checkpoints.open() as saver:
            return await unfinished(self._graph.compile(saver), self._config(conversation))

    def _config(self, conversation: Conversation) -> dict[str, Any]:
        return {"recursion_limit": self._graph.most_steps, "configurable": {"thread_id": conversation.id}}

    async def turn(self, conversation: Conversation, message: str) -> AsyncGenerator[DesignEvent, None]:
        """The events of one turn; the last is TurnFinished."""
        memory = load_memory(conversation.memory)
        if self._fallback is not None and memory.handed_over == self.name:
            if not _wants_back(message):
                async with aclosing(self._fallback.turn(conversation, message)) as events:
                    async for event in events:
                        yield event
                return
            memory = memory.with_(handed_over=None)
            if conversation.draft.strip() or not memory.wish:
                for event in _back_again(conversation, memory, message, self.name):
                    yield event
                return
            message = memory.wish
        turn = _Turn(conversation, message, memory, self._check)
        try:
            async with aclosing(self._events(turn)) as events:
                async for event in events:
                    yield event
            turn.close()
        except ChatModelError as error:
            turn.close()
            async with aclosing(self._failed(turn, error)) as events:
                async for event in events:
                    yield event
            return
        yield TurnFinished()

    async def _events(self, turn: _Turn) -> AsyncGenerator[DesignEvent, None]:
        conversation = turn.conversation
        draft = conversation.draft
        checked = self._check(draft) if draft.strip() else None
        state = begin(turn.message, conversation.messages[:-1], draft, turn.memory, checked)
        config = self._config(conversation)
        async with self._checkpoints.open() as saver:
            compiled = self._graph.compile(saver)
            given = await entry(compiled, config, state)
            stream = compiled.astream(given, config, stream_mode=["custom", "values"], durability="sync")
            async with aclosing(stream) as chunks:
                async for kind, chunk in chunks:
                    if kind == "custom":
                        yield turn.heard(chunk)
                    elif (kept := unpacked(chunk.get("turn"))) is not None:
                        turn.follow(kept)
            if not (await compiled.aget_state(config)).next:
                await saver.adelete_thread(conversation.id)

    async def _failed(self, turn: _Turn, error: ChatModelError) -> AsyncGenerator[DesignEvent, None]:
        if self._fallback is None:
            turn.conversation.messages.append(Message("designer", f"{error.message} {error.help}"))
            yield TurnFailed(error.message, error.help)
            yield TurnFinished()
            return
        notice = (
            f"{error.message} {error.help} Until then the guided designer takes over, which needs no model. "
            'Say "use the model" to try it again.\n\n'
        )
        yield Said(notice)
        wish = turn.hand_over(self.name)
        async with aclosing(self._fallback.turn(turn.conversation, wish)) as events:
            async for event in events:
                yield event
        turn.taken_over(wish, notice)


def _wants_back(message: str) -> bool:
    words = message.lower().strip(" .!。！\"„“”«»「」'")
    return words in _BACK or words in _back_in_other_languages()


@cache
def _back_in_other_languages() -> frozenset[str]:
    """The same words as the page tells them, in whichever language."""
    known = [finished_texts(code) for code in LANGUAGES]
    return frozenset(texts[words].lower() for texts in known for words in _BACK if words in texts)


def _back_again(conversation: Conversation, memory: Memory, message: str, name: str) -> tuple[DesignEvent, ...]:
    words = f"{name} designs again. What is to be done?"
    conversation.messages += [Message("user", message), Message("designer", words)]
    store_memory(conversation.memory, memory)
    return Said(words), TurnFinished()


class _Turn:
    """The conversation's side of one turn: changed only by what was shown."""

    def __init__(self, conversation: Conversation, message: str, memory: Memory, check: Check) -> None:
        self.conversation = conversation
        self._check = check
        self._beside: Pending | None = None
        self.message = message
        self.memory = memory
        self._was_answer = memory.open_question is not None or memory.plan_state == "offered"
        self._draft = conversation.draft
        self._said = ""
        self._new_paragraph = False
        conversation.messages.append(Message("user", message))

    def follow(self, state: TurnState) -> None:
        """Takes note of where the graph has come to."""
        self.memory = state["memory"]

    def heard(self, event: DesignEvent) -> DesignEvent:
        """The event as it is shown, written into the conversation."""
        match event:
            case Said(text):
                if self._new_paragraph and self._said:
                    event = Said("\n\n" + text)
                self._said += event.text
                self._new_paragraph = False
            case Stage():
                self._new_paragraph = True
            case Edited():
                event = self._edited(event)
            case Assumed(text):
                self.conversation.assumptions.append(text)
            case Asked() | Offered():
                self._write(event.text)
            case _:
                pass
        return event

    def _edited(self, event: Edited) -> Edited | Offered:
        """The change made to the draft as it is now; where it no longer fits, both are kept, and one may choose."""
        if (by_hand := self.conversation.draft) != self._draft:
            again = rebased(event, by_hand, self._check)
            if again is None:
                self._beside = Pending(
                    start=by_hand,
                    text=event.text,
                    edits=list(event.edits),
                    summary=list(event.summary),
                    repaired=list(event.repaired),
                    beside=True,
                )
                lines = "\n".join(f"- {line}" for line in event.summary)
                cards = (
                    Card(
                        "Take it", "Take the designer's version; yours stays among the revisions.", TAKE, event.text
                    ),
                    Card("Keep mine", "Keep the workflow as you wrote it.", LEAVE),
                )
                offered = Offered(_CHANGED_MEANWHILE + lines, cards)
                self._write(offered.text)
                return offered
            event = again
        self.conversation.draft = self._draft = event.text
        self._write("\n".join(event.summary))
        return event

    def close(self) -> None:
        """Keeps the words and the memory; an answer that was given is not lost when the turn fails."""
        self._write("")
        if self._beside is not None:
            self.memory = self.memory.with_(pending=self._beside)
        store_memory(self.conversation.memory, self.memory)

    def hand_over(self, model: str) -> str:
        """Leaves the turn to another designer; returns the wish that it is to serve."""
        messages = self.conversation.messages
        if messages and messages[-1] == Message("user", self.message):
            messages.pop()
        store_memory(self.conversation.memory, self.memory.with_(handed_over=model))
        if not self._was_answer:
            return self.message
        learnt = [f"{slot.question} {slot.value}." for slot in self.memory.slots if slot.source == "user"]
        return "\n".join([self.memory.wish, *learnt])

    def taken_over(self, wish: str, notice: str) -> None:
        """Writes down what was really said, and who answered."""
        messages = self.conversation.messages
        for message in reversed(messages):
            if message.role == "user" and message.text == wish:
                message.text = self.message
                break
        if messages and messages[-1].role == "designer":
            messages[-1].text = notice + messages[-1].text

    def _write(self, text: str) -> None:
        words = "\n\n".join(part for part in (self._said.strip(), text) if part)
        self._said = ""
        self._new_paragraph = False
        if words:
            self.conversation.messages.append(Message("designer", words))
