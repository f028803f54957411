"""Small language understanding: numbers in words, quoted text, lists, languages, names."""

from __future__ import annotations

import re
import unicodedata

from chat_app.translation import language as current
from chat_app.translation import mark

_ONES = [
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
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

NUMBERS: dict[str, int] = {word: value for value, word in enumerate(_ONES)}
NUMBERS |= {word: value for value, word in zip(range(20, 100, 10), _TENS, strict=True)}
NUMBERS |= {
    f"{tens}{joint}{ones}": NUMBERS[tens] + NUMBERS[ones]
    for tens in _TENS
    for ones in _ONES[1:10]
    for joint in ("-", " ")
}
NUMBERS |= {"once": 1, "twice": 2, "thrice": 3, "a couple of": 2, "a couple": 2, "half a dozen": 6, "a dozen": 12}
NUMBERS |= {f"{_ONES[count]} dozen": 12 * count for count in range(2, 10)}

_BELOW_HUNDRED = "|".join(sorted(map(re.escape, NUMBERS), key=len, reverse=True))
_HUNDREDS = rf"(?:an?|{'|'.join(_ONES[1:10])})[ -]hundred"
NUMBER = rf"(?:\d+(?:\.\d+)?|{_HUNDREDS}(?:(?: and)?[ -](?:{_BELOW_HUNDRED}))?|{_BELOW_HUNDRED})"
"""A regular expression of a number, in digits or in words."""

_LANGUAGES: dict[str, str] = {
    "english": "English", "englisch": "English", "anglais": "English", "inglés": "English", "英语": "English",
    "german": "German", "deutsch": "German", "allemand": "German", "alemán": "German", "德语": "German",
    "french": "French", "français": "French", "francais": "French", "französisch": "French", "法语": "French",
    "spanish": "Spanish", "español": "Spanish", "espanol": "Spanish", "spanisch": "Spanish", "西班牙语": "Spanish",
    "italian": mark("Italian"), "italiano": "Italian", "portuguese": mark("Portuguese"), "português": "Portuguese",
    "dutch": mark("Dutch"), "nederlands": "Dutch", "polish": mark("Polish"), "polski": "Polish",
    "czech": mark("Czech"), "swedish": mark("Swedish"), "norwegian": mark("Norwegian"), "danish": mark("Danish"),
    "finnish": mark("Finnish"), "thai": mark("Thai"),
    "russian": mark("Russian"), "ukrainian": mark("Ukrainian"), "turkish": mark("Turkish"), "greek": mark("Greek"),
    "hungarian": mark("Hungarian"), "romanian": mark("Romanian"), "arabic": mark("Arabic"), "hebrew": mark("Hebrew"),
    "hindi": mark("Hindi"), "bengali": mark("Bengali"), "urdu": mark("Urdu"), "persian": mark("Persian"),
    "vietnamese": mark("Vietnamese"), "indonesian": mark("Indonesian"), "korean": mark("Korean"), "한국어": "Korean",
    "japanese": mark("Japanese"), "日本語": "Japanese", "chinese": mark("Chinese"), "mandarin": "Chinese",
    "中文": "Chinese", "latin": mark("Latin"), "catalan": mark("Catalan"), "swahili": mark("Swahili"),
}  # fmt: skip

LANGUAGE = r"(?:" + "|".join(sorted(map(re.escape, _LANGUAGES), key=len, reverse=True)) + r")(?![a-z])"

_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|„([^“”]+)[“”]|«\s*([^»]+?)\s*»|(?<!\w)'([^']+)'(?!\w)|`([^`]+)`")
_SEPARATORS = re.compile(
    r"\s*(?:[;\n•|、，；]|,\s*(?:and|or|plus|und|et|y)\s+|,|\s+(?:and|or|plus|as well as|versus|vs\.?|&)\s+|"
    r"\s+/\s+|/)\s*",
    re.IGNORECASE,
)
_JOINTS = {
    "de": re.compile(r"\s+(?:und|oder)\s+"),
    "fr": re.compile(r"\s+(?:et|ou)\s+"),
    "es": re.compile(r"\s+[yeo]\s+"),
}
"""What joins the last of a list in a language: these are other words in English."""
_WHOLE = re.compile(r"\([^()]*\)|（[^（）]*）|\"[^\"]*\"|“[^”]*”")
"""What a list is not parted inside of: brackets and quotes."""
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s*")
_DETERMINER = re.compile(r"^(?:an?|the)\s+", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:an?|the|its|their|his|her|my|our|your|each|every|all|any|some)\s+", re.IGNORECASE)
_RESERVED = frozenset(
    [
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
        "index",
        "item",
        "state",
        "start",
        "end",
    ]
)


