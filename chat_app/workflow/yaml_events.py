"""One pass over libyaml's events: data, places and problems.

Not covered, on purpose: several documents in a text, keys that are no scalars, merge keys.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, NoReturn

import yaml

from chat_app.workflow.diagnostics import Diagnostic, Location, Severity
from chat_app.workflow.places import Place, Source, Spot
from chat_app.workflow.scalars import scalar_value

_EVENTS: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Only its events are used; without libyaml they are slower but the same."""

MAX_DEPTH = 50
MAX_NODES = 500_000
MOST_PROBLEMS = 200


class _Stop(Exception):
    """Reading on makes no sense; the problem is in the list."""


class _Reader:
    """Builds data and places; recursion is bounded by MAX_DEPTH."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.base = 1 if text.startswith("\ufeff") else 0
        self.bare = Source(text, None)
        self.problems: list[Diagnostic] = []
        self.count = 0
        self.next: Callable[[], Any] = _EVENTS(text[self.base :]).get_event

    def add(self, code: str, message: str, start: int, end: int, help: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            place = self.bare.at(start + self.base, end + self.base)
            self.problems.append(Diagnostic(code, Severity.ERROR, message, location=place, help=help))

    def stop(self, code: str, message: str, event: Any, help: str) -> _Stop:
        self.add(code, message, event.start_mark.index, event.end_mark.index, help)
        return _Stop()

    def document(self) -> tuple[Any, Spot | None]:
        """The data of the one document of the text."""
        self.next()
        event = self.next()
        if isinstance(event, yaml.StreamEndEvent):
            self.problems.append(_empty())
            return None, None
        data, root = self.value(self.next(), 1)
        self.next()
        event = self.next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise self.stop(
                "yaml-syntax",
                "A second document begins here; a file holds one workflow.",
                event,
                "Remove the line `---`, or move what follows into a file of its own.",
            )
        return data, root

    def value(self, event: Any, depth: int) -> tuple[Any, Spot]:
        """A value and its place; refuses what the bounds forbid."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            return self.scalar(event)
        if kind is yaml.AliasEvent:
            raise self.stop("yaml-alias", f"`*{event.anchor}` is an alias; aliases are not read.", event, _COPY)
        if event.anchor is not None or event.tag is not None:
            self.refuse_marks(event)
        if depth > MAX_DEPTH:
            raise self.stop("too-deep", f"The text nests more than {MAX_DEPTH} levels deep.", event, _SPLIT)
        return self.mapping(event, depth) if kind is yaml.MappingStartEvent else self.sequence(event, depth)

    def refuse_marks(self, event: Any) -> None:
        start = event.start_mark.index
        if event.anchor is not None:
            message = f"`&{event.anchor}` is an anchor; anchors are not read."
            self.add("yaml-alias", message, start, start + 1, _COPY)
        if event.tag is not None:
            self.add("yaml-tag", f"`{event.tag}` is a tag; tags are not read.", start, start + 1, _PLAIN)

    def too_many(self, event: Any) -> NoReturn:
        """Refuses a text as soon as it holds more than is read."""
        raise self.stop("too-big", f"The text has more than {MAX_NODES:,} values.", event, _SPLIT)

    def scalar(self, event: Any) -> tuple[Any, Spot]:
        if event.anchor is not None or event.tag is not None:
            self.refuse_marks(event)
        start, end, style = event.start_mark.index + self.base, event.end_mark.index + self.base, event.style
        if not style:
            return (scalar_value(event.value) if event.implicit[0] else event.value), (start, end)
        if style in "|>":
            end = start + len(self.text[start:end].rstrip())
        return event.value, (start, end)

    def sequence(self, event: Any, depth: int) -> tuple[list[Any], Place]:
        place = Place(event.start_mark.index + self.base, 0)
        data: list[Any] = []
        parts: list[Spot] = []
        follow, scalar = self.next, self.scalar
        while (kind := type(item := follow())) is not yaml.SequenceEndEvent:
            value, part = scalar(item) if kind is yaml.ScalarEvent else self.value(item, depth + 1)
            self.count += 1
            if self.count > MAX_NODES:
                self.too_many(item)
            data.append(value)
            parts.append(part)
        place.parts = parts
        place.end = self.end_of(event, item, parts[-1] if parts else None)
        return data, place

    def mapping(self, event: Any, depth: int) -> tuple[dict[str, Any], Place]:
        place = Place(event.start_mark.index + self.base, 0)
        data: dict[str, Any] = {}
        keys: dict[str, tuple[int, int]] = {}
        parts: dict[str, Spot] = {}
        base, follow = self.base, self.next
        last: Spot | None = None
        while (kind := type(item := follow())) is not yaml.MappingEndEvent:
            if kind is not yaml.ScalarEvent:
                raise self.odd_key(item)
            if item.anchor is not None or item.tag is not None:
                self.refuse_marks(item)
            name, span = item.value, (item.start_mark.index + base, item.end_mark.index + base)
            value, last = self.value(follow(), depth + 1)
            self.count += 2
            if self.count > MAX_NODES:
                self.too_many(item)
            if name in data:
                self.duplicate(name, span, keys[name])
                continue
            data[name], parts[name], keys[name] = value, last, span
        place.keys, place.parts = keys, parts
        place.end = self.end_of(event, item, last)
        return data, place

    def odd_key(self, event: Any) -> _Stop:
        start = event.start_mark.index + self.base
        if self.text.startswith("{{", start - 1):
            message = "`{{` without quotes is read as braces of YAML."
            return self.stop("yaml-syntax", message, event, 'Put quotes around it: "{{ state.name }}".')
        return self.stop("yaml-syntax", "A key must be a plain word.", event, _QUOTE)

    def duplicate(self, name: str, span: tuple[int, int], first: tuple[int, int]) -> None:
        line = self.bare.position(first[0])[0]
        message = f"The key `{name}` stands here a second time."
        help = f"It is already given on line {line}; remove one of the two."
        self.add("duplicate-key", message, span[0] - self.base, span[1] - self.base, help)

    def end_of(self, start: Any, end: Any, last: Spot | None) -> int:
        """A block ends where its last part ends; libyaml would count the blank lines and comments below it."""
        if start.flow_style or last is None:
            return int(end.end_mark.index) + self.base
        return last.end if isinstance(last, Place) else last[1]


