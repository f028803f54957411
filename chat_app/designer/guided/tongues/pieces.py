"""A text in another language as pieces of English, in the order in which it says them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chat_app.designer.guided.tongues.dictionary import (
    UNSPACED,
    Dictionary,
    Entry,
    dictionary,
    folded,
    stem,
)
from chat_app.designer.guided.tongues.numerals import han_numeral, numeral

_KEPT = re.compile(
    r"\x00\d+\x00|\S*[_@\\]\S*|https?://\S+|[\w.-]+/[\w./:-]+"
    r"|[^\W\d_]+(?:-[^\W\d_]+)*['’]?|\d+(?:[.,:]\d+)*|\S"
)
_UNSPACED = re.compile(r"\x00\d+\x00|[A-Za-z0-9_][A-Za-z0-9_./:@-]*")
_MARKS = dict(zip("，、。；：！？（）", ",,.;:!?()", strict=True)) | {"¿": "", "¡": ""}
_LONGEST_GAP = 16
"""How many words may stand between the two halves of a verb."""
_PRONOUNS = re.compile(r"-(moi|toi|le|la|les|lui|nous|vous|leur|en|y)\b")
_CLITICS = re.compile(r"^(.{4,}?[raen])(?:me|te|se|nos)?(?:lo|la|los|las|le|les|me|te|se|nos)$")
_LEAST_PART = 4
"""Letters that a part of a German compound has."""

# What Japanese hangs behind words: it says who does what to whom, or how polite one is.
_PARTICLES = ("を", "は", "が", "も")
_ENDINGS = re.compile(
    r"^(?:してください|してほしい|して欲しい|したいです|したい|します|しました|する|した|して|しながら|できる|させて|たいです|たい|"
    r"ください|ほしい|欲しい|です|ます|ました|でしょうか|ですか|か|て|で|た|だ|よう|ように|の|ん|な|い|く|っ|し|り|き|み|け|せ|れ|ら|る|う|す|つ|"
    r"付けて|付ける|くれる|もらう|こと|もの|さん|様|ね|よ)+$"
)
_BEHIND = frozenset(
    [
        "に",
        "へ",
        "から",
        "より",
        "について",
        "に関する",
        "についての",
        "のために",
        "向け",
        "の前に",
        "前に",
        "の後に",
        "の後",
        "後に",
        "未満",
        "より小さい",
        "下回る",
        "を超える",
        "より大きい",
        "以上",
        "場合は",
        "場合",
        "なら",
        "ごとに",
        "まで",
        "によって",
    ]
)
"""Japanese says these behind what English says them before."""
_CHINESE_FILLERS = frozenset("的了把将里吗呢吧地得着过们个它您你让请帮要能会可以就都也还来去做上下对有")


_NUMBER = Entry("", "number")


@dataclass(slots=True)
class Piece:
    """A bit of English, and what it was put for."""

    english: str
    original: str
    entry: Entry | None = None

    @property
    def verb(self) -> bool:
        """Whether it says what to do."""
        return self.entry is not None and self.entry.kind == "verb"

    @property
    def joint(self) -> bool:
        """Whether it joins others."""
        return self.entry is not None and self.entry.kind == "joint"

    @property
    def mark(self) -> bool:
        """Whether it is punctuation."""
        return bool(re.fullmatch(r"[^\w\s\x00]+", self.english))


def pieces_of(text: str, code: str) -> list[Piece]:
    """The pieces of a text."""
    return _unspaced(text, dictionary(code)) if code in UNSPACED else _spaced(text, dictionary(code))


def _spaced(text: str, known: Dictionary) -> list[Piece]:
    words = _KEPT.findall(_PRONOUNS.sub(r" \1", text) if known.code == "fr" else text)
    keys = [stem(word, known.code) if word[0].isalpha() else word for word in words]
    found: list[Piece] = []
    gone: set[int] = set()
    at = 0
    while at < len(words):
        if at in gone:
            at += 1
            continue
        piece, used = _halved(words, keys, at, known, gone) or _known(words, keys, at, known, gone)
        if piece.english:
            found.append(piece)
        at += used
    return found


def _halved(
    words: list[str], keys: list[str], at: int, known: Dictionary, gone: set[int]
) -> tuple[Piece, int] | None:
    """A verb whose second half stands further on; that place is then used up."""
    for length in (2, 1):
        for second, entry in known.halves.get(tuple(keys[at : at + length]), ()):
            end = min(len(keys), at + length + _LONGEST_GAP)
            for behind in range(at + length, end):
                if words[behind] in ".;!?":
                    break
                if tuple(keys[behind : behind + len(second)]) == second:
                    gone.update(range(behind, behind + len(second)))
                    return Piece(entry.english, " ".join(words[at : at + length]), entry), length
    return None


def _known(words: list[str], keys: list[str], at: int, known: Dictionary, gone: set[int]) -> tuple[Piece, int]:
    if (counted := numeral(words[at:], known.code)) is not None:
        value, used = counted
        return Piece(str(value), " ".join(words[at : at + used]), _NUMBER), used
    for length in range(min(known.longest, len(words) - at), 0, -1):
        if any(place in gone for place in range(at, at + length)):
            continue
        entry = known.meaning(tuple(words[at : at + length]), tuple(keys[at : at + length]))
        if entry is not None:
            return Piece(entry.english, " ".join(words[at : at + length]), entry), length
    word = words[at]
    if word in _MARKS:
        return Piece(_MARKS[word], word), 1
    if word[0].isalpha() and len(word) > 1:
        return _derived(word, known), 1
    return Piece("" if word in "'’" else word, word), 1


def _derived(word: str, known: Dictionary) -> Piece:
    """A word that is made of known ones: a German compound, a Spanish verb with pronouns; else itself."""
    plain = folded(word)
    if known.code == "es" and (clitic := _CLITICS.match(plain)):
        entry = known.words.get((stem(clitic[1], "es"),))
        if entry is not None and entry.kind == "verb":
            return Piece(entry.english, word, entry)
    if known.code == "de":
        for cut in range(len(plain) - _LEAST_PART, _LEAST_PART - 1, -1):
            last = known.words.get((stem(plain[cut:], "de"),))
            first = next(
                (
                    entry
                    for ending in ("", "s", "n", "en", "-", "es", "er")
                    if plain[:cut].endswith(ending)
                    and (entry := known.words.get((stem(plain[: cut - len(ending)], "de"),)))
                ),
                None,
            )
            if last and first and last.kind == "word":
                return Piece(f"{first.english} {last.english}", word, last)
    if word.endswith(("'", "’")):
        return Piece("", word)
    return Piece(word, word)


def _unspaced(text: str, known: Dictionary) -> list[Piece]:
    found: list[Piece] = []
    unknown = ""
    at = 0

    def flush() -> None:
        nonlocal unknown
        if unknown and not _is_filler(unknown, known.code):
            found.append(Piece(unknown, unknown))
        unknown = ""

    while at < len(text):
        latin = _UNSPACED.match(text, at)
        if latin:
            flush()
            found.append(Piece(latin[0], latin[0]))
            at = latin.end()
            continue
        counted = han_numeral(text, at)
        if counted is not None:
            flush()
            found.append(Piece(str(counted[0]), text[at : at + counted[1]], _NUMBER))
            at += counted[1]
            continue
        piece = _longest(text, at, known)
        if piece is not None:
            flush()
            if known.code == "ja" and piece.original == "から" and found and found[-1].verb:
                # Behind a verb it says what comes next, behind a thing where something comes from.
                piece = Piece("then", piece.original, Entry("then", "joint"))
            found.append(piece)
            at += len(piece.original)
        elif text[at] in _MARKS or text[at].isspace():
            flush()
            if mark := _MARKS.get(text[at], ""):
                found.append(Piece(mark, text[at]))
            at += 1
        else:
            unknown += text[at]
            at += 1
    flush()
    return found


def _longest(text: str, at: int, known: Dictionary) -> Piece | None:
    for length in range(min(known.longest, len(text) - at), 0, -1):
        part = text[at : at + length]
        entry = known.words.get((folded(part),))
        if entry is not None:
            return Piece(entry.english, part, entry)
        if known.code == "ja" and part in _PARTICLES:
            return Piece("", part)
    return None


def _is_filler(text: str, code: str) -> bool:
    if code == "ja":
        return bool(_ENDINGS.match(text))
    return all(letter in _CHINESE_FILLERS for letter in text)


def is_behind(piece: Piece) -> bool:
    """Whether a piece is said behind what it belongs to."""
    return piece.original in _BEHIND
