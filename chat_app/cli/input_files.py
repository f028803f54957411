"""Files given on the command line: `@paper.pdf`, and for lists folders and patterns too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat_app.cli.exits import Misuse
from chat_app.workflow.fields import FieldType

if TYPE_CHECKING:
    from chat_app.files.store import FileStore

MOST_FILES = 1_000
_PATTERN = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file that is named and not yet kept."""

    path: Path


def takes_files(field: FieldType) -> bool:
    """Whether a field is a file or a list of files."""
    return field.type == "file" or (field.type == "array" and field.items is not None and field.items.type == "file")


def named_files(text: str, field: FieldType) -> Any:
    """The file, or the list of files, that `@...` names; raises Misuse."""
    if not text.startswith("@"):
        raise Misuse(f"must be @ and the name of a file, found {text!r}")
    found = [OnDisk(path) for path in _found(text[1:], many=field.type == "array")]
    return found if field.type == "array" else found[0]


def holds_files(field: FieldType) -> bool:
    """Whether there are files anywhere in a field."""
    inner = [field.items] if field.items is not None else list((field.properties or {}).values())
    return field.type == "file" or any(map(holds_files, inner))


def files_of_cell(value: Any, field: FieldType, folder: Path, *, as_text: bool) -> Any:
    """A cell of a table in which names stand for files beside it, with or without `@`; raises Misuse.

    In a list of files, each line of a text may be a folder or a pattern too.
    """
    if as_text and field.type == "array" and not value.lstrip().startswith("["):
        lines = [line.strip().removeprefix("@") for line in value.splitlines() if line.strip()]
        return [OnDisk(path) for line in lines for path in _found(str(folder / line), many=True)]
    if as_text and field.type != "file":
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise Misuse(f"must be JSON with the names of files, found {value[:60]!r}") from None
    return with_named_files(value, field, folder, bare=True)


def with_named_files(value: Any, field: FieldType, folder: Path, *, bare: bool = False) -> Any:
    """A value in which texts such as `@paper.pdf` stand for files in a folder; with `bare`, without `@` too."""
    if field.type == "file" and isinstance(value, str):
        if not value.startswith("@") and not bare:
            raise Misuse(f"must be @ and the name of a file, found {value!r}")
        return OnDisk(_file(folder / value.strip().removeprefix("@")))
    if field.type == "array" and field.items is not None and isinstance(value, list):
        return [with_named_files(item, field.items, folder, bare=bare) for item in value]
    if field.type == "object" and field.properties is not None and isinstance(value, dict):
        parts = field.properties
        return {
            name: with_named_files(part, parts[name], folder, bare=bare) if name in parts else part
            for name, part in value.items()
        }
    return value


def kept(inputs: Mapping[str, Any], files: FileStore) -> dict[str, Any]:
    """The inputs with every named file in the store; raises Misuse."""
    return {name: _kept(value, files) for name, value in inputs.items()}


def _kept(value: Any, files: FileStore) -> Any:
    from chat_app.files.errors import FileError

    if isinstance(value, OnDisk):
        try:
            return files.take(value.path).as_value()
        except FileError as error:
            raise Misuse(f"{value.path}: {error.message} {error.help}") from None
    if isinstance(value, list):
        return [_kept(item, files) for item in value]
    if isinstance(value, dict):
        return {name: _kept(part, files) for name, part in value.items()}
    return value


def _found(name: str, *, many: bool) -> Iterator[Path]:
    path = Path(name).expanduser()
    if not many or path.is_file():
        yield _file(path)
        return
    if path.is_dir():
        inside = sorted(one for one in path.iterdir() if one.is_file() and not one.name.startswith("."))
        missing = f"{name} holds no file"
    else:
        root = Path(path.anchor)
        fitting = root.glob(str(path.relative_to(root)))
        inside = sorted(one for one in fitting if one.is_file() and not one.name.startswith("."))
        missing = f"{name} fits no file"
        if not _PATTERN & set(name):
            missing = f"{name} cannot be read: there is no such file or folder"
    if not inside:
        raise Misuse(missing)
    if len(inside) > MOST_FILES:
        raise Misuse(f"{name} names {len(inside)} files; at most {MOST_FILES} can be given")
    yield from inside


def _file(path: Path) -> Path:
    if path.is_dir():
        raise Misuse(f"{path} is a folder; name a file")
    try:
        path.open("rb").close()
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror or error}") from None
    return path
