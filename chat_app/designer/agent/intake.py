"""The first step of a turn: what code can understand without a model."""

from __future__ import annotations

import asyncio
import re
from typing import cast

from chat_app.designer.agent.budget import Budget, shorten
from chat_app.designer.agent.calls import Emit
from chat_app.designer.agent.decision import Decision
from chat_app.designer.agent.guard import own_words
from chat_app.designer.agent.memory import Memory, Question, Slot
from chat_app.designer.agent.presenting import LEAVE, TAKE
from chat_app.designer.agent.trying import ALLOW, REFUSE
from chat_app.designer.agent.turn import Changes, TurnState
from chat_app.designer.starting import Starts
from chat_app.events.design import Assumed, Edited, Said

SKIPS = frozenset({"", "skip", "/skip", "skip it", "skip this", "you decide", "no preference", "whatever"})
APPROVAL = "Build it"
_APPROVES = frozenset(
    {
        "build it",
        "approve",
        "approved",
        "yes",
        "yes please",
        "ok",
        "okay",
        "go",
        "go ahead",
        "looks good",
        "do it",
    }
    | {"build", "sounds good", "perfect", "fine", "ja", "oui", "si", "sí"}
)
_LEAD = r"^(?:(?:please|ok(?:ay)?|now|yes|and|then|can you|could you|let'?s)[, ]+)*"
_TAIL = r"(?:[, ]+(?:please|now|again|for me))*[.!? ]*$"
_IT = r"(?: (?:it|this|that|the (?:workflow|draft|design)))?"
_RUN = re.compile(_LEAD + r"(?:run|start|execute)" + _IT + _TAIL, re.I)
_TRY = re.compile(
    _LEAD + r"(?:try|test)" + _IT + r"(?: out)?(?: (?:on|with) (?:a|an|the|my) (?:sample|example)s?)?"
    r"(?:,? and (?:then )?(?:fix|mend|repair|correct)\b[^\n]{0,60})?" + _TAIL,
    re.I,
)
_REFUSES = frozenset({"no", "nope", "don't", "do not", "cancel", "leave it", "not now", "nein", "non", "no gracias"})
_SAVE = re.compile(
    _LEAD + r"(?:save|store|keep)" + _IT + r"(?: as [\"'`]?(?P<name>[\w. -]{1,60}?)[\"'`]?)?" + _TAIL, re.I
)
_UNDO = re.compile(_LEAD + r"(?:undo|revert|take back|roll back)" + _IT + r"(?: last (?:change|edit))?" + _TAIL, re.I)
_WHY = re.compile(
    r"^\W*(?:and |but )?(?:why (?:did|have|has|is|are|was|were)|what did you|how did you)\b[^\n]*\?\W*$", re.I
)

_ASKED_BACK = "The person asks back about your question. Answer in `say`; your question is put again by itself."
_ANOTHER_WISH = re.compile(r"^\W*(?:actually|no[,. ]|wait|instead|forget|never ?mind|stop|rather|first)\b", re.I)
_ASKS = re.compile(
    r"^\W*(?:but |and |hm+,? |sorry,? )*(?:why|what|how|which|who|where|when|does|do|is|are|explain|meaning"
    r"|warum|wieso|was|wie|welche\w*|pourquoi|que|quoi|comment|por qué|qué|cómo)\b",
    re.IGNORECASE,
)
_LONGEST_ANSWER = 160

EVERYTHING = frozenset({"ask", "plan", "edit", "answer", "run", "save", "undo", "try"})
_LARGEST_SLOT = 600


