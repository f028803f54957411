"""Every path through the slots of a pattern, and what makes two of them the same workflow to an engine."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from itertools import combinations, product, zip_longest
from typing import Any

from chat_app.designer.guided.filing import FROM_FILES, reads_files
from chat_app.designer.guided.interview import default_of, names_of
from chat_app.designer.guided.patterns import Pattern, Slot
from chat_app.designer.guided.values import read_answer
from chat_app.workflow.document import Workflow

_STYLE = {"style_tone": "friendly", "style_language": "German", "style_length": "in at most 100 words"}
_WORDS = frozenset({"prompt", "system", "description", "ask", "text"})
"""Keys of texts for people and models: to the engine only what they look up counts."""
NIGHT = "WORKFLOW_CHAT_NIGHTLY" in os.environ
"""Whether there is time for everything."""
_PROCESSES = frozenset({"draw_chart", "query_table"})
"""Tools that start a program for every call: half a second of computing each."""
_LOOKED_UP = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def answers(slot: Slot) -> list[Any]:
    """The values that a slot's options give."""
    if slot.ask is None:
        return [default_of(slot)]
    texts = [slot.default, *(option.value for option in slot.options)]
    if slot.kind == "yes_no":
        texts += ["yes", "no"]
    values = [read_answer(slot, text) for text in dict.fromkeys(texts) if text]
    return [value for number, value in enumerate(values) if value not in values[:number]]


def paths(pattern: Pattern) -> Iterator[dict[str, Any]]:
    """Values for the slots, every combination of options; then what a wish may say besides: a style, files."""
    choices = {slot.id: answers(slot) for slot in pattern.slots}
    for values in product(*choices.values()):
        yield dict(zip(choices, values, strict=True))
    yield from _besides(pattern, {name: values[0] for name, values in choices.items()})


def run_paths(pattern: Pattern) -> Iterator[dict[str, Any]]:
    """The paths whose workflows are run: at night all of them, else such that every two options meet once.

    Where a run starts programs, every option comes once.
    """
    if NIGHT:
        yield from paths(pattern)
        return
    choices = {slot.id: answers(slot) for slot in pattern.slots}
    first = {name: values[0] for name, values in choices.items()}
    columns = choices.values()
    for row in zip_longest(*columns) if starts_programs(pattern) else _pairwise(columns):
        yield {name: first[name] if value is None else value for name, value in zip(choices, row, strict=True)}
    if not starts_programs(pattern):
        yield from _besides(pattern, first)


def starts_programs(pattern: Pattern) -> bool:
    """Whether its workflows call tools that run in a process of their own."""
    return any((edit.get("node") or {}).get("tool") in _PROCESSES for edit in pattern.edits)


def _besides(pattern: Pattern, first: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a wish may say besides what the slots ask."""
    if pattern.styled:
        yield first | {name: value for name, value in _STYLE.items() if name[6:] not in pattern.unstyled}
    if reads_files(pattern.edit_data(names_of(pattern.slots, first))):
        yield first | {FROM_FILES: True}


def _pairwise(columns: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """Rows in which every two values of two columns meet, with few rows: the one with the most new pairs is next."""
    options = [range(len(values)) for values in columns]

    def pairs(row: tuple[int, ...]) -> set[tuple[tuple[int, int], ...]]:
        return set(combinations(enumerate(row), min(2, len(row))))

    rows = list(product(*options))
    left = set[tuple[tuple[int, int], ...]]().union(*map(pairs, rows))
    while True:
        row = max(rows, key=lambda row: len(pairs(row) & left))
        yield [values[at] for values, at in zip(columns, row, strict=True)]
        left -= pairs(row)
        if not left:
            return


def structure(workflow: Workflow) -> str:
    """What of a workflow an engine acts on; equal for two that differ in words alone."""

    def bare(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: bare(part, name) for name, part in value.items()}
        if isinstance(value, list):
            return [bare(part) for part in value]
        return _LOOKED_UP.findall(value) if key in _WORDS and isinstance(value, str) else value

    data = workflow.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"requirements"})
    return json.dumps(bare(data), sort_keys=True)
