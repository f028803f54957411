"""From a wish to cards: which recipes come nearest, and whether one is unmistakable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from chat_app.designer.guided import speech
from chat_app.designer.guided.building import build
from chat_app.designer.guided.clauses import MOST_CHARACTERS
from chat_app.designer.guided.editing import Editing
from chat_app.designer.guided.interview import read_slots
from chat_app.designer.guided.memory import Memory, OfferedCard
from chat_app.designer.guided.patterns import Pattern, load_patterns
from chat_app.designer.guided.plans import BEHIND_OTHERS, Plan, plan_of
from chat_app.designer.guided.ranking import Ranker
from chat_app.designer.guided.recipes import recipe_pattern
from chat_app.designer.guided.reply import Reply
from chat_app.designer.guided.scope import Refusal, refusals_in
from chat_app.designer.guided.sequels import as_said, behind, left_to, parted, told_to, with_sequel
from chat_app.designer.guided.telling import told_for
from chat_app.designer.guided.tool_patterns import named, tools_meant
from chat_app.designer.guided.toolbox import usable
from chat_app.designer.guided.values import in_own_words
from chat_app.events.design import Card, Offered
from chat_app.translation import tr
from chat_app.workflow.check import CheckResult

CARDS = 3
_LEAST_CARDS = 2
_FAR = 0.45
"""Of the best pattern's score, what another must reach to be shown beside it."""
MOST_BESIDES = 2
"""How many steps more than were named a pattern may do and still stand before a composition of just those."""
Recipe = dict[str, Any]


@dataclass
class Understood:
    """What a wish came to: a recipe where it is unmistakable, otherwise cards to choose from."""

    sure: dict[str, Any] | None = None
    refused: bool = False
    """Whether it was said that this cannot be built."""
    unsure: bool = False
    """Whether it was said that this may not be what can be built."""
    reply: Reply = field(default_factory=Reply)


class Wishes:
    """Ranks recipes for a wish and draws their previews."""

    def __init__(self, check: Callable[[str], CheckResult], *, draws: bool = True) -> None:
        self._editing = Editing(check)
        self._draws = draws

    @cached_property
    def ranker(self) -> Ranker:
        """Loaded with the first wish, or by a warm-up."""
        return Ranker([pattern for pattern in load_patterns() if usable(pattern.needs)])

    def nearest(self, wish: str) -> list[Pattern]:
        """The patterns that a message may mean, where it reads like a wish at all."""
        ranked = self.ranker.rank(wish[:MOST_CHARACTERS])
        return [each.pattern for each in ranked[:CARDS] if each.near]

    def understand(self, memory: Memory, wish: str) -> Understood:
        """The recipes that a wish may mean; leaves the cards in the memory."""
        wish = wish[:MOST_CHARACTERS]
        core, commands = parted(wish)
        # What the commands say is theirs; no slot is to read it.
        memory.wish = core
        ranked = self.ranker.rank(core)
        good = [each.pattern for each in ranked if each.near and each.score >= _FAR * ranked[0].score]
        plan = plan_of(core)
        recipes = [
            with_sequel(recipe, left_to(recipe_pattern(recipe), commands))
            for recipe in with_composition(core, good, plan)
        ]
        called = tools_meant(core)
        first = [one for one in called if named(one, core)]
        # A tool that only speaks of the same stands behind what is made for it.
        recipes = [*first, *recipes[: CARDS - 1], *called[:1], *recipes[CARDS - 1 :]]
        refusals = refusals_in(wish)
        if refusals:
            return Understood(reply=self._refuse(memory, core, refusals, recipes), refused=True)
        if not recipes or (plan is None and not called and self.ranker.doubts(core, ranked)):
            rest = [*recipes, *({"pattern": each.pattern.id} for each in ranked)]
            return Understood(reply=self._unclear(memory, core, rest), unsure=True)
        rest = [{"pattern": each.pattern.id} for each in ranked if each.pattern not in good]
        # A choice of two at least; a third only where it may be meant.
        shown = _distinct([*recipes, *rest, *_every()])[: max(_LEAST_CARDS, len(_distinct(recipes)))]
        return Understood(reply=Reply().add(self._offer(memory, shown, core, near=False)))

    def _refuse(self, memory: Memory, wish: str, refusals: list[Refusal], recipes: list[Recipe]) -> Reply:
        """Says what cannot be built, and offers what comes nearest."""
        near = [{"pattern": pattern.id} for refusal in refusals for pattern in refusal.patterns()]
        reply = Reply()
        for refusal in refusals:
            reply.say(tr(refusal.says))
        return reply.add(self._offer(memory, _distinct([*recipes, *near, *_every()]), wish, near=True))

    def _unclear(self, memory: Memory, wish: str, rest: list[Recipe]) -> Reply:
        reply = Reply().say(speech.unclear(load_patterns()))
        return reply.add(self._offer(memory, _distinct([*rest, *_every()]), wish, near=True))

    def cards_again(self, memory: Memory) -> Offered:
        """The cards that are still open."""
        return self._offer(memory, [card.recipe for card in memory.offered], memory.wish, near=False)

    def _offer(self, memory: Memory, recipes: list[Recipe], wish: str, near: bool) -> Offered:
        memory.stage = "choosing"
        shown = [(recipe, pattern) for recipe in recipes[:CARDS] if (pattern := recipe_pattern(recipe))]
        memory.offered = [
            OfferedCard(speech.use(pattern.title), tr(pattern.title), recipe) for recipe, pattern in shown
        ]
        cards = tuple(
            Card(
                tr(pattern.title),
                speech.card_text(pattern, as_said(recipe.get("then", []), memory.said)),
                speech.use(pattern.title),
                self._preview(recipe, pattern, wish, memory.said),
            )
            for recipe, pattern in shown
        )
        return Offered(speech.offer(len(cards), near), cards)

    def _preview(self, recipe: Recipe, pattern: Pattern, wish: str, said: str) -> str | None:
        if not self._draws:
            return None
        built = build(pattern, in_own_words(pattern, read_slots(pattern, told_to(recipe, wish)), said), {})
        if built.failed:
            return None
        return self._editing.follow(built.text, recipe.get("then", []))[0].text


