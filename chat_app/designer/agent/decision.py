"""One decision of the model, made sense of: what it wants to do, bounded and cleaned."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from chat_app.designer.agent.answers import Answer
from chat_app.designer.agent.budget import shorten
from chat_app.designer.agent.wire import ACTIONS, MAX_EDITS, MAX_OPTIONS, MAX_STEPS

Action = Literal["ask", "plan", "edit", "answer", "run", "save", "undo", "try", "start_from", "rest"]

_OTHER_WORDS: dict[str, Action] = {
    "question": "ask",
    "ask_user": "ask",
    "clarify": "ask",
    "propose_plan": "plan",
    "build": "edit",
    "edits": "edit",
    "change": "edit",
    "create": "edit",
    "modify": "edit",
    "update": "edit",
    "apply_edits": "edit",
    "repair": "edit",
    "fix": "edit",
    "reply": "answer",
    "respond": "answer",
    "explain": "answer",
    "say": "answer",
    "done": "answer",
    "execute": "run",
    "try_out": "try",
    "test": "try",
    "test_run": "try",
    "start": "start_from",
    "use_pattern": "start_from",
    "pattern": "start_from",
}
_NOTHING = frozenset({"", "none", "null", "n/a", "-"})
SAY_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as the model put it, bounded."""

    id: str
    text: str
    why: str
    options: tuple[str, ...]
    default: str | None


