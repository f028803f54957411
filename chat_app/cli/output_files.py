"""Files among the outputs of a run, saved into a folder. What is there already is never overwritten."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat_app.cli.exits import Misuse
from chat_app.files.errors import FileError
from chat_app.files.names import suffix_of
from chat_app.files.reference import FileRef

if TYPE_CHECKING:
    from chat_app.files.store import FileStore


def files_in(value: Any) -> Iterator[FileRef]:
    """Every file that a value refers to."""
    if isinstance(value, Mapping):
        try:
            yield FileRef.of(value)
        except FileError:
            for part in value.values():
                yield from files_in(part)
    elif isinstance(value, list):
        for item in value:
            yield from files_in(item)


def save_files(outputs: Mapping[str, Any], files: FileStore, folder: Path) -> list[Path]:
    """The places of the saved files, in the order of the outputs; raises Misuse."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_saved(ref, files, folder) for ref in dict.fromkeys(files_in(outputs))]
    except OSError as error:
        raise Misuse(f"{folder} cannot be written: {error.strerror or error}") from None
    except FileError as error:
        raise Misuse(f"{error.message} {error.help}") from None


def _saved(ref: FileRef, files: FileStore, folder: Path) -> Path:
    content = files.path(ref)
    ending = suffix_of(ref.name)
    stem = ref.name[: len(ref.name) - len(ending)]
    number = 1
    while True:
        place = folder / (ref.name if number == 1 else f"{stem}-{number}{ending}")
        try:
            # Made here and nowhere else: neither a file nor a link that is there already is written into.
            with place.open("xb") as target, content.open("rb") as source:
                shutil.copyfileobj(source, target)
            return place
        except FileExistsError:
            if not place.is_symlink() and place.is_file() and place.read_bytes() == content.read_bytes():
                return place
            number += 1
