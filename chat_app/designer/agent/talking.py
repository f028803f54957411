"""The steps that end a turn in words: a question, a plan, an answer, a wish passed on."""

from __future__ import annotations

from chat_app.designer.agent.calls import Emit
from chat_app.designer.agent.decision import Decision
from chat_app.designer.agent.intake import APPROVAL
from chat_app.designer.agent.memory import Happened, Question, alike
from chat_app.designer.agent.turn import Changes, TurnState
from chat_app.events.design import (
    Asked,
    Card,
    Offered,
    Option,
    RunWanted,
    Said,
    SaveWanted,
    UndoWanted,
)


async def ask(state: TurnState, emit: Emit) -> Changes:
    """Puts the question; the next message answers it."""
    decision = _decision(state)
    question = decision.question
    assert question is not None
    if decision.say and not alike(decision.say, question.text):
        emit(Said(decision.say))
    put = Question(
        id=question.id,
        text=question.text,
        why=question.why,
        options=list(question.options),
        default=question.default,
    )
    emit(_asked(put))
    memory = state["memory"]
    return {"memory": memory.with_(asked=[*memory.asked, put], open_question=put)}


async def offer(state: TurnState, emit: Emit) -> Changes:
    """Shows the plan; the next message approves or changes it."""
    decision = _decision(state)
    _say_rest(state, decision, emit)
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(decision.plan, 1))
    emit(
        Offered(
            f"This is what I would build:\n\n{steps}",
            (
                Card("Build it", "Build the workflow as planned.", APPROVAL),
                Card("Change the plan", "Say in your own words what should be different.", "Change the plan: "),
            ),
        )
    )
    memory = state["memory"]
    return {"memory": memory.with_(plan=list(decision.plan), plan_state="offered", plans=memory.plans + 1)}


async def answer(state: TurnState, emit: Emit) -> Changes:
    """Says what the model says; nothing is changed, and a question that is open stays open."""
    decision = _decision(state)
    _say_rest(state, decision, emit)
    memory = state["memory"]
    if memory.open_question is not None:
        emit(_asked(memory.open_question))
    happened = Happened(wish=state["message"][:300], did="answered, nothing changed")
    return {"memory": memory.with_(turns=[*memory.turns, happened])}


async def pass_on(state: TurnState, emit: Emit) -> Changes:
    """Run, save and undo are done by whoever holds the draft."""
    decision = _decision(state)
    memory = state["memory"]
    match decision.action:
        case "run":
            emit(RunWanted())
        case "save":
            emit(SaveWanted(decision.name))
        case _:
            emit(UndoWanted())
    happened = Happened(wish=state["message"][:300], did=f"passed on: {decision.action}")
    return {"memory": memory.with_(turns=[*memory.turns, happened])}


async def rest(state: TurnState, emit: Emit) -> Changes:
    """Nothing more is to be done in this turn."""
    return {}


def _asked(question: Question) -> Asked:
    return Asked(
        id=question.id,
        text=question.text,
        why=question.why,
        options=tuple(Option(label, label) for label in question.options),
        default=question.default,
    )


def _decision(state: TurnState) -> Decision:
    decision = state["decision"]
    assert decision is not None
    return decision


def _say_rest(state: TurnState, decision: Decision, emit: Emit) -> None:
    """What the user has not read yet of the decision's words."""
    said = state["said"]
    if not said:
        if decision.say:
            emit(Said(decision.say))
    elif decision.say.startswith(said) and (rest := decision.say[len(said) :]):
        emit(Said(rest))
