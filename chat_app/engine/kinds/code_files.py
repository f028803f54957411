"""Files that code returns: a name and what is in it becomes a reference to the file in the run's store."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Mapping
from typing import Any

from chat_app.engine.errors import StepProblem
from chat_app.files.errors import FileError
from chat_app.files.of_run import RunFiles
from chat_app.files.reference import FileRef
from chat_app.workflow.fields import FieldType

HELP = 'Assign {"name": "report.csv", "text": "..."}, or "base64" instead of "text" where it is no text.'


def holds_files(field: FieldType) -> bool:
    """Whether a field is a file, or a list of files."""
    return field.type == "file" or (field.items is not None and holds_files(field.items))


async def kept(values: Mapping[str, Any], files: Collection[str], store: RunFiles) -> dict[str, Any]:
    """The values, with the files among them in the store; raises StepProblem."""
    return {name: await _kept(name, value, store) if name in files else value for name, value in values.items()}


async def _kept(name: str, value: Any, store: RunFiles) -> Any:
    if value is None:
        return None
    if isinstance(value, list):
        return [await _kept(name, one, store) for one in value]
    if isinstance(value, Mapping) and "sha256" in value:
        return _known(name, value, store)
    try:
        return (await store.put(_content(name, value), str(value["name"]))).as_value()
    except FileError as error:
        raise StepProblem(f"`{name}`: {error.message}", help=error.help) from error


def _known(name: str, value: Mapping[str, Any], store: RunFiles) -> Any:
    """A file that came in with the state and is passed on."""
    try:
        found = FileRef.of(value)
    except FileError as error:
        raise StepProblem(f"`{name}`: {error.message}", help=HELP) from error
    if not store.holds(found):
        raise StepProblem(f"`{name}` refers to a file that this run does not have.", help=HELP)
    return found.as_value()


def _content(name: str, value: Any) -> bytes:
    parts: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    text, packed = parts.get("text"), parts.get("base64")
    if isinstance(parts.get("name"), str):
        if isinstance(text, str):
            return text.encode()
        if isinstance(packed, str):
            try:
                return base64.b64decode(packed, validate=True)
            except (binascii.Error, ValueError):
                raise StepProblem(f"The base64 in `{name}` is none.", help=HELP, cause="invalid_output") from None
    raise StepProblem(f"`{name}` is a file, and the code assigned something else.", help=HELP, cause="invalid_output")
