"""`draw_chart`: rows, or a Vega-Lite specification, become a picture or a page to play with."""

from __future__ import annotations

import base64
from typing import Any

from pydantic import Field

from chat_app.files.names import suffix_of
from chat_app.tools.chart_specs import CONFIG, ChartKind, checked_spec, spec_of_rows
from chat_app.tools.errors import ArgumentsRefused, ToolFailed
from chat_app.tools.file_arguments import FileArgument, FileResult
from chat_app.tools.fonts import font_folders
from chat_app.tools.processes import isolated
from chat_app.tools.rows import Row, TextTable
from chat_app.tools.table_files import rows_of_file
from chat_app.tools.tool import Arguments, ToolContext, tool

SECONDS = 40.0
MEMORY_MB = 2_048
ADDRESSES_MB = 400_000
"""The engine that draws reserves far more than it uses."""
MOST_ROWS = 50_000
_KINDS = {".png": "png", ".svg": "svg", ".html": "html"}


class ChartArguments(Arguments):
    """What to draw, of which data, and as what."""

    rows: list[Row] | None = Field(None, max_length=MOST_ROWS, description="The data, a row each.")
    file: FileArgument | None = Field(None, description="The data as a file with a table, in place of rows.")
    kind: ChartKind = Field("bar", description="The kind of chart.")
    x: str | None = Field(None, description="The column that goes across (of a pie: that names the pieces).")
    y: str | None = Field(None, description="The column of numbers that goes up; left out, rows are counted.")
    color: str | None = Field(None, description="The column that tells series apart.")
    title: str | None = Field(None, max_length=300, description="What stands over the chart.")
    spec: dict[str, Any] | None = Field(
        None, description="A whole chart in Vega-Lite, in place of kind, x, y, color and title."
    )
    name: str = Field(
        "chart.png", max_length=200, description="The file's name: .png, .svg, or .html for one to play with."
    )


async def draw_chart(arguments: ChartArguments, context: ToolContext) -> FileResult:
    """The chart as a file."""
    kind = _KINDS.get(suffix_of(arguments.name))
    if kind is None:
        known = ", ".join(_KINDS)
        raise ToolFailed(f"A chart can't be drawn as {arguments.name}.", help=f"End the name in one of {known}.")
    seconds = min(SECONDS, context.seconds)
    job = {"spec": await _spec(arguments, context), "config": CONFIG, "kind": kind, "fonts": font_folders()}
    answer = await isolated("chart.py", job, seconds=seconds, megabytes=MEMORY_MB, addresses=ADDRESSES_MB)
    if "problem" in answer:
        help = "Compare the spec with the documentation of Vega-Lite." if arguments.spec else "Change the columns."
        raise ToolFailed(f"The chart can't be drawn: {answer['problem']}.", help=help)
    return await context.files.put(base64.b64decode(answer["drawn"]), arguments.name)


async def _spec(arguments: ChartArguments, context: ToolContext) -> dict[str, Any]:
    if arguments.rows is not None and arguments.file is not None:
        raise ArgumentsRefused("The data are given twice.", help="Give `rows` or `file`, and not both.")
    rows = arguments.rows
    if arguments.file is not None:
        rows = await rows_of_file(arguments.file, context.files, TextTable(), seconds=context.seconds)
        if len(rows) > MOST_ROWS:
            raise ToolFailed(
                f"The table has more than {MOST_ROWS:,} rows.", help="Add them up by `query_table` first."
            )
    if arguments.spec is not None:
        return checked_spec(arguments.spec, rows)
    if rows is None or arguments.x is None:
        raise ArgumentsRefused(
            "A chart needs data and `x`.", help="Give `rows` or `file` and `x`, or a whole `spec`."
        )
    return spec_of_rows(rows, arguments.kind, arguments.x, arguments.y, arguments.color, arguments.title)


DRAW_CHART = tool(
    "draw_chart",
    "Draws a chart of rows or of a table in a file (bar, line, area, point, pie, histogram, heatmap), or one "
    "specified in Vega-Lite, as PNG, SVG or an interactive HTML page; returns the file.",
    ChartArguments,
    FileResult,
    draw_chart,
    example={
        "rows": [{"city": "Ulm", "sales": 7}, {"city": "Bonn", "sales": 12}],
        "kind": "bar",
        "x": "city",
        "y": "sales",
        "title": "Sales by city",
    },
)
