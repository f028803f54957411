"""Steps, usage, files, texts, designs and conversations beside the runs; what events tell is filled in after."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_REAL: Any = sa.Double().with_variant(sa.REAL(), "sqlite")
_BIG: Any = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MADE = (
    "steps",
    "node_days",
    "usage",
    "files",
    "texts",
    "sources",
    "designs",
    "revisions",
    "conversations",
    "turns",
    "turn_events",
)


def _key(name: str, kind: Any = sa.Text) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True, nullable=False, autoincrement=False)


def _column(name: str, kind: Any = sa.Text, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


def upgrade() -> None:
    """Makes the tables; those of the first layout stay as they are."""
    op.create_index("runs_by_start", "runs", [sa.text("started_at DESC"), "run_id"])
    _of_runs()
    _of_contents()
    _of_designs()
    _of_turns()


def _of_runs() -> None:
    op.create_table(
        "steps",
        _key("run_id"),
        _key("step"),
        *map(_column, ("workflow", "node", "kind")),
        _column("parent", null=True),
        _column("state"),
        _column("started_at", _REAL),
        _column("seconds", _REAL, null=True),
        _column("attempts", sa.Integer),
        _column("cause"),
        _column("message"),
        _column("simulated", sa.Integer),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "node_days",
        _key("day", sa.Integer),
        *map(_key, ("workflow", "node", "kind")),
        *(_column(name, sa.Integer) for name in ("steps", "failed", "retried", "simulated")),
        _column("seconds", _REAL),
        _column("longest", _REAL),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage",
        _key("id"),
        _key("place", sa.Integer),
        _column("source"),
        _column("at", _REAL),
        *map(_column, ("design", "step", "node", "model")),
        _column("tokens_in", _BIG, null=True),
        _column("tokens_out", _BIG, null=True),
        _column("cost_usd", _REAL, null=True),
        _column("simulated", sa.Integer),
        sqlite_with_rowid=False,
    )
    op.create_index("usage_by_time", "usage", ["at"])


def _of_contents() -> None:
    op.create_table(
        "files",
        _key("run_id"),
        _key("place", sa.Integer),
        _key("field"),
        *map(_column, ("role", "node", "name", "media_type", "sha256")),
        _column("size", _BIG),
        sqlite_with_rowid=False,
    )
    op.create_index("files_by_content", "files", ["sha256"])
    op.create_table("texts", _key("sha256"), _column("text"), sqlite_with_rowid=False)
    op.create_table("sources", _key("run_id"), _key("path"), _column("sha256"), sqlite_with_rowid=False)
    op.create_index("sources_by_content", "sources", ["sha256"])


def _of_designs() -> None:
    op.create_table(
        "designs",
        _key("owner"),
        _key("name"),
        _column("revisions", sa.Integer),
        _column("saved_at", _REAL),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "revisions",
        _key("owner"),
        _key("name"),
        _key("number", sa.Integer),
        _column("saved_at", _REAL),
        *map(_column, ("asked", "text_sha256")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "conversations",
        _key("id"),
        *map(_column, ("owner", "title")),
        _column("started_at", _REAL),
        _column("updated_at", _REAL),
        _column("turns", sa.Integer),
        sqlite_with_rowid=False,
    )


def _of_turns() -> None:
    op.create_table(
        "turns",
        _key("conversation"),
        _key("turn"),
        _column("number", sa.Integer),
        *map(_column, ("designer", "model")),
        _column("started_at", _REAL),
        _column("seconds", _REAL, null=True),
        *map(_column, ("message", "state", "problem")),
        _column("edits", sa.Integer),
        _column("repairs", sa.Integer),
        _column("valid", sa.Integer, null=True),
        *map(_column, ("text_sha256", "prompts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "turn_events",
        _key("conversation"),
        _key("turn"),
        _key("place", sa.Integer),
        _column("at", _REAL),
        *map(_column, ("event", "data")),
    )


def downgrade() -> None:
    """Back to runs and events; designs are files in any case, and what was folded is in the events."""
    for name in reversed(_MADE):
        op.drop_table(name)
    op.drop_index("runs_by_start", "runs")
