"""Ranks patterns by how well they fit a wish: BM25 over stemmed words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chat_app.designer.guided.patterns import Pattern

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
    """A pattern and how well it fits, from 0; 1 is as well as its own first sentence would."""

    pattern: Pattern
    score: float


class Ranker:
    """Built once over a set of patterns."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        # Both are slow to import (bm25s brings SciPy) and only needed once somebody makes a wish.
        import bm25s
        import Stemmer

        self._patterns = tuple(patterns)
        self._stemmer: Any = Stemmer.Stemmer("english")
        phrases = [(index, phrase) for index, each in enumerate(patterns) for phrase in (each.title, *each.asks)]
        self._owners = [index for index, _ in phrases]
        self._phrases = self._index(bm25s, [phrase for _, phrase in phrases])
        self._cards = self._index(
            bm25s,
            [" ".join((each.title, each.title, each.description, *each.asks)) for each in patterns],
        )
        self._vocabulary = frozenset(
            word
            for each in patterns
            for phrase in (each.title, each.description, *each.asks)
            for word in self.words(phrase)
        )

    def _index(self, bm25s: Any, texts: list[str]) -> Any:
        index = bm25s.BM25(k1=1.2, b=0.6)
        index.index([self.words(text) for text in texts], show_progress=False)
        return index

    def words(self, text: str) -> list[str]:
        """The stems of a text's words that carry meaning."""
        found = [word for word in _WORD.findall(text.lower()) if word not in _FILLERS]
        return [str(stem) for stem in self._stemmer.stemWords(found)]

    def rank(self, wish: str) -> list[Ranked]:
        """Every pattern that shares a word with the wish, the best first."""
        words = [word for word in self.words(wish) if word in self._vocabulary]
        if not words:
            return []
        cards = self._cards.get_scores(words)
        best = [0.0] * len(self._patterns)
        for owner, score in zip(self._owners, self._phrases.get_scores(words), strict=True):
            best[owner] = max(best[owner], float(score))
        top_phrase, top_card = max(best) or 1.0, float(max(cards)) or 1.0
        ranked = [
            Ranked(pattern, (0.5 * phrase / top_phrase + 0.5 * float(card) / top_card))
            for pattern, phrase, card in zip(self._patterns, best, cards, strict=True)
            if card > 0
        ]
        return sorted(ranked, key=lambda each: -each.score)
