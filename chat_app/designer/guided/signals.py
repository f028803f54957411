"""Words that steer the interview itself, whatever is open."""

from __future__ import annotations

import re
from enum import Enum, auto


class Signal(Enum):
    """What a short message asks of the interview."""

    SKIP = auto()
    SKIP_ALL = auto()
    RESTART = auto()
    OTHER = auto()
    WHY = auto()
    BACK = auto()
    HELP = auto()
    GREETING = auto()


_WORDS: dict[Signal, str] = {
    Signal.SKIP: r"(?:/|please )?skip(?: it| this| that| this one| this question| please)?|you (?:decide|choose|"
    r"pick)|"
    r"(?:the |use the |take the )?default|whatever(?: you (?:like|think))?|(?:i )?(?:do not|don't|"
    r"dont) (?:know|care|mind)|"
    r"no idea|not sure|no preference|up to you|any(?:thing)?|pass|next|dunno",
    Signal.SKIP_ALL: r"(?:/|please |just )?skip (?:it all|them(?: all)?|everything(?: else)?|all(?: of (?:it|them))?|"
    r"(?:all (?:the )?|the )(?:(?:other|remaining) )?questions|(?:all )?the rest)(?: please)?|"
    r"(?:use |take |all )?(?:the )?defaults"
    r"(?: for (?:all|everything|the rest))?|(?:just |now )?build(?: it)?(?: now)?|"
    r"(?:you )?decide (?:everything|all|the rest)|"
    r"just do it|go ahead|surprise me",
    Signal.RESTART: r"start (?:over|again|from scratch)|restart|reset|cancel|(?:a )?new workflow|forget (?:it|that|"
    r"this)|scrap (?:it|that)|"
    r"abort|stop(?: it)?|never ?mind",
    Signal.OTHER: r"(?:none|neither)(?: of (?:these|those|them|the above))?|something (?:else|different)|other|"
    r"another(?: one)?|"
    r"no,? something else|not (?:these|those|that)|wrong",
    Signal.WHY: r"why(?: do you ask| is that| that| this)?|what for|what does (?:this|that) mean|what do you mean",
    Signal.BACK: r"(?:go )?back|previous(?: question)?|change (?:my|the) last answer",
    Signal.HELP: r"/?help(?: me)?|what can (?:you|i) (?:do|say|ask)|what (?:else )?(?:is|are) possible|commands|"
    r"options|\?|"
    r"how does (?:this|it) work|examples?|what can you build|what patterns? (?:are there|do you know)",
    Signal.GREETING: r"(?:hi|hello|hey|hallo|good (?:morning|afternoon|evening)|hola|bonjour|greetings)(?: there)?|"
    r"who are you|what is this",
}
_PATTERNS = {signal: re.compile(words, re.IGNORECASE) for signal, words in _WORDS.items()}


def signal_of(text: str) -> Signal | None:
    """The signal that a whole message is."""
    plain = text.strip().strip(".!").strip()
    plain = plain.rstrip("?").strip() or plain
    return next((signal for signal, words in _PATTERNS.items() if words.fullmatch(plain)), None)
