"""What the model is given to read: the language, the document, the brief; all bounded, all marked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chat_app.designer.agent.budget import cut, newest, shorten, tokens
from chat_app.designer.agent.excerpts import excerpt
from chat_app.designer.agent.language import (
    edits_reference,
    kinds_for,
    nodes_reference,
    tests_reference,
    tools_reference,
    types_reference,
)
from chat_app.designer.agent.memory import Memory
from chat_app.designer.agent.prompts import render_prompt
from chat_app.designer.agent.turn import TurnState
from chat_app.designer.conversation import Message
from chat_app.designer.starting import StartCard
from chat_app.workflow.diagnostics import Diagnostic
from chat_app.workflow.surroundings import Surroundings

_MESSAGE_TOKENS = 700
"""What is kept for the message, however large the document is."""
_FRAME_TOKENS = 420
"""The fixed words around all parts."""
_BRIEF_TOKENS = 450
_HISTORY_TOKENS = 300
_PROBLEM_TOKENS = 400
_TOOL_TOKENS = 520
_START_TOKENS = 520
_RECENT = 4
_TAGS = re.compile(r"</?\s*(?:document|message|brief|problems)\s*>", re.I)

_MEANINGS = {
    "ask": "ask: put one question (`question`), only for what you cannot infer and what changes the workflow",
    "plan": "plan: for a large wish (five steps or more, or several ways to do it): list the steps in `plan`",
    "edit": "edit: change the document by `edits`",
    "start_from": "start_from: begin with a pattern that does the core of the wish (`pattern`, `answers` by slot; "
    "leave out what the default fits); `edits` then change it and may be left out. The patterns:",
    "answer": "answer: answer in `say`; nothing is changed",
    "run": "run: the person wants to run the workflow",
    "save": "save: the person wants to save it (`name`, if one was given)",
    "undo": "undo: the person wants the last change taken back",
    "try": "try: run it on a sample and mend what fails; the person is asked for leave first",
}


def system_prompt(surroundings: Surroundings, about: str = "", *, few: bool = False) -> str:
    """The standing part: the same for every call of a turn, so that a provider can keep it.

    `about` is the wish, where there are more tools than can be told whole; with `few`, fewer nodes and tools are.
    """
    return render_prompt(
        "designer_system",
        {
            "kinds": nodes_reference(surroundings.runnable_kinds, kinds_for(about) if few else None),
            "edits": edits_reference(),
            "types": types_reference(),
            "tests": tests_reference(),
            "tools": tools_reference(surroundings.tools, _TOOL_TOKENS // 2 if few else _TOOL_TOKENS, about),
        },
    )


def turn_prompt(state: TurnState, room: int) -> str:
    """The part of this call: brief, document, problems, message; within `room` tokens."""
    told = _bare(brief(state["memory"], state["history"]))
    problems = _bare(problem_lines(state["problems"])) or "None."
    actions = action_lines(state)
    frame = _FRAME_TOKENS + tokens(start_lines(state["starts"]))
    shown, message = _shared(state, room - tokens(told) - tokens(problems) - frame, _MESSAGE_TOKENS)
    return render_prompt(
        "designer_turn",
        {
            "brief": told,
            "document": shown,
            "problems": problems,
            "actions": actions,
            "note": state["note"],
            "message": message,
        },
    )


def action_lines(state: TurnState) -> str:
    """What may be decided, each in a line; the patterns stand below the action that takes one."""
    lines = []
    for name, meaning in _MEANINGS.items():
        if name in state["actions"]:
            lines.append(f"- {meaning}")
            lines += [start_lines(state["starts"])] if name == "start_from" else []
    return "\n".join(lines)


def start_lines(cards: Sequence[StartCard]) -> str:
    """The patterns as short cards: what each does, what it must know."""
    share = _START_TOKENS // max(1, len(cards))
    return "\n".join(cut(_start_card(card), share) for card in cards)


def _start_card(card: StartCard) -> str:
    lines = [f"  - `{card.id}`: {shorten(card.does, 160)}"]
    for slot in card.slots:
        options = " | ".join(shorten(option, 60) for option in slot.options)
        default = shorten(slot.default, 60)
        known = [f"e.g. {options}"] * bool(options) + [f"default: {default}"] * bool(default)
        lines.append(f"    {slot.id}: {shorten(slot.asks, 80)}" + (f" ({'; '.join(known)})" if known else ""))
    return "\n".join(lines)


def repair_prompt(state: TurnState, room: int, most: int = 40) -> str:
    """The part of a repair: the first `most` problems with what is allowed there, and the text they are in."""
    problems = _bare(problem_lines(state["problems"][:most]))
    may_start = bool(state["starts"]) and not state["working"].strip()
    offer = f"Or, as nothing stands yet:\n- {_MEANINGS['start_from']}\n{start_lines(state['starts'])}\n"
    starts = offer if may_start else ""
    shown, message = _shared(state, room - tokens(problems + starts) - _FRAME_TOKENS, _MESSAGE_TOKENS // 2)
    return render_prompt("designer_repair", {"message": message, "document": shown, "problems": problems}) + starts


def _shared(state: TurnState, room: int, least: int) -> tuple[str, str]:
    """The document and the message in the room there is: neither crowds out the other."""
    shown = document(state, room - min(least, tokens(state["message"])))
    return shown, _bare(cut(state["message"], room - tokens(shown)))


def document(state: TurnState, limit: int) -> str:
    """The workflow text as the model reads it."""
    text = state["working"]
    if not text.strip():
        return "(empty: nothing was built yet)"
    wish = "\n".join([state["message"], *(problem.message for problem in state["problems"])])
    return _bare(excerpt(text, limit, wish)).rstrip()


def problem_lines(problems: Sequence[Diagnostic]) -> str:
    """One line for each problem: where, what, and what helps."""
    lines = []
    for problem in problems:
        place = ".".join(map(str, problem.path)) or "document"
        line = f"- {problem.code} at {shorten(place, 120)}: {shorten(problem.message, 300)}"
        lines.append(line + (f" ({shorten(problem.help, 300)})" if problem.help else ""))
    return cut("\n".join(lines), _PROBLEM_TOKENS)


def brief(memory: Memory, history: Sequence[Message]) -> str:
    """All earlier turns, folded: the wish, what was learnt, the plan, what was done, the last words."""
    wish = [f"First wish: {shorten(memory.wish, 600)}"] if memory.wish else []
    parts = []
    for slot in memory.slots:
        mark = "" if slot.source == "user" else " (assumed)"
        parts.append(f"Asked: {shorten(slot.question, 160)} Answer{mark}: {shorten(slot.value, 240)} [id {slot.id}]")
    if memory.plan and memory.plan_state == "approved":
        parts.append("The person approved this plan; build all of it now: " + "; ".join(memory.plan))
    elif memory.plan:
        parts.append("An earlier plan: " + "; ".join(memory.plan))
    did = [f"Earlier: {shorten(turn.wish, 120)} -> {shorten(turn.did, 200)}" for turn in memory.turns]
    why = [f"Your reason then: {shorten(turn.why, 200)}" for turn in memory.turns[-1:] if turn.why]
    said = [f"{_who(message)}: {shorten(message.text, 240)}" for message in history[-_RECENT:]]
    lines = [*wish, *newest([*parts, *did], _BRIEF_TOKENS), *why, *newest(said, _HISTORY_TOKENS)]
    return "\n".join(lines) or "Nothing yet."


def _who(message: Message) -> str:
    return "Person" if message.role == "user" else "You"


def _bare(text: str) -> str:
    """Text that cannot close the marks it stands between."""
    return _TAGS.sub("[mark]", text)
