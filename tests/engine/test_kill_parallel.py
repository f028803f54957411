"""A process is killed while requests run side by side: what was told to be finished is not sent again."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from pathlib import Path

import pytest

from chat_app.engine.manager import RunManager
from chat_app.engine.reach import Reach
from chat_app.events.run import RunFinished, StepFinished
from chat_app.tools.network import Network
from chat_app.tools.policy import NetworkPolicy
from chat_app.tracing.run_store import RunStore
from tests.engine.conftest import SILENT, OneModel, checked, events_of
from tests.engine.victim import Deadly, forked
from tests.tools.web_server import WebServer

NODES = """
state: {first: {type: string}, second: {type: string}, third: {type: string}, all: {type: string}}
outputs: [all]
nodes:
  - {id: one, kind: http, method: POST, url: URL/one, writes: [first]}
  - {id: two, kind: http, method: POST, url: URL/two, writes: [second]}
  - {id: three, kind: http, method: POST, url: "URL/three", json: "{{ state.first }}", writes: [third]}
  - {id: end, kind: template, template: "{{ state.second }} {{ state.third }}", writes: [all]}
"""
EDGES = """
edges:
  - {from: START, to: [one, two]}
  - {from: one, to: three}
  - {from: two, to: end}
  - {from: three, to: end}
  - {from: end, to: END}
"""
GROUP = """
state: {first: {type: string}, second: {type: string}, third: {type: string}, all: {type: string}}
outputs: [all]
nodes:
  - {id: both, kind: parallel, subtasks: [one, two]}
  - {id: one, kind: http, method: POST, url: URL/one, writes: [first]}
  - {id: two, kind: http, method: POST, url: URL/two, writes: [second]}
  - {id: three, kind: http, method: POST, url: "URL/three", json: "{{ state.first }}", writes: [third]}
  - {id: end, kind: template, template: "{{ state.second }} {{ state.third }}", writes: [all]}
"""


def own_reach() -> Reach:
    return Reach(network=Network(NetworkPolicy(allowed=frozenset({"127.0.0.1"}), seconds=30)))


def live_until(folder: Path, text: str, deadly: int) -> None:
    """Runs the workflow in a process that is killed at an event."""

    async def live() -> None:
        store = RunStore(folder / "runs.sqlite")
        manager = RunManager(OneModel(SILENT), folder, Deadly(store, deadly), reach=own_reach())
        run_id = await manager.start(checked(text), {})
        async for _ in manager.subscribe(run_id):
            pass

    asyncio.run(live())


@pytest.mark.parametrize("deadly", (8, 11, 14))
@pytest.mark.parametrize("text", [NODES, NODES + EDGES, GROUP], ids=["data order", "edges", "group"])
async def test_a_request_that_was_told_to_be_finished_is_not_sent_again(
    tmp_path: Path, web: WebServer, text: str, deadly: int
) -> None:
    text = text.replace("URL", web.url)

    web.says("/one", "first")
    web.says("/two", "second")
    web.says("/three", "third")
    process = forked().Process(target=live_until, args=(tmp_path, text, deadly))
    process.start()
    await asyncio.to_thread(process.join, 60)
    assert process.exitcode == -signal.SIGKILL
    store = RunStore(tmp_path / "runs.sqlite")
    manager = RunManager(OneModel(SILENT), tmp_path, store, reach=own_reach())
    (found,) = manager.runs()
    told = {entry.event.step for entry in store.events(found.run_id) if isinstance(entry.event, StepFinished)}
    await manager.resume(found.run_id)
    events = await events_of(manager, found.run_id)
    await manager.close()
    store.close()
    assert isinstance(events[-1], RunFinished)
    assert events[-1].outputs == {"all": "second third"}
    sent = Counter(asked.headers["idempotency-key"] for asked in web.asked)
    assert len(sent) == 3 and set(sent.values()) <= {1, 2}
    paths = Counter(asked.target.removeprefix("/") for asked in web.asked)
    finished = {step.rpartition("/")[2].partition("#")[0] for step in told}
    assert {name for name, times in paths.items() if times > 1} <= paths.keys() - finished
