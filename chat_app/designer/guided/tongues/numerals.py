"""Numbers that a language builds out of words, up to 999: `einhundertzwanzig`, `quatre-vingt-dix-sept`, 三百二十."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from chat_app.designer.guided.tongues.dictionary import folded

MOST = 999
_LEAST_OF_ONE_WORD = 13
"""Below it a single word is the dictionary's, where it may be an article too."""
_DE = (
    "null ein zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn"
)
_DE_ONES = [*_DE.split(), "achtzehn", "neunzehn"]
_DE_TENS = ["zwanzig", "dreissig", "vierzig", "funfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
_FR_ONES = [
    "zero",
    "un",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "six",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
    "treize",
    "quatorze",
    "quinze",
    "seize",
    "dix-sept",
    "dix-huit",
    "dix-neuf",
]
_FR_TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante", 80: "quatre-vingt"}
_FR_ELSEWHERE = {70: "septante", 80: "huitante", 90: "nonante"}
"""As Belgium and Switzerland say it."""
_ES_ONES = [
    "cero",
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
    "trece",
    "catorce",
    "quince",
    "dieciseis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
    "veinte",
    "veintiuno",
    "veintidos",
    "veintitres",
    "veinticuatro",
    "veinticinco",
    "veintiseis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
]
_ES_TENS = {
    30: "treinta",
    40: "cuarenta",
    50: "cincuenta",
    60: "sesenta",
    70: "setenta",
    80: "ochenta",
    90: "noventa",
}
_ES_HUNDREDS = [
    "ciento",
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
    "ochocientos",
    "novecientos",
]
_ABOUT = {
    "de": {"dutzend": 12, "ein dutzend": 12, "zwei dutzend": 24, "drei dutzend": 36, "ein halbes dutzend": 6},
    "fr": {
        "une douzaine": 12, "deux douzaines": 24, "une demi douzaine": 6, "une dizaine": 10, "une quinzaine": 15,
        "une vingtaine": 20, "une trentaine": 30, "une quarantaine": 40, "une cinquantaine": 50, "une centaine": 100,
    },
    "es": {
        "una docena": 12, "dos docenas": 24, "media docena": 6, "una decena": 10, "una veintena": 20, "un par": 2,
        "una treintena": 30, "un centenar": 100,
    },
}  # fmt: skip
_DIGITS = {letter: value for value, letter in enumerate("〇一二三四五六七八九")} | {"两": 2, "零": 0}
_PLACES = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_HAN = re.compile("[〇零一二三四五六七八九两十百千万]{2,}|百")
_DOZENS = re.compile("(半|[一二两三四五六七八九十]|[1-9])(?:打|ダース)")


def spellings(value: int, code: str) -> Iterator[str]:
    """The ways in which a number from 0 to 999 is written in words, without accents and hyphens."""
    making = {"de": _german, "fr": _french, "es": _spanish}[code]
    for words in making(value):
        yield words.replace("-", " ")


def numeral(words: Sequence[str], code: str) -> tuple[int, int] | None:
    """The number that words begin with, and how many of them it takes; None where they begin with none."""
    known, longest = _known(code)
    parts: list[str] = []
    found = None
    for used, word in enumerate(words[:longest], 1):
        parts += folded(word).split("-")
        value = known.get(" ".join(parts))
        if value is not None and (len(parts) > 1 or value >= _LEAST_OF_ONE_WORD or parts[0] == "dutzend"):
            found = value, used
    return found


def han_numeral(text: str, at: int) -> tuple[int, int] | None:
    """The number written in Chinese characters at a place, and how many they are; single ones are words."""
    if dozens := _DOZENS.match(text, at):
        count = dozens[1]
        times = int(count) if count.isdigit() else _DIGITS.get(count, 10)
        return 6 if count == "半" else 12 * times, len(dozens[0])
    found = _HAN.match(text, at)
    if found is None:
        return None
    total, digit = 0, 0
    for letter in found[0]:
        if letter in _DIGITS:
            digit = digit * 10 + _DIGITS[letter]
        else:
            total, digit = total + (digit or 1) * _PLACES[letter], 0
    return total + digit, len(found[0])


@cache
def _known(code: str) -> tuple[dict[str, int], int]:
    """Every spelling of a language with its number, and how many words the longest has."""
    found = {words: value for value in range(MOST + 1) for words in spellings(value, code)} | _ABOUT[code]
    return found, max(len(words.split()) for words in found)


def _german(value: int) -> Iterator[str]:
    if value < 100:
        yield from _german_tens(value)
        return
    hundreds, rest = divmod(value, 100)
    for head in [_DE_ONES[hundreds], *([""] if hundreds == 1 else [])]:
        for tail in _german_tens(rest) if rest else [""]:
            yield f"{head}hundert{tail}"
            if tail:
                yield f"{head}hundertund{tail}"


def _german_tens(value: int) -> Iterator[str]:
    if value < 20:
        yield "eins" if value == 1 else _DE_ONES[value]
        return
    tens, ones = divmod(value, 10)
    name = _DE_TENS[tens - 2]
    for ten in (name, name.replace("ss", "s")) if "ss" in name else (name,):
        yield f"{_DE_ONES[ones]}und{ten}" if ones else ten


def _french(value: int) -> Iterator[str]:
    hundreds, rest = divmod(value, 100)
    if not hundreds:
        yield from _french_tens(rest)
        return
    head = "cent" if hundreds == 1 else f"{_FR_ONES[hundreds]} cent"
    if rest:
        yield from (f"{head} {tail}" for tail in _french_tens(rest))
    else:
        yield head
        yield f"{head}s"


def _french_tens(value: int) -> Iterator[str]:
    if value < 20:
        yield _FR_ONES[value]
        return
    tens = value // 10 * 10
    if tens in _FR_ELSEWHERE:
        yield from _with_ones(_FR_ELSEWHERE[tens], value - tens)
    base = tens - 10 if tens in (70, 90) else tens
    yield from _with_ones(_FR_TENS[base], value - base)


def _with_ones(tens: str, ones: int) -> Iterator[str]:
    if not ones:
        yield tens
        if tens.startswith("quatre"):
            yield f"{tens}s"
        return
    if ones in (1, 11):
        yield f"{tens} et {_FR_ONES[ones]}"
    yield f"{tens} {_FR_ONES[ones]}"


def _spanish(value: int) -> Iterator[str]:
    hundreds, rest = divmod(value, 100)
    if not hundreds:
        yield from _spanish_tens(rest)
        return
    if value == 100:
        yield "cien"
    head = _ES_HUNDREDS[hundreds - 1]
    for name in (head, f"{head[:-2]}as") if hundreds > 1 else (head,):
        yield from (f"{name} {tail}" for tail in _spanish_tens(rest)) if rest else [name]


def _spanish_tens(value: int) -> Iterator[str]:
    if value < len(_ES_ONES):
        spelt = [_ES_ONES[value]]
    else:
        tens, ones = divmod(value, 10)
        spelt = [f"{_ES_TENS[tens * 10]} y {_ES_ONES[ones]}" if ones else _ES_TENS[tens * 10]]
    for words in spelt:
        yield words
        if words.endswith("uno"):
            yield words[:-1]
            yield f"{words[:-1]}a"
