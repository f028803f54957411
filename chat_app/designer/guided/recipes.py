"""Recipes: what a card stands for, a shipped pattern or a composition of steps."""

from __future__ import annotations

from typing import Any

from chat_app.designer.guided.composing import compose
from chat_app.designer.guided.patterns import Pattern, load_patterns, pattern_named
from chat_app.designer.guided.plans import Plan
from chat_app.designer.guided.speech import use
from chat_app.designer.guided.tool_patterns import tool_pattern
from chat_app.designer.guided.toolbox import usable
from chat_app.translation import tr


def recipe_pattern(recipe: dict[str, Any]) -> Pattern | None:
    """The pattern behind a recipe; None where it is no longer shipped."""
    if "steps" in recipe:
        return compose(Plan.of_recipe(recipe))
    if "tool" in recipe:
        return tool_pattern(recipe)
    return pattern_named(str(recipe.get("pattern", "")))


def titled(text: str) -> Pattern | None:
    """The shipped pattern whose title a text is, in English or in the current language; "Use: …" as cards say it."""
    plain = text.strip().lower().rstrip(".")
    for pattern in load_patterns():
        if not usable(pattern.needs):
            continue
        said = (pattern.title, f"Use: {pattern.title}", tr(pattern.title), use(pattern.title))
        if plain in (title.lower() for title in said):
            return pattern
    return None
