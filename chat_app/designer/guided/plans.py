"""Plans: the steps that a wish names, in order, and which of them are done for each item or at once."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from chat_app.designer.guided.steps import Named, steps_in
from chat_app.designer.guided.words import LANGUAGE

MOST_STEPS = 8
_NOUNS = re.compile(
    r"^(?:reviews?|summar(?:y|ies)|translations?|titles?|headlines?|keywords?|tags?|feedback|ratings?|"
    r"scores?|answers|repl(?:y|ies)|"
    r"responses?|drafts?|topics of|reports?|questions? about|concerns|tasks|category|labels|mood|"
    r"feelings?|emotions?|tone|"
    r"suggestions?|recommendations?|outlines?|author|rank|template|response|sentiment|risks?|a person|manager|"
    r"grades?|plan the sections|structure|"
    r"action items?|todos?|to-?dos?|next steps?|key points|main points|bullet points|highlights|"
    r"takeaways|faqs?|abstracts?|digests?|approval|personal data)$",
    re.IGNORECASE,
)
_OBJECT = re.compile(
    r"(?:\b(?:the|each|every|of|my|our|your|their|all|these|those|customers?'?|product|this|that|by|his|her|"
    r"from|user|app|book|film|movie|"
    r"restaurant|hotel|google|amazon|peer|literature|long|incoming|support|with|many|several|multiple|"
    r"some|for|about|its|on|until|high|low|in|into|as|to|two|three|four|five|six|seven|ten|\d+)\s+)$",
    re.IGNORECASE,
)
_ASKING = re.compile(r"\b(?:ask|asks|asking|answer|answers|get|gets)\s+(?:\w+\s+)?$", re.IGNORECASE)
_WANTED = re.compile(
    r"\b(?:list|find|name|give|write|make|collect|show|identify|note|suggest|generate|create|produce|"
    r"add|get|spot|highlight|judge|draft|"
    r"propose|derive|pull out|extract|detect|mark|point out|pick|need|want|like)\s+(?:me\s+|out\s+|"
    r"all\s+)?(?:the\s+|some\s+|its\s+|all\s+|a\s+few\s+|\d+\s+|(?:two|three|four|five|six|seven|eight|ten)\s+|a\s+|an\s+)?"
    r"(?:one[- ](?:line|sentence)\s+|short\s+|brief\s+)?$",
    re.IGNORECASE,
)
"""Before a thing, what makes it a wish after all: "list the risks"."""
_EACH = re.compile(
    r"\b(?:each|every|one by one|one at a time|individually|per (?:item|mail|email|review|ticket|"
    r"comment|document|article|text|message)|"
    r"(?:a |the |my |this |our )?(?:list|lists|batch|set|bunch|pile|series|collection) of|"
    r"all (?:of )?(?:the|my|our|these) \w+s\b|"
    r"(?:many|multiple|several|hundreds of|dozens of) (?!(?:rounds|times|steps|languages|angles|"
    r"perspectives|iterations|channels|experts|sections|"
    r"chapters|viewpoints|networks|platforms|countries|days|weeks|reasons|ways|agents|people|sides|"
    r"formats|versions)\b)\w+s)\b",
    re.IGNORECASE,
)
_ITEM = re.compile(
    r"\b(?:each|every|list of|batch of|set of|bunch of|pile of|series of|collection of|"
    r"all (?:of )?(?:the|my|our|these)|per|many|multiple|several)\s+(?:\w+\s+)?([a-z]{3,}?)(?:ies|"
    r"s)?\b(?!\s+of\b)",
    re.IGNORECASE,
)
_TOGETHER = re.compile(
    r"\b(?:finally|at the end|in the end|them all|all (?:of )?(?:them|results|the results)|overall|"
    r"everything|the results|the whole)\b",
    re.IGNORECASE,
)
_BY_HABIT = re.compile(
    r"^(?:writes?|compose|author|feedback|reviews?|reply|respond|labels|rate|judge|drafts)$", re.IGNORECASE
)
_DOER = re.compile(
    r"\b(?:i|we|they|you|he|she|who|people|some(?:one|body)|every(?:one|body)|nobody|collect|gather|leave|give|get|got|"
    r"receive|customers|patients|students|pupils|tenants|parents|guests|clients|members|users|readers|colleagues|staff|"
    r"teams?|neighbours|residents|citizens|employees|abroad)\s+(?:often\s+|always\s+|sometimes\s+|never\s+|just\s+|"
    r"usually\s+|only\s+|their\s+|my\s+|us\s+|me\s+|lots of\s+|much\s+)*$",
    re.IGNORECASE,
)
"""Before a verb, who does it already: "people write to us" tells what happens and asks for nothing."""
_DOING = re.compile(
    r"(?:^|[.;!?,]\s*|\band\s+)(?:i|we|they|he|she|people)\s+(?!want|need|would|should|must|like|can|could|will|wish)"
    r"(?:[\w']+\s+){1,5}and\s+$",
    re.IGNORECASE,
)
"""The same, with another thing that is done before it: "I keep bees and write down …"."""
_COMES_AS = re.compile(
    r"\b(?:come|comes|came|arrive|arrives|get|gets|receive|receives|sent|sends|have|has|is|are|keep|keeps|"
    r"write down|note down|type|delivered|uploaded|stored|"
    r"saved|kept|lie|lies)\s+(?:[\w']+\s+){0,3}$",
    re.IGNORECASE,
)
"""Before a kind of file, what makes it the one that is given: "they come in as PDF"."""
_ABOUT = re.compile(r"\babout\s+(?:the\s+)?$", re.IGNORECASE)
"""Before a turn, what makes it what something is about: "a report about three key points"."""
_ARRIVAL = re.compile(
    r"\b(?:when|whenever|once|as soon as)\b[^,;.]{1,60}?"
    r"\b(?:comes? in|arrives?|lands?|drops? in|gets? in|is received)\b",
    re.IGNORECASE,
)
"""What starts the work and is no condition for a step of it."""
_AT_ONCE = re.compile(
    r"\b(?:in parallel|at the same time|simultaneously|at once|concurrently|side by side)\b", re.IGNORECASE
)
BEHIND_OTHERS = frozenset({"approve", "ask_person", "merge", "report", "compare", "spreadsheet"})
"""Steps that look at what others made: at all items together, unless each is named; never the first."""
_TOLD = re.compile(r"\s+(?:is|are|was|were|says?|sounds?|reads?)\b", re.IGNORECASE)
"""Behind a noun, what makes it a thing that is spoken of: "a review is good"."""
_SAYING = "".join(
    f"(?<!{word} )" for word in ("say", "tell", "me", "us", "see", "check", "decide", "know", "out", "judge")
)
"""Not before "if": "say if it is good" asks for a judgement and sets no condition."""
_CONDITION = re.compile(_SAYING + r"\b(?:if|when|whenever|unless|until|in case|once)\b[^,;.]*$", re.IGNORECASE)


_OF_CATEGORY = re.compile(
    r"\b(?:(?:for|to) (?:each|every)(?: one| of them| category| kind| type| group| label)?(?=\s*(?:$|[.,;]))"
    r"|(?:each|every)(?: (?:one|category|kind|type|group|label|sort|class))?"
    r" (?:differently|separately|on its own|in its own way))",
    re.IGNORECASE,
)
"""After a sorting, "each" is each category and not each item."""
_PUT_INTO = re.compile(
    rf"\b(?:put|bring|turn|render|get)((?:\s+\w+){{1,5}}?)\s+(?:back\s+)?in(?:to)?\s+({LANGUAGE})", re.IGNORECASE
)
"""A translation that does not call itself one."""
_OTHER_TONGUE = re.compile(rf"[^,;.]{{0,40}}?\b(?:in|into|to)\s+({LANGUAGE})", re.IGNORECASE)
_RIGHT_THERE = 6
"""How many characters may stand between a weak step and what it is about: "draft a title"."""
_JOINED = re.compile(r",|;|\b(?:and|then)\b", re.IGNORECASE)
_RIGHT_BEHIND = re.compile(r"\s+(?:(?:the|my|our|all|incoming|customer|product)\s+)*")
_TONGUE = re.compile(rf"\b(?:{LANGUAGE}[\s,]+(?:and\s+|or\s+)?(?:in(?:to)?\s+)?|(?:to|into|in)\s+)$", re.IGNORECASE)
"""Before "polish", what makes it a language."""
_JOINT = re.compile(r"[\s,;.]*(?:\b(?:and|then|finally|also|a|an|the|to)\b[\s,;.]*)*$", re.IGNORECASE)
"""What joins a step to the next."""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step of a plan."""

    id: str
    each: bool = False
    at_once: bool = False
    words: str = ""
    """How the wish put it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order; plain data at heart, so that a conversation can keep it."""

    steps: tuple[PlannedStep, ...]

    def as_recipe(self) -> dict[str, Any]:
        """The plan as a recipe in the memory."""
        return {"steps": [asdict(step) for step in self.steps]}

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
    wish = _PUT_INTO.sub(r"translate\1 into \2", wish)
    named = _real(wish)
    if not named:
        return None
    at_once = bool(_AT_ONCE.search(wish))
    inside = bool(_EACH.search(wish[: named[0].start]))
    steps: list[PlannedStep] = []
    for number, one in enumerate(named):
        end = named[number + 1].start if number + 1 < len(named) else len(wish)
        segment = wish[one.start : end]
        if any(other.step.id == "classify" for other in named[: number + 1]):
            segment = _OF_CATEGORY.sub("", segment)
        inside = _inside(one, segment, inside)
        at_once_here = at_once and one.step.id not in BEHIND_OTHERS and not inside
        steps.append(PlannedStep(one.step.id, inside, at_once_here, _JOINT.sub("", segment)))
    if sum(step.at_once for step in steps) < 2:
        steps = [replace(step, at_once=False) for step in steps]
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
        beside = bool(kept) and re.fullmatch(
            r"\s*(?:,|\b(?:and|or)\b)(?:[\s,]|\b(?:and|the|a|an|its|or)\b)*", wish[kept[-1].end : one.start]
        )
        behind = bool(kept) and not kept[-1].step.weak and _RIGHT_BEHIND.fullmatch(wish, kept[-1].end, one.start)
        object_ = bool(_OBJECT.search(before) or behind) and not _WANTED.search(before) and not beside
        told = bool(_TOLD.match(wish, one.end))
        about = one.turn and bool(_ABOUT.search(before))
        spoken_of = object_ or told or bool(_ASKING.search(before))
        thing = about or (not one.turn and bool(_NOUNS.match(words)) and spoken_of)
        habit = not one.turn and bool(_BY_HABIT.match(words)) and bool(_DOER.search(before) or _DOING.search(before))
        if words.lower() == "polish" and _TONGUE.search(before):
            continue
        again = any(one.step.id == other.step.id for other in kept) and not _another_tongue(wish, one, kept)
        given = one.step.gives == "file" and bool(_COMES_AS.search(before))
        condition = bool(_CONDITION.search(_ARRIVAL.sub("", before.rsplit(",", 1)[-1])))
        if not (thing or habit or again or given or condition):
            kept.append(one)
    return [one for one in kept if not one.step.weak or _stands_alone(one, kept, wish)]


def _another_tongue(wish: str, one: Named, kept: list[Named]) -> bool:
    """Whether a second translation is into another language than the one before it."""
    if one.step.id != "translate":
        return False
    before = next(other for other in reversed(kept) if other.step.id == "translate")
    said = [_OTHER_TONGUE.match(wish, named.end) for named in (before, one)]
    return all(said) and said[0][1].lower() != said[1][1].lower()  # type: ignore[index]


def _stands_alone(one: Named, kept: list[Named], wish: str) -> bool:
    """A weak step counts where no other step is named right behind it: "draft a title" is a title."""
    follower = next((other for other in kept if other.start > one.start), None)
    if follower is None or follower.start - one.end > _RIGHT_THERE:
        return True
    return bool(_JOINED.search(wish[one.end : follower.start]))
