"""The language that prompts ask for: that of the conversation, unless the wish names another; none in English.

Prompts stay English, as models follow that best; without a word on it they would often answer in English too. What is
copied from a text or translated is not told so: it has its own language.
"""

from __future__ import annotations

import re

from chat_app.designer.guided.patterns import Pattern
from chat_app.designer.guided.tongues import in_english
from chat_app.designer.guided.words import language as named_in_english
from chat_app.translation import LANGUAGES, language
from chat_app.translation.languages import ENGLISH

STYLE = "style_language"
"""The name of the value that holds the language of a pattern's prose."""
_NAMED = {
    "de": re.compile(r"\bauf (\w+)"),
    "zh": re.compile(r"用([\u4e00-\u9fff]{1,4}?[语文])"),
    "ja": re.compile(r"([\u30a0-\u30ff\u4e00-\u9fff]{1,7}語)で"),
}
"""How a language is named for a text where English has "in" for it; other languages say it alike."""


def spoken() -> str | None:
    """The language of the conversation as prompts name it; None for English."""
    code = language()
    return None if code == ENGLISH else named_in_english(LANGUAGES[code].name)


def has_prose(pattern: Pattern) -> bool:
    """Whether a pattern writes prose in a language that no question of its own decides."""
    return bool(pattern.styled) and "language" not in {*(slot.id for slot in pattern.slots), *pattern.unstyled}


def named_in(said: str) -> str | None:
    """The language that a wish wants its text in, from the person's own words."""
    code = language()
    for found in _NAMED[code].finditer(said) if code in _NAMED else ():
        if named := named_in_english(in_english(found[1], code).text):
            return named
    return None


def answer_in(named: str | None = None) -> str:
    """A sentence for the end of a prompt's task; `named` is the language that the wish names."""
    wanted = spoken()
    return f" Answer in {named or wanted}." if wanted else ""
