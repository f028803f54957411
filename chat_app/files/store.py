"""The file store: contents by their sha256, each kept once, bounded in size.

    <folder>/ab/<sha256>     a content; never changed again
    <folder>/incoming/       what is being written

A content is whole or not there at all: it is written aside, flushed and renamed. Whoever holds a reference
may read the content; a digest can't be guessed by who does not know the content.
"""

from __future__ import annotations

import errno
import filecmp
import hashlib
import io
import os
import threading
import time
from collections.abc import Collection
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from chat_app.files.errors import FileError, NoRoom, NotKept, TooLarge
from chat_app.files.media_types import media_type_of
from chat_app.files.names import clean_file_name
from chat_app.files.reference import FileRef, is_digest
from chat_app.files.sizes import shown_size
from chat_app.files.whole import draft_in, finish, put_in_place

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024
_PIECE = MIB
_INCOMING = "incoming"
_RECOUNT_SECONDS = 60.0
ABANDONED_SECONDS = 24 * 3600.0
"""After so long nobody is still writing a content, or about to start a run with it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most bytes that may be kept."""

    file: int = 100 * MIB
    run: int = 500 * MIB
    """Of the files that one run makes."""
    store: int = 5_000 * MIB


@dataclass(frozen=True, slots=True)
class Usage:
    """How many contents, and their bytes."""

    files: int
    bytes: int


class FileStore:
    """Contents under one folder. Its methods block; they may be called from any thread."""

    def __init__(self, folder: Path, bounds: Bounds = Bounds()) -> None:
        self.bounds = bounds
        self._folder = folder
        self._lock = threading.RLock()
        self._counted: Usage | None = None
        self._counted_at = 0.0

    def put(self, content: bytes | IO[bytes], name: str) -> FileRef:
        """Keeps a content; raises TooLarge or NoRoom, and then nothing is kept."""
        source = io.BytesIO(content) if isinstance(content, bytes | bytearray | memoryview) else content
        shown = clean_file_name(name)
        with _disk_told(), self._incoming() as (file, draft):
            digest, size = self._copied(source, file, shown)
            media_type = media_type_of(draft, shown)
            self._settle(draft, digest, size)
        return FileRef(shown, media_type, digest, size)

    def take(self, path: Path, name: str | None = None) -> FileRef:
        """Keeps a copy of a file of this machine."""
        with path.open("rb") as file:
            return self.put(file, name or path.name)

    def read(self, ref: FileRef) -> bytes:
        """The content; raises NotKept where it is gone or damaged."""
        content = self.path(ref).read_bytes()
        if hashlib.sha256(content).hexdigest() != ref.sha256:
            raise NotKept(f"The file {ref.name} is damaged.", help="Give it again.")
        return content

    def path(self, ref: FileRef) -> Path:
        """Where the content lies, to be read only; raises NotKept. It must not reach events, logs or errors."""
        if not is_digest(ref.sha256):
            raise NotKept(f"The file {ref.name} has no proper digest.", help="Give it again.")
        place = self._place(ref.sha256)
        if not place.is_file():
            raise NotKept(
                f"The file {ref.name} is not in the store.",
                help="It was never given, or was pruned as no run refers to it; give it again.",
            )
        return place

    def known(self, ref: FileRef) -> FileRef:
        """The reference with what the store knows itself: name cleaned, media type and size from the content.

        For references that come from outside. Raises NotKept.
        """
        path, name = self.path(ref), clean_file_name(ref.name)
        return FileRef(name, media_type_of(path, name), ref.sha256, path.stat().st_size)

    def holds(self, ref: FileRef) -> bool:
        """Whether the content is there, with the size that the reference says."""
        try:
            return self.path(ref).stat().st_size == ref.size
        except (NotKept, OSError):
            return False

    def usage(self) -> Usage:
        """What is kept, counted now."""
        sizes = [told.st_size for path in self._contents() if (told := _stat(path)) is not None]
        return Usage(len(sizes), sum(sizes))

    def prune(self, keep: Collection[str], *, older_seconds: float = ABANDONED_SECONDS) -> Usage:
        """Removes contents whose digest is not in `keep` and that nobody put within that time; tells what went."""
        before = time.time() - older_seconds
        gone: list[int] = []
        with self._lock:
            for path in self._contents():
                removed = None if path.name in keep else _removed(path, before)
                gone += [] if removed is None else [removed]
            for draft in (self._folder / _INCOMING).glob("*"):
                told = _stat(draft)
                if told is not None and told.st_mtime < time.time() - ABANDONED_SECONDS:
                    draft.unlink(missing_ok=True)
            self._counted = None
        return Usage(len(gone), sum(gone))

    def _place(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def _contents(self) -> Iterator[Path]:
        for path in self._folder.glob("??/*"):
            if is_digest(path.name) and path.is_file():
                yield path

    def _incoming(self) -> AbstractContextManager[tuple[IO[bytes], Path]]:
        folder = self._folder / _INCOMING
        folder.mkdir(parents=True, exist_ok=True)
        return draft_in(folder)

    def _copied(self, source: IO[bytes], file: IO[bytes], name: str) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        while piece := source.read(_PIECE):
            size += len(piece)
            if size > self.bounds.file:
                raise TooLarge(
                    f"The file {name} is larger than {shown_size(self.bounds.file)}.",
                    help="Give a smaller file, or raise WORKFLOW_CHAT_FILE_MB.",
                )
            digest.update(piece)
            file.write(piece)
        finish(file)
        return digest.hexdigest(), size

    def _settle(self, draft: Path, digest: str, size: int) -> None:
        place = self._place(digest)
        with self._lock:
            if place.is_file() and filecmp.cmp(place, draft, shallow=False):
                # Said anew that somebody wants it, so that no pruning takes it before a run refers to it.
                os.utime(place)
                if place.is_file():
                    return
            self._make_sure_of_room(size)
            place.parent.mkdir(parents=True, exist_ok=True)
            put_in_place(draft, place)
            self._counted = (
                None if self._counted is None else Usage(self._counted.files + 1, self._counted.bytes + size)
            )

    def _make_sure_of_room(self, size: int) -> None:
        now = time.monotonic()
        stale = now - self._counted_at > _RECOUNT_SECONDS
        if self._counted is None or stale or self._counted.bytes + size > self.bounds.store:
            self._counted, self._counted_at = self.usage(), now
        if self._counted.bytes + size > self.bounds.store:
            raise NoRoom(
                f"The file store is full: {shown_size(self._counted.bytes)} of {shown_size(self.bounds.store)}.",
                help="Remove what no run refers to, or raise WORKFLOW_CHAT_FILES_MB.",
            )


def _stat(path: Path) -> os.stat_result | None:
    """What is told of a file; None where another process has taken it away."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _removed(path: Path, before: float) -> int | None:
    """The size of a content that was removed; None where somebody put it again in the meantime."""
    aside = path.with_suffix(".going")
    try:
        if path.stat().st_mtime >= before:
            return None
        path.rename(aside)
        told = aside.stat()
        if told.st_mtime >= before:
            aside.replace(path)
            return None
        aside.unlink()
    except FileNotFoundError:
        return None
    return told.st_size


@contextmanager
def _disk_told() -> Iterator[None]:
    """Tells what the disk refuses, without its paths."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoom("The disk is full.", help="Make room on it; nothing was lost.") from None
        said = error.strerror or type(error).__name__
        raise FileError(
            f"The file could not be kept: {said}.", help="Check that the data folder can be written."
        ) from None
