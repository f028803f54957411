"""A document as it is at one moment, and what a check found in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from chat_app.language_server.levels import Level, level_at, levels_of
from chat_app.language_server.mentions import Mention, mentions_in
from chat_app.language_server.outline import Outline, outline
from chat_app.language_server.positions import Lines, Units
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Path
from chat_app.workflow.mend import mend
from chat_app.workflow.surroundings import Surroundings


@dataclass(frozen=True)
class Snapshot:
    """A text that was checked. What is worked out of it is worked out once."""

    uri: str
    text: str
    units: Units
    result: CheckResult
    surroundings: Surroundings

    @cached_property
    def lines(self) -> Lines:
        """The text by lines."""
        return Lines(self.text, self.units)

    @cached_property
    def mentions(self) -> list[Mention]:
        """Every place that names something."""
        return mentions_in(self.result.source)

    @cached_property
    def readable(self) -> bool:
        """Whether the text is YAML, so that places in it are known."""
        return isinstance(self.result.source.data, dict)

    @cached_property
    def mended(self) -> str:
        """The text after all safe fixes."""
        return mend(self.text, self.surroundings).text

    def mention_at(self, offset: int) -> Mention | None:
        """The name that stands at a character, or ends there."""
        return next((found for found in self.mentions if found.start <= offset <= found.end), None)


@dataclass(frozen=True)
class Here:
    """A place in a text that may be broken: what seems to stand there, and the names that can be used."""

    found: Outline
    levels: list[Level]
    used: Mapping[str, CheckResult] = field(default_factory=dict)
    """The files that its `workflow` nodes run."""

    @classmethod
    def at(cls, text: str, offset: int, good: Snapshot | None) -> Here:
        """Reads the text around a character; what can't be read is taken from the last text that could."""
        found = outline(text, offset)
        levels = levels_of(found.data)
        if good is not None and good.text != text:
            _fill(levels, levels_of(good.result.source.data))
        return cls(found, levels, good.result.used if good is not None else {})

    def level(self, path: Path) -> Level:
        """The level in which a path lies."""
        return level_at(self.levels, path)


def _fill(levels: list[Level], earlier: list[Level]) -> None:
    """Adds the names that an earlier text had: half a line may hide them all."""
    by_path = {level.path: level for level in earlier}
    for level in levels:
        known = by_path.get(level.path)
        for name, declared in known.own.items() if known else ():
            level.own.setdefault(name, declared)
        for id, path in known.nodes.items() if known else ():
            level.nodes.setdefault(id, path)
