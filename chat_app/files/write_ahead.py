"""Puts a SQLite file into its mode with a log of writes (WAL), also where several programs make the file at once."""

from __future__ import annotations

import sqlite3

TRIES = 100
"""Each waits for whoever has the file, so that more than a few are never needed."""


def log_writes(connection: sqlite3.Connection) -> None:
    """Outside a transaction. Raises sqlite3.Error, where the file stays locked as long as the connection waits."""
    for left in reversed(range(TRIES)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if not left or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
        # SQLite refuses the change of mode at once where another makes it just now; for a transaction it waits.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
