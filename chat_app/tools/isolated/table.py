"""The rows of a spreadsheet or a Parquet file; started by `start.py`."""

from __future__ import annotations

import datetime
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

MOST_UNPACKED = 600 * 1024 * 1024


class Refused(Exception):
    """What is wrong, and what to do."""


def main() -> None:
    """Reads the job, answers it."""
    json.dump(answer(json.load(sys.stdin)), sys.stdout, allow_nan=False)


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """The lines (the first names the columns), or what is wrong."""
    try:
        return {"lines": _parquet(job) if job["kind"] == "parquet" else _sheet(job)}
    except Refused as error:
        return {"problem": error.args[0], "help": error.args[1]}
    except MemoryError:
        return {"problem": "it needs more memory than it may have", "help": "Give a smaller table."}
    except Exception as error:  # noqa: BLE001 - readers raise what they like at a broken file
        said = (str(error) or type(error).__name__).splitlines()[0][:200].replace(job["path"], "it")
        return {"problem": f"it is damaged or not what it says it is ({said})", "help": "Open it and save it again."}


def _sheet(job: dict[str, Any]) -> list[list[Any]]:
    from python_calamine import CalamineWorkbook

    path = Path(job["path"])
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
                raise Refused("it unpacks to more than a table may have", "Give a smaller one.")
    book = CalamineWorkbook.from_path(str(path))
    names = book.sheet_names
    wanted = job["sheet"] or next(iter(names), None)
    if wanted not in names:
        raise Refused(f"it has no sheet `{wanted}`", f"Its sheets are: {', '.join(names) or 'none'}.")
    lines = book.get_sheet_by_name(wanted).to_python(skip_empty_area=True, nrows=job["most_rows"] + 2)
    # What people put above a table, such as an empty line, is no head.
    while lines and not any(cell != "" for cell in lines[0]):
        lines.pop(0)
    filled = [line for line in lines if any(cell != "" for cell in line)]
    return [[_cell(cell) for cell in line] for line in filled]


def _parquet(job: dict[str, Any]) -> list[list[Any]]:
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "memory_limit": "1GB",
        "temp_directory": "",
        "threads": "1",
    }
    with duckdb.connect(":memory:", config=config) as connection:
        connection.execute("SET allowed_paths = [?]", [job["path"]])
        connection.execute("SET enable_external_access = false")
        found = connection.execute("SELECT * FROM read_parquet(?) LIMIT ?", [job["path"], job["most_rows"] + 1])
        names = [column[0] for column in found.description or ()]
        return [names, *([_cell(cell) for cell in line] for line in found.fetchall())]


def _cell(cell: Any) -> Any:
    match cell:
        case None | "" | bool() | int() | str():
            return None if cell == "" and cell is not False else cell
        case float():
            if cell != cell or cell in (float("inf"), float("-inf")):
                return None
            return int(cell) if cell.is_integer() and abs(cell) < 2**53 else cell
        case datetime.datetime():
            return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat()
        case datetime.date() | datetime.time():
            return cell.isoformat()
        case bytes():
            return cell.hex()
        case dict():
            return {str(key): _cell(part) for key, part in cell.items()}
        case list() | tuple():
            return [_cell(part) for part in cell]
    try:
        return float(cell)
    except (TypeError, ValueError):
        return str(cell)


if __name__ == "__main__":
    main()
