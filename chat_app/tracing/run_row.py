"""What is known of a run at one glance: a fold over its events, kept as one row."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from chat_app.events.run import (
    LimitReached,
    Recorded,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    RunWaiting,
    StepFinished,
    UsageReported,
)
from chat_app.events.totals import Totals

RunState = Literal["running", "waiting", "finished", "failed", "stopped", "limit"]


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as its events tell it; `running` is also one whose process died."""

    run_id: str
    owner: str = ""
    """Empty while nobody has said whose it is; then no owner's list shows it."""
    workflow: str = ""
    text_sha256: str = ""
    model: str = ""
    simulated: bool = False
    state: RunState = "running"
    message: str = ""
    """Why it is at rest, where there is something to say."""
    started_at: float = 0.0
    ended_at: float | None = None
    """When it came to rest; None while it runs."""
    next_offset: int = 0
    steps: int = 0
    """Steps done."""
    totals: Totals = field(default_factory=Totals)

    def after(self, entry: Recorded) -> StoredRun:
        """The run after one more event; an event seen before changes nothing."""
        if entry.offset < self.next_offset:
            return self
        run = replace(self, next_offset=entry.offset + 1)
        match entry.event:
            case RunStarted() as started:
                return replace(
                    run,
                    workflow=started.workflow,
                    text_sha256=started.text_sha256,
                    model=started.model,
                    simulated=started.simulated,
                    state="running",
                    message="",
                    started_at=run.started_at or entry.at,
                    ended_at=None,
                )
            case RunFinished():
                return replace(run, state="finished", ended_at=entry.at)
            case RunFailed(message=message):
                return replace(run, state="failed", message=_plain(message), ended_at=entry.at)
            case RunStopped(reason=reason):
                return replace(run, state="stopped", message=_plain(reason), ended_at=entry.at)
            case RunWaiting():
                return replace(run, state="waiting", ended_at=entry.at)
            case LimitReached(message=message):
                return replace(run, state="limit", message=_plain(message), ended_at=entry.at)
            case StepFinished():
                return replace(run, steps=run.steps + 1)
            case UsageReported() as usage:
                return replace(run, totals=run.totals.plus(usage))
            case _:
                return run


def _plain(text: str) -> str:
    """Half of a surrogate pair can be in no database."""
    return text.encode("utf-8", "replace").decode("utf-8")
