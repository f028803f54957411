"""Numbers in words: what is spelt is read back, in six languages."""

from __future__ import annotations

import pytest

from chat_app.designer.guided.tongues import in_english
from chat_app.designer.guided.tongues.numerals import MOST, han_numeral, numeral, spellings
from chat_app.designer.guided.words import number, number_in

_ENGLISH_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_ENGLISH_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_HAN = "零一二三四五六七八九"


def _english(value: int) -> str:
    if value >= 100:
        rest = value % 100
        return f"{_ENGLISH_ONES[value // 100]} hundred" + (f" and {_english(rest)}" if rest else "")
    if value < 20:
        return _ENGLISH_ONES[value]
    ones = value % 10
    return _ENGLISH_TENS[value // 10 - 2] + (f"-{_ENGLISH_ONES[ones]}" if ones else "")


def _chinese(value: int) -> str:
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    said = f"{_HAN[hundreds]}百" if hundreds else ""
    if tens:
        said += f"{_HAN[tens]}十" if tens > 1 or hundreds else "十"
    elif hundreds and ones:
        said += "零"
    return said + (_HAN[ones] if ones else "")


@pytest.mark.parametrize("code", ["de", "fr", "es"])
def test_every_spelling_up_to_999_is_read_back_and_means_one_number(code: str) -> None:
    meant: dict[str, int] = {}
    for value in range(MOST + 1):
        for words in spellings(value, code):
            assert meant.setdefault(words, value) == value, words
            if value >= 13:
                assert numeral(words.split(), code) == (value, len(words.split())), words
    assert set(meant.values()) == set(range(MOST + 1))


def test_english_and_chinese_numbers_up_to_999_are_read_back() -> None:
    for value in range(MOST + 1):
        assert number(_english(value)) == value
        assert number_in(f"at most {_english(value)} words") == value
        said = _chinese(value)
        if len(said) > 1:
            assert han_numeral(said, 0) == (value, len(said)), said


@pytest.mark.parametrize(
    ("code", "said", "value"),
    [
        ("de", "einhundertzwanzig Wörter", 120),
        ("de", "neunhundertneunundneunzig Wörter", 999),
        ("de", "ein halbes Dutzend Ideen", 6),
        ("fr", "quatre-vingt-dix-sept mots", 97),
        ("fr", "vingt et un titres", 21),
        ("fr", "une vingtaine d'idées", 20),
        ("es", "treinta y dos palabras", 32),
        ("es", "doscientas cincuenta y una palabras", 251),
        ("es", "media docena de ideas", 6),
        ("zh", "三百二十个词", 320),
        ("zh", "半打点子", 6),
        ("ja", "三十二語", 32),
        ("ja", "二ダースのアイデア", 24),
        ("en", "half a dozen ideas", 6),
        ("en", "a couple of ideas", 2),
        ("en", "three hundred and five ideas", 305),
    ],
)
def test_numbers_are_read_inside_a_message(code: str, said: str, value: int) -> None:
    assert number_in(in_english(said, code).text) == value


@pytest.mark.parametrize(("code", "article"), [("de", "ein Titel"), ("fr", "un titre"), ("es", "una idea")])
def test_an_article_is_no_number(code: str, article: str) -> None:
    assert number_in(in_english(article, code).text) is None
