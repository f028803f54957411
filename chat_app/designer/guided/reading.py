"""Slot values from the wish itself: what it already says is not asked."""

from __future__ import annotations

import re
from typing import Any

from chat_app.designer.guided.lists import LIST, sound_items
from chat_app.designer.guided.named_fields import named_fields
from chat_app.designer.guided.patterns import Slot
from chat_app.designer.guided.values import listed, option_value, read_answer
from chat_app.designer.guided.words import LANGUAGE, NUMBER, harmless, language, number, quoted

_LABEL_CUES = (
    r"(?:labels?|categories|category|classes|groups|types|topics|queues|departments|teams|buckets|kinds)"
    r"\s*(?::|,?\s+(?:are|like|such as|namely|e\.g\.|called))\s*" + LIST,
    r"\b(?:into|to|as|either|between)\s+(?:either\s+)?(?:the\s+)?(?:categories|classes|labels|groups|"
    r"types|topics|queues|"
    r"departments|teams)?\s*:?\s*" + LIST,
    r"\b(?:whether|if)\s+(?:it|they|this|that|each|the \w+|a \w+)?\s*(?:is|are|was|sounds?|"
    r"feels?)\s+(?:about\s+|an?\s+)?" + LIST,
    r"\(([^()]+)\)",
    r":\s*" + LIST,
)
_NAME_CUES = (
    r"(?:angles?|perspectives?|viewpoints?|aspects?|sides?|sections?|parts?|experts?|roles?|"
    r"dimensions?|criteria|chapters?)"
    r"\s*(?::|,?\s+(?:are|like|such as|namely|e\.g\.|of))\s*" + LIST,
    r"\b(?:from the|from)\s+" + r"([^.!?\n]+?)\s+(?:angles?|perspectives?|viewpoints?|points? of view|sides?)\b",
    r"\(([^()]+)\)",
    r":\s*" + LIST,
)
_TONGUES = re.compile(rf"\b({LANGUAGE})\s+(?={LANGUAGE})", re.IGNORECASE)
"""Languages in a row, with no comma between them."""


def read_wish(slot: Slot, wish: str) -> Any | None:
    """The value that a wish already gives a slot."""
    wish = _TONGUES.sub(r"\1, ", wish)
    for cue in slot.cues:
        # A lookahead, so that a match which gives no value does not hide one that begins inside it.
        for found in re.finditer(rf"(?={cue})", wish, re.IGNORECASE):
            said = re.sub(r"\s+(?:and|or)$", "", found[1].strip(" .,"))
            value = language(said) if slot.kind == "language" else read_answer(slot, said)
            if value is not None:
                return value
    match slot.kind:
        case "labels":
            return _listed(wish, _LABEL_CUES, slot, 2)
        case "names":
            return _listed(wish, _NAME_CUES, slot, 2)
        case "fields":
            return _named_fields(wish, slot)
        case "choice" | "text":
            return _said_option(slot, wish)
        case _:
            return None


def _said_option(slot: Slot, wish: str) -> str | None:
    lowered = wish.lower()
    for option in slot.options:
        if any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", lowered) for word in option.words):
            return option_value(slot, option)
    return None


def _listed(wish: str, cues: tuple[str, ...], slot: Slot, least: int) -> Any | None:
    named = quoted(wish)
    if len(named) >= max(2, least):
        return listed(slot, "; ".join(named))
    for cue in cues:
        for found in re.finditer(cue, wish, re.IGNORECASE):
            parts = sound_items(found[1])
            if len(parts) >= least:
                return listed(slot, "; ".join(parts))
    return None


def _named_fields(wish: str, slot: Slot) -> Any | None:
    named = quoted(wish)
    parts = named if len(named) > 1 else named_fields(wish)
    return listed(slot, "; ".join(parts)) if parts else None


_TONES = (
    "friendly", "formal", "informal", "casual", "professional", "polite", "humorous", "funny", "playful",
    "persuasive", "enthusiastic", "empathetic", "apologetic", "encouraging", "diplomatic",
)  # fmt: skip
_TONES_BESIDE_THE_WORD = (
    *_TONES,
    "neutral",
    "warm",
    "serious",
    "confident",
    "plain",
    "simple",
    "technical",
    "academic",
)
_UNITS = r"(words?|sentences?|lines?|paragraphs?|bullet points?|bullets?|characters?|pages?)"


def tone_in(wish: str) -> str | None:
    """The tone that a wish names."""
    plain, beside = "|".join(_TONES), "|".join(_TONES_BESIDE_THE_WORD)
    found = re.search(
        rf"\b({beside})(?:\s*(?:,|and|but)\s*({beside}))?\s+(?:tone|voice|style|manner)\b", wish.lower()
    )
    found = found or re.search(rf"\b({plain})(?:\s*(?:,|and|but)\s*({plain}))?\b", wish.lower())
    return None if not found else f"{found[1]} and {found[2]}" if found[2] else found[1]


def language_in(wish: str) -> str | None:
    """The language that a wish wants its text in; not the one a translation starts from."""
    found = re.search(rf"\b(?:in|into|auf|en)\s+(?:plain\s+|simple\s+|formal\s+)?({LANGUAGE})", wish.lower())
    return language(found[1]) if found else None


def length_in(wish: str) -> str | None:
    """The length that a wish sets: `at most 100 words`."""
    found = re.search(
        rf"\b(?:(at most|no more than|under|less than|up to|maximum|max\.?|within|"
        rf"below)\s+)?({NUMBER})[\s-]+{_UNITS}",
        wish.lower(),
    )
    if not found:
        return None
    count = number(found[2])
    unit = found[3].replace("bullets", "bullet points")
    bound = "at most" if found[1] else "about" if unit.startswith(("word", "char")) else "exactly"
    return f"{bound} {count} {unit if count == 1 or unit.endswith('s') else unit + 's'}"


def topic_after(wish: str, words: str) -> str | None:
    """What a wish is about: the phrase after one of some words."""
    found = re.search(rf"\b(?:{words})\s+" + LIST, wish, re.IGNORECASE)
    return harmless(found[1].strip(" ,")) if found else None