@dataclass(frozen=True, slots=True)
class StartFrom:
    """A pattern to begin with, and what the model answers its slots; both as they came."""

    pattern: str
    answers: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the model decided."""

    action: Action
    say: str = ""
    thought: str = ""
    question: AskedQuestion | None = None
    plan: tuple[str, ...] = ()
    edits: tuple[Any, ...] = ()
    """As they came; they are repaired and read later."""
    start: StartFrom | None = None
    """With action `start_from`; the edits follow upon it."""
    document: str | None = None
    """A whole workflow in the place of edits."""
    assumptions: tuple[str, ...] = ()
    name: str | None = None
    more: bool = False
    """Whether further edits are to follow, as not all fitted."""


def decision_of(answer: Answer) -> Decision | None:
    """The decision in an answer; None where it holds none that can be acted on."""
    if answer.document is not None:
        return Decision(action="edit", document=answer.document, say=_text(answer.prose, SAY_LENGTH))
    if answer.decision is None:
        return None
    raw = answer.decision
    document = next((raw[key] for key in ("document", "yaml", "workflow") if _is_document(raw.get(key))), None)
    question = _question(raw)
    edits = _edits(raw, answer.cut)
    plan = _lines(raw.get("plan", raw.get("steps")), MAX_STEPS)
    action = _action(raw, question, edits or (document,) if document else edits, plan)
    start, edits = _start(raw, action, edits)
    if start is not None:
        action, document = "start_from", None
    decision = Decision(
        action=action,
        say=_text(raw.get("say", raw.get("message", raw.get("text"))), SAY_LENGTH),
        thought=_text(raw.get("thought"), 400),
        question=question,
        plan=plan,
        edits=edits,
        start=start,
        document=document if not edits else None,
        assumptions=_lines(raw.get("assumptions"), 6),
        name=_text(raw.get("name"), 64) or None,
        more=raw.get("more") is True or (answer.cut and bool(edits)),
    )
    return decision if _can_be_done(decision) else None


def _is_document(value: Any) -> bool:
    return isinstance(value, str) and "nodes" in value


def _can_be_done(decision: Decision) -> bool:
    match decision.action:
        case "ask":
            return decision.question is not None
        case "plan":
            return bool(decision.plan)
        case "edit":
            return bool(decision.edits) or decision.document is not None
        case "start_from":
            return decision.start is not None
        case "answer":
            return bool(decision.say)
        case _:
            return True


def _action(
    raw: Mapping[str, Any], question: AskedQuestion | None, edits: Sequence[Any], plan: Sequence[str]
) -> Action:
    said = str(raw.get("action", "")).strip().lower().replace(" ", "_")
    action = _OTHER_WORDS.get(said, cast(Action, said) if said in ACTIONS else None)
    if action == "answer" and edits:
        return "edit"
    if action == "edit" and not edits and question is not None:
        return "ask"
    if action is not None:
        return action
    if edits:
        return "edit"
    if question is not None:
        return "ask"
    return "plan" if plan else "answer"


def _edits(raw: Mapping[str, Any], was_cut: bool) -> tuple[Any, ...]:
    key = next((key for key in ("edits", "ops", "operations") if raw.get(key)), None)
    found = raw[key] if key else ()
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list):
        return (found,) if isinstance(found, str) and found.strip() else ()
    if was_cut and key == list(raw)[-1]:
        found = found[:-1]  # the last one may be half
    return tuple(edit for edit in found if edit)[: MAX_EDITS * 2]


def _start(
    raw: Mapping[str, Any], action: Action, edits: tuple[Any, ...]
) -> tuple[StartFrom | None, tuple[Any, ...]]:
    """The pattern to begin with, where one is named, and the edits without it: some name it as an edit."""
    if action not in ("edit", "start_from"):
        return None, edits
    within = [edit for edit in edits if isinstance(edit, dict) and edit.get("op") == "start_from"]
    rest = tuple(edit for edit in edits if edit not in within)
    beside = action == "edit" and bool(rest)  # a key that came along with edits which stand by themselves
    for told in within if beside else (raw, *within):
        inner = told.get("pattern")
        named = {**told, **inner} if isinstance(inner, dict) else told
        name = _text(named.get("pattern") if not isinstance(inner, dict) else inner.get("id", inner.get("name")), 120)
        if name.lower() not in _NOTHING:
            answers = named.get("answers", named.get("slots"))
            return StartFrom(name, answers if isinstance(answers, dict) else {}), rest
    return None, rest


def _question(raw: Mapping[str, Any]) -> AskedQuestion | None:
    found = raw.get("question")
    if isinstance(found, str):
        found = {
            "text": found,
            "options": raw.get("options"),
            "default": raw.get("default"),
            "why": raw.get("why"),
        }
    if not isinstance(found, dict):
        return None
    text = _text(found.get("text", found.get("question")), 500)
    if text.lower() in _NOTHING:
        return None
    options = _options(found.get("options"))
    default = _text(found.get("default"), 120) or (options[0] if options else None)
    return AskedQuestion(
        id=_slug(_text(found.get("id"), 60) or text),
        text=text,
        why=_text(found.get("why"), 300),
        options=options,
        default=default,
    )


def _options(raw: Any) -> tuple[str, ...]:
    """Two to four different answers to click; fewer make no choice and are left out."""
    items = raw if isinstance(raw, list) else []
    labels = [_text(item.get("label", item.get("value")) if isinstance(item, dict) else item, 120) for item in items]
    different = tuple(dict.fromkeys(label for label in labels if label.lower() not in _NOTHING))
    return different[:MAX_OPTIONS] if len(different) > 1 else ()


def _lines(raw: Any, most: int) -> tuple[str, ...]:
    items = raw if isinstance(raw, list) else raw.splitlines() if isinstance(raw, str) else []
    lines = (_text(_line(item), 300) for item in items)
    return tuple(line for line in lines if line.lower() not in _NOTHING)[:most]


def _line(item: Any) -> Any:
    return " ".join(str(part) for part in item.values()) if isinstance(item, dict) else item


def _text(raw: Any, length: int) -> str:
    if not isinstance(raw, (str, int, float)) or isinstance(raw, bool):
        return ""
    text = str(raw).strip()
    return text if len(text) <= length else shorten(text, length)


def _slug(text: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40].strip("_")
    return slug if slug[:1].isalpha() else f"q_{slug}".rstrip("_")
