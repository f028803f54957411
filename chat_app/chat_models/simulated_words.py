"""Text of the simulated model: plain, labelled, and about what it was asked; no model is behind it."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from random import Random

from chat_app.chat_models.simulated_tongues import Tongue, wanted

LABEL = "[simulated]"
"""Stands before every free text of the simulated model."""

_READ = 20_000
"""Characters of a prompt that are looked at."""

_WORD = re.compile(r"[^\W\d_][\w'-]{2,}")
_SENTENCE = re.compile(r"[^.!?\n]{12,160}(?:[.!?](?=\s|$)|$)", re.MULTILINE)
_QUOTED_EXAMPLE = re.compile(r"(?:e\.g\.|for example|such as)[\s,:]*[\"'“‘`](.+?)[\"'”’`]", re.IGNORECASE)
_UNSPACED_SENTENCE = re.compile(r"[^。！？\n]{6,80}[。！？]")
_HEADING = re.compile(r"^(?:## )?[A-Z][\w ]{0,30}:?$|^[A-Z][\w ]{0,30}: ", re.MULTILINE)
"""What a prompt says before a part of its material: `Topic: `."""
_NUMBER = r"(-?\d+(?:[.,]\d+)?)"

# What is wanted, told from the prompt's verbs; the one named first is taken.
_WAYS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (
        re.compile(r"\b(summar\w+|sum (?:\w+ )?up|shorten|condense|overview|in short)\b", re.IGNORECASE),
        ("In short, it is about {a} and {b}. {quote}", "{quote} That is the gist: {a}, {b} and {c}."),
    ),
    (
        re.compile(r"\b(list|bullets?|ideas|steps|outline|questions)\b", re.IGNORECASE),
        ("\n- {A}: where it begins\n- {B}: what it needs\n- {C}: what could go wrong",),
    ),
    (
        re.compile(r"\b(reply|respond|customer|e-?mail|dear)\b", re.IGNORECASE),
        (
            "Thank you for writing about {a}. We have looked into {b} and will tell you more about {c} soon.",
            "We are sorry for the trouble with {a}. We will see to {b} today, and to {c} after that.",
        ),
    ),
    (
        re.compile(r"\b(review|judge|rate|critique|feedback)\b", re.IGNORECASE),
        ("The part about {a} is clear. Say more about {b}, and less about {c}.",),
    ),
    (
        re.compile(
            r"\b(write|rewrite|improve|revise|draft|compose|essay|article|story|post|report)\b", re.IGNORECASE
        ),
        (
            "{A} is closer than it seems. It begins with {b}, and before long it comes to {c}. {quote}",
            "Think of {a} first, then of {b}. Between the two lies {c}. {quote}",
        ),
    ),
    (
        re.compile(r"\Z"),
        (
            "It comes down to {a}, together with {b}. A real model would say more about {c}.",
            "The main point is {a}; {b} follows from it, and {c} is worth a second look.",
        ),
    ),
)

_COMMON = frozenset(
    re.findall(
        r"\w+",
        "about above advice after again all also among and another answer any are ask asked been before "
        "begins being below between both briefly but came can clear closer comes could did does down draft "
        "each enter every find first following follows for from get gist give given good guess had has have "
        "her here his how improve into its just least less lies like line list look looked made main make "
        "many may model more most much must need never none not nothing now null once one only other our "
        "out over own part please point politely question real return review same say says score second "
        "seems she short should simulated some soon sorry state still such summary text than thank that the "
        "their them then there these they think this those through today together too trouble two under use "
        "very want was were what when where which while who whole why will with without word words worth "
        "would write writing yes yet you your",
    )
)


class Prompt:
    """What a prompt is about, read once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._read = text[:_READ].replace(LABEL, " ")
        first, _, rest = self._read.partition("\n")
        _, colon, applied = first.partition(": ")
        told = f"{applied}\n{rest}" if colon else rest
        self.tongue, below = wanted(self._read)
        """The language that is asked for, where it is another than English."""
        if self.tongue is not None:
            told = _HEADING.sub("", below).strip()
        self.material = told if len(told.split()) >= 3 or (told and self.tongue) else self._read
        """What the instruction is applied to: what stands after its colon or its line."""

    @cached_property
    def words(self) -> list[str]:
        """The words it is about: the frequent ones first, small words left out."""
        ways = ((self.material, self.tongue), (self._read, self.tongue), (self._read, None))
        return next((found for text, tongue in ways if (found := _key_words(text, tongue))), [])

    @cached_property
    def sentences(self) -> list[str]:
        """Short sentences of the material, in their order."""
        if self.tongue is not None and self.tongue.unspaced:
            return [one.lstrip("-*#> ") for one in _UNSPACED_SENTENCE.findall(self.material)]
        found = (" ".join(one.split()).lstrip("-*#> ") for one in _SENTENCE.findall(self.material))
        return [sentence for sentence in found if len(sentence.split()) >= 3]

    def three(self, rng: Random) -> list[str]:
        """Three words to speak of, different ones where there are so many."""
        words = self.words or ["this"]
        if len(words) < 3:
            return [words[index % len(words)] for index in range(3)]
        return rng.sample(words[:6], 3)

    def said_of(self, name: str) -> str | None:
        """What the material says after a name, as in `Supplier: Taxi Wagner`."""
        pattern = rf"\b{_loose(name)}\b\s*(?:no\.?|nr\.?|name)?\s*[:=#]\s*([^\n,;]{{1,60}})"
        found = re.search(pattern, self._read, re.IGNORECASE)
        return found.group(1).strip(" .\"'") or None if found else None

    def number_of(self, name: str) -> float | None:
        """The number that the material gives near a name, as in `total of 12.50 EUR`."""
        between = r"(?:\s+(?:of|is|was))?\s*[:=]?\s*[€$£]?\s*"
        found = re.search(rf"\b{_loose(name)}\b{between}{_NUMBER}(?!\s*(?:-|–|to)\s*\d)", self._read, re.IGNORECASE)
        return float(found.group(1).replace(",", ".")) if found else None


