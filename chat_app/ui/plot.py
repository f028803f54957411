"""Which plot an answer makes: numbers over time as lines, numbers by name as bars, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from chat_app.tracing.query import Answer

MOST_BARS = 40
MOST_LINES = 6
MOST_NAMES = 3
"""Columns whose texts together name a bar."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Plot:
    """What is drawn: the bars or the lines, and which other columns could be."""

    kind: Literal["lines", "bars"]
    along: str
    """The column, or the columns, that name the bars or give the time."""
    column: str
    """The column whose numbers are drawn."""
    choices: tuple[str, ...]
    """The columns whose numbers could be drawn."""
    bars: tuple[tuple[str, float | None], ...] = ()
    """None where the number is unknown."""
    lines: tuple[tuple[str, tuple[Point, ...]], ...] = ()
    left_out: int = 0
    """Bars or lines for which there is no room."""
    days: bool = False
    """Whether the times are days."""


def plot_of(answer: Answer, wanted: str | None = None) -> Plot | None:
    """The plot of an answer, of the wanted column where it can be drawn; None where none makes sense."""
    columns = list(zip(*answer.rows, strict=True)) if len(answer.rows) > 1 else []
    kinds = [_kind(values) for values in columns]
    numbers = [place for place, kind in enumerate(kinds) if kind == "number"]
    names = [place for place, kind in enumerate(kinds) if kind == "name"]
    times = [place for place, kind in enumerate(kinds) if kind == "time"]
    if not numbers:
        return None
    choices = tuple(answer.columns[place] for place in numbers)
    chosen = numbers[choices.index(wanted)] if wanted in choices else _telling(numbers, columns)
    if times and (not names or times[0] < names[0]):
        return _lines(answer, columns, times[0], chosen, names, choices)
    if names and len(names) <= MOST_NAMES:
        return _bars(answer, columns, names, chosen, numbers, choices)
    return None


def _kind(values: Sequence[Any]) -> str:
    held = [one for one in values if one is not None]
    if not held:
        return ""
    if all(isinstance(one, (int, float, Decimal)) and not isinstance(one, bool) for one in held):
        return "number"
    if all(isinstance(one, (date, datetime)) for one in held):
        return "time"
    return "name" if all(isinstance(one, (str, bool)) for one in held) else ""


def _telling(numbers: Sequence[int], columns: Sequence[Sequence[Any]]) -> int:
    """The column that says most: the first of amounts, else the last of counts; one of nothing but 0 says least."""
    holding = [place for place in numbers if any(columns[place])] or list(numbers)
    amounts = [place for place in holding if any(isinstance(one, (float, Decimal)) for one in columns[place])]
    return amounts[0] if amounts else holding[-1]


def _lines(
    answer: Answer,
    columns: Sequence[Sequence[Any]],
    time: int,
    number: int,
    names: Sequence[int],
    choices: tuple[str, ...],
) -> Plot | None:
    """A line for each name; one where no moment comes twice."""
    split = len(set(columns[time])) < len(columns[time])
    if split and not names:
        return None
    found: dict[str, list[Point]] = {}
    for row in answer.rows:
        if row[time] is not None and row[number] is not None:
            label = _label(row, names) if split else ""
            found.setdefault(label, []).append((_moment(row[time]), float(row[number])))
    lines = [(label, tuple(sorted(points))) for label, points in found.items()]
    if not any(len(points) > 1 for _, points in lines):
        return None
    days = all(not isinstance(one, datetime) for one in columns[time])
    column, along = answer.columns[number], answer.columns[time]
    shown = tuple(lines[:MOST_LINES])
    return Plot("lines", along, column, choices, lines=shown, left_out=len(lines) - len(shown), days=days)


def _bars(
    answer: Answer,
    columns: Sequence[Sequence[Any]],
    names: Sequence[int],
    number: int,
    numbers: Sequence[int],
    choices: tuple[str, ...],
) -> Plot | None:
    """A bar for each row; where the names alone do not tell rows apart, small numbers help to."""
    by = list(names)
    if not _tells_apart(answer, by):
        by += [one for one in numbers if one != number and all(isinstance(v, int) for v in columns[one])][:1]
        if not _tells_apart(answer, by):
            return None
    bars = [(_label(row, by), None if row[number] is None else float(row[number])) for row in answer.rows]
    along = ", ".join(answer.columns[place] for place in by)
    shown = tuple(bars[:MOST_BARS])
    column = answer.columns[number]
    return Plot("bars", along, column, choices, bars=shown, left_out=len(bars) - len(shown))


def _tells_apart(answer: Answer, by: Sequence[int]) -> bool:
    return len({_label(row, by) for row in answer.rows}) == len(answer.rows)


def _label(row: Sequence[Any], by: Sequence[int]) -> str:
    return " · ".join(str(row[place]) for place in by if row[place] is not None)


def _moment(value: date | datetime) -> float:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
