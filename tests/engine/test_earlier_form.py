"""Runs that an earlier version began: LangGraph's first checkpoint stood before the first round."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chat_app.chat_models.errors import RequestRefused
from chat_app.chat_models.protocol import ChatRequest
from chat_app.engine.channels import starting
from chat_app.events.run import RunFailed, RunFinished
from tests.engine.conftest import Make, ToldModel, checked, events_of
from tests.engine.test_told_positions import CHAIN


class Once(ToldModel):
    """Refuses the second node's call the first time."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.refused = False

    def _answer(self, request: ChatRequest) -> str:
        if request.messages[-1].content.startswith("two") and not self.refused:
            self.refused = True
            raise RequestRefused("down", help="")
        return "x"


@pytest.mark.parametrize("since", [True, False], ids=["a position since", "no position since"])
async def test_it_goes_on(make: Make, tmp_path: Path, since: bool) -> None:
    model = Once()
    manager = make(model)
    run_id = await manager.start(checked(CHAIN), {})
    assert isinstance((await events_of(manager, run_id))[-1], RunFailed)
    ready = manager._ready.of(manager.status(run_id).text, {})
    config = {"configurable": {"thread_id": run_id}}
    # LangGraph itself writes what it wrote then, and goes no further.
    await ready.graph.ainvoke(  # type: ignore[call-arg]
        starting({}), config, context=None, durability="sync", interrupt_before=["Conductor"]
    )
    if not since:
        with closing(sqlite3.connect(tmp_path / "engine.sqlite")) as database, database:
            database.execute("DELETE FROM journal")
    await manager.resume(run_id)
    events = await events_of(manager, run_id)
    assert isinstance(events[-1], RunFinished) and events[-1].outputs == {"three": "x"}
    asked = [request.messages[-1].content.split()[0] for request in model.asked]
    assert asked == (["one", "two", "two", "three"] if since else ["one", "two", "one", "two", "three"])
