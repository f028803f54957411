"""Every command there is, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Callable

from chat_app.designer.guided.commands import (
    adding,
    asides,
    changing,
    contract,
    lists,
    members,
    people,
    repeating,
    rounds,
    routing,
    wording,
)
from chat_app.designer.guided.commands.outcome import NotClear, Outcome
from chat_app.designer.guided.tongues.commands import plainly
from chat_app.designer.guided.view import View

Reader = Callable[[str, View], Outcome | None]

READERS: tuple[Reader, ...] = (
    members.read,
    rounds.read,
    contract.read,
    asides.read,
    people.read,
    wording.read,
    repeating.read,
    routing.read,
    lists.read,
    changing.read,
    adding.read,
)


def understand(clause: str, view: View) -> Outcome | None:
    """What one clause asks for; None where no command fits."""
    clause = plainly(clause)
    for reader in READERS:
        try:
            outcome = reader(clause, view)
        except NotClear as doubt:
            return doubt.unsure
        if outcome is not None:
            return outcome
    return None
