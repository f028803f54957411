"""The steps that ask the model: what to do next, and how to mend what went wrong."""

from __future__ import annotations

from dataclasses import replace

from chat_app.chat_models.errors import ServerFailed
from chat_app.designer.agent.budget import Budget, tokens
from chat_app.designer.agent.calls import Ask, Caller, Emit, Heard
from chat_app.designer.agent.context import repair_prompt, system_prompt, turn_prompt
from chat_app.designer.agent.decision import Decision, decision_of
from chat_app.designer.agent.memory import was_asked
from chat_app.designer.agent.turn import Changes, TurnState, finding
from chat_app.designer.agent.wire import MAX_EDITS, decision_schema
from chat_app.events.design import Stage
from chat_app.workflow.source import read
from chat_app.workflow.surroundings import Surroundings

_REPAIR = frozenset({"edit"})
_BEGIN = frozenset({"edit", "start_from"})
"""What a repair may be where nothing stands yet and patterns were offered."""
_GARBLED = 2
"""Answers without sense after which bare prose is taken for what it says."""
_SENSELESS = "Your last answer was not a decision: give one JSON object with `action` and what it needs."
_ASKED_BEFORE = "That was asked before. Do not ask: infer, record an assumption, and decide otherwise."
_NOT_NOW = "You may not `{action}` now. Decide for one of the actions named above."
_WHOLE = (
    "The document cannot be read as YAML, so it cannot be edited: decide `edit` and give all of it, corrected and "
    "with the wish met, as the text `document` in the place of `edits`."
)
_ONE_STEP = 'Give one edit in this answer. Set "more": true when more edits are needed after it.'
_FEW_STEPS = 'Give at most {most} edits in this answer. Set "more": true when more edits are needed after them.'
_FIRST_STEPS = 3
"""Edits in one answer of a small model while a first draft is built."""
_AT_ONCE, _ALL = 2, 40
"""Problems that are put to a small model, and to any other, in one repair."""
_NO_REWRITE = "Do not write the whole document again: give typed edits that change only what was asked."


class Thinker:
    """Asks the model for decisions; code judges whether they may be taken."""

    def __init__(self, caller: Caller, surroundings: Surroundings, budget: Budget, model: str) -> None:
        self._caller = caller
        self._surroundings = surroundings
        self._budget = budget
        self._model = model

    def _system(self, state: TurnState) -> str:
        """The standing part; the tools in it are chosen by the wish where there are many."""
        about = f"{state['memory'].wish} {state['message']} {state['working']}"
        return system_prompt(self._surroundings, about, few=self._caller.weak)

    async def think(self, state: TurnState, emit: Emit) -> Changes:
        """One call; `decision` stays None when the model must think again."""
        if state["calls"] >= self._budget.calls or state["garbled"] >= self._budget.refusals:
            if state["edits"]:
                return {"decision": Decision(action="answer"), "more": False}
            raise ServerFailed(
                f"{self._model} did not come to a decision that can be used.",
                help="Say it in other words or in smaller steps, or choose another model.",
            )
        emit(Stage("thinking"))
        prompt = turn_prompt(state, self._room(state))
        heard = await self._ask(state, prompt, state["actions"], "turn", emit)
        changes: Changes = {
            "calls": state["calls"] + 1,
            "said": heard.said,
            "decision": None,
            "note": "",
            "more": False,
        }
        return changes | self._judged(state, heard)

    async def repair(self, state: TurnState, emit: Emit) -> Changes:
        """One call about the problems alone."""
        emit(Stage("repairing", f"round {state['rounds'] + 1}"))
        heard = await self._ask(
            state,
            repair_prompt(state, self._room(state), _AT_ONCE if self._caller.weak else _ALL),
            _repairs(state),
            "repair",
            emit,
        )
        decision = decision_of(heard.answer)
        if decision is None:
            self._caller.unreadable()
        usable = decision if decision is not None and decision.action in _repairs(state) else None
        return {
            "calls": state["calls"] + 1,
            "rounds": state["rounds"] + 1,
            "seen": (*state["seen"], finding(state["problems"])),
            "decision": replace(usable, say="") if usable else None,
        }

    def _room(self, state: TurnState) -> int:
        """The tokens that are left for a call's own part."""
        return self._budget.tokens_in - tokens(self._system(state))

    async def _ask(self, state: TurnState, message: str, actions: frozenset[str], purpose: str, emit: Emit) -> Heard:
        whole = bool(state["working"].strip()) and not _can_be_edited(state["working"])
        most = self._step(state)
        schema = decision_schema(
            actions,
            self._surroundings.runnable_kinds,
            whole=whole,
            most_edits=most,
            starts=[card.id for card in state["starts"]],
        )
        words = f"{message}\n{_WHOLE}" if whole and "edit" in actions else message
        if most < MAX_EDITS and "edit" in actions:
            words += "\n" + (_ONE_STEP if most == 1 else _FEW_STEPS.format(most=most))
        return await self._caller.ask(Ask(self._system(state), words, schema, not state["edits"], purpose), emit)

    def _step(self, state: TurnState) -> int:
        """How many edits are wanted in one answer: all, or few of a model that gets smaller steps."""
        if not self._caller.weak:
            return MAX_EDITS
        return 1 if state["start"].strip() else _FIRST_STEPS

    def _judged(self, state: TurnState, heard: Heard) -> Changes:
        decision = decision_of(heard.answer)
        if decision is None:
            return self._senseless(state, heard)
        allowed = state["actions"]
        if decision.action not in allowed:
            return self._not_allowed(state, decision)
        if (
            decision.question is not None
            and decision.action == "ask"
            and was_asked(state["memory"], decision.question)
        ):
            return {"note": _ASKED_BEFORE, "actions": allowed - {"ask"}, "garbled": state["garbled"] + 1}
        if decision.document is not None and state["note"] != _NO_REWRITE and _can_be_edited(state["start"]):
            return {"note": _NO_REWRITE, "garbled": state["garbled"] + 1}
        return {"decision": decision}

    def _senseless(self, state: TurnState, heard: Heard) -> Changes:
        self._caller.unreadable()
        garbled = state["garbled"] + 1
        prose = heard.answer.prose.strip()
        if garbled >= _GARBLED and "answer" in state["actions"] and _is_prose(prose):
            return {"decision": Decision(action="answer", say=prose[:2_000])}
        return {"note": _SENSELESS, "garbled": garbled}

    def _not_allowed(self, state: TurnState, decision: Decision) -> Changes:
        allowed = state["actions"]
        if allowed == {"answer"} and decision.say:
            return {"decision": replace(decision, action="answer", edits=(), start=None, document=None)}
        return {"note": _NOT_NOW.format(action=decision.action), "garbled": state["garbled"] + 1}


def _repairs(state: TurnState) -> frozenset[str]:
    return _BEGIN if state["starts"] and not state["working"].strip() else _REPAIR


def _can_be_edited(text: str) -> bool:
    return bool(text.strip()) and not read(text).problems


def _is_prose(text: str) -> bool:
    """Words for a person, not the remains of something meant for a machine."""
    return (
        len(text) > 1
        and text[0] not in "{[<"
        and "```" not in text
        and any(character.isalpha() for character in text)
    )
