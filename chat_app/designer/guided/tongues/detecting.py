"""Which language a message is in: by its script, else by the small words that every sentence holds."""

from __future__ import annotations

import re

from chat_app.designer.guided.tongues.characters import of_han
from chat_app.designer.guided.tongues.commands import command_words
from chat_app.designer.guided.tongues.dictionary import content_words, folded, function_words, tokens

_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN = ("en", "de", "fr", "es")
_VERBATIM = re.compile(r"\"[^\"]*\"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|`[^`]*`|[^\s\u3040-\u9fff]*[_/@][^\s\u3040-\u9fff]*")
"""Quoted texts and names say nothing of the language around them."""
_ENGLISH = frozenset(
    [
        "add",
        "remove",
        "rename",
        "move",
        "replace",
        "insert",
        "undo",
        "run",
        "save",
        "explain",
        "step",
        "steps",
        "when",
        "until",
        "each",
        "output",
        "input",
        "limit",
        "use",
        "model",
        "ask",
        "make",
        "write",
        "every",
        "with",
        "and",
        "the",
        "of",
        "to",
        "in",
        "is",
        "it",
        "for",
        "from",
        "my",
        "me",
        "i",
        "want",
        "need",
        "please",
        "after",
        "before",
        "then",
        "at",
        "end",
        "start",
        "over",
        "skip",
        "help",
        "yes",
        "no",
        "what",
        "why",
        "how",
        "something",
        "else",
        "an",
        "as",
        "by",
        "do",
        "does",
        "give",
        "get",
        "let",
        "tell",
        "keep",
        "this",
        "that",
    ]
)
"""The small words of English, and those that its commands begin with."""
_OWN = {"de": "äöüß", "fr": "çêèàùœîôû", "es": "ñ¿¡áíóú"}


def language_of(text: str, else_: str) -> str:
    """The language of a message; `else_` where it does not tell."""
    bare = _VERBATIM.sub(" ", text)
    if _KANA.search(bare):
        return "ja"
    if _HAN.search(bare):
        return of_han(bare, else_)
    found = [
        folded(part).rstrip("'") for token in tokens(bare) if token[0].isalpha() for part in token.split("-") if part
    ]
    scores = {code: _score(found, code) for code in _LATIN}
    for code, letters in _OWN.items():
        scores[code] += sum(letter in letters for letter in bare.lower()) * 0.7
    best = max(scores.values())
    leaders = [code for code in _LATIN if scores[code] == best]
    if len(leaders) > 1 and found and found[0] not in _ENGLISH | content_words("en"):
        # Names of steps are English in every language: the verb of a command tells more.
        leaders = [code for code in leaders if code != "en" and found[0] in command_words(code)] or leaders
    if best <= 0 or (len(leaders) > 1 and else_ not in leaders):
        return else_ if best <= 0 or else_ in _LATIN else leaders[0]
    return else_ if else_ in leaders else leaders[0]


def _score(words: list[str], code: str) -> float:
    small, large = function_words(code), content_words(code)
    score = 0.0
    for word in words:
        if word in small or word in (_ENGLISH if code == "en" else command_words(code)):
            score += 1.0
        elif word in large:
            # Names of steps and fields are English whatever the sentence around them is.
            score += 0.2 if code == "en" else 0.6
    return score
