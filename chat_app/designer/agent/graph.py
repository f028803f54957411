"""The graph of a conversation's turns, kept after every step.

intake ─┬─> think ─┬─> ask | offer | allow ──> wait ──(the next message)──> intake
        │    ^     ├─> answer | pass_on
        │    │     └─> edit ──> check ─┬─> rehearse ──> present ─┬─> end
        │    └──(more edits)───────────┤      ^                  └─> wait
        ├─> pass_on | rest  edit <── repair <─┴── try
        └─> allow | try
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from typing_extensions import TypedDict

from chat_app.designer.agent import talking
from chat_app.designer.agent.budget import Budget
from chat_app.designer.agent.editing import Editor
from chat_app.designer.agent.intake import Intake
from chat_app.designer.agent.presenting import Presenter
from chat_app.designer.agent.rehearsing import Rehearser
from chat_app.designer.agent.thinking import Thinker
from chat_app.designer.agent.trying import Trier
from chat_app.designer.agent.turn import Step, TurnState, finding, packed, unpacked
from chat_app.designer.agent.waiting import wait

_TALK = {
    "ask": "ask",
    "plan": "offer",
    "answer": "answer",
    "run": "pass_on",
    "save": "pass_on",
    "undo": "pass_on",
    "edit": "edit",
    "start_from": "edit",
    "try": "allow",
    "rest": "rest",
}
_WAITING = ("ask", "offer", "allow")


class Kept(TypedDict):
    """What a checkpoint holds: the turn as plain data."""

    turn: dict[str, Any]


class TurnGraph:
    """The compiled graph; imports LangGraph only when it is built."""

    def __init__(
        self,
        intake: Intake,
        thinker: Thinker,
        editor: Editor,
        rehearser: Rehearser,
        presenter: Presenter,
        trier: Trier,
        budget: Budget,
    ) -> None:
        self._budget = budget
        self._steps: dict[str, Step] = {
            "intake": intake,
            "think": thinker.think,
            "ask": talking.ask,
            "offer": talking.offer,
            "answer": talking.answer,
            "pass_on": talking.pass_on,
            "edit": editor.edit,
            "check": editor.check,
            "repair": thinker.repair,
            "rehearse": rehearser.rehearse,
            "present": presenter.present,
            "allow": trier.offer,
            "try": trier.run,
            "rest": talking.rest,
        }

    def compile(self, saver: Any) -> Any:
        """The graph over a saver, ready to be streamed; its custom stream carries design events."""
        from langgraph.graph import END, START, StateGraph

        graph = StateGraph(Kept)
        for name, step in self._steps.items():
            graph.add_node(name, _node(step))
        graph.add_node("wait", _wait)
        graph.add_edge(START, "intake")
        graph.add_conditional_edges("intake", _route(_decided), ["think", "pass_on", "rest", "allow", "try"])
        ends = ["think", "repair", "rehearse", "present", *sorted(set(_TALK.values()))]
        graph.add_conditional_edges("think", _route(self._thought), ends)
        graph.add_edge("edit", "check")
        graph.add_conditional_edges("check", _route(self._checked), ["think", "repair", "rehearse", "present"])
        graph.add_conditional_edges("repair", _route(_repaired), ["edit", "present"])
        graph.add_conditional_edges("rehearse", _route(self._rehearsed), ["repair", "present", "try"])
        graph.add_conditional_edges("try", _route(self._tried), ["repair", "present", END])
        graph.add_conditional_edges("present", _route(_presented), ["wait", END])
        for name in _WAITING:
            graph.add_edge(name, "wait")
        graph.add_edge("wait", "intake")
        for name in ("answer", "pass_on", "rest"):
            graph.add_edge(name, END)
        return graph.compile(checkpointer=saver)

    @property
    def most_steps(self) -> int:
        """More steps than a turn within its budget can take."""
        return 4 * self._budget.calls + 2 * self._budget.trials + 10

    def _thought(self, state: TurnState) -> str:
        decision = state["decision"]
        done = decision is not None and decision.action not in ("edit", "start_from")
        return self._settled(state) if done and state["edits"] else _decided(state)

    def _checked(self, state: TurnState) -> str:
        more = state["more"] and state["calls"] < self._budget.calls and not state["rounds"]
        return "think" if more else self._settled(state)

    def _settled(self, state: TurnState) -> str:
        if not state["problems"]:
            return "rehearse"
        return "repair" if self._may_repair(state) else "present"

    def _rehearsed(self, state: TurnState) -> str:
        if state["problems"] and self._may_repair(state):
            return "repair"
        again = 0 < state["tried"] < self._budget.trials and state["valid"] == state["working"]
        return "try" if again and not state["problems"] and state["memory"].trial == "allowed" else "present"

    def _tried(self, state: TurnState) -> str:
        if state["problems"]:
            return "repair" if self._may_repair(state) else "present"
        return "present" if state["working"] != state["start"] else "__end__"

    def _may_repair(self, state: TurnState) -> bool:
        """Rounds are few, and the same problems again mean that there is no use."""
        same = finding(state["problems"]) in state["seen"]
        return state["calls"] < self._budget.calls and not same and state["rounds"] < self._budget.repairs


def _node(step: Step) -> Callable[[Kept], Awaitable[Kept]]:
    async def run(kept: Kept) -> Kept:
        from langgraph.config import get_stream_writer

        state = _state(kept)
        changes = await step(state, get_stream_writer())
        return {"turn": packed(cast(TurnState, {**state, **changes}))}

    return run


def _route(choose: Callable[[TurnState], str]) -> Callable[[Kept], str]:
    def route(kept: Kept) -> str:
        return choose(_state(kept))

    return route


def _state(kept: Kept) -> TurnState:
    state = unpacked(kept["turn"])
    assert state is not None, "what a step has packed can be read"
    return state


async def _wait(kept: Kept) -> Kept:
    return {"turn": wait(kept["turn"])}


def _decided(state: TurnState) -> str:
    decision = state["decision"]
    if decision is not None and decision.action == "try" and state["memory"].trial == "allowed":
        return "try"
    return "think" if decision is None else _TALK[decision.action]


def _repaired(state: TurnState) -> str:
    return "present" if state["decision"] is None else "edit"


def _presented(state: TurnState) -> str:
    return "wait" if state["memory"].pending is not None else "__end__"
