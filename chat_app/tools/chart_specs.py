"""A chart's specification: made from rows and a few words, or given whole and looked through."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

from chat_app.tools.errors import ToolFailed
from chat_app.tools.rows import Row

ChartKind = Literal["bar", "line", "area", "point", "pie", "histogram", "heatmap"]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?.*)?")
_MANY_BARS = 12

CONFIG: dict[str, Any] = {
    "background": "white",
    "font": "sans-serif",
    "title": {"fontSize": 17, "anchor": "start", "offset": 14, "color": "#1d2530", "subtitleColor": "#5b6675"},
    "axis": {
        "labelFontSize": 12, "titleFontSize": 12.5, "titleFontWeight": "normal", "titleColor": "#5b6675",
        "labelColor": "#3a4656", "gridColor": "#e6eaf0", "domainColor": "#b6c0cc", "tickColor": "#b6c0cc",
        "titlePadding": 10, "labelLimit": 220,
    },
    "legend": {"labelFontSize": 12, "titleFontSize": 12.5, "titleFontWeight": "normal", "titleColor": "#5b6675",
               "labelLimit": 220},
    "view": {"stroke": "transparent", "continuousWidth": 620, "continuousHeight": 360,
             "discreteHeight": {"step": 26}},
    "range": {"category": ["#1f4e8c", "#e08214", "#2a9d8f", "#b2356b", "#7a9e2e", "#6a5acd", "#c9a227", "#5f6b7a"]},
    "bar": {"color": "#1f4e8c", "cornerRadiusEnd": 2},
    "line": {"strokeWidth": 2.6},
    "point": {"filled": True, "size": 70, "color": "#1f4e8c"},
    "area": {"opacity": 0.8},
}  # fmt: skip


def spec_of_rows(
    rows: Sequence[Row], kind: ChartKind, x: str, y: str | None, color: str | None, title: str | None
) -> dict[str, Any]:
    """A chart of rows; raises ToolFailed where a column is not there."""
    _make_sure_of(rows, x, y, color)
    spec: dict[str, Any] = {"$schema": SCHEMA, "data": {"values": list(rows)}}
    if title:
        spec["title"] = title
    if kind == "pie":
        return spec | _pie(rows, x, y)
    if kind == "histogram":
        binned = {"field": _field(x), "bin": {"maxbins": 24}, "title": x}
        return spec | {"mark": {"type": "bar", "tooltip": True}, "encoding": _with(color, rows, x=binned, y=_COUNT)}
    across: dict[str, Any] = _channel(rows, x)
    up: dict[str, Any] = _COUNT if y is None else {"field": _field(y), "type": "quantitative", "title": y}
    if kind == "heatmap":
        return spec | _heatmap(rows, x, y, color)
    mark: dict[str, Any] = {"type": kind, "tooltip": True}
    if kind == "line":
        mark["point"] = len(rows) <= 60
    if across["type"] == "nominal":
        # Names stay in the order of the rows.
        across["sort"] = None
        spec["width"] = 620
    if kind == "bar" and across["type"] == "nominal":
        names = {str(row.get(x)) for row in rows}
        if y is not None and len({(row.get(x), str(row.get(color or x))) for row in rows}) < len(rows):
            up = {**up, "aggregate": "sum"}
        spec["width"] = min(620, max(280, 80 * len(names)))
        encoding = _with(color, rows, x=across, y=up)
        # Long or many names are read from left to right.
        if len(names) > _MANY_BARS or max(map(len, names), default=0) > 14:
            encoding["x"], encoding["y"] = up, across
            del spec["width"]
        else:
            across["axis"] = {"labelAngle": 0}
        return spec | {"mark": mark, "encoding": encoding}
    encoding = _with(color, rows, x=across, y=up)
    return spec | {"mark": mark, "encoding": encoding}


def checked_spec(spec: Any, rows: Sequence[Row] | None) -> dict[str, Any]:
    """A given specification with its rows; raises ToolFailed where it would fetch something."""
    if not isinstance(spec, dict):
        raise ToolFailed("The chart's `spec` is no object.", help="Write it as Vega-Lite JSON.")
    _refuse_links(spec, ())
    filled = {"$schema": SCHEMA, **spec}
    if rows is not None:
        filled["data"] = {"values": list(rows)}
    elif "data" not in spec and "layer" not in spec and "datasets" not in spec:
        raise ToolFailed("The chart has no data.", help="Give `rows`, or `data: {values: [...]}` in the spec.")
    return filled


def _refuse_links(part: Any, path: tuple[str, ...]) -> None:
    if isinstance(part, dict):
        for key, inner in part.items():
            if key == "url":
                place = ".".join((*path, "url"))
                message = f"The chart's `{place}` would fetch data or a picture."
                raise ToolFailed(message, help="Give the data as `rows`: charts are drawn without files and network.")
            # Rows may have any column.
            if key not in ("values", "datasets"):
                _refuse_links(inner, (*path, str(key)))
    elif isinstance(part, list):
        for number, inner in enumerate(part):
            _refuse_links(inner, (*path, str(number)))


_COUNT = {"aggregate": "count", "type": "quantitative", "title": "count"}


def _make_sure_of(rows: Sequence[Row], *names: str | None) -> None:
    if not rows:
        raise ToolFailed("There are no rows to draw.", help="Give at least one row.")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    for name in names:
        if name is not None and name not in columns:
            raise ToolFailed(f"The rows have no column `{name}`.", help=f"They have: {', '.join(columns[:30])}.")


def _field(name: str) -> str:
    """A column's name as Vega-Lite takes it: dots and brackets would lead into parts of values."""
    return re.sub(r"([.\[\]\\'\"])", r"\\\1", name)


def _channel(rows: Sequence[Row], name: str) -> dict[str, Any]:
    cells = [row[name] for row in rows if row.get(name) is not None]
    if cells and all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in cells):
        kind = "quantitative"
    elif cells and all(isinstance(cell, str) and _DATE.fullmatch(cell) for cell in cells):
        kind = "temporal"
    else:
        kind = "nominal"
    return {"field": _field(name), "type": kind, "title": name}


def _with(color: str | None, rows: Sequence[Row], **channels: dict[str, Any]) -> dict[str, Any]:
    if color is None:
        return dict(channels)
    told = _channel(rows, color)
    return {**channels, "color": {**told, "sort": None} if told["type"] == "nominal" else told}


def _pie(rows: Sequence[Row], x: str, y: str | None) -> dict[str, Any]:
    theta = _COUNT if y is None else {"field": _field(y), "type": "quantitative", "title": y, "stack": True}
    return {
        "mark": {"type": "arc", "tooltip": True, "innerRadius": 80, "padAngle": 0.012, "cornerRadius": 3},
        "width": 340,
        "height": 340,
        "encoding": {"theta": theta, "color": {**_channel(rows, x), "type": "nominal", "sort": None}},
    }


def _heatmap(rows: Sequence[Row], x: str, y: str | None, color: str | None) -> dict[str, Any]:
    if y is None or color is None:
        raise ToolFailed("A heat map needs `x`, `y` and `color`.", help="`color` is the column of numbers.")
    sides = {side: {**_channel(rows, name), "type": "ordinal", "sort": None} for side, name in (("x", x), ("y", y))}
    shade = {"field": _field(color), "type": "quantitative", "title": color, "scale": {"scheme": "blues"}}
    size = {"width": 620, "height": {"step": 34}}
    return {"mark": {"type": "rect", "tooltip": True}, **size, "encoding": {**sides, "color": shade}}
