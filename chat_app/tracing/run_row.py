"""What is known of a run at one glance: a fold over its events, kept as one row."""

from __future__ import annotations

from typing import Literal, assert_never

from chat_app.events.run import (
    LimitReached,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    RunWaiting,
)
from chat_app.events.totals import Totals
from chat_app.events.value import Value, field, replace

RunState = Literal["running", "waiting", "finished", "failed", "stopped", "limit", "interrupted"]
"""`interrupted`: its process died. Events can't tell that; whoever knows of processes says so."""


class StoredRun(Value, frozen=True):
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


RunTelling = RunStarted | RunFinished | RunFailed | RunStopped | RunWaiting | LimitReached
"""The events that change a run's row, apart from those that are counted."""


def after(run: StoredRun, event: RunTelling, at: float) -> StoredRun:
    """The run after such an event."""
    # The clock may have been set back since it began.
    ended_at = max(at, run.started_at)
    match event:
        case RunStarted():
            return replace(
                run,
                workflow=event.workflow,
                text_sha256=event.text_sha256,
                model=event.model,
                simulated=event.simulated,
                state="running",
                message="",
                started_at=run.started_at or at,
                ended_at=None,
            )
        case RunFinished():
            return replace(run, state="finished", ended_at=ended_at)
        case RunFailed():
            return replace(run, state="failed", message=plain_text(event.message), ended_at=ended_at)
        case RunStopped():
            return replace(run, state="stopped", message=plain_text(event.reason), ended_at=ended_at)
        case RunWaiting():
            return replace(run, state="waiting", ended_at=ended_at)
        case LimitReached():
            return replace(run, state="limit", message=plain_text(event.message), ended_at=ended_at)
        case _:
            assert_never(event)


def plain_text(text: str) -> str:
    """Half of a surrogate pair can be in no database, nor a zero byte in every one."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
