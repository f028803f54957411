"""Lists inside sentences: where one ends, and which of its items are things and not what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile

from chat_app.designer.guided.words import items

STEP_VERB = (
    r"(?:route|routes|routing|send|sends|ask|asks|draft|drafts|write|writes|reply|replies|answer|"
    r"answers|handle|handles|"
    r"let|lets|give|gives|return|returns|output|outputs|show|shows|notify|notifies|save|saves|summari[sz]e[sd]?|"
    r"translate[sd]?|classif(?:y|ies)|extract|extracts|review|reviews|approve|approves|check|checks|merge|merges|"
    r"combine[sd]?|improve[sd]?|rewrite|rewrites|then|make|makes|create[sd]?|produce[sd]?|put|puts|forward|forwards|"
    r"have|has|get|gets|build|builds|run|repeat|score|rate|rank|sort|compare|explain|suggest|process|do|pick|choose|"
    r"mark|flag|tell|tells|store|export|generate|prepare|report|list|wait|use|decide|turn|convert|find|escalate)"
)
END = (
    rf"(?=\s*(?:$|[.!?;\n]|,?\s*(?:and\s+)?then\b|,?\s+so that\b|,?\s+and\s+(?:then\s+|"
    rf"also\s+)?(?:it\s+)?{STEP_VERB}\b"
    rf"|,\s*(?:it\s+)?{STEP_VERB}\b|\s+(?:from|in order|for each|for every|with a|out of|to be|before|"
    rf"after|until|using)\b))"
)
LIST = r"([^.!?\n]+?)" + END

VAGUE = re.compile(
    r"^(?:the\s+)?(?:(?:key|main|important|relevant|structured|specific|certain|some|several|different|"
    r"following|right|"
    r"many|all|various|multiple|any|other|their|its|new|basic|own|my)\s+)*"
    r"(?:\d+\s+|\w+\s+)?(?:fields?|data|information|info|details|facts|values|things|stuff|parts?|"
    r"categor(?:y|ies)|labels?|"
    r"classes|groups|types?|topics?|queues?|angles?|perspectives?|json|table|csv|spreadsheet|entities|it|them|text|"
    r"texts|documents?|emails?|messages?|tickets?|what|which|kinds?|teams?|departments?|person|people|answers?|"
    r"sides?|viewpoints?|experts?|sources?|insights?|content|way|ways|items?|one|handler|handlers|place|persons?)$",
    re.IGNORECASE,
)
"""Words for fields and labels in general, which name none."""
_NO_COMMA = re.compile(
    r"(?<!\bof)(?<!\bin)(?<!\bon)(?<!\bto)(?<!\bfor)(?<!\bfrom)(?<!\band)(?<!\bor)(?<!,)\s+the\s+", re.IGNORECASE
)
"""Where a hasty list leaves out its comma: "the number the amount and the date"."""


_VERB_FIRST = re.compile(rf"{STEP_VERB}\s+\w", re.IGNORECASE)
_LONGEST = 5
"""Words of a name."""


def all_items(text: str) -> list[str]:
    """The items of a list, also where a hasty hand left out its commas."""
    return items(_NO_COMMA.sub(", the ", text))


def leading_names(listed: Iterable[str], no_name: re.Pattern[str] = _VERB_FIRST) -> list[str]:
    """The items up to the first that is too long for a name, or begins like another part of the sentence."""
    return list(takewhile(lambda item: 0 < len(item.split()) <= _LONGEST and not no_name.match(item), listed))


def sound_items(text: str) -> list[str]:
    """The items of a list that name something, up to the first that is a verb phrase."""
    return [item for item in leading_names(all_items(text)) if not VAGUE.match(item)]
