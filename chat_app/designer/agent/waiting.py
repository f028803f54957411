"""How a turn begins: afresh, as the answer to an interrupt, or where an unfinished one was cut off."""

from __future__ import annotations

from typing import Any

from chat_app.designer.agent.turn import TurnState, packed, unpacked

_GO_ON = frozenset({"continue", "go on", "carry on", "weiter", "continuer", "continue please", "continuar", "sigue"})


def wait(kept: dict[str, Any]) -> dict[str, Any]:
    """Interrupts until the person has answered; what comes back is the state of the turn that answers."""
    from langgraph.types import interrupt

    memory = kept["memory"]
    question = memory["open_question"]
    return dict(interrupt({"asks": question["text"] if question else "approval"}))


async def entry(compiled: Any, config: dict[str, Any], state: TurnState) -> Any:
    """What the graph is given: a new state, an answer to its interrupt, or nothing, to go on where it stands."""
    from langgraph.types import Command

    kept = await compiled.aget_state(config)
    before = unpacked(kept.values.get("turn")) if kept.next else None
    if before is not None and kept.interrupts and before["memory"] == state["memory"]:
        return Command(resume=packed(state))
    if before is not None and not kept.interrupts and _goes_on(state, before):
        return None
    if kept.next:
        await compiled.checkpointer.adelete_thread(config["configurable"]["thread_id"])
    return {"turn": packed(state)}


async def unfinished(compiled: Any, config: dict[str, Any]) -> str | None:
    """The message of a turn that was cut off in the middle; None where there is none."""
    kept = await compiled.aget_state(config)
    before = unpacked(kept.values.get("turn")) if kept.next and not kept.interrupts else None
    return before["message"] if before is not None else None


def _goes_on(state: TurnState, before: TurnState) -> bool:
    """Whether a message means the unfinished turn, on a draft that is as it was."""
    words = state["message"].strip().lower().rstrip(".!")
    return state["start"] == before["start"] and (words in _GO_ON or state["message"] == before["message"])
