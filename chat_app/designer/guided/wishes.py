"""From a wish to cards: which recipes come nearest, and whether one is unmistakable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from chat_app.designer.guided import speech
from chat_app.designer.guided.building import build
from chat_app.designer.guided.interview import read_slots
from chat_app.designer.guided.memory import Memory, OfferedCard
from chat_app.designer.guided.patterns import Pattern, load_patterns
from chat_app.designer.guided.ranking import Ranked, Ranker
from chat_app.designer.guided.recipes import recipe_pattern
from chat_app.designer.guided.reply import Reply
from chat_app.events.design import Card, Offered
from chat_app.workflow.check import CheckResult

CARDS = 3


@dataclass
class Understood:
    """What a wish came to: a recipe where it is unmistakable, otherwise cards to choose from."""

    sure: dict[str, Any] | None = None
    reply: Reply = field(default_factory=Reply)


class Wishes:
    """Ranks recipes for a wish and draws their previews."""

    def __init__(self, check: Callable[[str], CheckResult]) -> None:
        self._check = check

    @cached_property
    def ranker(self) -> Ranker:
        """Loaded with the first wish, or by a warm-up."""
        return Ranker(load_patterns())

    def nearest(self, wish: str) -> list[Pattern]:
        """The patterns that a message may mean, where it reads like a wish at all."""
        ranked = self.ranker.rank(wish)
        return [each.pattern for each in ranked[:CARDS] if each.score >= speech.NEAR]

    def understand(self, memory: Memory, wish: str) -> Understood:
        """The recipes that a wish may mean; leaves the cards in the memory."""
        ranked = self.ranker.rank(wish)
        if unmistakable(ranked):
            best = ranked[0].pattern
            return Understood({"pattern": best.id}, Reply().say(speech.sure(best.title)))
        near = not ranked or ranked[0].score < speech.NEAR
        patterns = [each.pattern for each in ranked[:CARDS]]
        offered = self._offer(memory, patterns, wish, near)
        reply = Reply()
        if near:
            reply.say(speech.unclear(load_patterns()))
        return Understood(reply=reply.add(offered))

    def cards_again(self, memory: Memory) -> Offered:
        """The cards that are still open."""
        patterns = [found for card in memory.offered if (found := recipe_pattern(card.recipe))]
        return self._offer(memory, patterns, memory.wish, near=False)

    def _offer(self, memory: Memory, patterns: list[Pattern], wish: str, near: bool) -> Offered:
        memory.stage = "choosing"
        memory.offered = [
            OfferedCard(f"Use: {pattern.title}", pattern.title, {"pattern": pattern.id}) for pattern in patterns
        ]
        cards = tuple(
            Card(pattern.title, pattern.description, card.value, self._preview(pattern, wish))
            for pattern, card in zip(patterns, memory.offered, strict=True)
        )
        return Offered(speech.offer(len(cards), near), cards)

    def _preview(self, pattern: Pattern, wish: str) -> str | None:
        built = build(pattern, read_slots(pattern, wish), {})
        return None if built.failed else built.text


def unmistakable(ranked: list[Ranked]) -> bool:
    """Whether the first stands so far before the second that no choice is needed."""
    return len(ranked) == 1 and ranked[0].score > 0.99