def quoted_example(description: str) -> str | None:
    """The value that a description gives as its example, if it does."""
    found = _QUOTED_EXAMPLE.search(description)
    return found.group(1) if found else None


def some_text(prompt: Prompt, rng: Random) -> str:
    """A few labelled sentences in the manner that was asked for."""
    text = prompt.text[:_READ]
    named = [(found.start(), ways) for pattern, ways in _WAYS if (found := pattern.search(text))]
    ways = min(named)[1]
    if prompt.tongue is not None:
        ways = prompt.tongue.ways[[english for _, english in _WAYS].index(ways)]
    a, b, c = prompt.three(rng)
    quote = f"“{rng.choice(prompt.sentences[:5])}”" if prompt.sentences else ""
    filled = rng.choice(ways).format(a=a, b=b, c=c, A=a.capitalize(), B=b.capitalize(), C=c.capitalize(), quote=quote)
    return f"{LABEL} {filled}".rstrip()


def short_text(name: str, prompt: Prompt, rng: Random, most: int | None, description: str = "") -> str:
    """A labelled phrase for one field; the label goes where there is no room for it."""
    title = name.replace("_", " ").strip() or "answer"
    words = dict.fromkeys(prompt.three(rng)[:2])
    about = f"{title} about {' and '.join(words)}"
    if prompt.tongue is not None:
        title = description.strip() or title
        about = prompt.tongue.about.format(title=title, words=prompt.tongue.joint.join(words))
    phrases = [prompt.said_of(name), about, title, title[:most]]
    for phrase in phrases:
        if phrase and (most is None or len(f"{LABEL} {phrase}") <= most):
            return f"{LABEL} {phrase}"
    return next((phrase for phrase in phrases if phrase and len(phrase) <= (most or 0)), "")


def several_texts(prompt: Prompt, count: int) -> list[str]:
    """So many different labelled phrases: sentences of the material, else its words."""
    if len(prompt.sentences) >= count:
        return [f"{LABEL} {sentence}" for sentence in prompt.sentences[:count]]
    words = prompt.words or ["item"]
    rounds = (f" {index // len(words) + 1}" if index >= len(words) else "" for index in range(count))
    return [f"{LABEL} {words[index % len(words)]}{turn}" for index, turn in enumerate(rounds)]


def _key_words(text: str, tongue: Tongue | None) -> list[str]:
    found = [word.lower() for word in _WORD.findall(text)] if tongue is None else tongue.words(text)
    counted = Counter(word for word in found if word not in _COMMON)
    return [word for word, _ in counted.most_common(12)]


def _loose(name: str) -> str:
    """A field's name as it may stand in a text: blanks or underscores between its words."""
    return r"[\s_-]+".join(re.escape(part) for part in name.split("_") if part) or r"(?!)"
