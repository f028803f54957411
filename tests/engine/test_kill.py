"""A process is killed at every event of a run; another goes on, and repeats nothing that was finished."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import pytest

from chat_app.engine.manager import RunManager
from chat_app.events.rebuilt import rebuilt
from chat_app.events.run import RunFinished, RunStarted
from chat_app.tracing.run_store import RunStore
from tests.engine.conftest import OneModel, events_of, of_type
from tests.engine.victim import Deadly, DeadlyDurable, answering, forked, live_until

OUTPUT = 'one two ["improve draft a", "improve draft b", "improve draft c"] ["again 0", "again 1", "again 2"]'
CALLS = 13
AT_ONCE = 2
"""The most calls that can be in flight in this workflow."""


def killed(folder: Path, deadly: int, recorder: type[Deadly], server: str | None = None) -> None:
    """Runs the workflow in a process of its own, which must die at the event; `server` has its record."""
    process = forked().Process(target=live_until, args=(folder, deadly, recorder, server))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, process.exitcode
    process.close()


@pytest.mark.parametrize(
    ("deadly", "recorder"),
    [(deadly, DeadlyDurable) for deadly in (0, *range(1, 20, 2), *range(20, 80, 6), *range(80, 112, 2))]
    + [(deadly, Deadly) for deadly in range(4, 112, 8)],
)
async def test_a_killed_run_goes_on_in_another_process(tmp_path: Path, deadly: int, recorder: type[Deadly]) -> None:
    killed(tmp_path, deadly, recorder)
    before = _calls(tmp_path)
    store = RunStore(tmp_path / "runs.sqlite")
    manager = RunManager(OneModel(answering(tmp_path / "calls")), tmp_path, store)
    (run,) = manager.runs()
    assert run.state == "interrupted"
    await manager.resume(run.run_id)
    events = await events_of(manager, run.run_id)
    assert isinstance(events[-1], RunFinished)
    assert events[-1].outputs == {"end": OUTPUT}
    after = _calls(tmp_path)
    assert set(after.values()) <= {1, 2}
    assert after.total() <= CALLS + min(AT_ONCE, before.total()), after
    await manager.close()
    entries = list(store.events(run.run_id))
    assert [entry.offset for entry in entries] == list(range(len(entries)))
    assert of_type([entry.event for entry in entries], RunStarted)[-1].resumed
    # What the record lost with the process, the resumed stretch has told again.
    run_again = rebuilt(entries)
    assert run_again.state["end"] == OUTPUT and run_again.state["rounds"] == ["again 0", "again 1", "again 2"]
    assert {run_again.nodes[node] for node in ("begin", "one", "two", "each", "again", "finish")} == {"finished"}
    store.close()


def _calls(folder: Path) -> Counter[str]:
    file = folder / "calls"
    return Counter(file.read_text(encoding="utf-8").split("\n")[:-1]) if file.exists() else Counter()