def load(text: str) -> Source:
    """Reads a text whose size and characters were checked."""
    reader = _Reader(text)
    data, root = None, None
    # Everything made here lives on: the collector would only walk it again and again, at half of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        data, root = reader.document()
    except _Stop:
        pass
    except yaml.MarkedYAMLError as error:
        reader.problems.append(_syntax(reader, error))
    except yaml.YAMLError as error:
        reader.add("yaml-syntax", f"This is not YAML: {error}.", 0, 0, _QUOTE)
    finally:
        if collecting:
            gc.enable()
    return Source(text, data, tuple(reader.problems), root)


def _empty() -> Diagnostic:
    return Diagnostic(
        "yaml-syntax",
        Severity.ERROR,
        "The text is empty.",
        location=Location(1, 1, 1, 1),
        help="A workflow begins with `version: 1` and `name: ...`.",
    )


def _syntax(reader: _Reader, error: yaml.MarkedYAMLError) -> Diagnostic:
    mark = error.problem_mark or error.context_mark
    if error.context_mark is not None and str(error.problem).startswith(_UNENDED):
        # Where the quote was opened tells more than where the text ends.
        mark = error.context_mark
    offset = (mark.index if mark else 0) + reader.base
    offset = min(offset, len(reader.text))
    problem = str(error.problem or error.context or "unreadable")
    problem = _told_by(problem, reader.text[offset : offset + 3])
    words = next((said for start, said in _WORDS.items() if problem.startswith(start)), problem)
    place = reader.bare.at(offset, min(offset + 1, len(reader.text)))
    return Diagnostic(
        "yaml-syntax",
        Severity.ERROR,
        f"This is not YAML: {words}.",
        location=place,
        help=_syntax_help(problem),
    )


def _told_by(problem: str, there: str) -> str:
    """What libyaml says, more precisely by the characters that it stopped at."""
    if not problem.startswith(_NO_START):
        return problem
    return _FENCE if there == "```" else "found a tab character" if there.startswith("\t") else problem


_NO_START = "found character that cannot start any token"
_UNENDED = "found unexpected end of stream"
_FENCE = "found a Markdown fence"
_HINTS = {
    _FENCE: "Remove the line that begins with ``` and the one that ends with it.",
    "found a tab character": "Indent with spaces, not tabs.",
    _NO_START: "Put quotes around a text that begins with this character.",
    "mapping values are not allowed in this context": "Quote a text with `: ` in it; check the indentation too.",
    "could not find expected ':'": "A key needs `: ` after it; check the indentation and the quotes above.",
    "did not find expected key": "Check the indentation of this line against the lines above, and the quotes.",
    "did not find expected '-' indicator": "Items of one list begin with `-` in the same column.",
    "did not find expected ',' or ']'": "A list in brackets has commas between its items and ends with `]`.",
    "did not find expected ',' or '}'": "Quote texts that hold `{{ … }}`; a quote inside of '…' is written twice.",
    _UNENDED: "A quote inside quotes ends the text: write `\\\"` within \"…\", and `''` within '…'.",
}
_WORDS = {
    _FENCE: "a Markdown fence is no part of it",
    _NO_START: "nothing can begin with this character",
    "found a tab character": "the line begins with a tab",
    "mapping values are not allowed in this context": "a `: ` stands where no key can be",
    "could not find expected ':'": "a key above has no `:`",
    "did not find expected key": "a key was expected here",
    "did not find expected '-' indicator": "an entry of the list was expected here",
    "did not find expected ',' or ']'": "the list in brackets does not go on as a list",
    "did not find expected ',' or '}'": "what stands in braces does not go on as keys and values",
    _UNENDED: "what is opened here is never closed",
}
"""What libyaml says, in plain words."""

_COPY = "Write the value out where it is needed."
_PLAIN = "Remove it; quote the value where it is to be a string."
_SPLIT = "Split the workflow into several files."
_QUOTE = "Put quotes around texts that hold `:`, `#`, `{` or `[`."


def _syntax_help(problem: str) -> str:
    return next((hint for start, hint in _HINTS.items() if problem.startswith(start)), _QUOTE)
