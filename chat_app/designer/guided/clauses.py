"""Parts a message into the wishes that it holds: several sentences, or several commands in one."""

from __future__ import annotations

import re

_VERBS = (
    "add|insert|include|append|put|remove|delete|drop|take|get rid|replace|swap|exchange|change|rename|"
    "call|name|move|shift|"
    "branch|if|when|repeat|loop|redo|keep|go back|for each|for every|do|run|ask|let me|let|have|require|wait|get my|"
    "output|return|show|give|limit|stop|spend|use|switch|set|make|undo|revert|explain|save|skip|retry|tell|translate|"
    "summari[sz]e|classify|extract|rewrite|review|improve|approve|check|proofread|merge|combine|draft|"
    "write|send|escalate|"
    "connect|disconnect|end|finish|don't|do not|also|only|simplify|shorten|rate|score|anonymi[sz]e|"
    "list|compare|answer|reply|"
    "categori[sz]e|sort|polish|recommend|suggest|judge"
)
_BREAK = re.compile(
    rf"(?:\s*;\s*|\s*\n+\s*(?:[-*•]\s*)?|(?<=[^\d\s])\.\s+(?=\w)|\s*,?\s*\b(?:and\s+)?then\s*,?\s+|"
    rf"\s*,?\s+and\s+(?:also\s+|finally\s+|please\s+)?"
    rf"(?=(?:{_VERBS})\b)|\s*,\s*(?:also\s+|finally\s+)?(?=(?:{_VERBS})\b))",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"^(?:(?:please|pls|kindly|now|also|ok(?:ay)?|so|well|and|then|next|finally|first(?:ly)?|"
    r"first of all|afterwards|after that|"
    r"hey|just|maybe|great|good|thanks|thank you|nice|cool|perfect)[,!:]?\s+"
    r"|(?:can|could|would|will)\s+(?:you|we|it)\s+(?:please\s+)?"
    r"|(?:i|we)(?:'d| would)?\s+(?:also\s+|rather\s+)?(?:like|want|need|prefer|"
    r"wish)\s+(?:you\s+)?(?:to\s+)?(?=(?!to\b)\w)"
    r"|let(?:'s| us)\s+|it (?:should|must|shall|has to|needs to)\s+(?:also\s+)?|you (?:should|must|can|"
    r"could|may)\s+(?:also\s+)?"
    r"|the workflow (?:should|must|shall)\s+(?:also\s+)?|i(?:'d| would) be happy if you\s+|"
    r"how about\s+|what about\s+|why not\s+|try to\s+)+",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"^(?:(?:oh )?no(?:pe)?[,.]?\s*(?=not\s)|i (?:meant|mean)(?: to say)?[,:]?\s+(?!to\b)|"
    r"(?:no|nope|oh no|wait|sorry|actually|hmm)[,.!:]?\s*(?:no[,.]?\s*)?(?:sorry[,.]?\s*|actually[,.]?\s*)?"
    r"(?:(?:that(?:'s| is)|this is)\s+(?:not what i (?:meant|wanted)|wrong)[,.;:]?\s*)?"
    r"(?:i (?:meant|mean|wanted|said|want)(?: that| to say)?[,:]?\s+|rather[,:]?\s+|instead[,:]?\s+|"
    r"make (?:that|it)\s+))",
    re.IGNORECASE,
)
_CONSEQUENCES = (
    "go|jump|stop|end it|ask|let me|add|run|skip|send|route|continue|use|escalate|do|finish|return|"
    "write|translate|try"
)
_CONDITION_ALONE = re.compile(
    rf"^(?:please\s+)?(?:if|when|whenever|in case|for each|for every|once|after|before|instead of)\b"
    rf"(?:(?!\s(?:{_CONSEQUENCES})\b)[^,])*$",
    re.IGNORECASE,
)
"""A condition without its consequence."""
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|`[^`]*`")
_QUOTE = re.compile(
    r"\b(?:repeat|redo|loop|do)\s+[\w ]{1,80}?\s(?=(?:until|till|while)\b)"
    r"|\b(?:between|swap|exchange)\s+[\w ]{1,60}?\s+and\s+(?:the\s+)?\w{1,60}"
    r"|\b(?:run|do|execute|make|let|have|put)\s+[\w ,]{1,120}?\s(?:in parallel|at the same time|"
    r"simultaneously|concurrently|at once)\b"
    r"|\"[^\"]*\"|“[^”]*”|`[^`]*`|(?<!\w)'[^']*'(?!\w)",
    re.IGNORECASE,
)
"""What is never parted: quoted text, and lists that belong together."""


def polite_free(text: str) -> str:
    """A clause without the words of courtesy before and after it."""
    bare = _POLITE.sub("", text.strip()).strip()
    return re.sub(r"[\s,]*\b(?:please|pls|thanks|thank you|ok)\s*[.!]*$", "", bare, flags=re.IGNORECASE).strip(" .!?")


MOST_CHARACTERS = 1_200
"""What is longer is no wish or command but material; reading it word by word would take too long."""


MOST_CLAUSES = 10


def too_long(message: str) -> bool:
    """Whether a message, its quoted text apart, is too long to be read as commands."""
    return len(message) > 50_000 or len(_QUOTED.sub("", message)) > MOST_CHARACTERS


def clauses(message: str) -> list[str]:
    """The wishes in a message, in order; quoted text is never parted."""
    kept: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\x00{len(kept) - 1}\x00"

    def put_back(part: str) -> str:
        return re.sub(r"\x00(\d+)\x00", lambda found: kept[int(found[1])], part)

    parts = _joined(_BREAK.split(_QUOTE.sub(put_aside, message.strip())))
    return [clause for part in parts if (clause := polite_free(put_back(part)))]


def _joined(parts: list[str]) -> list[str]:
    """A condition that stands before its consequence belongs to it: "if it is bad, add …"."""
    joined: list[str] = []
    for part in parts:
        if joined and _CONDITION_ALONE.match(joined[-1]):
            joined[-1] = f"{joined[-1]}, {part}"
        elif part.strip():
            joined.append(part)
    return joined


def correction(message: str) -> str | None:
    """What a "no, I meant …" asks for instead; None where a message is no correction."""
    found = _CORRECTION.match(message.strip())
    if found is None:
        return None
    return (
        re.sub(r"[\s,]*\b(?:sorry|instead|please)\s*[.!]*$", "", message.strip()[found.end() :]).strip(" ,") or None
    )
