"""LangGraph's checkpoints in the engine's store: strict msgpack, only the last of each run, no pickle."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Protocol
from zlib import crc32

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from chat_app.engine.errors import damaged
from chat_app.engine.store import Store

PRUNED_EVERY = 8
"""Old checkpoints are dropped with every eighth, as a deletion costs as much as a write."""

_NEWEST_FIRST = (
    "CASE WHEN json_valid(metadata) THEN json_extract(metadata, '$.step') END DESC NULLS FIRST, checkpoint_id DESC"
)
"""Ids rise with the clock, which may have been set back between two stretches of a run; supersteps are counted.

Where they cannot be read, that is told: an older position might have finished steps done twice.
"""


class Run(Protocol):
    """What is asked and told of the run that a checkpoint is of."""

    def checkpoint_saved(self, checkpoint_id: str) -> None:
        """A checkpoint is committed."""

    def has(self, position: Any) -> bool:
        """Whether the run's journal has this position."""


RunOf = Callable[[str], Run | None]
"""The run with this id, if it is under way."""


class StoreSaver(BaseCheckpointSaver[int]):  # type: ignore[misc]  # LangGraph's types are not followed
    """Keeps what a resume needs and no more, so that long loops do not fill the disk."""

    def __init__(self, store: Store, run_of: RunOf) -> None:
        # No list of allowed classes: positions are plain data, and a forged row can name nothing.
        super().__init__(serde=JsonPlusSerializer(pickle_fallback=False, allowed_msgpack_modules=None))
        self._store = store
        self._run_of = run_of
        self._alone: set[str] = set()
        """The runs of which one node runs now: its writes come with the next checkpoint, or not at all."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """A checkpoint (the newest where none is named) with the writes made since."""
        thread, space = _place(config)
        wanted = config["configurable"].get("checkpoint_id")

        def read(connection: sqlite3.Connection) -> tuple[Any, list[Any]]:
            row = connection.execute(
                "SELECT checkpoint_id, parent_id, type, checkpoint, metadata FROM checkpoints"
                " WHERE thread_id = ? AND checkpoint_ns = ? AND (? IS NULL OR checkpoint_id = ?)"
                f" ORDER BY {_NEWEST_FIRST} LIMIT 1",
                (thread, space, wanted, wanted),
            ).fetchone()
            if row is None:
                return None, []
            writes = connection.execute(
                "SELECT task_id, channel, type, value FROM writes"
                " WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ?"
                " ORDER BY task_path, task_id, idx",
                (thread, space, row[0]),
            ).fetchall()
            return row, writes

        row, writes = await self._store.do(read)
        return None if row is None else self._tuple(thread, space, row, writes)

    def _tuple(self, thread: str, space: str, row: tuple[Any, ...], writes: list[tuple[Any, ...]]) -> CheckpointTuple:
        checkpoint_id, parent, type_, blob, metadata = row
        try:
            return CheckpointTuple(
                _config(thread, space, checkpoint_id),
                self._read(type_, blob),
                json.loads(metadata),
                None if parent is None else _config(thread, space, parent),
                [(task, channel, self._read(kind, value)) for task, channel, kind, value in writes],
            )
        except (ValueError, NotImplementedError) as error:
            raise damaged(thread, error) from error

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """The newest checkpoint of a thread; older ones are not for walking through."""
        newest = None if config is None else await self.aget_tuple(config)
        if newest is not None:
            yield newest

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Saves a checkpoint that something follows from; from time to time, drops those before its parent."""
        thread, space = _place(config)
        parent = config["configurable"].get("checkpoint_id")
        position = checkpoint["channel_values"].get("position")
        run = self._run_of(thread)
        self._note_round(thread, position)
        if holds_nothing_new(metadata, position, run):
            return _config(thread, space, checkpoint["id"])
        type_, blob = self._written(checkpoint)
        prunes = metadata.get("step", 0) % PRUNED_EVERY == 0
        told = json.dumps(get_checkpoint_metadata(config, metadata), default=str)

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)",
                (thread, space, checkpoint["id"], parent, type_, blob, told),
            )
            if parent is not None and prunes:
                kept = (thread, space, parent, checkpoint["id"])
                for table in ("checkpoints", "writes"):
                    connection.execute(
                        f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_ns = ?"
                        " AND checkpoint_id NOT IN (?, ?)",
                        kept,
                    )

        await self._store.do(write)
        if run is not None:
            run.checkpoint_saved(checkpoint["id"])
        return _config(thread, space, checkpoint["id"])

    def _note_round(self, thread: str, position: Any) -> None:
        if isinstance(position, dict) and len(position.get("round", ())) > 1:
            self._alone.discard(thread)
        else:
            self._alone.add(thread)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Saves what a task wrote, so that its finished work outlives a sibling's failure."""
        thread, space = _place(config)
        checkpoint_id = config["configurable"]["checkpoint_id"]
        special = all(channel in WRITES_IDX_MAP for channel, _ in writes)
        if thread in self._alone and not special:
            return
        rows = [
            (
                thread,
                space,
                checkpoint_id,
                task_id,
                WRITES_IDX_MAP.get(channel, index),
                task_path,
                channel,
                *self._written(value),
            )
            for index, (channel, value) in enumerate(writes)
        ]
        verb = "REPLACE" if special else "IGNORE"

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(f"INSERT OR {verb} INTO writes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

        await self._store.do(write)

    def _written(self, value: Any) -> tuple[str, bytes]:
        """A value's form and bytes; the form ends in a sum over them, as a flaw in the right place reads well."""
        form, blob = self.serde.dumps_typed(value)
        return f"{form} {crc32(blob):08x}", blob

    def _read(self, written: str, blob: bytes) -> Any:
        form, _, told = written.partition(" ")
        if told and told != f"{crc32(blob):08x}":
            raise ValueError("its bytes have changed")
        # Earlier versions wrote no sum.
        return self.serde.loads_typed((form, blob))

    async def adelete_thread(self, thread_id: str) -> None:
        """Forgets a run's checkpoints."""

        def delete(connection: sqlite3.Connection) -> None:
            for table in ("checkpoints", "writes"):
                connection.execute(f"DELETE FROM {table} WHERE thread_id = ?", (thread_id,))

        await self._store.do(delete)


def holds_nothing_new(metadata: CheckpointMetadata, position: Any, run: Run | None) -> bool:
    """Of the input's checkpoint, which one with the same follows at once; of the last, where the journal has it."""
    return metadata.get("source") == "input" or (run is not None and position is not None and run.has(position))


def _place(config: RunnableConfig) -> tuple[str, str]:
    where = config["configurable"]
    return str(where["thread_id"]), str(where.get("checkpoint_ns", ""))


def _config(thread: str, space: str, checkpoint_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread, "checkpoint_ns": space, "checkpoint_id": checkpoint_id}}
