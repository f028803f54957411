"""Sequels: the commands inside a wish, which are carried out on what the recipe has built."""

from __future__ import annotations

import re
from typing import Any

from chat_app.designer.guided.clauses import clauses
from chat_app.designer.guided.patterns import Pattern
from chat_app.designer.guided.plans import Plan
from chat_app.designer.guided.tongues import in_english
from chat_app.translation import language, mark, tr

_COMMAND = re.compile(
    r"^(?:(?:if|when|whenever|in case|unless)\b.+|(?:repeat|loop)\b.+\b(?:until|while)\b.+|(?:limit|"
    r"cap)\b.+|(?:stop|abort) after\b.+|"
    r"(?:spend|use|cost|take|run)?\s*(?:for\s+)?(?:at most|no more than|max(?:imum)?|"
    r"not more than)\s+(?:[$€]|\d|\w+ (?:cents?|dollars?|minutes?|seconds?|steps?|tokens?)).*|"
    r"use (?:the )?model\b.+|use [\w.-]+/[\w./:-]+.*|(?:output|return) only\b.+|only (?:output|return)\b.+|"
    r"ask (?:me|us|a person|my \w+)\b.*\b(?:before|after)\b.+|(?:call|name) (?:it|the workflow)\b.+|retry\b.+)$",
    re.IGNORECASE,
)

_REPEATS = re.compile(r"(?:repeat|loop)\b", re.IGNORECASE)

_COMMANDS = {"approve": mark("ask a person to approve")}
"""Steps whose words in a wish are no command by themselves: "have a person check each"."""


def parted(wish: str) -> tuple[str, list[str]]:
    """A wish without the commands behind its first clause, and these."""
    found = clauses(wish)
    commands = [clause for clause in found[1:] if _COMMAND.match(clause)]
    if not commands:
        return wish, []
    return ", then ".join(clause for clause in found if clause not in commands), commands


def behind(pattern: Pattern, plan: Plan | None) -> list[str]:
    """The last steps of a plan that a pattern does not hold, as commands to follow it."""
    if plan is None:
        return []
    covered = [step.id in pattern.covers for step in plan.steps]
    if not any(covered):
        return []
    last = max(number for number, known in enumerate(covered) if known)
    return [_COMMANDS.get(step.id, step.words) for step in plan.steps[last + 1 :] if step.words]


def left_to(pattern: Pattern | None, commands: list[str]) -> list[str]:
    """The commands without the repetition that a pattern is made for: "repeat until it is good"."""
    return [one for one in commands if not (pattern and _REPEATS.match(one) and pattern.spoken_for(one))]


def as_said(commands: list[str], wish: str) -> list[str]:
    """Commands in the words of the wish that they were read from, where these are known."""
    told = in_english(wish, language())
    return [tr(one) if one in _COMMANDS.values() else told.in_own_words(one) for one in commands]


def with_sequel(recipe: dict[str, Any], commands: list[str]) -> dict[str, Any]:
    """A recipe that is followed by commands."""
    return {**recipe, "then": [*recipe.get("then", []), *commands]} if commands else recipe


def told_to(recipe: dict[str, Any], wish: str) -> str:
    """What a wish says to a recipe itself, without what its sequel does."""
    for command in recipe.get("then", []):
        wish = wish.replace(command, " ")
    return wish
