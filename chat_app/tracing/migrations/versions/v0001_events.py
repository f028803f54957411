"""Runs and their events: the first layout of the run store."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_REAL: Any = sa.Double().with_variant(sa.REAL(), "sqlite")
_BIG: Any = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Makes the two tables."""
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Text, primary_key=True, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("workflow", sa.Text, nullable=False),
        sa.Column("text_sha256", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("simulated", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("started_at", _REAL, nullable=False),
        sa.Column("ended_at", _REAL),
        sa.Column("next_offset", sa.Integer, nullable=False),
        sa.Column("steps", sa.Integer, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("tokens_in", _BIG),
        sa.Column("tokens_out", _BIG),
        sa.Column("cost_usd", _REAL),
        sa.Column("simulated_calls", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("runs_of_owner", "runs", ["owner", sa.text("started_at DESC"), "run_id"])
    op.create_table(
        "events",
        sa.Column("run_id", sa.Text, primary_key=True, nullable=False),
        sa.Column("place", sa.Integer, primary_key=True, nullable=False, autoincrement=False),
        sa.Column("at", _REAL, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drops both, with all that is in them."""
    op.drop_table("events")
    op.drop_table("runs")
