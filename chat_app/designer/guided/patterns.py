"""Patterns: the recipes that the guided designer knows, each a small file of data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field

from chat_app.designer.guided.rendering import render
from chat_app.workflow.fields import Name, Part

FOLDER = Path(__file__).parent.parent / "patterns"

SlotKind = Literal[
    "text", "topic", "choice", "labels", "fields", "names", "number", "yes_no", "language", "sample", "items"
]


class Choice(Part):
    """An option of a slot; `words` are what in a wish says it."""

    label: str
    value: str
    words: list[str] = Field(default=[])


class Slot(Part):
    """Something a pattern must know. One without a question is only read from the wish."""

    id: Name
    kind: SlotKind
    ask: str | None = None
    why: str = ""
    options: list[Choice] = Field(default=[])
    default: str = ""
    shown: bool = False
    """Whether its value stands in what a run gives to people, so that an option's is said in their language."""
    cues: list[str] = Field(default=[])
    """Regular expressions with one group: where a wish says the value."""
    other: bool = True
    minimum: int = 1
    maximum: int = 20
    reserved: list[str] = Field(default=[])
    """Names the value may not take, as the pattern uses them itself."""
    when: str | None = None
    """An expression over the other slots; the question is asked only where it holds."""
    requirement: str | None = None
    met_by: list[Any] = Field(default=[])
    """Ids of the nodes that meet the requirement."""


class Pattern(Part):
    """A recipe: how people ask for it, what must be known, the edits that build it."""

    id: Name
    family: str
    title: str
    description: str
    asks: list[str] = Field(min_length=1)
    shapes: list[str] = Field(default=[])
    """Regular expressions: turns of phrase that speak for it whatever the words in them are."""
    instead_of: list[Name] = Field(default=[])
    """Ids of steps whose place it takes where a turn of phrase speaks for it: alone they would do only a part."""
    covers: list[str] = Field(default=[])
    """Ids of the steps this recipe already holds, so that a wish naming them is no composition."""
    needs: list[Name] = Field(default=[])
    """Tools that it is built with; where one is missing it is not offered."""
    slots: list[Slot] = Field(default=[])
    styled: list[Any] = Field(default=[])
    """Ids of the nodes that write prose and follow tone, language and length."""
    unstyled: list[str] = Field(default=[])
    """Of tone, language and length, those that mean something else here."""
    edits: list[dict[str, Any]] = Field(default=[])
    gives: dict[str, Any] = Field(default={})
    """What a run with the examples of the inputs gives, to the letter; of recipes that ask no model and nobody."""

    def edit_data(self, names: Mapping[str, Any], shown: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The edits that build it, as plain data, with every place filled; in texts from the names as shown."""
        return [dict(edit) for edit in render(self.edits, names, names if shown is None else shown)]

    def spoken_for(self, wish: str) -> bool:
        """Whether a turn of phrase in a wish speaks for it."""
        return any(re.search(shape, wish, re.IGNORECASE) for shape in self.shapes)

    def styled_nodes(self, names: Mapping[str, Any]) -> list[str]:
        """Ids of the nodes that follow tone, language and length."""
        return [str(node) for node in render(self.styled, names)]

    def slot(self, name: str) -> Slot:
        """The slot with this id."""
        return next(slot for slot in self.slots if slot.id == name)


def read_pattern(file: Path) -> Pattern:
    """The pattern that a file holds; its id is the file's name."""
    data = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return Pattern.model_validate({"id": file.stem} | data)


@cache
def load_patterns() -> tuple[Pattern, ...]:
    """Every pattern that is shipped, in the order of their names."""
    return tuple(read_pattern(file) for file in sorted(FOLDER.glob("*.yaml")))


def pattern_named(name: str) -> Pattern | None:
    """The shipped pattern with this id."""
    return next((pattern for pattern in load_patterns() if pattern.id == name), None)
