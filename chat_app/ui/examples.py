"""The example workflows that an empty page offers: each is opened whole, its example input in the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from chat_app.translation import tr, tr_count
from chat_app.translation.data_texts import example_words
from chat_app.ui.markup import attribute
from chat_app.workflow.source import read

FIRST = (
    "write_and_review",
    "extract_invoice",
    "summarise_each",
    "support_triage",
    "ask_table",
    "research_angles",
)
"""Those that are seen without unfolding: each runs as it stands, on text alone."""


@dataclass(frozen=True, slots=True)
class Example:
    """One workflow of the folder."""

    name: str
    title: str
    """The name as it reads."""
    about: str
    """The first sentence of its description."""
    text: str


@cache
def examples(folder: Path) -> tuple[Example, ...]:
    """The examples, those to begin with first; read once, as the program's own files do not change."""
    found = [_example(path) for path in sorted(folder.glob("*.yaml"))]
    rank = {name: place for place, name in enumerate(FIRST)}
    return tuple(sorted(found, key=lambda one: (rank.get(one.name, len(rank)), one.name)))


def _example(path: Path) -> Example:
    text = path.read_text(encoding="utf-8")
    data = read(text).data
    description = str(data.get("description") or "") if isinstance(data, dict) else ""
    return Example(path.stem, *example_words(path.stem, description), text)


def examples_html(found: Sequence[Example]) -> str:
    """A few as cards, the others folded below them."""
    if not found:
        return ""
    shown = [one for one in found if one.name in FIRST] or list(found[: len(FIRST)])
    rest = [one for one in found if one not in shown]
    head = f'<h2 class="wc-h">{escape(tr("Or open an example"))}</h2>'
    folded = ""
    if rest:
        more = tr_count("{count} more example", "{count} more examples", len(rest))
        folded = f'<details data-step="examples"><summary>{escape(more)}</summary>{_cards(rest)}</details>'
    return f'<section class="wc-examples" id="examples">{head}{_cards(shown)}{folded}</section>'


def _cards(found: Sequence[Example]) -> str:
    cards = "".join(
        f'<button type="button" class="wc-choice wc-card" data-act="open_example" '
        f'data-example="{attribute(one.name)}"><strong>{escape(tr(one.title))}</strong>'
        f"<span>{escape(tr(one.about))}</span></button>"
        for one in found
    )
    return f'<div class="wc-cards">{cards}</div>'