def number(text: str) -> int | None:
    """The whole number that a text is, in digits or in words."""
    word = text.strip().lower().rstrip(".!")
    word = re.sub(r"(?:\s*(?:times|rounds?|items?|words?|sentences?)|(?<=[\d\s])\s*x)$", "", word).strip()
    if re.fullmatch(r"\d{1,9}", word):
        return int(word)
    hundreds = re.fullmatch(r"(an?|\w+)[ -]hundred(?:(?: and)?[ -](.+))?", word)
    if hundreds is None:
        return NUMBERS.get(word)
    count = 1 if hundreds[1] in ("a", "an") else NUMBERS.get(hundreds[1])
    rest = NUMBERS.get(hundreds[2]) if hundreds[2] else 0
    return None if count is None or rest is None else 100 * count + rest


def number_in(text: str) -> int | None:
    """The first number in a text."""
    found = re.search(rf"(?<![\w.])({NUMBER})(?![\w.]*\d)(?!\w)", text.lower())
    return number(found[1]) if found else None


def quoted(text: str) -> list[str]:
    """Every quoted piece of a text, without its quotes."""
    return [next(part for part in found if part).strip() for found in _QUOTED.findall(text)]


def unquoted(text: str) -> str:
    """A text without the quotes around it."""
    stripped = text.strip()
    found = _QUOTED.fullmatch(stripped)
    return next(part for part in found.groups() if part).strip() if found else stripped


def without_article(text: str) -> str:
    """A noun phrase without its article."""
    return _ARTICLE.sub("", text.strip())


def without_determiner(text: str) -> str:
    """A noun phrase without "a", "an" or "the"."""
    return _DETERMINER.sub("", text.strip())


def items(text: str) -> list[str]:
    """The items of a list as people write one: commas, "and", slashes, lines, bullets."""
    lines = [_BULLET.sub("", line) for line in text.strip().splitlines()]
    kept: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\x00{len(kept) - 1}\x00"

    def put_back(part: str) -> str:
        return re.sub(r"\x00(\d+)\x00", lambda found: kept[int(found[1])], part)

    parts = _SEPARATORS.split(_WHOLE.sub(put_aside, "\n".join(lines)))
    if joint := _JOINTS.get(current()):
        parts = [piece for part in parts for piece in joint.split(part)]
    cleaned = (unquoted(put_back(part).strip().strip(".:[]")) for part in parts)
    return list(dict.fromkeys(part for part in cleaned if part))


def language(text: str) -> str | None:
    """The language that a text names, in English."""
    found = re.search(rf"(?<![a-z])({LANGUAGE})", text.lower())
    return _LANGUAGES[found[1]] if found else None


def name_of(text: str, fallback: str = "value") -> str:
    """A name of the workflow language made from words: `Invoice number` becomes `invoice_number`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "_", without_determiner(plain).replace("'", "")).strip("_")[:40].strip("_")
    if not slug:
        return fallback
    if not slug[0].isalpha():
        slug = f"{fallback}_{slug}"
    return f"{slug}_value" if slug in _RESERVED else slug


def unique(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where it is taken."""
    candidate, count = name, 2
    while candidate in taken:
        candidate, count = f"{name}_{count}", count + 1
    return candidate


def plural(name: str) -> str:
    """The plural of a name."""
    if name.endswith("s"):
        return f"{name}_list"
    return f"{name[:-1]}ies" if name.endswith("y") and name[-2:-1] not in "aeiou" else f"{name}s"


def singular(name: str) -> str:
    """The singular of a name."""
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-1] if name.endswith("s") and not name.endswith(("ss", "us")) else name


def harmless(text: str) -> str:
    """A person's words as they may stand inside a template: nothing in them is looked up."""
    return re.sub(r"([{}])(?=[{}%#])", r"\1 ", text.replace("%}", "% }").replace("#}", "# }"))
