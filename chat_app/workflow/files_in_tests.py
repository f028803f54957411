"""Files in the `tests:` of a workflow: `@paper.pdf` beside the file, or `{name: notes.md, text: ...}` in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from chat_app.workflow.fields import FieldType

STANDS_IN = {"name": "file", "media_type": "text/plain", "sha256": "0" * 64, "size": 0}
"""A value of the right form, where only the form counts."""


def beside(value: Any) -> str | None:
    """The name of a file beside the workflow, as `@name` says it; None for other values."""
    return value[1:] if isinstance(value, str) and value.startswith("@") else None


def written(value: Any) -> tuple[str, str] | None:
    """The name and text of a file that stands in the test; None for other values."""
    if not isinstance(value, Mapping) or set(value) != {"name", "text"}:
        return None
    name, text = value["name"], value["text"]
    return (name, text) if isinstance(name, str) and isinstance(text, str) else None


def leads_away(name: str) -> bool:
    """Whether a name leads out of the workflow's folder, on any system."""
    parts = (PurePosixPath(name), PureWindowsPath(name))
    return any(one.is_absolute() or one.drive or ".." in one.parts for one in parts) or not name.strip()


def found_in(folder: Path, name: str) -> Path | None:
    """The file of this name in the folder; None where there is none, or where it leads away."""
    path = folder / name
    if leads_away(name) or not path.is_file():
        return None
    return path if path.resolve().is_relative_to(folder.resolve()) else None


def named_files(value: Any, field: FieldType) -> list[str]:
    """The names of the files beside the workflow that a value names."""
    found: list[str] = []

    def look(part: Any) -> None:
        name = beside(part)
        found.extend([] if name is None else [name])

    with_files(value, field, look)
    return found


def with_files(value: Any, field: FieldType, file: Callable[[Any], Any]) -> Any:
    """A value with `file(part)` in place of every part that stands for a file."""
    if field.type == "file":
        return file(value)
    if field.type == "array" and field.items is not None and isinstance(value, list):
        return [with_files(item, field.items, file) for item in value]
    if field.type == "object" and field.properties is not None and isinstance(value, Mapping):
        parts = field.properties
        return {name: with_files(one, parts[name], file) if name in parts else one for name, one in value.items()}
    return value
