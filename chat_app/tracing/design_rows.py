"""Rows of designs and their revisions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from chat_app.tracing import rows
from chat_app.tracing.jobs import Saved
from chat_app.tracing.run_row import plain_text
from chat_app.tracing.tables import DESIGNS, REVISIONS, TEXTS
from chat_app.tracing.texts import digest


def put_saved(connection: Connection, saved: Sequence[Saved]) -> None:
    """Keeps revisions of designs."""
    rows.add(connection, TEXTS, [{"sha256": digest(one.text), "text": plain_text(one.text)} for one in saved])
    rows.put(
        connection,
        REVISIONS,
        [
            {
                "owner": one.owner,
                "name": one.name,
                "number": one.number,
                "saved_at": one.saved_at,
                "asked": plain_text(one.asked),
                "text_sha256": digest(one.text),
            }
            for one in saved
        ],
    )
    newest: dict[tuple[str, str], Saved] = {}
    for one in saved:
        if one.number >= newest.get((one.owner, one.name), one).number:
            newest[one.owner, one.name] = one
    rows.put(
        connection,
        DESIGNS,
        [
            {"owner": owner, "name": name, "revisions": one.number, "saved_at": one.saved_at}
            for (owner, name), one in newest.items()
            # An older revision may be brought in after a newer one was saved.
            if one.number >= _revisions(connection, owner, name)
        ],
    )


def known(connection: Connection) -> set[tuple[str, str, int]]:
    """The revisions that are there: owner, name and number."""
    query = select(REVISIONS.c.owner, REVISIONS.c.name, REVISIONS.c.number)
    return {(owner, name, number) for owner, name, number in connection.execute(query)}


def _revisions(connection: Connection, owner: str, name: str) -> int:
    query = select(DESIGNS.c.revisions).where(DESIGNS.c.owner == owner, DESIGNS.c.name == name)
    return int(connection.execute(query).scalar() or 0)
