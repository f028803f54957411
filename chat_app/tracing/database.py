"""The database of the run store: SQLite (WAL) in a file, or PostgreSQL by its URL; opened, made or migrated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from chat_app.files.write_ahead import log_writes
from chat_app.tracing.tables import METADATA, REVISION

BUSY_SECONDS = 30.0
PAGE_BYTES = 8_192
OLDEST = "0001"
FOLDED = "0002"
"""From here on there are tables that are folds over events; a store from before gets them filled."""
MIGRATIONS = Path(__file__).parent / "migrations"
SQLITE_VERSION = 2
"""In the file's `user_version`: a program of the first layout sees by it that the file is not for it."""
_LOCK = 7_226_108
"""PostgreSQL's advisory lock: one process at a time makes or migrates the tables."""

Fold = Callable[[Connection], None]


class WrongVersion(SQLAlchemyError):
    """The store was made by a later version of the program."""


class NoStore(SQLAlchemyError):
    """The setting names no database that can be used."""


def url_of(place: Path | str) -> URL:
    """The URL of a store: that of a file, or the one given. Raises NoStore."""
    if isinstance(place, Path):
        return URL.create("sqlite", database=str(place))
    try:
        url = make_url(place)
    except ArgumentError:
        raise NoStore("it is no database URL; write postgresql://user:password@host/name") from None
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise NoStore(f"{url.get_backend_name()} is no database for runs; use SQLite or PostgreSQL")
    return url


def name_of(place: Path | str) -> str:
    """The store's name for messages, without its password."""
    if isinstance(place, Path):
        return place.name
    try:
        return url_of(place).render_as_string(hide_password=True)
    except NoStore:
        return "the run store's URL"


def exists(url: URL) -> bool:
    """Whether there is something to read; a server is asked by reading it."""
    return url.get_backend_name() != "sqlite" or bool(url.database and Path(url.database).is_file())


def open_for_writing(url: URL, refold: Fold) -> Engine:
    """The store, made or migrated where that is needed; `refold` fills the tables that are folds over events."""
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = _engine(url, writing=True)
    try:
        _prepare(engine, refold)
    except BaseException:
        engine.dispose()
        raise
    return engine


def open_for_reading(url: URL) -> Engine:
    """The store as it is committed now; reading never waits for the writer. Raises WrongVersion."""
    return _engine(url, writing=False)


def revision(connection: Connection) -> str | None:
    """The migration that the tables stand at; None for an empty store."""
    there = inspect(connection)
    if there.has_table("alembic_version"):
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return None if found is None else str(found)
    return OLDEST if there.has_table("events") else None


def stands_at_head(connection: Connection) -> bool:
    """Whether the tables are those of this version. Raises WrongVersion for those of a later one."""
    now = revision(connection)
    if now is not None:
        _refuse_later(connection, now)
    return now == REVISION


def migrate(connection: Connection, target: str) -> None:
    """Brings the tables up or down to a migration, in the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    now = revision(connection)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    if now == OLDEST and not inspect(connection).has_table("alembic_version"):
        command.stamp(config, OLDEST)
    if (now or "") <= target:
        command.upgrade(config, target)
    else:
        command.downgrade(config, target)
    _mark(connection, 1 if target == OLDEST else SQLITE_VERSION)


def _prepare(engine: Engine, refold: Fold) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if stands_at_head(connection):
            return
        now = revision(connection)
        if now is None:
            _make(connection)
            return
        migrate(connection, REVISION)
        if now < FOLDED:
            refold(connection)


def _make(connection: Connection) -> None:
    METADATA.create_all(connection)
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": REVISION})
    _mark(connection, SQLITE_VERSION)


def _refuse_later(connection: Connection, now: str) -> None:
    sqlite = connection.dialect.name == "sqlite"
    marked = connection.execute(text("PRAGMA user_version")).scalar_one() if sqlite else 0
    if now > REVISION or marked > SQLITE_VERSION:
        raise WrongVersion("it was made by a later version of the program; use that version, or another store")


def _mark(connection: Connection, version: int) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"PRAGMA user_version={version}"))


def _engine(url: URL, *, writing: bool) -> Engine:
    if url.get_backend_name() != "sqlite":
        options = {} if writing else {"options": "-c default_transaction_read_only=on"}
        return create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 10, **options})
    engine = create_engine(
        url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def connected(connection: Any, record: Any) -> None:
        # SQLite's own driver must not begin transactions by itself: see `begun`.
        connection.isolation_level = None
        if writing:
            # Told before the file is made; a run's events take two pages then, and a batch half the writes.
            connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
            log_writes(connection)
            connection.execute("PRAGMA synchronous=NORMAL")
        else:
            connection.execute("PRAGMA query_only=1")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # A writer says so at once, as one that reads first may find that it came too late.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
