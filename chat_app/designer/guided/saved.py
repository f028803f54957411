"""Answers as they are saved: the recipe that was chosen and what its slots were given, to be applied again."""

from __future__ import annotations

from typing import Any

from pydantic import Field, ValidationError

from chat_app.designer.guided.filing import FROM_FILES
from chat_app.designer.guided.patterns import Pattern, Slot
from chat_app.designer.guided.plans import Plan
from chat_app.designer.guided.recipes import recipe_pattern
from chat_app.designer.guided.values import read_answer
from chat_app.designer.guided.words import harmless, name_of
from chat_app.workflow.fields import Part

_STYLES = ("style_tone", "style_language", "style_length")


class AnswersInvalid(ValueError):
    """Saved answers that fit no recipe; the text says where."""


class Answers(Part):
    """What a person chose and answered; may also be written by hand, with answers as one would type them."""

    wish: str = ""
    recipe: dict[str, Any]
    """`{pattern: id}` or `{steps: […]}`, with the commands that follow it as `then`."""
    answers: dict[str, Any] = Field(default={})
    """By slot. What is left out takes its default, as an assumption."""

    def pattern(self) -> Pattern:
        """The recipe's pattern."""
        try:
            found = recipe_pattern(self.recipe)
        except TypeError as error:
            raise AnswersInvalid(f"The steps of the recipe cannot be read: {error}.") from None
        if found is None or ("steps" in self.recipe and not Plan.of_recipe(self.recipe).steps):
            raise AnswersInvalid(f"There is no pattern {self.recipe.get('pattern')!r}.")
        return found

    def values(self, pattern: Pattern) -> dict[str, Any]:
        """The values of the slots; a text is read as if it were typed."""
        values: dict[str, Any] = {}
        slots = {slot.id: slot for slot in pattern.slots}
        for name, given in self.answers.items():
            if name == FROM_FILES:
                values[name] = bool(given)
                continue
            if name in _STYLES:
                values[name] = harmless(str(given))
                continue
            if name not in slots:
                raise AnswersInvalid(f"`{pattern.id}` asks nothing called {name!r}; it asks {', '.join(slots)}.")
            value = read_answer(slots[name], given) if isinstance(given, str) else _saved_value(slots[name], given)
            if value is None:
                raise AnswersInvalid(f"The answer to `{name}` was not understood: {given!r}.")
            values[name] = value
        return values


def _saved_value(slot: Slot, given: Any) -> Any | None:
    """A value that is no text, as an interview saves it; None where it does not fit the slot."""
    match slot.kind:
        case "number":
            fits = type(given) is int and slot.minimum <= given <= slot.maximum
        case "yes_no":
            fits = isinstance(given, bool)
        case "items":
            fits = isinstance(given, list) and bool(given) and all(isinstance(one, str) for one in given)
        case "labels" | "names" | "fields":
            return _named_values(slot, given)
        case _:
            fits = False
    return given if fits else None


def _named_values(slot: Slot, given: Any) -> list[dict[str, Any]] | None:
    meaning = "description" if slot.kind == "fields" else "text"
    if not isinstance(given, list) or not given:
        return None
    for one in given:
        if not isinstance(one, dict) or not isinstance(one.get(meaning), str):
            return None
        if name_of(str(one.get("name"))) != one.get("name"):
            return None
    return [{**one, meaning: harmless(one[meaning])} for one in given]


def read_answers(data: Any) -> Answers:
    """Saved answers from plain data."""
    try:
        return Answers.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise AnswersInvalid(f"{place or 'answers'}: {first['msg']}") from None
