"""A SQLite file that several programs make at once is made by all of them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chat_app.engine.database import Database
from chat_app.files.write_ahead import log_writes


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another program that writes to the file, in its older mode."""
    with closing(sqlite3.connect(tmp_path / "new.sqlite", isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE made (x)")
        yield other


def test_who_writes_is_waited_for(busy: sqlite3.Connection, tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite"
    with closing(sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)) as late:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            # As SQLite itself does it: at once, however long the connection would wait.
            late.execute("PRAGMA journal_mode=WAL")
        waiting = threading.Thread(target=log_writes, args=(late,))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        busy.execute("COMMIT")
        waiting.join(60)
        assert not waiting.is_alive()
        assert late.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_not_longer_than_the_connection_waits(busy: sqlite3.Connection, tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(tmp_path / "new.sqlite", timeout=0.1, isolation_level=None)) as late,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        log_writes(late)


def test_what_is_no_database_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("These are notes, and no database at all.\n" * 40, encoding="utf-8")
    with (
        closing(sqlite3.connect(tmp_path / "notes.txt", timeout=60, isolation_level=None)) as connection,
        pytest.raises(sqlite3.DatabaseError, match="not a database"),
    ):
        log_writes(connection)


def test_several_that_open_a_new_file_at_once_all_open_it(tmp_path: Path) -> None:
    errors: list[Exception] = []
    for number in range(20):
        together = threading.Barrier(6)

        def opened(path: Path = tmp_path / f"{number}.sqlite", together: threading.Barrier = together) -> None:
            together.wait()
            try:
                Database(path).close()
            except sqlite3.Error as error:
                errors.append(error)

        openers = [threading.Thread(target=opened) for _ in range(6)]
        for one in openers:
            one.start()
        for one in openers:
            one.join(60)
    assert errors == []