class Intake:
    """Takes commands and answers to open questions; says what the model may do."""

    def __init__(self, budget: Budget, *, can_try: bool = False, starts: Starts | None = None) -> None:
        self._budget = budget
        self._can_try = can_try
        self._starts = starts

    async def __call__(self, state: TurnState, emit: Emit) -> Changes:
        first = _took_or_left(state, emit)
        if "decision" in first:
            return first
        now = cast(TurnState, {**state, **first})
        understood = self._understood(now, emit)
        return {**first, **understood, **await self._offers(cast(TurnState, {**now, **understood}))}

    async def _offers(self, state: TurnState) -> Changes:
        """The patterns to start from, while there is nothing yet and something may be built."""
        if self._starts is None or state["start"].strip() or state["decision"] or "edit" not in state["actions"]:
            return {}
        # A thread: the first wish loads the ranker, which must not hold up other sessions.
        cards = await asyncio.to_thread(self._starts.offers, own_words(state["memory"].wish or state["message"]))
        return {"starts": tuple(cards), "actions": state["actions"] | {"start_from"}} if cards else {}

    def _understood(self, state: TurnState, emit: Emit) -> Changes:
        message = state["message"].strip()
        memory = state["memory"]
        if memory.trial == "offered":
            memory = memory.with_(trial="allowed" if _approves(message, ALLOW) else "none")
            if memory.trial == "allowed":
                return {"memory": memory, "decision": Decision(action="try")}
            if _refuses(message, REFUSE):
                emit(Said("I leave it untried."))
                return {"memory": memory, "decision": Decision(action="rest")}
        if command := _command(message, has_draft=bool(state["start"].strip()), can_try=self._can_try):
            return {"memory": memory, "decision": command}
        if memory.open_question is not None and _asks_back(message, memory.open_question):
            return {"actions": frozenset({"answer"}), "note": _ASKED_BACK}
        if memory.open_question is not None:
            memory = _answered(memory, message, emit)
        elif memory.plan_state == "offered":
            memory = _judged_plan(memory, message)
        if not memory.wish or not (state["start"].strip() or memory.asked or memory.plans):
            memory = memory.with_(wish=shorten(message, 1_000))
        return {"memory": memory, "actions": self._actions(state, memory, message)}

    def _actions(self, state: TurnState, memory: Memory, message: str) -> frozenset[str]:
        if _WHY.match(message) and memory.turns:
            return frozenset({"answer"})
        if memory.plan_state == "approved":
            return frozenset({"edit"})
        barred = set()
        if len(memory.asked) >= self._budget.questions:
            barred.add("ask")
        if memory.plans >= self._budget.plans:
            barred.add("plan")
        if not state["start"].strip():
            barred |= {"run", "save", "undo", "try"}
        if not self._can_try or state["valid"] is None:
            barred.add("try")
        return EVERYTHING - barred


def is_skip(message: str) -> bool:
    """Whether a question is left to its default."""
    return message.strip().rstrip(".!").lower() in SKIPS


def _took_or_left(state: TurnState, emit: Emit) -> Changes:
    """What becomes of a change that was shown first: only a refusal leaves it; going on takes it."""
    memory, message = state["memory"], state["message"].strip()
    pending = memory.pending
    if pending is None:
        return {}
    memory = memory.with_(pending=None)
    if _refuses(message, LEAVE):
        emit(Said("I left it as it was."))
        return {"memory": memory, "decision": Decision(action="rest")}
    if pending.beside and not _approves(message, TAKE):
        return {"memory": memory}
    if state["start"] != pending.start and not pending.beside:
        emit(Said("The workflow was changed meanwhile, so the change that I showed was not made.\n\n"))
        return {"memory": memory}
    emit(Edited(pending.text, tuple(pending.edits), tuple(pending.summary), tuple(pending.repaired)))
    taken: Changes = {
        "memory": memory,
        "start": pending.text,
        "start_problems": frozenset(),
        "working": pending.text,
        "valid": pending.text,
        "problems": (),
    }
    return taken | ({"decision": Decision(action="rest")} if _approves(message, TAKE) else {})


def _approves(message: str, value: str) -> bool:
    words = message.strip().rstrip(".!").lower()
    return words in _APPROVES or words == value.lower()


def _refuses(message: str, value: str) -> bool:
    words = message.strip().rstrip(".!").lower()
    return words in _REFUSES or words == value.lower()


def _command(message: str, *, has_draft: bool, can_try: bool) -> Decision | None:
    if not has_draft or len(message) > 120:
        return None
    if _TRY.match(message):
        return Decision(action="try" if can_try else "run")
    if _RUN.match(message):
        return Decision(action="run")
    if _UNDO.match(message):
        return Decision(action="undo")
    if saved := _SAVE.match(message):
        return Decision(action="save", name=saved.group("name"))
    return None


def _answered(memory: Memory, message: str, emit: Emit) -> Memory:
    question = memory.open_question
    assert question is not None
    memory = memory.with_(open_question=None)
    if not is_skip(message):
        slot = Slot(
            id=question.id,
            question=question.text,
            value=shorten(message, _LARGEST_SLOT),
            source="user",
            settled=not _is_plain_answer(message, question),
        )
        return memory.with_(slots=[*memory.slots, slot])
    value = question.default or "no preference"
    assumption = f"{question.text} {value}"
    emit(Assumed(assumption))
    slot = Slot(id=question.id, question=question.text, value=value, source="assumed")
    return memory.with_(slots=[*memory.slots, slot], assumptions=[*memory.assumptions, assumption])


def _asks_back(message: str, question: Question) -> bool:
    """Whether the person wants to know more before answering."""
    if message in question.options or len(message) > _LONGEST_ANSWER:
        return False
    return message.endswith("?") and bool(_ASKS.match(message))


def _is_plain_answer(message: str, question: Question) -> bool:
    """Whether the words answer the question and so become a requirement; a new wish is the model's to read."""
    if message in question.options:
        return True
    return len(message) <= _LONGEST_ANSWER and not _ANOTHER_WISH.match(message)


def _judged_plan(memory: Memory, message: str) -> Memory:
    words = message.strip().rstrip(".!").lower()
    if words in _APPROVES or is_skip(message):
        return memory.with_(plan_state="approved")
    return memory.with_(plan_state="none")
