"""Files that a person gives a run: they must be in the store, and what they are is told by the store alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat_app.files.errors import FileError
from chat_app.files.reference import FileRef
from chat_app.files.store import FileStore
from chat_app.workflow.fields import FieldType


def as_kept(
    values: Mapping[str, Any], fields: Mapping[str, FieldType], files: FileStore
) -> tuple[dict[str, Any], list[str]]:
    """Values that fit their types, with each file as the store knows it; and what is wrong with the files."""
    problems: list[str] = []
    kept = {name: _kept(value, fields[name], files, name, problems) for name, value in values.items()}
    return kept, problems


def _kept(value: Any, field: FieldType, files: FileStore, name: str, problems: list[str]) -> Any:
    if field.type == "file":
        try:
            return files.known(FileRef.of(value)).as_value()
        except FileError as error:
            problems.append(f"`{name}`: {error.message} {error.help}")
            return value
    if field.type == "array" and field.items is not None:
        return [_kept(item, field.items, files, f"{name}[{index}]", problems) for index, item in enumerate(value)]
    if field.type == "object" and field.properties is not None:
        return {
            part: _kept(inner, field.properties[part], files, f"{name}.{part}", problems)
            for part, inner in value.items()
        }
    return value
