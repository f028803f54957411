"""Files of older versions of the language, brought to the present one step by step, on their text.

Each step changes what its version says otherwise and nothing else: comments, layout and line ends stay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chat_app.workflow.document import LANGUAGE_VERSION
from chat_app.workflow.places import Place, Source
from chat_app.workflow.source import read

FIRST = 0
"""The form before the first release: it had no `version`."""

_HEADER = "# yaml-language-server:"


def version_of(data: Any) -> int | None:
    """The version that a document is written in; None where it is no document or says something else."""
    if not isinstance(data, dict):
        return None
    version = data.get("version", FIRST)
    return version if isinstance(version, int) and not isinstance(version, bool) else None


def migrate(text: str) -> str:
    """The text in the present version; unchanged where it is not of an older one."""
    for _ in range(FIRST, LANGUAGE_VERSION):
        source = read(text)
        version = version_of(source.data)
        step = MIGRATIONS.get(version) if version is not None else None
        if step is None or source.problems:
            return text
        text = step(source)
    return text


def _from_0(source: Source) -> str:
    """Says `version: 1`, where the file begins; a `version: 0` is put right where it stands."""
    text, span = source.text, source.span(("version",))
    if span is not None:
        return f"{text[: span[0]]}1{text[span[1] :]}"
    assert isinstance(source.root, Place)
    start = source.root.start
    if text[start] == "{":
        return f"{text[: start + 1]}version: 1, {text[start + 1 :]}"
    column = source.position(start)[1]
    line = start - (column - 1)
    line_end = "\r\n" if "\r\n" in text else "\n"
    entry = f"{text[line:start]}version: 1{line_end}"
    place = _after_header(text, line)
    return f"{text[:place]}{entry}{text[place:]}"


def _after_header(text: str, first_key: int) -> int:
    """Right after the comment for editors, so that a comment on the first key stays with it."""
    head = text[:first_key]
    first, _, rest = head.partition("\n")
    directives = any(line.startswith(("---", "%")) for line in head.splitlines())
    return len(first) + 1 if first.lstrip("\ufeff").startswith(_HEADER) and rest and not directives else first_key


MIGRATIONS: dict[int, Callable[[Source], str]] = {0: _from_0}
"""The step that leads from each version to the next."""
