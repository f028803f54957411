"""The documents that are open in the editor, and their checks: one at a time, off the loop that talks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from chat_app.language_server.positions import Lines, Units, changed, joined
from chat_app.language_server.snapshot import Snapshot
from chat_app.language_server.world import World
from chat_app.workflow.check import check
from chat_app.workflow.surroundings import Surroundings


@dataclass
class Document:
    """One open document."""

    uri: str
    text: str
    version: int | None
    surroundings: Surroundings
    checked: Snapshot | None = None
    """The newest check."""
    good: Snapshot | None = None
    """The newest check of a text that was YAML."""
    seconds: float = 0.0
    """What the newest check took."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def lines(self, units: Units) -> Lines:
        """The text by lines."""
        if self.checked is not None and self.checked.text == self.text:
            return self.checked.lines
        return Lines(self.text, units)


class Documents:
    """All open documents by their address."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.units: Units = "utf-16"
        self._open: dict[str, Document] = {}
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="check")

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self._open.values()))

    def get(self, uri: str) -> Document | None:
        """An open document."""
        return self._open.get(uri)

    def open(self, item: types.TextDocumentItem) -> None:
        """A document was opened."""
        surroundings = self.world.surroundings(_folder(item.uri))
        self._open[item.uri] = Document(item.uri, joined(item.text), item.version, surroundings)

    def change(self, uri: str, version: int | None, changes: Iterable[types.TextDocumentContentChangeEvent]) -> None:
        """A document was edited; changes of one that is not open are about nothing."""
        document = self._open.get(uri)
        if document is not None:
            document.text = changed(document.text, changes, self.units)
            document.version = version

    def close(self, uri: str) -> None:
        """A document was closed."""
        self._open.pop(uri, None)

    async def checked(self, document: Document, *, again: bool = False) -> Snapshot:
        """The check of the document's present text; `again`: even if its text is as it was."""
        async with document.turn:
            known = document.checked
            if known is not None and known.text == document.text and not again:
                return known
            started = time.perf_counter()
            made = await asyncio.get_running_loop().run_in_executor(
                self._worker, _check, document.uri, document.text, self.units, document.surroundings
            )
            document.checked, document.seconds = made, time.perf_counter() - started
            if made.readable:
                document.good = made
            return made

    def stop(self) -> None:
        """Ends the worker."""
        self._worker.shutdown(wait=False, cancel_futures=True)


def _check(uri: str, text: str, units: Units, surroundings: Surroundings) -> Snapshot:
    return Snapshot(uri, text, units, check(text, surroundings), surroundings)


def _folder(uri: str) -> Path | None:
    """The folder of a document's file; None for one that is no file yet."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(path).parent if path else None
