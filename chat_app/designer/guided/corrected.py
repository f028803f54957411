"""What "no, I meant …" makes of the command before it, where it names only the part that was wrong."""

from __future__ import annotations

import re

from chat_app.designer.guided.clauses import clauses
from chat_app.designer.guided.steps import step_in
from chat_app.designer.guided.view import View
from chat_app.designer.guided.words import LANGUAGE, NUMBER, unquoted

_PLACE = (
    r"(?:right |directly )?(?:after|before|behind|ahead of|in front of|between|"
    r"at the (?:very )?(?:end|start|beginning))"
)
_AT_A_PLACE = re.compile(rf"^{_PLACE}\b", re.IGNORECASE)
_PLACED = re.compile(rf"\s+{_PLACE}\b.*$", re.IGNORECASE)
_ADDED = re.compile(r"^(?P<verb>add|insert|include|append|put in|put|attach)\s+", re.IGNORECASE)
_NAMED = re.compile(r"^(?P<old>(?:rename|call|name|save)\b.*\s(?:to|as|into))\s+\S.*$", re.IGNORECASE)
_MODEL = re.compile(r"[\w.-]+/[\w./:@-]+|\b(?:gpt|claude|gemini|llama|qwen|mistral)[\w.:-]*", re.IGNORECASE)
_TONGUE = re.compile(rf"\b(?:{LANGUAGE})\b", re.IGNORECASE)
_AMOUNT = re.compile(rf"(?<![\w.])(?:[$€]\s*)?{NUMBER}(?:\s*(?:%|[a-z]+s?\b))?", re.IGNORECASE)
_COUNT = re.compile(rf"(?<![\w.]){NUMBER}(?![\w.]*\d)(?!\w)", re.IGNORECASE)
_NOT_BUT = re.compile(r"^not\s+(?P<old>.+?)\s*(?:,\s*(?:but\s+)?|\s+but\s+)(?P<new>.+)$", re.IGNORECASE)
_STEP = re.compile(r"^(?:the\s+)?(?P<name>.+?)(?:\s+(?:step|node|one|field))?$", re.IGNORECASE)
_MOST_WORDS = 4


def corrected(command: str, meant: str, view: View) -> str | None:
    """The command with the part put right that some words mean; None where they are a command of their own."""
    parts = clauses(command)
    if not parts:
        return None
    *before, last = parts
    turned = _turned(last, meant.strip(" .!"), view)
    return "; ".join([*before, turned]) if turned is not None and turned != last else None


def _turned(command: str, meant: str, view: View) -> str | None:
    swapped = _NOT_BUT.match(meant)
    if swapped:
        old, new = _bare(swapped["old"]), swapped["new"]
        found = re.search(rf"\b(?:the\s+)?{re.escape(old)}\b", command, re.IGNORECASE)
        return command.replace(found[0], new, 1) if found else _turned(command, new, view)
    if _AT_A_PLACE.match(meant):
        placed = _PLACED.search(command)
        return f"{command[: placed.start()] if placed else command} {meant}"
    bare = re.sub(r"^(?:in|into|to)\s+", "", meant)
    for kind in (_MODEL, _TONGUE, _COUNT, _AMOUNT):
        if kind.fullmatch(bare):
            found = kind.search(command)
            return f"{command[: found.start()]}{bare}{command[found.end() :]}" if found else None
    return _name(command, meant) or _step(command, meant, view) or _added(command, meant)


def _bare(words: str) -> str:
    found = _STEP.match(words.strip())
    return found["name"] if found else words.strip()


def _step(command: str, meant: str, view: View) -> str | None:
    """Another step of the draft in place of the one that was named."""
    named = view.nodes_like(_bare(meant))
    if len(named) != 1 or len(meant.split()) > _MOST_WORDS:
        return None
    words = command.split()
    for length in range(_MOST_WORDS, 0, -1):
        for at in range(1, len(words) - length + 1):
            window = " ".join(words[at : at + length])
            if len(view.nodes_like(window)) == 1 and view.nodes_like(words[at]):
                return " ".join([*words[:at], named[0], *words[at + length :]])
    return None


def _added(command: str, meant: str) -> str | None:
    """Another step to add, at the same place."""
    found = _ADDED.match(command)
    if found is None or step_in(meant) is None or re.match(r"^(?:add|insert|remove|delete|move|rename)\b", meant):
        return None
    placed = _PLACED.search(command)
    return f"{found['verb']} {meant}{placed[0] if placed and not _PLACED.search(meant) else ''}"


def _name(command: str, meant: str) -> str | None:
    """Another name for what was named."""
    found = _NAMED.match(command)
    one_word = bool(re.fullmatch(r"\w+", meant)) or unquoted(meant) != meant
    return f"{found['old']} {meant}" if found and one_word else None
