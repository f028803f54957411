"""Events in rows of many, as lines of JSON, in place of a row for each: a record writes less of them."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_REAL: Any = sa.Double().with_variant(sa.REAL(), "sqlite")
MOST = 1_000
"""Events in a row."""


def _key() -> tuple[sa.Column[Any], sa.Column[Any]]:
    return (
        sa.Column("run_id", sa.Text, primary_key=True, nullable=False),
        sa.Column("place", sa.Integer, primary_key=True, nullable=False, autoincrement=False),
    )


def upgrade() -> None:
    """Packs the events."""
    op.rename_table("events", "single_events")
    new = op.create_table(
        "events",
        *_key(),
        sa.Column("until", sa.Integer, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    bind = op.get_bind()
    old = sa.table("single_events", *map(sa.column, ("run_id", "place", "at", "data")))
    for run_id in bind.execute(sa.select(old.c.run_id).distinct().order_by(old.c.run_id)).scalars().all():
        query = sa.select(old.c.place, old.c.at, old.c.data).where(old.c.run_id == run_id).order_by(old.c.place)
        for some in bind.execute(query).partitions(MOST):
            row = {"run_id": run_id, "place": some[0].place, "until": some[-1].place + 1, "data": _packed(some)}
            bind.execute(new.insert(), row)
    op.drop_table("single_events")


def downgrade() -> None:
    """Unpacks them."""
    op.rename_table("events", "packed_events")
    new = op.create_table(
        "events",
        *_key(),
        sa.Column("at", _REAL, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
    )
    bind = op.get_bind()
    old = sa.table("packed_events", *map(sa.column, ("run_id", "place", "data")))
    places = bind.execute(sa.select(old.c.run_id, old.c.place).order_by(old.c.run_id, old.c.place)).all()
    for run_id, place in places:
        data = bind.execute(sa.select(old.c.data).where(old.c.run_id == run_id, old.c.place == place)).scalar_one()
        bind.execute(new.insert(), [{"run_id": run_id, **row} for row in _unpacked(data)])
    op.drop_table("packed_events")


def _packed(rows: Any) -> bytes:
    """A line that names the fields wherever they are others than before, then a line for each event."""
    heads: dict[str, list[str]] = {}
    lines: list[Any] = []
    for place, at, data in rows:
        values = json.loads(data)
        name = values.pop("event")
        if heads.get(name) != list(values):
            heads[name] = list(values)
            lines.append({name: heads[name]})
        lines.append([name, place, at, list(values.values())])
    return "".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) + "\n" for one in lines).encode()


def _unpacked(data: bytes) -> Iterator[dict[str, Any]]:
    heads: dict[str, list[str]] = {}
    for line in data.split(b"\n"):
        if line.startswith(b"{"):
            heads |= json.loads(line)
        elif line:
            name, place, at, values = json.loads(line)
            told = {"event": name} | dict(zip(heads[name], values, strict=True))
            text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
            yield {"place": place, "at": at, "event": name, "data": text}
