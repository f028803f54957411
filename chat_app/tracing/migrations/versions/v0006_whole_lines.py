"""Each event's line says all of it, its run's id too, in the order in which a recorded event is encoded at once."""

import json
import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

EVENTS = sa.table("events", *map(sa.column, ("run_id", "place", "data")))
_BEFORE = re.compile(rb'^\["(\w+)",(\d+),([^,]+),\[(.*)\]\]$', re.MULTILINE)
"""Name, offset, time, values."""

Lines = Callable[[bytes, bytes], bytes]


def upgrade() -> None:
    """Puts the name among the values, and the run's id behind."""
    _rewrite(_whole)


def downgrade() -> None:
    """Takes them out."""
    _rewrite(_parted)


def _rewrite(lines: Lines) -> None:
    bind = op.get_bind()
    # The keys first: a row that is changed while all are gone through may be come by twice.
    keys = bind.execute(sa.select(EVENTS.c.run_id, EVENTS.c.place).order_by(EVENTS.c.run_id, EVENTS.c.place)).all()
    for run_id, place in keys:
        here = sa.and_(EVENTS.c.run_id == run_id, EVENTS.c.place == place)
        data = bind.execute(sa.select(EVENTS.c.data).where(here)).scalar_one()
        told = json.dumps(run_id, ensure_ascii=False).encode()
        bind.execute(sa.update(EVENTS).where(here).values(data=lines(bytes(data), told)))


def _whole(data: bytes, run_id: bytes) -> bytes:
    def line(found: re.Match[bytes]) -> bytes:
        name, place, at, values = found.groups()
        return b'[%b,%b,["%b"%b],%b]' % (place, at, name, b"," + values if values else b"", run_id)

    return _BEFORE.sub(line, data)


def _parted(data: bytes, run_id: bytes) -> bytes:
    after = re.compile(rb'^\[(\d+),([^,]+),\["(\w+)"(?:,(.*))?\],%b\]$' % re.escape(run_id), re.MULTILINE)
    return after.sub(lambda found: b'["%b",%b,%b,[%b]]' % (*found.group(3, 1, 2), found[4] or b""), data)
