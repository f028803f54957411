"""The graph of one turn. Between turns the conversation holds everything, so any process can go on.

intake ─┬─> think ─┬─> ask | offer | answer | pass_on
        │    ^     └─> edit ──> check ─┬─> rehearse ──> present
        │    └──(more edits)───────────┤
        └─> pass_on         edit <── repair
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from chat_app.designer.agent import talking
from chat_app.designer.agent.budget import Budget
from chat_app.designer.agent.editing import Editor
from chat_app.designer.agent.intake import Intake
from chat_app.designer.agent.presenting import Presenter
from chat_app.designer.agent.rehearsing import Rehearser
from chat_app.designer.agent.thinking import Thinker
from chat_app.designer.agent.turn import Changes, Step, TurnState, finding

_TALK = {
    "ask": "ask",
    "plan": "offer",
    "answer": "answer",
    "run": "pass_on",
    "save": "pass_on",
    "undo": "pass_on",
    "edit": "edit",
}


class TurnGraph:
    """The compiled graph; imports LangGraph only when it is built."""

    def __init__(
        self,
        intake: Intake,
        thinker: Thinker,
        editor: Editor,
        rehearser: Rehearser,
        presenter: Presenter,
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
        }

    def compile(self) -> Any:
        """The graph, ready to be streamed; its custom stream carries design events."""
        from langgraph.graph import END, START, StateGraph

        graph = StateGraph(TurnState)
        for name, step in self._steps.items():
            graph.add_node(name, _node(step))
        graph.add_edge(START, "intake")
        graph.add_conditional_edges("intake", _decided, ["think", "pass_on"])
        ends = ["think", "repair", "rehearse", "present", *sorted(set(_TALK.values()))]
        graph.add_conditional_edges("think", self._thought, ends)
        graph.add_edge("edit", "check")
        graph.add_conditional_edges("check", self._checked, ["think", "repair", "rehearse", "present"])
        graph.add_conditional_edges("repair", _repaired, ["edit", "present"])
        graph.add_conditional_edges("rehearse", self._rehearsed, ["repair", "present"])
        for name in ("ask", "offer", "answer", "pass_on", "present"):
            graph.add_edge(name, END)
        return graph.compile()

    @property
    def most_steps(self) -> int:
        """More steps than a turn within its budget can take."""
        return 4 * self._budget.calls + 10

    def _thought(self, state: TurnState) -> str:
        decision = state["decision"]
        done = decision is not None and decision.action != "edit"
        return self._settled(state) if done and state["edits"] else _decided(state)

    def _checked(self, state: TurnState) -> str:
        more = state["more"] and state["calls"] < self._budget.calls and not state["rounds"]
        return "think" if more else self._settled(state)

    def _settled(self, state: TurnState) -> str:
        if not state["problems"]:
            return "rehearse"
        return "repair" if self._may_repair(state) else "present"

    def _rehearsed(self, state: TurnState) -> str:
        return "repair" if state["problems"] and self._may_repair(state) else "present"

    def _may_repair(self, state: TurnState) -> bool:
        """Rounds are few, and the same problems again mean that there is no use."""
        same = finding(state["problems"]) in state["seen"]
        return state["calls"] < self._budget.calls and not same and state["rounds"] < self._budget.repairs


def _node(step: Step) -> Callable[[TurnState], Awaitable[Changes]]:
    async def run(state: TurnState) -> Changes:
        from langgraph.config import get_stream_writer

        return await step(state, get_stream_writer())

    return run


def _decided(state: TurnState) -> str:
    decision = state["decision"]
    return "think" if decision is None else _TALK[decision.action]


def _repaired(state: TurnState) -> str:
    return "present" if state["decision"] is None else "edit"
