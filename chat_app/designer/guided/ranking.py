"""Ranks patterns by how well they fit a wish: BM25 over stemmed words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from chat_app.designer.guided.fillers import fillers, meaning
from chat_app.designer.guided.patterns import Pattern
from chat_app.designer.guided.telling import told_for

NEAR = 0.22
_LEAST_TYPO, _TYPO = 5, 83
"""From how many letters on a word may be misspelt, and how alike (of 100) it must be."""
_SHAPED = 0.35
"""What a turn of phrase adds to a score."""
_TOLD = (0.0, 0.3, 0.5, 0.6)
"""What a situation adds that is told by one concept, by two, by more."""
_LEAST_KNOWN, _LEAST_LIKE = 0.6, 0.48
"""A wish is doubted below both: the share of its words that are known, and how much it says of a known sentence."""
_LEAST_WHOLE = 4.0
"""A sentence of one common word must not be said whole by naming that word."""

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
        self._long = sorted(word for word in self._vocabulary if len(word) >= _LEAST_TYPO)

    def rank(self, wish: str) -> list[Ranked]:
        """Every pattern that shares a word with the wish, the best first."""
        known = [stem for word in words(wish) if (stem := self._known(word))]
        shaped = {number for number, each in enumerate(self._patterns) if each.spoken_for(wish)}
        told = told_for(wish)
        if not known and not shaped and not told:
            return []
        cards = [float(score) for score in self._cards.get_scores(known)] if known else [0.0] * len(self._patterns)
        likeness = [0.0] * len(self._patterns)
        raw = [0.0] * len(self._patterns)
        scores = self._phrases.get_scores(known) if known else [0.0] * len(self._owners)
        for owner, score, whole in zip(self._owners, scores, self._wholes, strict=True):
            likeness[owner] = max(likeness[owner], min(1.0, float(score) / max(whole, _LEAST_WHOLE)))
            raw[owner] = max(raw[owner], float(score))
        top_card, top_raw = max(cards) or 1.0, max(raw) or 1.0
        ranked = []
        for number, pattern in enumerate(self._patterns):
            score = (cards[number] / top_card + raw[number] / top_raw + likeness[number]) / 3
            hint = max(_SHAPED * (number in shaped), _TOLD[min(told.get(pattern.id, 0), len(_TOLD) - 1)])
            if hint:
                ranked.append(Ranked(pattern, score + hint, max(likeness[number], NEAR)))
            elif cards[number] > 0:
                ranked.append(Ranked(pattern, score, likeness[number]))
        return sorted(ranked, key=lambda each: -each.score)

    def doubts(self, wish: str, ranked: Sequence[Ranked]) -> bool:
        """Whether a wish shares too little with every pattern to be one that can be built."""
        if told_for(wish) or any(each.spoken_for(wish) for each in self._patterns):
            return False
        said = words(wish)
        known = sum(self._known(word) is not None for word in said)
        return known < _LEAST_KNOWN * len(said) and max((each.likeness for each in ranked), default=0.0) < _LEAST_LIKE

    def _known(self, word: str) -> str | None:
        """The stem among the patterns' own that a word has, or nearly has where it is misspelt."""
        if word in self._vocabulary:
            return word
        if len(word) < _LEAST_TYPO:
            return None
        near = process.extractOne(word, self._long, scorer=fuzz.ratio, score_cutoff=_TYPO)
        return str(near[0]) if near else None


def words(text: str) -> list[str]:
    """The stems of a text's words that carry meaning."""
    return [meaning(word) for word in _WORD.findall(text.lower()) if word not in fillers()]


def _index(bm25s: Any, texts: list[list[str]]) -> Any:
    index = bm25s.BM25(k1=1.2, b=0.6)
    index.index(texts, show_progress=False)
    return index
