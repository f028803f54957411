"""Numbers that a language builds out of words: `dreiundzwanzig`, `vingt-deux`, `veintidós`, 二十三."""

from __future__ import annotations

import re

from chat_app.designer.guided.tongues.dictionary import folded

_ONES = {
    "de": ["ein", "zwei", "drei", "vier", "funf", "sechs", "sieben", "acht", "neun"],
    "fr": ["un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"],
    "es": ["un", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"],
}
_TENS = {
    "de": {"zwanzig": 20, "dreisig": 30, "dreissig": 30, "vierzig": 40, "funfzig": 50, "sechzig": 60, "siebzig": 70,
           "achtzig": 80, "neunzig": 90},
    "fr": {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "quatre-vingt": 80},
    "es": {"veinti": 20},
}  # fmt: skip
_TEENS = {"dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16}
_DIGITS = {letter: value for value, letter in enumerate("〇一二三四五六七八九")} | {"两": 2, "零": 0}
_PLACES = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_HAN = re.compile("[〇零一二三四五六七八九两十百千万]{2,}")


def numeral(word: str, code: str) -> int | None:
    """The number that one word is; None where it is none of these."""
    plain = folded(word)
    for tens, value in sorted(_TENS[code].items(), key=lambda pair: -len(pair[0])):
        if code == "de" and plain.endswith(f"und{tens}"):
            return _sum(value, plain.removesuffix(f"und{tens}"), code)
        if code == "fr" and plain.startswith(f"{tens}-"):
            return _sum(value, plain.removeprefix(f"{tens}-").removeprefix("et-"), code)
        if code == "es" and plain.startswith(tens):
            return _sum(value, plain.removeprefix(tens).replace("uno", "un"), code)
    return None


def _sum(tens: int, rest: str, code: str) -> int | None:
    if rest in _ONES[code]:
        return tens + _ONES[code].index(rest) + 1
    if code == "fr" and tens in (60, 80):
        teen, _, one = rest.partition("-")
        if teen in _TEENS and (not one or one in _ONES["fr"]):
            return tens + _TEENS[teen] + (_ONES["fr"].index(one) + 1 if one else 0)
    return None


def han_numeral(text: str, at: int) -> tuple[int, int] | None:
    """The number written in Chinese characters at a place, and how many they are; single ones are words."""
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
