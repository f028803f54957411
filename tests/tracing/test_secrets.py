"""A session's key goes to the provider and nowhere else: not into the record, the engine's file or the log."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from chat_app.chat_models.models import ChatModels
from chat_app.engine.manager import RunManager
from chat_app.events.run import RunFailed, RunFinished
from chat_app.tracing.run_store import RunStore
from chat_app.workflow.check import check
from tests.servers.openai_server import Fails, OpenAIServer, Reply, Says

CANARY = "sk-canary-Qm4Xw81LkTz7"

ONE_CALL = """
version: 1
name: one_call
model: openai/any
inputs:
  topic: {type: string}
state:
  answer: {type: string}
outputs: [answer]
nodes:
  - {id: ask, kind: llm, prompt: "Write about {{ state.topic }}", writes: [answer]}
"""


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("reply", "ending"),
    [
        (Says("Tides come twice a day."), RunFinished),
        (Fails(401, f"Incorrect API key provided: {CANARY}"), RunFailed),
    ],
)
async def test_a_key_is_in_none_of_the_stores(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, reply: Reply, ending: type
) -> None:
    store, models = RunStore(tmp_path / "runs.sqlite"), ChatModels({})
    runs = RunManager(models, tmp_path, store)
    with caplog.at_level(logging.DEBUG), OpenAIServer([reply], key=CANARY) as server:
        run_id = await runs.start(check(ONE_CALL), {"topic": "tides"}, owner="ann", keys=server.keys)
        events = [entry.event async for entry in runs.subscribe(run_id)]
        assert server.requests[0].key == CANARY
    await runs.close()
    await models.close()
    store.close()
    assert isinstance(events[-1], ending)
    assert [run.run_id for run in store.runs("ann")] == [run_id]
    kept = bytes_in(tmp_path)
    assert len(kept) >= 2
    assert [name for name, data in kept.items() if CANARY.encode() in data] == []
    assert CANARY not in caplog.text
