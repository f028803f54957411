"""Ranks patterns by how well they fit a wish: BM25 over stemmed words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chat_app.designer.guided.patterns import Pattern
from chat_app.designer.guided.stems import stem

NEAR = 0.22
_LEAST_WHOLE = 4.0
"""A sentence of one common word must not be said whole by naming that word."""

_FILLERS = frozenset(
    [
        "a",
        "an",
        "the",
        "i",
        "i'd",
        "we",
        "you",
        "me",
        "my",
        "our",
        "us",
        "your",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "is",
        "are",
        "be",
        "was",
        "want",
        "wants",
        "wanted",
        "would",
        "like",
        "need",
        "needs",
        "please",
        "can",
        "could",
        "should",
        "may",
        "might",
        "will",
        "shall",
        "help",
        "make",
        "makes",
        "build",
        "create",
        "set",
        "up",
        "give",
        "get",
        "workflow",
        "flow",
        "pipeline",
        "automation",
        "automate",
        "something",
        "thing",
        "things",
        "some",
        "any",
        "of",
        "to",
        "in",
        "on",
        "for",
        "with",
        "and",
        "or",
        "so",
        "then",
        "also",
        "just",
        "do",
        "does",
        "have",
        "has",
        "let",
        "lets",
        "let's",
        "hello",
        "hi",
        "hey",
        "app",
        "tool",
        "system",
        "process",
        "use",
        "using",
    ]
)
_WORD = re.compile(r"[^\W_]+(?:'[a-z]+)?")


@dataclass(frozen=True, slots=True)
class Ranked:
    """A pattern and how well it fits."""

    pattern: Pattern
    score: float
    """Beside the others: the best comes near 1."""
    likeness: float
    """By itself: how much of one of its own sentences the wish says, from 0 to 1."""

    @property
    def near(self) -> bool:
        """Whether the wish may well mean it."""
        return self.likeness >= NEAR


class Ranker:
    """Built once over a set of patterns."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        # Slow to import (it brings SciPy), and only needed once somebody makes a wish.
        import bm25s

        self._patterns = tuple(patterns)
        texts = [(number, text) for number, each in enumerate(patterns) for text in (each.title, *each.asks)]
        phrases = [(number, stems) for number, text in texts if (stems := words(text))]
        self._owners = [number for number, _ in phrases]
        self._phrases = _index(bm25s, [stems for _, stems in phrases])
        self._wholes = [
            max(float(self._phrases.get_scores(stems)[number]), 0.01) for number, (_, stems) in enumerate(phrases)
        ]
        cards = [words(" ".join((each.title, each.title, each.description, *each.asks))) for each in patterns]
        self._cards = _index(bm25s, cards)
        self._vocabulary = frozenset(stem for card in cards for stem in card)

    def rank(self, wish: str) -> list[Ranked]:
        """Every pattern that shares a word with the wish, the best first."""
        known = [stem for stem in words(wish) if stem in self._vocabulary]
        if not known:
            return []
        cards = [float(score) for score in self._cards.get_scores(known)]
        likeness = [0.0] * len(self._patterns)
        raw = [0.0] * len(self._patterns)
        for owner, score, whole in zip(self._owners, self._phrases.get_scores(known), self._wholes, strict=True):
            likeness[owner] = max(likeness[owner], min(1.0, float(score) / max(whole, _LEAST_WHOLE)))
            raw[owner] = max(raw[owner], float(score))
        top_card, top_raw = max(cards) or 1.0, max(raw) or 1.0
        ranked = [
            Ranked(pattern, (card / top_card + best / top_raw + like) / 3, like)
            for pattern, card, best, like in zip(self._patterns, cards, raw, likeness, strict=True)
            if card > 0
        ]
        return sorted(ranked, key=lambda each: -each.score)


def words(text: str) -> list[str]:
    """The stems of a text's words that carry meaning."""
    return [stem(word) for word in _WORD.findall(text.lower()) if word not in _FILLERS]


def _index(bm25s: Any, texts: list[list[str]]) -> Any:
    index = bm25s.BM25(k1=1.2, b=0.6)
    index.index(texts, show_progress=False)
    return index
