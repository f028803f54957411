"""The dictionary: what words of a language mean in English, by their stems or, without blanks, letter by letter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import yaml

from chat_app.designer.guided.patterns import FOLDER

Kind = Literal["verb", "word", "joint", "number"]
COLUMNS = ("en", "de", "fr", "es", "zh", "ja")
UNSPACED = frozenset({"zh", "ja"})
"""Languages that put no blanks between words."""
_STEMMERS = {"de": "german", "fr": "french", "es": "spanish"}
_KINDS: dict[str, Kind] = {"verbs": "verb", "words": "word", "joints": "joint", "numbers": "number"}
_TOKEN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*['’]?|\d+(?:[.,:]\d+)*|[^\s\w]")


@dataclass(frozen=True, slots=True)
class Entry:
    """What some words mean."""

    english: str
    kind: Kind


@dataclass(slots=True)
class Dictionary:
    """One language's words."""

    code: str
    written: dict[tuple[str, ...], Entry] = field(default_factory=dict)
    """By words as they are written, without accents; German nouns have their capital."""
    words: dict[tuple[str, ...], Entry] = field(default_factory=dict)
    """By stems, or for languages without blanks by the one whole text."""
    halves: dict[tuple[str, ...], list[tuple[tuple[str, ...], Entry]]] = field(default_factory=dict)
    """Verbs in two parts: by the first, each second with its meaning."""
    longest: int = 1

    def keys(self, text: str) -> tuple[str, ...]:
        """What a text is looked up by."""
        if self.code in UNSPACED:
            return (folded(text),)
        return tuple(stem(token, self.code) for token in tokens(text))

    def meaning(self, written: tuple[str, ...], stems: tuple[str, ...]) -> Entry | None:
        """What some words mean: as they are written, else by their stems."""
        plain = tuple(unaccented(word) for word in written)
        return self.written.get(plain) or self.written.get(tuple(map(str.lower, plain))) or self.words.get(stems)

    def add(self, variant: str, entry: Entry) -> None:
        """One more way to say it; the first meaning of a word stands."""
        first, gap, second = variant.partition("…")
        keys = self.keys(first.strip())
        if gap:
            self.halves.setdefault(keys, []).append((self.keys(second.strip()), entry))
            return
        self.words.setdefault(keys, entry)
        if self.code not in UNSPACED:
            self.written.setdefault(tuple(unaccented(token) for token in tokens(first)), entry)
        self.longest = max(self.longest, len(keys[0]) if self.code in UNSPACED else len(keys))


def folded(text: str) -> str:
    """Lower case without accents, letter for letter."""
    return "".join(_FOLDS.get(letter, letter) for letter in (letter.lower()[:1] for letter in text))


def unaccented(text: str) -> str:
    """A text without accents, letter for letter, its capitals kept."""
    return "".join(_FOLDS.get(letter, letter) for letter in text)


_FOLDS = dict(zip("äàâáãåöôóòõüûúùéèêëíîïìñçß’", "aaaaaaooooouuuueeeeiiiincs'", strict=True))


def tokens(text: str) -> list[str]:
    """A text's words, numbers and marks."""
    return _TOKEN.findall(text)


def stem(token: str, code: str) -> str:
    """A word's stem without accents; German's ae, oe and ue are its ä, ö and ü."""
    plain = folded(token)
    if code == "de":
        plain = plain.replace("ae", "a").replace("oe", "o").replace("ue", "u").replace("ss", "s")
    return folded(str(_stemmer(code).stemWord(plain)))


@cache
def _stemmer(code: str) -> Any:
    # A compiled module that only the guided designer needs.
    import Stemmer

    return Stemmer.Stemmer(_STEMMERS[code])


def _rows() -> Iterator[tuple[Kind, list[str]]]:
    text = (FOLDER / "tongues" / "dictionary.yaml").read_text(encoding="utf-8")
    for name, block in yaml.load(text, Loader=yaml.CSafeLoader).items():
        for line in str(block).splitlines():
            if line.strip():
                yield _KINDS[name], [cell.strip() for cell in line.split("|")]


@cache
def dictionary(code: str) -> Dictionary:
    """The dictionary of a language other than English."""
    found = Dictionary(code)
    column = COLUMNS.index(code)
    for kind, cells in _rows():
        entry = Entry(cells[0], kind)
        for variant in cells[column].split(" / "):
            if variant.strip():
                found.add(variant.strip(), entry)
    return found


@cache
def function_words(code: str) -> frozenset[str]:
    """The words that join others in a language with blanks: they tell it from the others."""
    column = COLUMNS.index(code)
    return frozenset(
        folded(token)
        for kind, cells in _rows()
        if kind == "joint"
        for variant in cells[column].split(" / ")
        for token in tokens(variant)
    )


@cache
def content_words(code: str) -> frozenset[str]:
    """All other words of a language with blanks, as they are written and as stems."""
    column = COLUMNS.index(code)
    return frozenset(
        folded(token)
        for kind, cells in _rows()
        if kind != "joint"
        for variant in cells[column].replace("…", " ").split(" / ")
        for token in tokens(variant)
    )
