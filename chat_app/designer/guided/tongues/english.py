"""The front door: a message in another language as plain English, with the way back to its own words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from chat_app.designer.guided.tongues.commands import as_command
from chat_app.designer.guided.tongues.dictionary import UNSPACED
from chat_app.designer.guided.tongues.order import before, verbs_first
from chat_app.designer.guided.tongues.pieces import Piece, pieces_of
from chat_app.designer.guided.words import LANGUAGE

_KEPT = re.compile(r"\"[^\"]*\"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|「[^」]*」|『[^』]*』|`[^`]*`|\{\{.*?\}\}")
_QUOTES = str.maketrans("„“”«»「」『』", '"""""""""')
_SENTENCE = re.compile(r"(?<=[。；！？])|(?<=[;\n])|(?<=[.!?])\s+")
_PARTS = {
    "de": r",?\s+und\s+(?:dann\s+|danach\s+)?|,?\s+(?:dann|danach)\s+|,\s+",
    "fr": r",?\s+et\s+(?:puis\s+|ensuite\s+)?|,?\s+(?:puis|ensuite)\s+|,\s+",
    "es": r",?\s+y\s+(?:luego\s+|después\s+)?|,?\s+(?:luego|después)\s+|,\s+",
    "zh": r"[，,]?(?:然后|接着|并且|再)|[，,]",
    "ja": r"て(?:から)?[、,]|[、,]|てから|(?<=て)(?=[^く])",
}


@dataclass(frozen=True, slots=True)
class English:
    """What a message says in English."""

    text: str
    own: Mapping[str, str] = field(default_factory=dict)
    """By a bit of English in lower case: the person's own words for it."""

    def in_own_words(self, text: str) -> str:
        """English that was read out of the message, as the person put it; as it is where they did not say it."""
        found = self.own.get(text.lower().strip())
        if found is not None:
            return found
        for article in ("the ", "a ", "an "):
            bare = text.lower().removeprefix(article).strip()
            if bare != text.lower() and (found := self.own.get(bare)):
                return found
        return text


def in_english(text: str, code: str) -> English:
    """A message in English; as it is where it is in English already."""
    return English(text) if code == "en" else _cached(text, code)


@lru_cache(maxsize=512)
def _cached(text: str, code: str) -> English:
    kept: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        kept.append(found[0].translate(_QUOTES))
        return f"\x00{len(kept) - 1}\x00"

    own: dict[str, str] = {}
    bare = _KEPT.sub(put_aside, text)
    told = [_sentence(part.strip(), code, own) for part in _SENTENCE.split(bare) if part.strip()]
    joined = _smoothed(" ".join(told))
    english = re.sub(r"\x00(\d+)\x00", lambda found: kept[int(found[1])], joined)
    return English(re.sub(r"[ \t]+", " ", english).strip(), own)


def _sentence(text: str, code: str, own: dict[str, str]) -> str:
    """A sentence: one command, several, or a wish."""
    command = as_command(text, code, lambda words: _words(words, code, own))
    if command is not None:
        return command
    parts = [part for part in re.split(_PARTS[code], text) if part and part.strip()]
    if len(parts) > 1 and as_command(parts[0], code, lambda words: _words(words, code, own)) is not None:
        told = [as_command(part, code, lambda words: _words(words, code, own)) for part in parts]
        if all(told):
            return "; ".join(str(one) for one in told)
    return _words(text, code, own)


def _words(text: str, code: str, own: dict[str, str]) -> str:
    pieces = pieces_of(text, code)
    _remember(pieces, code, own)
    if code == "ja":
        pieces = verbs_first(before(pieces), always=True)
    elif code == "de":
        pieces = verbs_first(pieces)
    return _written(pieces)


def _remember(pieces: list[Piece], code: str, own: dict[str, str]) -> None:
    """Every run of words that mean something, by its English, so that its own words can be given back."""
    space = "" if code in UNSPACED else " "
    for first in range(len(pieces)):
        run: list[Piece] = []
        for piece in pieces[first : first + 4]:
            if piece.mark or piece.joint or not piece.english:
                break
            run.append(piece)
            own.setdefault(" ".join(one.english for one in run).lower(), space.join(one.original for one in run))


_SORTED = re.compile(r"\b(sort|classify)\b((?:\s+[^\s,.;]+){0,4}?)\s+(?:after|by)\b", re.IGNORECASE)
_DRAWN = re.compile(r"\b(extract|remove|read)\b([^.;]*?)\s+of (?=(?:the|a|my|our|each)\b)", re.IGNORECASE)
_OBJECT_PRONOUN = re.compile(
    r"\bthe (?=(?:summarise|improve|translate|rewrite|check|explain|correct)\b)", re.IGNORECASE
)


def _written(pieces: list[Piece]) -> str:
    text = " ".join(piece.english for piece in pieces if piece.english)
    return re.sub(r"\s+([,.;:!?)])", r"\1", text).replace("( ", "(")


_TONGUE_BEFORE = re.compile(rf"\b({LANGUAGE})\s+(?:translation|translate)\b", re.IGNORECASE)
_TONGUE_BEHIND = re.compile(
    rf"\b(translat(?:e|ion)) (?:of )?({LANGUAGE})(?=\s*(?:$|[,.;]|(?:at|after|before|between|and|then|in)\b))",
    re.IGNORECASE,
)


def _smoothed(text: str) -> str:
    """English as one would say it: sorted into, drawn from, translated into, and no article before a verb."""
    text = _TONGUE_BEHIND.sub(r"\1 into \2", _TONGUE_BEFORE.sub(r"translation into \1", text))
    return _OBJECT_PRONOUN.sub("", _DRAWN.sub(r"\1\2 from ", _SORTED.sub(r"\1\2 into", text)))
