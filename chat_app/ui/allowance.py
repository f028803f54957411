"""How much one visitor of a shared page may use, so that none of them takes it from the others."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Allowance:
    """Bounds for one visitor; None is no bound."""

    designs: int | None = None
    disk_bytes: int | None = None
    """Of saved designs, their revisions and the conversation."""
    upload_bytes: int | None = None
    """Of files given to the page, as long as the process lives."""
    runs_at_once: int | None = None
    draft_characters: int = 5_000_000
    """The checker refuses more in any case."""


OWN_MACHINE = Allowance()
HOSTED = Allowance(designs=50, disk_bytes=50 * MIB, upload_bytes=50 * MIB, runs_at_once=2, draft_characters=500_000)
