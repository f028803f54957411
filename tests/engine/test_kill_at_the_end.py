"""A process is killed when the last node has ended and the run's row does not say so: nothing is done again."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from chat_app.engine.manager import RunManager
from chat_app.events.run import CheckpointSaved, Recorded, RunFinished
from chat_app.tracing.run_store import RunStore
from tests.engine.conftest import OneModel, checked, events_of
from tests.engine.victim import Deadly, DeadlyDurable, answering, forked

FIELDS = "state: {one: {type: string}, two: {type: string}, end: {type: string}}\noutputs: [end]\n"
NODES = """nodes:
  - {id: one, kind: llm, prompt: one, writes: [one]}
  - {id: two, kind: llm, prompt: two, writes: [two]}
  - {id: last, kind: llm, prompt: "{{ state.one }} {{ state.two }}", writes: [end]}
"""
CHAIN = FIELDS + NODES
JOINED = f"""{CHAIN}
edges:
  - {{from: START, to: [one, two]}}
  - {{from: one, to: last}}
  - {{from: two, to: last}}
  - {{from: last, to: END}}
"""
MAP_AT_LAST = """
inputs: {names: {type: array, items: {type: string}, default: [one, two]}}
state: {end: {type: array, items: {type: string}}}
outputs: [end]
nodes:
  - id: last
    kind: map
    over: "{{ state.names }}"
    item: name
    body:
      state: {said: {type: string}}
      nodes: [{id: say, kind: llm, prompt: "{{ name }}", writes: [said]}]
      returns: said
    writes: [end]
"""


def live_until_the_end(folder: Path, text: str, kind: type[Deadly]) -> None:
    """Runs the workflow until the position after its last node is told to be safe."""

    class Last(kind):  # type: ignore[misc, valid-type]
        def record(self, entry: Recorded) -> None:
            super().record(entry)
            event = entry.event
            if isinstance(event, CheckpointSaved) and event.checkpoint == f"after-{text.count('kind: llm')}":
                os.kill(os.getpid(), signal.SIGKILL)

    async def live() -> None:
        store = RunStore(folder / "runs.sqlite")
        manager = RunManager(OneModel(answering(folder / "calls")), folder, Last(store, -1))
        run_id = await manager.start(checked(text), {})
        async for _ in manager.subscribe(run_id):
            pass

    asyncio.run(live())


@pytest.mark.parametrize("kind", [Deadly, DeadlyDurable])
@pytest.mark.parametrize("text", [CHAIN, JOINED, MAP_AT_LAST])
async def test_a_run_killed_when_its_last_node_has_ended_does_nothing_again(
    tmp_path: Path, text: str, kind: type[Deadly]
) -> None:
    process = forked().Process(target=live_until_the_end, args=(tmp_path, text, kind))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, process.exitcode
    process.close()
    before = (tmp_path / "calls").read_text(encoding="utf-8").split("\n")[:-1]
    # Who relies on its record needs it; the other goes on from what the engine itself has saved.
    store = RunStore(tmp_path / "runs.sqlite") if kind is DeadlyDurable else None
    manager = RunManager(OneModel(answering(tmp_path / "calls")), tmp_path, store)
    (run,) = manager.runs()
    assert run.state == "interrupted"
    await manager.resume(run.run_id)
    last = (await events_of(manager, run.run_id))[-1]
    assert isinstance(last, RunFinished)
    assert last.outputs == {"end": ["one", "two"] if text is MAP_AT_LAST else "one two"}
    assert (tmp_path / "calls").read_text(encoding="utf-8").split("\n")[:-1] == before
    assert len(before) == len(set(before))
    await manager.close()
    if store is not None:
        store.close()
