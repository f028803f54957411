"""Text of the simulated model: plain, labelled, and about what it was asked; no model is behind it."""

from __future__ import annotations

import re
from collections import Counter
from random import Random

LABEL = "[simulated]"
"""Stands before every free text of the simulated model."""

_WORD = re.compile(r"[^\W\d_][\w'-]{3,}")
_SENTENCE = re.compile(r"[^.!?\n]{20,160}[.!?]")
_QUOTED_EXAMPLE = re.compile(r"(?:e\.g\.|for example|such as)[\s,:]*[\"'“‘`](.+?)[\"'”’`]", re.IGNORECASE)
_LISTING = re.compile(r"\b(list|bullets?|points|steps|ideas|questions)\b", re.IGNORECASE)

_COMMON = frozenset(
    re.findall(
        r"\w+",
        "about above after again also answer below been before being between both could does each every "
        "following from give have here into json just like list make more most must need only other over "
        "please reply return same should some state such summarise summarize summary text than that their "
        "them then there these they this those through under very want well were what when where which "
        "while will with without word words would write your yours",
    )
)

_OPENINGS = (
    "A model would take up {a} here, starting from {b}.",
    "This stands where a model would write about {a} and {b}.",
    "The main point is {a}, seen together with {b}.",
    "In short, it comes down to {a}, with {b} close behind.",
)
_MIDDLES = (
    "It would weigh {c} against {a} and say which matters more.",
    "Next comes {c}, which ties in with {b}.",
    "A second look at {c} would make this more precise.",
    "It would then turn to {c} and give one example.",
)
_CLOSINGS = (
    "Choose a real model to see a real answer.",
    "No model was asked; the words come from the prompt.",
    "A real model would fill in the details.",
)


def key_words(text: str, most: int = 12) -> list[str]:
    """The words a text is about: the frequent ones first, small words left out."""
    found = [word.lower() for word in _WORD.findall(text[:20_000])]
    counted = Counter(word for word in found if word not in _COMMON)
    return [word for word, _ in counted.most_common(most)]


def quoted_example(description: str) -> str | None:
    """The value that a description gives as its example, if it does."""
    found = _QUOTED_EXAMPLE.search(description)
    return found.group(1) if found else None


def some_text(asked: str, rng: Random) -> str:
    """A few labelled sentences, or a list where one was asked for."""
    words = _three(asked, rng)
    if _LISTING.search(asked):
        lines = [f"- {word.capitalize()}: {rng.choice(_MIDDLES).format(**words)}" for word in words.values()]
        return f"{LABEL} {rng.choice(_OPENINGS).format(**words)}\n\n" + "\n".join(lines)
    sentences = [rng.choice(_OPENINGS), rng.choice(_MIDDLES), rng.choice(_CLOSINGS)]
    told = " ".join(sentence.format(**words) for sentence in sentences)
    quotes = _SENTENCE.findall(asked[:20_000])
    quote = f" “{rng.choice(quotes).strip()}”" if quotes else ""
    return f"{LABEL} {told}{quote}"


def short_text(name: str, asked: str, rng: Random, most: int | None) -> str:
    """A labelled phrase for one field; the label goes where there is no room for it."""
    words = _three(asked, rng)
    label = name.replace("_", " ").strip() or "answer"
    text = f"{LABEL} {label} about {words['a']} and {words['b']}"
    if most is None or len(text) <= most:
        return text
    short = f"{label} {words['a']}"
    labelled = f"{LABEL} {short}"
    return (labelled if len(labelled) <= most else short)[:most]


def _three(asked: str, rng: Random) -> dict[str, str]:
    words = key_words(asked) or ["this"]
    chosen = rng.sample(words, 3) if len(words) >= 3 else [words[index % len(words)] for index in range(3)]
    return dict(zip("abc", chosen, strict=True))
