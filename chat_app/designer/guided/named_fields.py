"""The fields that a wish names: what is to be read out of a text, told from what else the sentence lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chat_app.designer.guided.lists import STEP_VERB, VAGUE, all_items, leading_names
from chat_app.designer.guided.words import NUMBER

_OBJECT = r"(?:the|an?|it|its|them|me|us|each|every|all|my|our|your|their|this|these|that|to|into)"
"""What stands behind a verb; names of fields such as "score" and "list" have it not behind them."""
_END = (
    r"(?=\s*(?:$|[.!?;\n]|,?\s*(?:and\s+)?then\b|,?\s+so that\b"
    rf"|,?\s*(?:and\s+)?(?:then\s+|also\s+)?(?:it\s+)?{STEP_VERB}\s+{_OBJECT}\b"
    r"|\s+(?:in order|for each|for every|with an?|out of|to be|before|after|until|using|from)\b))"
)
_LIST = r"([^.!?;\n]+?)" + _END
_TOLD = r"([^.!?;:\n]+?)" + _END
"""A list that no colon parts: what stands behind one is the list."""
_OUT = (
    r"(?:extract|pull(?:\s+out)?|grab|capture|pick\s+out|parse(?:\s+out)?|read\s+out|copy\s+out|fetch|"
    r"(?:must|have to|has to|need to|needs to)\s+(?:type|enter|copy|key in))"
)
_TAKE = r"(?:collect|get|find|take|gather|look\s+up|note|note\s+down|write\s+down|jot\s+down)"
_SUBJECT = r"(?:I|we|you|they|he|she|who|that|customers|people|clients)"
_PLAIN = r"\s+(?:out\s+)?(?:the\s+)?(?:fields?\s*:?\s*)?"

_CUES: tuple[tuple[str, int], ...] = (
    (
        r"\b(?:fields?|columns?|details|data|information|values|facts)\s*"
        r"(?::|,?\s+(?:are|like|such as|namely|e\.g\.|called))\s*" + _LIST,
        1,
    ),
    (r"\b(?:parse|split|break)\s+[^.!?;,\n]+?\s+into\s+(?!an?\b)" + _LIST, 2),
    (rf"\b{_OUT}{_PLAIN}{_TOLD}", 1),
    (r"\b(?:scan|search|look|go)\s+[^.!?;:,\n]+?\s+for\s+" + _TOLD, 2),
    (r"\b(?:table|list|csv|spreadsheet|sheet|record|rows?)\s+(?:with|of)\s+" + _TOLD, 2),
    (
        r"\b(?:need|want|know|see|give me|have)\s+(?:the\s+)?([^.!?;\n]+?,[^.!?;\n]+?)\s+(?:of|on|in)\s+"
        r"(?:an?|the|my|our|each|every|incoming|all)\b",
        2,
    ),
    (
        r"\b(?:need|want|would like|interested in|(?:give|tell|show|get|send)\s+me)\s+(?:only\s+|just\s+)?"
        r"(?!an?\b|to\b|it\b|you\b|someth|help)" + _TOLD,
        2,
    ),
    (rf"(?<!\ba )(?<!\bthe )\b{_TAKE}(?!\s+me\b){_PLAIN}{_TOLD}", 1),
    (r"\(([^()]+)\)", 1),
    (r":\s*" + _LIST, 1),
    (r"\bturn\s+[^.!?;:,\n]+?\s+into\s+(?!an?\b)" + _TOLD, 3),
    (rf"(?<!\ba )(?<!\bthe )\b(?:save|store|log|record|list){_PLAIN}{_TOLD}", 2),
)
"""Where fields are named, the surest first, and how many must be named there at least."""

_BEFORE = re.compile(
    r"([^.!?;:\n]+?)\s+(?:(?:must|should|shall|have to|has to|need to|needs to|are to|is to)\s+be\s+"
    r"(?:read|extracted|captured|copied|noted|typed|entered)|(?:are|is)\s+(?:all|what)\s+(?:that\s+)?I\s+(?:need|want))\b",
    re.IGNORECASE,
)
"""Fields that are named before it is said what they are for."""
_WHERE = re.compile(
    r"\s+(?:(?:in|into|to|out of|for|on|with)\s+(?:an?|the|our|my|your|their|each|every|all)\b.*"
    r"|of\s+(?:an?|each|every|all|incoming)\b.*|(?:in|into|as)\s+(?:csv|excel|json|tables?)\b.*|(?:in|from)\s+\w+s|out)$",
    re.IGNORECASE,
)
"""What follows a list: where the fields stand, or where they are to go."""
_COUNTED = re.compile(rf"(?:\d+|{NUMBER})\s+\w+s\b", re.IGNORECASE)
"""Things that come in, such as "200 emails a day", are no field."""
_NO_NAME = re.compile(rf"(?:{STEP_VERB}|{_OUT}|want|need)\s+\w|(?:I|we|you|they|he|she|it|me)(?:\s|$)", re.IGNORECASE)
"""How an item begins that is another part of the sentence."""
_ONE_OF = re.compile(
    r"(?:the\s+|an?\s+)?(?:e-?mail|message|content|topic|category|type|kind|text|person|source|answer|team|group|class)",
    re.IGNORECASE,
)
"""Words that are vague alone, and a field beside others."""


def named_fields(wish: str) -> list[str]:
    """The fields in the words of the wish; none where it names none."""
    for cue, least in _CUES:
        for said, own in _matches(cue, wish):
            fields = _sound(_named(said))
            if len(fields) >= (max(2, least) if own else least):
                return fields
    before = _BEFORE.search(wish)
    # Counted from the verb on, as what stands before the list is another part of the sentence.
    fields = _sound(_named(before[1], backwards=True)) if before else []
    return fields if len(fields) > 1 else []


def _matches(cue: str, wish: str) -> Iterator[tuple[str, bool]]:
    """What a cue finds; what one gets oneself is looked at last: it is what comes in."""
    # A lookahead, so that a match which gives nothing does not hide one that begins inside it.
    found = list(re.finditer(rf"(?={cue})", wish, re.IGNORECASE))
    mine = [re.search(rf"\b{_SUBJECT}\s+$", wish[: one.start()], re.IGNORECASE) is not None for one in found]
    for wanted in (False, True):
        yield from ((one[1], own) for one, own in zip(found, mine, strict=True) if own is wanted)


def _named(said: str, *, backwards: bool = False) -> list[str]:
    """The items up to the first that is a verb phrase or too long for a name."""
    listed = all_items(said)
    listed[-1:] = [_WHERE.sub("", last) for last in listed[-1:]]
    if any(_COUNTED.match(item) for item in listed[:1]) and not backwards:
        return []
    found = leading_names(reversed(listed) if backwards else listed, _NO_NAME)
    return found[::-1] if backwards else found


def _sound(found: list[str]) -> list[str]:
    several = any(not VAGUE.match(name) for name in found)
    return [name for name in found if not VAGUE.match(name) or (several and _ONE_OF.fullmatch(name))]
