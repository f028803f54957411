"""The runs that have not come to rest, as the engine's own list has them: for who runs nothing and builds no manager.

The engine writes a run down before anyone hears its id; the record of events may be killed before it hears of it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chat_app.engine.alive import Alive
from chat_app.engine.database import DATABASE
from chat_app.engine.runs import RunRows, RunStatus
from chat_app.engine.store import Store

SIGNS = "alive"
"""The folder of the processes' signs of life."""


def open_runs(folder: Path) -> dict[str, RunStatus]:
    """By id; one whose process has died is `interrupted`."""
    if not (folder / DATABASE).exists():
        return {}
    store, alive = Store(folder / DATABASE), Alive(folder / SIGNS)
    try:
        return {run.run_id: as_it_is(run, alive) for run in RunRows(store).running()}
    finally:
        store.close()


def as_it_is(run: RunStatus, alive: Alive) -> RunStatus:
    """A run that another process runs, or ran until it died."""
    if run.state == "running" and not alive.lives(run.process):
        return replace(run, state="interrupted")
    return run
