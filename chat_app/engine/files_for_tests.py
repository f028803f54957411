"""The files that a workflow's tests name, put where the tests' runs find them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from chat_app.engine.errors import InputsRefused
from chat_app.engine.level import Level
from chat_app.files.errors import FileError
from chat_app.files.store import FileStore
from chat_app.workflow.fields import FieldType
from chat_app.workflow.files_in_tests import beside, found_in, with_files, written

Fields = Mapping[str, FieldType]


def kept_files(values: Mapping[str, Any], fields: Fields, folder: Path | None, files: FileStore) -> dict[str, Any]:
    """The values with every file in the store; raises InputsRefused."""
    keep = partial(_kept, folder=folder, files=files)
    return {
        name: with_files(value, fields[name], keep) if name in fields else value for name, value in values.items()
    }


def written_fields(level: Level, inside: str = "") -> dict[str, Fields]:
    """What each node writes, by its name in the whole run."""
    found: dict[str, Fields] = {}
    for node in level.nodes.values():
        found[f"{inside}{node.id}"] = node.fields
        if node.body is not None:
            found |= written_fields(node.body, inside)
        elif node.used is not None:
            found |= written_fields(node.used.level, f"{inside}{node.id}/")
    return found


def _kept(value: Any, folder: Path | None, files: FileStore) -> Any:
    name, text = beside(value), written(value)
    try:
        if text is not None:
            return files.put(text[1].encode(), text[0]).as_value()
        if name is None:
            return value
        path = None if folder is None else found_in(folder, name)
        if path is None:
            raise InputsRefused([f"the file {name} is not beside the workflow"])
        return files.take(path).as_value()
    except FileError as error:
        raise InputsRefused([f"{name or 'the file'}: {error.message}"]) from error
    except OSError as error:
        raise InputsRefused([f"the file {name} cannot be read: {error.strerror or error}"]) from error
