"""Results kept across runs for nodes that say `cache: true`: the same text but for its id, values read and model."""

from __future__ import annotations

import logging
import sqlite3
import time
from typing import Any

from chat_app.engine.level import Step
from chat_app.engine.store import Store
from chat_app.engine.summed import summed, unsummed
from chat_app.workflow.nodes import HumanNode, MapNode, ParallelNode, WorkflowNode
from chat_app.workflow.used_files import workflow_nodes

_logger = logging.getLogger(__name__)

NEVER = (HumanNode, ParallelNode, WorkflowNode)
"""A person may think otherwise the next time; the nodes of a group or of another file have caches of their own."""


def cache_key(step: Step) -> str | None:
    """What the result follows from, as one hash; None where the node keeps nothing."""
    node = step.node.spec
    if not node.cache or isinstance(node, NEVER) or step.run.cache is None:
        return None
    if isinstance(node, MapNode) and any(workflow_nodes(node.body)):
        # What they come to follows from other files, which the node does not hold.
        return None
    return step.node.fingerprint.of(step)


class StoredCache:
    """The cache of one owner; nobody sees what another has asked."""

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._owner = owner

    async def get(self, key: str) -> dict[str, Any] | None:
        """The writes kept for a key."""
        query = "SELECT writes FROM cache WHERE owner = ? AND key = ?"

        def read(connection: sqlite3.Connection) -> Any:
            return connection.execute(query, (self._owner, key)).fetchone()

        row = await self._store.do(read)
        try:
            return None if row is None else dict(unsummed(row[0], key))
        except (ValueError, TypeError, RecursionError) as error:
            _logger.warning("A kept result cannot be read, so its node runs again: %s", error)
            return None

    async def put(self, key: str, writes: dict[str, Any]) -> None:
        """Keeps the writes for a key."""
        row = (self._owner, key, time.time(), summed(writes, key))
        await self._store.do(
            lambda connection: connection.execute("INSERT OR REPLACE INTO cache VALUES (?, ?, ?, ?)", row)
        )
