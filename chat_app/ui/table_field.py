"""A list of flat objects as a table to fill: it can be pasted from a spreadsheet or taken from a CSV file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from html import escape
from typing import Any

from chat_app.translation import joined, tr
from chat_app.ui.markup import attribute

_YES = {"true", "yes", "1", "x"}
_NO = {"false", "no", "0", ""}


def table_control(common: str, columns: Mapping[str, str], text: str) -> str:
    """The control: rows as lines, cells by comma or tab, the names of the columns above."""
    heads = ", ".join(columns)
    told = tr("One row on each line, cells by comma or tab: {columns}", columns=heads)
    sample = attribute(",".join("…" for _ in columns))
    return (
        f'<p class="wc-hint">{escape(told)}</p>'
        f'<textarea rows="5" class="wc-cells" placeholder="{sample}" {common}>{escape(text)}</textarea>'
        f'<label class="wc-from-file">{escape(tr("or take a CSV file"))} '
        f'<input type="file" data-text-file accept=".csv,.tsv,text/csv"></label>'
        f'<span class="wc-wrong" data-told role="status" data-too-large="{attribute(tr("larger than 2 MB"))}" '
        f'data-no-text="{attribute(tr("not a text file: paste its text instead"))}"></span>'
    )


def table_text(rows: Any, columns: list[str]) -> str:
    """Rows as the control holds them."""
    if not isinstance(rows, list):
        return ""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    for row in rows:
        cells = row if isinstance(row, dict) else {}
        writer.writerow(["" if cells.get(name) is None else _shown(cells[name]) for name in columns])
    return written.getvalue().rstrip("\n")


def _shown(cell: Any) -> str:
    return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


def table_rows(text: str, columns: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows that a control holds; ValueError says in which line a cell does not fit."""
    first = text.lstrip().partition("\n")[0]
    delimiter = "\t" if "\t" in first else ";" if ";" in first and "," not in first else ","
    names = list(columns)
    found: list[dict[str, Any]] = []
    for number, cells in enumerate(csv.reader(io.StringIO(text.strip()), delimiter=delimiter), 1):
        if not any(cell.strip() for cell in cells):
            continue
        if number == 1 and {cell.strip().lower() for cell in cells} <= {name.lower() for name in columns}:
            by_lower = {name.lower(): name for name in columns}
            names = [by_lower[cell.strip().lower()] for cell in cells]
            continue
        if len(cells) > len(names):
            told = tr(
                "Line {line} has {count} cells; the columns are {columns}.",
                line=number,
                count=len(cells),
                columns=joined(names),
            )
            raise ValueError(told)
        row = {
            name: _cell(cell.strip(), columns[name], number)
            for name, cell in zip(names, cells, strict=False)
            if cell.strip()
        }
        found.append(row)
    return found


def _cell(text: str, kind: str, line: int) -> Any:
    try:
        if kind == "integer":
            return int(text)
        if kind == "number":
            return float(text.replace(",", "."))
    except ValueError:
        raise ValueError(tr("Line {line}: “{text}” is not a number.", line=line, text=text[:30])) from None
    if kind == "boolean":
        if text.lower() not in _YES | _NO:
            raise ValueError(tr("Line {line}: “{text}” is neither yes nor no.", line=line, text=text[:30]))
        return text.lower() in _YES
    return text
