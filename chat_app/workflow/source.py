"""YAML text as data that knows where each part stands.

`read` goes through libyaml's events in one pass. The bounds are checked while reading, so that a hostile
text costs no more than an honest one: no aliases, anchors or tags, at most 5 MB, 50 levels, 500,000 nodes.
Scalars are read as YAML 1.2's core schema has them (`yes`, `no`, `on` and `off` are strings).
"""

from __future__ import annotations

import re

from chat_app.workflow.diagnostics import Diagnostic, Location, Severity
from chat_app.workflow.places import Place, Source
from chat_app.workflow.yaml_events import load

__all__ = ["MAX_BYTES", "Place", "Source", "read"]

MAX_BYTES = 5_000_000

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def read(text: str | bytes) -> Source:
    """Reads YAML; whatever is wrong with it becomes a problem, never an exception."""
    if isinstance(text, bytes):
        if len(text) > MAX_BYTES:
            return _too_big(len(text))
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            return _refused("not-text", "", f"Byte {error.start + 1} of the file is not UTF-8 text.",
                            help="Save the file as UTF-8.")  # fmt: skip
    if len(text) > MAX_BYTES or (len(text) > MAX_BYTES // 4 and len(text.encode("utf-8", "replace")) > MAX_BYTES):
        return _too_big(len(text))
    bad = _CONTROL.search(text)
    if bad:
        return _refused(
            "not-text",
            text,
            f"The text holds the control character U+{ord(bad.group()):04X}.",
            help="Remove it; a workflow is plain text.",
            span=(bad.start(), bad.end()),
        )
    return load(text)


def _too_big(size: int) -> Source:
    return _refused(
        "too-big",
        "",
        f"The text has {size:,} bytes; at most {MAX_BYTES:,} are read.",
        help="Move long texts into files that the workflow takes as inputs.",
    )


def _refused(code: str, text: str, message: str, *, help: str | None, span: tuple[int, int] | None = None) -> Source:
    bare = Source(text, None)
    location = bare.at(*span) if span else Location(1, 1, 1, 1)
    problem = Diagnostic(code, Severity.ERROR, message, location=location, help=help)
    return Source(text, None, (problem,))
