"""Templates: Jinja2's syntax, cut down by an allow-list over its parsed tree, run by our own small walker.

Only what `template_tree` knows can run: look-ups, the listed filters and tests, comparisons, `if`, `for`.
No arithmetic, no calls, no macros: nothing in a template can take more than time linear in the state,
except nested loops, which have a budget. What is undefined is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

from chat_app.workflow.filters import MAX_TEXT
from chat_app.workflow.template_run import Piece, TemplateFailed, lookup, name_alone, refuse, value_alone, write_all
from chat_app.workflow.template_tree import build
from chat_app.workflow.template_types import judge_lookups, judge_tree
from chat_app.workflow.typed import Known, TextProblem, simple

__all__ = ["MAX_TEXT", "Template", "TemplateFailed", "compile_template"]

_MARKS = re.compile(r"\{\{|\{%|\{#")
_SIMPLE = re.compile(r"\{\{\s*([a-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\}\}")
_WORDS = frozenset({"true", "false", "none", "True", "False", "None", "not"})


@dataclass(frozen=True)
class Template:
    """A compiled template; `problems` says why it can't run, if so."""

    text: str
    pieces: tuple[str | Piece, ...]
    reads: frozenset[str]
    """What it looks up, as dotted names (`state.email`, `item`), wherever they stand."""
    needs: frozenset[str]
    """Those it can't do without: not guarded by `default` or `is defined`."""
    problems: tuple[TextProblem, ...] = ()
    tree: Any = None
    """Jinja2's tree, for the type check; None where look-ups are all there is."""
    simple: tuple[str, ...] = ()
    """Without a tree: the dotted names that are looked up."""

    @property
    def is_value(self) -> bool:
        """Whether the template is exactly one `{{ … }}`, which keeps the value's type."""
        return len(self.pieces) == 1 and not isinstance(self.pieces[0], str) and self.pieces[0].is_value

    @cached_property
    def render(self) -> Callable[[Mapping[str, Any]], Any]:
        """Gives the value (exactly one `{{ … }}`) or the text; raises TemplateFailed. Chosen once."""
        pieces = self.pieces
        if self.problems:
            return partial(refuse, self.problems[0].message)
        if all(isinstance(piece, str) for piece in pieces):
            text = "".join(str(piece) for piece in pieces)
            return lambda names: text
        if len(pieces) == 1 and isinstance(pieces[0], Piece) and pieces[0].is_value:
            if len(self.simple) == 1 and "." not in self.simple[0]:
                return name_alone(self.simple[0])
            return value_alone(pieces[0].value)
        return partial(write_all, pieces)

    def type_problems(self, types: Mapping[str, Known]) -> tuple[Known, list[TextProblem]]:
        """The type of the value, and names, parts, filters that do not fit the types of the given names."""
        known, problems = judge_lookups(self.simple, types) if self.tree is None else judge_tree(self.tree, types)
        return (known if self.is_value else simple("string")), problems


@lru_cache(maxsize=4096)
def compile_template(text: str) -> Template:
    """Compiles a template; what it must not hold is in its `problems`."""
    if not _MARKS.search(text):
        return Template(text, (text,) if text else (), frozenset(), frozenset())
    return _look_ups_only(text) or build_full(text)


def _look_ups_only(text: str) -> Template | None:
    """Most templates hold nothing but `{{ state.x }}`; these need no parser."""
    pieces: list[str | Piece] = []
    names: list[str] = []
    end = 0
    for found in _SIMPLE.finditer(text):
        if found.group(1).split(".")[0] in _WORDS:
            return None
        between = text[end : found.start()]
        if _MARKS.search(between):
            return None
        if between:
            pieces.append(between)
        dotted = found.group(1)
        pieces.append(Piece.of_value(lookup(tuple(dotted.split(".")))))
        names.append(dotted)
        end = found.end()
    rest = text[end:]
    if _MARKS.search(rest):
        return None
    if rest:
        pieces.append(rest)
    solid = [piece for piece in pieces if not isinstance(piece, str) or piece.strip()]
    if len(solid) == 1:
        pieces = solid
    reads = frozenset(short_name(dotted) for dotted in names)
    return Template(text, tuple(pieces), reads, reads, simple=tuple(names))


def short_name(dotted: str) -> str:
    """`state.items.name` is a read of `state.items`, `file.name` one of `file`."""
    parts = dotted.split(".")
    return ".".join(parts[:2]) if parts[0] in ("state", "secret") else parts[0]


def build_full(text: str) -> Template:
    """Parses with Jinja2 and keeps what the allow-list knows."""
    pieces, reads, problems, tree = build(text)
    return Template(text, pieces, frozenset(reads.all), frozenset(reads.needed), tuple(problems), tree)
