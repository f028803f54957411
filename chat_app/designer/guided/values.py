"""Slot values from a person's answer: text in, plain JSON data out; None where it is not understood."""

from __future__ import annotations

import re
from typing import Any

from rapidfuzz import fuzz, process

from chat_app.designer.guided.answer_language import STYLE, has_prose, named_in
from chat_app.designer.guided.patterns import Choice, Pattern, Slot
from chat_app.designer.guided.rendering import AS_DATE
from chat_app.designer.guided.tongues import English, in_english
from chat_app.designer.guided.words import (
    harmless,
    items,
    language,
    name_of,
    number_in,
    unique,
    unquoted,
    without_article,
    without_determiner,
)
from chat_app.translation import language as current
from chat_app.translation import speaking, tr
from chat_app.translation.data_texts import LISTED

_YES = frozenset(
    [
        "yes",
        "y",
        "yeah",
        "yep",
        "yup",
        "sure",
        "ok",
        "okay",
        "please",
        "true",
        "on",
        "right",
        "correct",
        "definitely",
        "absolutely",
        "ja",
        "oui",
        "si",
        "sí",
        "はい",
        "是",
    ]
)
_NO = frozenset(
    ["no", "n", "nope", "nah", "not", "never", "false", "off", "none", "nein", "non", "いいえ", "否", "不"]
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")

_TYPES: tuple[tuple[str, dict[str, Any]], ...] = (
    (r"^(?:is|has|was|are|can|does|whether)\b|\b(?:yes/no|boolean|true/false|flag)\b", {"type": "boolean"}),
    (r"\b(?:date|deadline|birthday|due|day|time)\b", {"type": "string"}),
    (r"\b(?:number of|count|how many|quantity|qty|age|years|pages|rating|stars)\b", {"type": "integer"}),
    (
        r"\b(?:number|no|code|id|reference|address|name|phone|email|currency|zip|iban|vat id)\b",
        {"type": "string"},
    ),
    (
        r"\b(?:total|amount|price|cost|sum|tax|vat|salary|fee|budget|percentage|percent|weight|score|"
        r"temperature|balance|revenue|discount|subtotal)\b",
        {"type": "number"},
    ),
    (
        r"\b(?:items|names|people|persons|skills|topics|keywords|tags|tasks|actions|decisions|participants|"
        r"attendees|ingredients|requirements|symptoms|medications|risks|parties|obligations|products|places|"
        r"dates|links|questions|steps|companies|organi[sz]ations|locations|list of .+)\b",
        {"type": "array", "items": {"type": "string"}},
    ),
)
_WRITTEN_TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "whole number": {"type": "integer"},
    "yes/no": {"type": "boolean"},
    "boolean": {"type": "boolean"},
    "list": {"type": "array", "items": {"type": "string"}},
    "date": {"type": "string"},
}


def read_answer(slot: Slot, text: str) -> Any | None:
    """The value that an answer gives a slot."""
    text = text.strip()
    if not text:
        return None
    match slot.kind:
        case "text":
            return _chosen_value(slot, text) or harmless(unquoted(text))
        case "topic":
            return _chosen_value(slot, text) or harmless(without_determiner(unquoted(text))).rstrip(".")
        case "sample":
            return text
        case "items":
            return sample_items(text)
        case "choice":
            return _choice(slot, text)
        case "yes_no":
            return yes_or_no(_english(text))
        case "number":
            return _bounded(slot, _english(text))
        case "language":
            return (
                language(text)
                or language(_english(text))
                or (harmless(text) if slot.other and len(text.split()) <= 3 else None)
            )
        case "labels" | "fields" | "names":
            return _listed_option(slot, text) or listed(slot, text)


def _english(text: str) -> str:
    return in_english(text, current()).text


def in_own_words(pattern: Pattern, values: dict[str, Any], said: str) -> dict[str, Any]:
    """Values that were read from the English of a wish, told as the person put them."""
    if current() == "en" or not said:
        return values
    told = in_english(said, current())
    kinds = {slot.id: slot.kind for slot in pattern.slots}
    named = named_in(said) if has_prose(pattern) else None
    style = {STYLE: named} if named else {}
    return style | {name: _told(kinds.get(name, ""), value, told) for name, value in values.items()}


def _told(kind: str, value: Any, told: English) -> Any:
    if kind in LISTED:
        key = "description" if kind == "fields" else "text"
        return [{**one, key: harmless(told.in_own_words(one[key]))} for one in value]
    return harmless(told.in_own_words(value)) if kind in ("text", "topic") and isinstance(value, str) else value


def listed(slot: Slot, text: str) -> list[dict[str, Any]] | None:
    """The list that a text gives a slot."""
    return fields(text, slot.reserved) if slot.kind == "fields" else labels(text, slot.reserved)


def _listed_option(slot: Slot, text: str) -> list[dict[str, Any]] | None:
    """An option in another language: what it names is called as in English, and told as the person reads it."""
    plain = text.lower()
    chosen = next((one for one in slot.options if plain in (one.value.lower(), tr(one.label).lower())), None)
    if chosen is None or current() == "en":
        return None
    with speaking("en"):
        known = listed(slot, chosen.value)
    told = listed(slot, tr(chosen.value))
    key = "description" if slot.kind == "fields" else "text"
    return [{**one, key: other[key]} for one, other in zip(known or (), told or (), strict=True)]