def with_composition(wish: str, patterns: list[Pattern], plan: Plan | None) -> list[Recipe]:
    """Recipes in order: a composition stands first where no near pattern already does all that is named."""
    recipes: list[Recipe] = [with_sequel({"pattern": pattern.id}, behind(pattern, plan)) for pattern in patterns]
    if plan is None:
        return recipes
    meant = next((one for one in patterns if plan.steps[0].id in one.instead_of and one.spoken_for(wish)), None)
    if meant is not None:
        # Steps in a row would translate into the first of two languages only.
        return [recipes[patterns.index(meant)], *(each for each in recipes if each["pattern"] != meant.id)]
    wanted = plan.ids | ({"each"} if plan.each else set())
    whole = next((pattern for pattern in patterns[:CARDS] if _does(pattern, wanted)), None)
    own = plan.as_recipe()
    if plan.steps[0].id in BEHIND_OTHERS:
        return recipes
    situation = bool(patterns) and told_for(wish).get(patterns[0].id, 0) > 1
    if situation and len(plan.steps) == 1 and whole is not patterns[0]:
        return [recipes[0], own, *recipes[1:]]
    if whole is not None:
        first: Recipe = {"pattern": whole.id}
        return [first, own, *(recipe for recipe in recipes if recipe != first)]
    if len(plan.steps) > 1 or plan.each:
        return [own, *recipes]
    return [*recipes[:1], own, *recipes[1:]]


def _does(pattern: Pattern, wanted: set[str]) -> bool:
    """Whether a pattern does all that is named, and not mostly other things besides."""
    covered = set(pattern.covers)
    return wanted <= covered and len(covered - wanted) <= len(wanted) + MOST_BESIDES


def _every() -> list[Recipe]:
    return [{"pattern": pattern.id} for pattern in load_patterns() if usable(pattern.needs)]


def _distinct(recipes: list[Recipe]) -> list[Recipe]:
    return [recipe for number, recipe in enumerate(recipes) if recipe not in recipes[:number]]
