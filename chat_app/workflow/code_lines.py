"""Where a line of a node's code stands in the file."""

from __future__ import annotations

from chat_app.workflow.diagnostics import Location, Path
from chat_app.workflow.places import Source


def location_in_code(source: Source, path: Path, code: str, line: int, column: int = 1) -> Location | None:
    """The location of a line of the code at `path`, counted from 1; the whole code's where lines are folded."""
    span = source.span(path)
    if span is None:
        return source.location(path)
    header = source.position(span[0])[0]
    if source.text.startswith("|", span[0]):
        return _in_block(source, header, code, line, column)
    # Quotes and folds shift lines and columns, so all of it is shown.
    return source.at(*span)


def _in_block(source: Source, header: int, code: str, line: int, column: int) -> Location:
    text = source.line(header + line)
    start = min(_indent(source, header, code) + column, len(text) + 1)
    return Location(header + line, start, header + line, max(len(text) + 1, start + 1))


def _indent(source: Source, header: int, code: str) -> int:
    """How far the block is indented: by how much its first line with text is longer in the file."""
    for number, text in enumerate(code.splitlines(), start=1):
        if text.strip():
            return len(source.line(header + number).rstrip()) - len(text.rstrip())
    return 0
