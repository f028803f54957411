"""A plot as HTML that fits any width: bars with their names and numbers, lines over time with their axes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from math import floor, log10

from chat_app.translation import tr, tr_count
from chat_app.ui.markup import attribute, one_line
from chat_app.ui.plot import Plot, Point

_MOST_DOTS = 120
_TICKS = 4


def plot_html(plot: Plot) -> str:
    """The plot, with the choice of what is drawn where there is one."""
    drawn = _bars(plot) if plot.kind == "bars" else _lines(plot)
    left_out = plot.left_out
    more = tr_count("{count} more is in the table.", "{count} more are in the table.", left_out) if left_out else ""
    told = f'<p class="wc-hint">{escape(more)}</p>' if more else ""
    return f'<figure class="wc-plot"><figcaption>{_caption(plot)}</figcaption>{drawn}{told}</figure>'


def _caption(plot: Plot) -> str:
    if len(plot.choices) < 2:
        return f"<b>{escape(plot.column)}</b> {escape(tr('by {what}', what=plot.along))}"
    options = "".join(
        f"<option{' selected' if one == plot.column else ''}>{escape(one)}</option>" for one in plot.choices
    )
    named = attribute(tr("What is drawn"))
    return (
        f'<select class="wc-language" id="query-plot" data-act="query_plot" data-as="column" aria-label="{named}">'
        f"{options}</select> {escape(tr('by {what}', what=plot.along))}"
    )


def number_words(number: float) -> str:
    """A number as one reads it: four digits that count, thousands set apart."""
    if number == int(number) and abs(number) < 1e15:
        return f"{int(number):,}"
    return f"{number:,.2f}" if abs(number) >= 1_000 else f"{number:.4g}"


def _bars(plot: Plot) -> str:
    known = [number for _, number in plot.bars if number is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    reach = (high - low) or 1.0
    rows = []
    for label, number in plot.bars:
        if number is None:
            bar, told = "", f'<span class="wc-muted">{escape(tr("unknown"))}</span>'
        else:
            start, width = (min(number, 0.0) - low) / reach * 100, abs(number) / reach * 100
            bar = f'<i style="margin-left:{start:.2f}%;width:{width:.2f}%"></i>'
            told = escape(number_words(number))
        name = one_line(label, 60) or tr("unknown")
        rows.append(
            f'<li><span class="wc-bar-name" title="{attribute(label)}">{escape(name)}</span>'
            f'<span class="wc-bar">{bar}</span><span class="wc-bar-number">{told}</span></li>'
        )
    return f'<ol class="wc-bars">{"".join(rows)}</ol>'


def _lines(plot: Plot) -> str:
    points = [point for _, line in plot.lines for point in line]
    ticks = _ticks(min(0.0, *(y for _, y in points)), max(0.0, *(y for _, y in points)))
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    spread = (last - first) or 1.0
    low, reach = ticks[0], ticks[-1] - ticks[0]
    placed = [
        (label, line, [((x - first) / spread * 100, 100 - (y - low) / reach * 100) for x, y in line])
        for label, line in plot.lines
    ]
    drawn = "".join(
        f'<polyline class="wc-series-{at}" points="{" ".join(f"{x:.2f},{y:.2f}" for x, y in places)}"/>'
        for at, (_, _, places) in enumerate(placed)
    )
    grid = "".join(
        f'<span class="wc-grid" style="bottom:{(tick - low) / reach * 100:.2f}%"><span>{escape(number_words(tick))}'
        "</span></span>"
        for tick in ticks
    )
    dots = "".join(_dots(plot, at, label, line, places) for at, (label, line, places) in enumerate(placed))
    words = [attribute(_time_words(moment, spread, plot.days)) for moment in (first, (first + last) / 2, last)]
    axis = "".join(f"<span>{one}</span>" for one in words)
    told = tr("{column} from {start} to {end}", column=plot.column, start=words[0], end=words[2])
    return (
        f'<div class="wc-lines" role="img" aria-label="{attribute(told)}">{grid}'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">{drawn}</svg>{dots}</div>'
        f'<div class="wc-axis" aria-hidden="true">{axis}</div>{_legend(plot)}'
    )


def _dots(plot: Plot, at: int, label: str, line: Sequence[Point], places: Sequence[Point]) -> str:
    if sum(len(one) for _, one in plot.lines) > _MOST_DOTS:
        return ""
    lead = f"{label}, " if label else ""
    return "".join(
        f'<b class="wc-series-{at}" style="left:{left:.2f}%;top:{top:.2f}%" '
        f'title="{attribute(f"{lead}{_time_words(x, 0, plot.days)}: {number_words(y)}")}"></b>'
        for (x, y), (left, top) in zip(line, places, strict=True)
    )


def _legend(plot: Plot) -> str:
    if len(plot.lines) < 2:
        return ""
    items = "".join(
        f'<li><i class="wc-series-{at}"></i>{escape(one_line(label, 40) or tr("unknown"))}</li>'
        for at, (label, _) in enumerate(plot.lines)
    )
    return f'<ul class="wc-legend">{items}</ul>'


def _time_words(moment: float, spread: float, days: bool) -> str:
    """A moment (UTC) as finely as the plot needs it."""
    at = datetime.fromtimestamp(moment, UTC)
    if days or spread > 20 * 86_400:
        return at.strftime("%Y-%m-%d")
    return at.strftime("%m-%d %H:%M") if spread > 86_400 or not spread else at.strftime("%H:%M:%S")


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers from below the least to above the greatest."""
    rough = ((high - low) or 1.0) / _TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(one * power for one in (1, 2, 2.5, 5, 10) if one * power >= rough * 0.999)
    start = floor(low / step)
    ticks = [start * step]
    while ticks[-1] < high:
        ticks.append((start + len(ticks)) * step)
    return ticks if len(ticks) > 1 else [*ticks, ticks[0] + step]
