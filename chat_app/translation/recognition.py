"""A finished English text in the current language.

What the layers below the page say (findings of the check, errors, limits) is made in English, with its values in
it, and stays so in events, files and logs. Where it is shown, the template that it was made from is found again
among the catalogs' English texts, and its translation is filled with the same values; values that are texts
themselves are told in the same way. A text that is made from no template, such as a provider's own words, stays
as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from chat_app.translation.catalogs import finished_texts
from chat_app.translation.current import language
from chat_app.translation.joining import between, joined, joint, together
from chat_app.translation.languages import ENGLISH

LONGEST = 4000
"""A longer text is a value rather than a message: it stays as it is."""
PLACE = re.compile(r"\{([a-z_]\w*)\}")
"""A place for a value; other braces belong to the text."""

_DEEPEST = 5
_MOST_SENTENCES = 12
_SENTENCE = re.compile(r"(?<=[.!?…:”]) (?=[A-Z`\d“(])")
_JOINTS = (", which waits for ", "; ", ", ", " and ", " or ")
_NAMES = re.compile(r"(?:name|node|id|model|tool|file|workflow|host|key|text|new|old|left|gone)\d*")
"""Places that hold names or a value: single words there are not translated, though they may be words of ours."""
_NAME = re.compile(r"(?:`[^`]*`|'[^']*'|[\w./]+)(?: \(\w+\)| [\d.]+)?")
"""A name, and of what kind it is or how much."""
_FIELD = re.compile(r"[a-z_]\w*")
_NAMED = re.compile(r"`[^`]*` ")
_LETTERS = re.compile(r"[^\W\d_]")
_PROSE = re.compile(r"[^\W\d_]{2,} [^\W\d_]{2,}")
_BRACKETED = re.compile(r"([^()]+ \()(.+)(\)[^()]*)", re.DOTALL)
_FEW = 4
"""A template with fewer letters of its own is only believed where its places are recognised too."""
_LINE = re.compile(r"(\s*(?:[-*] |#+ |> )?)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Told:
    """A text in another language, and how much of it was recognised."""

    text: str
    known: int = 0
    """How many of the English characters belong to templates."""


class Template:
    """An English text with places, and how it is said in another language."""

    __slots__ = ("anchor", "fixed", "known", "literals", "names", "translated", "vague")

    def __init__(self, english: str, translated: str) -> None:
        pieces = PLACE.split(english)
        self.literals, self.names = pieces[::2], pieces[1::2]
        self.anchor = max(self.literals, key=len)
        self.known = sum(map(len, self.literals))
        self.vague = len(_LETTERS.findall("".join(self.literals))) < _FEW
        self.translated = translated
        before, self.fixed = "", []
        for literal, name in zip(self.literals, self.names, strict=False):
            before += literal
            # Within backticks stands a name.
            self.fixed.append((before.count("`") % 2 == 1, _NAMES.fullmatch(name) is not None))

    def values(self, text: str) -> list[str] | None:
        """What stands in the places of a text, each as short as can be; None for another text."""
        first, last = self.literals[0], self.literals[-1]
        if not (text.startswith(first) and text.endswith(last)):
            return None
        start, end, found = len(first), len(text) - len(last), []
        for literal in self.literals[1:-1]:
            there = text.find(literal, start, end)
            if there < 0:
                return None
            found.append(text[start:there])
            start = there + len(literal)
        found.append(text[start:end])
        if start > end or any(quoted and "`" in one for one, (quoted, _) in zip(found, self.fixed, strict=True)):
            return None
        return found

    def filled(self, values: dict[str, str]) -> str:
        """The translation with values in its places."""
        pieces = PLACE.split(self.translated)
        pieces[1::2] = (values.get(name, f"{{{name}}}") for name in pieces[1::2])
        return together(pieces)


class Templates:
    """All that can be recognised, in one language."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.whole = {english: said for english, said in texts.items() if not PLACE.search(english)}
        made = (Template(english, said) for english, said in texts.items() if english not in self.whole)
        self.made = sorted(made, key=lambda one: -one.known)

    def told(self, text: str, depth: int = 0) -> Told:
        """The text as far as it is recognised: in the way that leaves least of it unexplained."""
        if text in self.whole:
            return Told(self.whole[text], len(text))
        best = Told(text)
        if depth <= _DEEPEST and " " in text:
            for found in self._ways(text, depth):
                if found.known > best.known:
                    best = found
        return best

    def _ways(self, text: str, depth: int) -> Iterator[Told]:
        lines = text.split("\n")
        cuts = [found.end() for found in _SENTENCE.finditer(text)]
        yield from self._by_template(text, depth)
        if len(lines) > 1:
            yield _together("\n", [self._line(line, depth + 1) for line in lines])
        elif 0 < len(cuts) < _MOST_SENTENCES:
            yield self._sentences(text, [0, *cuts, len(text)], depth)
        if text.endswith("."):
            inner = self.told(text[:-1], depth + 1)
            yield Told(inner.text + (self.whole.get(".", ".") if inner.known else "."), inner.known)
        if named := _NAMED.match(text):
            # A name and what is said of it.
            yield _together("", [Told(named.group()), self.told(text[named.end() :], depth + 1)])
        if text[0].isupper():
            inner = self.told(text[0].lower() + text[1:], depth + 1)
            yield Told(inner.text[:1].upper() + inner.text[1:], inner.known)
        place, colon, rest = text.partition(": ")
        if colon and rest and (head := self._as_one(place + colon, depth + 1)).known:
            # Where it is, and what is said of it.
            yield _together("", [head, self.told(rest, depth + 1)])
        if bracketed := _BRACKETED.fullmatch(text):
            # A name and what it is, or a way and when it is taken.
            before, inside, behind = bracketed.groups()
            told = self.told(inside, depth + 1) if " " in inside else Told(inside)
            yield _together("", [Told(before), told, self.told(behind, depth + 1)])
        for english in _JOINTS:
            pieces = _split(text, english)
            if len(pieces) > 1:
                parts = [self.told(piece, depth + 1) for piece in pieces]
                if all(part.known or _NAME.fullmatch(piece) for piece, part in zip(pieces, parts, strict=True)):
                    # Between names and what is recognised it is our joint for sure.
                    parts[0] = Told(parts[0].text, parts[0].known + len(english))
                    yield _together(self._joint(english), parts)
                else:
                    # Among what is not ours a lone word is not, either: a name, or a text that is told by now.
                    said = [part if " " in piece else Told(piece) for piece, part in zip(pieces, parts, strict=True)]
                    yield _together(english, said)

    def _joint(self, english: str) -> str:
        word = english.strip()
        return self.whole.get(english, joint(english.replace(word, self.whole.get(word, word))))

    def _by_template(self, text: str, depth: int) -> Iterator[Told]:
        for template in self.made:
            if template.anchor not in text or (values := template.values(text)) is None:
                continue
            known, filled, open_ends, doubtful = template.known, {}, False, False
            for name, value, (quoted, named) in zip(template.names, values, template.fixed, strict=True):
                plain = quoted or (named and not _PROSE.search(value))
                inner = Told(value if quoted else _names_in(value)) if plain else self.told(value, depth + 1)
                known, filled[name] = known + inner.known, inner.text
                open_ends = open_ends or (" " in value and not quoted and inner.known < len(value))
                # Of so few letters of its own, a list is several such texts rather than one.
                several = ", " in value
                doubtful = doubtful or (template.vague and " " in value and (several or not inner.known))
            if doubtful:
                continue
            yield Told(template.filled(filled), known)
            if not open_ends:
                return  # Nothing is left that another template could explain better.

    def _line(self, text: str, depth: int) -> Told:
        """A line without what makes it an item of a list."""
        found = _LINE.fullmatch(text)
        before, said = found.groups() if found else ("", text)
        body = said.rstrip()
        inner = self.told(body, depth)
        return Told(before + inner.text + said[len(body) :], inner.known)

    def _sentences(self, text: str, cuts: list[int], depth: int) -> Told:
        """Sentences one after the other; several that are one template are told as one."""
        best = [Told("")]
        for end in range(1, len(cuts)):
            ways = []
            for start in range(end):
                piece = text[cuts[start] : cuts[end]]
                body = piece.rstrip(" ")
                if start == end - 1:
                    inner = self.told(body, depth + 1)
                elif (start, end) != (0, len(cuts) - 1):
                    inner = self._as_one(body, depth + 1)
                else:
                    continue
                before = best[start]
                ways.append(Told(together((before.text, inner.text, piece[len(body) :])), before.known + inner.known))
            best.append(max(ways, key=lambda one: one.known))
        return best[-1]

    def _as_one(self, text: str, depth: int) -> Told:
        if text in self.whole:
            return Told(self.whole[text], len(text))
        return max(self._by_template(text, depth), key=lambda one: one.known, default=Told(text))


def _split(text: str, joint: str) -> list[str]:
    """The pieces between joints, save those within brackets."""
    pieces: list[str] = []
    for piece in text.split(joint):
        if pieces and pieces[-1].count("(") > pieces[-1].count(")"):
            pieces[-1] += joint + piece
        else:
            pieces.append(piece)
    return pieces


def _names_in(value: str) -> str:
    """Names of fields as the current language joins them; any other value as it is."""
    names = value.split(", ")
    return joined(names) if all(map(_FIELD.fullmatch, names)) else value


def _together(said: str, parts: list[Told]) -> Told:
    return Told(together(between(said, (part.text for part in parts))), sum(part.known for part in parts))


@cache
def templates(code: str) -> Templates:
    """What is recognised in a language; read when it is first needed."""
    return Templates(finished_texts(code))


@lru_cache(maxsize=2048)
def _translated(text: str, code: str) -> str:
    return templates(code).told(text).text


def translated(text: str) -> str:
    """A finished English text in the current language, as far as it is recognised."""
    code = language()
    return text if code == ENGLISH or not text or len(text) > LONGEST else _translated(text, code)
