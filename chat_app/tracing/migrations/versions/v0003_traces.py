"""Which runs and design turns have become traces, and where."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_REAL: Any = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "traces",
        *(sa.Column(name, sa.Text, primary_key=True, nullable=False) for name in ("target", "kind", "id")),
        sa.Column("part", sa.Integer, primary_key=True, nullable=False, autoincrement=False),
        sa.Column("trace", sa.Text, nullable=False),
        sa.Column("at", _REAL, nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """What was traced can be traced again."""
    op.drop_table("traces")
