"""Plans: the steps that a wish names, in order, and which of them are done for each item or at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from chat_app.designer.guided.steps import Named, steps_in

MOST_STEPS = 8
_NOUNS = re.compile(
    r"^(?:reviews?|summar(?:y|ies)|translations?|titles?|headlines?|keywords?|tags?|feedback|ratings?|scores?|answers|repl(?:y|ies)|"
    r"responses?|drafts?|topics of|reports?|questions? about|concerns|tasks|category|labels|mood|feelings?|emotions?|tone|"
    r"suggestions?|recommendations?|outlines?|template|response|sentiment|risks?|a person|manager|grades?|plan the sections|structure|"
    r"action items?|todos?|to-?dos?|next steps?|key points|main points|bullet points|highlights|takeaways|faqs?|approval|personal data)$",
    re.IGNORECASE,
)
_OBJECT = re.compile(
    r"(?:\b(?:the|each|every|of|my|our|your|their|all|these|those|customers?'?|product|this|that|by|from|user|app|book|film|movie|"
    r"restaurant|hotel|google|amazon|peer|literature|long|incoming|support|with|many|several|multiple|some|for|about|its|on|until|high|low|in|into|as|to|two|three|four|five|six|seven|ten|\d+)\s+)$",
    re.IGNORECASE,
)
_WANTED = re.compile(
    r"\b(?:list|find|name|give|write|make|collect|show|identify|note|suggest|generate|create|produce|add|get|spot|highlight|judge|draft|"
    r"propose|derive|pull out|extract|detect|mark|point out|pick|need|want|like)\s+(?:me\s+|out\s+|all\s+)?(?:the\s+|some\s+|its\s+|all\s+)?$",
    re.IGNORECASE,
)
"""Before a thing, what makes it a wish after all: "list the risks"."""
_EACH = re.compile(
    r"\b(?:each|every|one by one|one at a time|individually|per (?:item|mail|email|review|ticket|comment|document|article|text|message)|"
    r"(?:a |the |my |this |our )?(?:list|lists|batch|set|bunch|pile|series|collection) of|all (?:of )?(?:the|my|our|these) \w+s\b|"
    r"(?:many|multiple|several|hundreds of|dozens of) \w+s)\b",
    re.IGNORECASE,
)
_ITEM = re.compile(
    r"\b(?:each|every|list of|batch of|set of|bunch of|pile of|series of|collection of|all (?:of )?(?:the|my|our|these)|per|many|multiple|several)\s+(?:\w+\s+)?([a-z]{3,}?)(?:ies|s)?\b(?!\s+of\b)",
    re.IGNORECASE,
)
_TOGETHER = re.compile(
    r"\b(?:finally|at the end|in the end|them all|all (?:of )?(?:them|results|the results)|overall|everything|the results|the whole)\b",
    re.IGNORECASE,
)
_AT_ONCE = re.compile(
    r"\b(?:in parallel|at the same time|simultaneously|at once|concurrently|side by side)\b", re.IGNORECASE
)
BEHIND_OTHERS = frozenset({"approve", "ask_person", "merge", "report", "compare"})
"""Steps that look at what others made: at all items together, unless each is named; never the first."""
_CONDITION = re.compile(r"\b(?:if|when|whenever|unless|until|in case|once)\b[^,;.]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step of a plan."""

    id: str
    each: bool = False
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order; plain data at heart, so that a conversation can keep it."""

    steps: tuple[PlannedStep, ...]

    def as_recipe(self) -> dict[str, Any]:
        """The plan as a recipe in the memory."""
        return {"steps": [{"id": step.id, "each": step.each, "at_once": step.at_once} for step in self.steps]}

    @classmethod
    def of_recipe(cls, recipe: dict[str, Any]) -> Plan:
        """The plan that a recipe holds."""
        return cls(tuple(PlannedStep(**step) for step in recipe["steps"]))

    @property
    def ids(self) -> set[str]:
        """What the plan does."""
        return {step.id for step in self.steps}

    @property
    def each(self) -> bool:
        """Whether some of it is done for each item of a list."""
        return any(step.each for step in self.steps)


def plan_of(wish: str) -> Plan | None:
    """The steps that a wish names; None where it names none."""
    named = _real(wish)
    if not named:
        return None
    at_once = bool(_AT_ONCE.search(wish))
    inside = bool(_EACH.search(wish[: named[0].start]))
    steps: list[PlannedStep] = []
    for number, one in enumerate(named):
        end = named[number + 1].start if number + 1 < len(named) else len(wish)
        segment = wish[one.start : end]
        inside = _inside(one, segment, inside)
        steps.append(
            PlannedStep(one.step.id, each=inside, at_once=at_once and one.step.id not in BEHIND_OTHERS and not inside)
        )
    if sum(step.at_once for step in steps) < 2:
        steps = [PlannedStep(step.id, step.each) for step in steps]
    return Plan(tuple(steps[:MOST_STEPS]))


def _inside(one: Named, segment: str, inside: bool) -> bool:
    if _EACH.search(segment):
        return not (one.step.id in BEHIND_OTHERS and _TOGETHER.search(segment))
    if one.step.id in BEHIND_OTHERS or _TOGETHER.search(segment):
        return False
    return inside


def _real(wish: str) -> list[Named]:
    """The named steps that are wishes and not things: `review` in "summarise each review" is a thing."""
    kept: list[Named] = []
    for one in steps_in(wish):
        words, before = wish[one.start : one.end], wish[: one.start]
        thing = _NOUNS.match(words) and _OBJECT.search(before) and not _WANTED.search(before)
        again = any(one.step.id == other.step.id for other in kept)
        if not thing and not again and not _CONDITION.search(before.rsplit(",", 1)[-1] if "," in before else before):
            kept.append(one)
    strong = [one for one in kept if not one.step.weak or _stands_alone(one, kept)]
    return strong


def _stands_alone(one: Named, kept: list[Named]) -> bool:
    """A weak step counts where no other step is named right behind it: "draft a title" is a title."""
    follower = next((other for other in kept if other.start > one.start), None)
    return follower is None or follower.start - one.end > 6
