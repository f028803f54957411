"""Diagnostics as text for a terminal: headline, place, the line with a caret, help."""

from __future__ import annotations

from collections.abc import Iterable

from chat_app.workflow.diagnostics import Diagnostic
from chat_app.workflow.places import Source

_WIDEST_LINE = 120
_WIDEST_CARET = 60


def render_diagnostic(diagnostic: Diagnostic, text: str, file: str | None = None) -> str:
    """One finding with its place in the text."""
    return _rendered(diagnostic, Source(text, None), file)


def render_diagnostics(diagnostics: Iterable[Diagnostic], text: str, file: str | None = None) -> str:
    """All findings, a blank line between them."""
    source = Source(text, None)
    return "\n\n".join(_rendered(found, source, file) for found in diagnostics)


def _rendered(diagnostic: Diagnostic, source: Source, file: str | None) -> str:
    lines = [f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"]
    place = diagnostic.location
    if place is not None:
        margin = " " * len(str(place.line))
        lines.append(f"{margin}--> {file or 'workflow'}:{place.line}:{place.column}")
        shown, caret = _excerpt(source.line(place.line), place.column, _length(diagnostic))
        lines += [f"{margin} |", f"{place.line} | {shown}", f"{margin} | {caret}"]
    if diagnostic.help:
        lines.append(f"  help: {diagnostic.help}")
    if diagnostic.fix:
        lines.append(f"  fix: {diagnostic.fix.title}")
    return "\n".join(lines)


def _length(diagnostic: Diagnostic) -> int:
    place = diagnostic.location
    if place is None or place.end_line != place.line:
        return 1
    return max(1, min(place.end_column - place.column, _WIDEST_CARET))


def _excerpt(line: str, column: int, length: int) -> tuple[str, str]:
    """The line, cut around the place where it is long, and the caret under it (tabs are kept aligned)."""
    start = 0
    if len(line) > _WIDEST_LINE:
        start = max(0, min(column - 1 - 30, len(line) - _WIDEST_LINE))
        line = line[start : start + _WIDEST_LINE]
    before = line[: column - 1 - start]
    pad = "".join("\t" if character == "\t" else " " for character in before).ljust(column - 1 - start)
    return line.rstrip(), pad + "^" * max(1, min(length, len(line) - len(before)) or 1)