def yes_or_no(text: str) -> bool | None:
    """Whether a text agrees; None where it does neither."""
    first = re.findall(r"\w+", text.lower())[:1]
    if not first:
        return None
    return True if first[0] in _YES else False if first[0] in _NO else None


def pick(options: list[Choice], text: str) -> Choice | None:
    """The option that a text means: by value, label, position, or nearly."""
    plain = re.sub(r"^(?:the|option|number|card|choose|take|use)\s+", "", text.strip().lower().rstrip("."))
    plain = re.sub(r"\s+(?:one|option|card)$", "", re.sub(r"^(?:the|option|number)\s+", "", plain))
    for option in options:
        if plain in {one.lower() for said in (option.value, option.label) for one in (said, tr(said))}:
            return option
    position = _position(plain, len(options))
    if position is not None:
        return options[position]
    for option in options:
        if any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", plain) for word in option.words):
            return option
    labels = [tr(option.label).lower() for option in options]
    near = process.extractOne(plain, labels, scorer=fuzz.WRatio, score_cutoff=86) if len(plain) > 3 else None
    if near is None and current() != "en" and (english := _english(plain).lower()) != plain:
        return pick(options, english) if english.isascii() else None
    return options[near[2]] if near else None


def _position(plain: str, count: int) -> int | None:
    if plain.isdigit() and 1 <= int(plain) <= count:
        return int(plain) - 1
    if plain in _ORDINALS[:count]:
        return _ORDINALS.index(plain)
    return count - 1 if plain == "last" and count else None


def option_value(slot: Slot, choice: Choice) -> str:
    """What an option puts into the workflow."""
    return tr(choice.value) if slot.shown else choice.value


def _chosen_value(slot: Slot, text: str) -> str | None:
    chosen = pick(slot.options, text) if slot.options else None
    return option_value(slot, chosen) if chosen else None


def _choice(slot: Slot, text: str) -> str | None:
    chosen = pick(slot.options, text)
    if chosen:
        return chosen.value
    return harmless(unquoted(text)) if slot.other else None


def _bounded(slot: Slot, text: str) -> int | None:
    value = number_in(text)
    return value if value is not None and slot.minimum <= value <= slot.maximum else None


def _pairs(text: str) -> list[tuple[str, str]]:
    """`name: meaning` lines or items; without a meaning, an empty one."""
    if "\n" in text.strip() or (";" in text and ":" in text):
        lines = [line.strip(" -*•\t") for line in re.split(r"[\n;]", text) if line.strip(" -*•\t")]
        if any(":" in line for line in lines):
            return [(name.strip(), meaning.strip()) for name, _, meaning in (line.partition(":") for line in lines)]
    found = []
    for item in items(text):
        bracket = re.fullmatch(r"(.+?)\s*[(（](.+)", item)
        name, meaning = (bracket[1], bracket[2].rstrip(")）")) if bracket else (item, "")
        left, colon, right = name.replace("：", ":").partition(":")
        found.append((left.strip(), right.strip()) if colon and left.strip() else (name.strip(": "), meaning))
    return [(name, meaning) for name, meaning in found if name]


def labels(text: str, reserved: list[str]) -> list[dict[str, Any]] | None:
    """Two labels or more, such as categories, angles or sections, each with what it means."""
    taken = set(reserved)
    found = []
    for words, meaning in _pairs(text):
        name = unique(name_of(_named(words), "label"), taken)
        taken.add(name)
        found.append({"name": name, "text": harmless(meaning or without_article(words))})
    return found if 2 <= len(found) <= 20 else None


def _named(words: str) -> str:
    """The words that a name is made of: English ones, where they are known."""
    return _english(words) if current() != "en" else words


def fields(text: str, reserved: list[str]) -> list[dict[str, Any]] | None:
    """One field or more, each with a type guessed from its name or written in brackets."""
    taken = set(reserved)
    found = []
    for words, note in _pairs(text):
        name = unique(name_of(_named(words), "field"), taken)
        taken.add(name)
        found.append({"name": name, **field_type(words, note)})
    return found if 1 <= len(found) <= 30 else None


def field_type(words: str, note: str = "") -> dict[str, Any]:
    """A field's type from its name and a note beside it."""
    written = _WRITTEN_TYPES.get(note.strip().lower())
    plain = without_article(_named(words)).lower().replace("_", " ")
    guessed = next((kind for pattern, kind in _TYPES if re.search(pattern, plain)), {"type": "string"})
    meaning = "" if written else note
    description = harmless(meaning or without_article(words.replace("_", " ")))
    if written is None and re.search(r"\b(?:date|deadline|birthday)\b", plain):
        description += tr(AS_DATE)
    return {**(written or guessed), "description": description[:1].upper() + description[1:]}


def sample_items(text: str) -> list[str]:
    """A pasted list as its items: lines where there are several, else parted by commas."""
    lines = [re.sub(r"^\s*(?:[-*•]|\d+[.)])\s*", "", line).strip() for line in text.strip().splitlines()]
    lines = [line for line in lines if line]
    return lines if len(lines) > 1 else items(text) or [text]
