"""A process that runs a batch of many rows, recorded, and tells how its memory grew after a warm beginning."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from chat_app.chat_models.protocol import ModelUsage
from chat_app.engine import manager as managers
from chat_app.engine.batch import Batch, Row
from chat_app.engine.manager import RunManager
from chat_app.events.run import Recorded
from chat_app.tracing.run_store import RunStore
from tests.engine.conftest import OneModel, ToldModel, checked
from tests.engine.many_items import peak_mb

TEXT = """
inputs: {text: {type: string}}
state: {short: {type: string}, note: {type: string}}
outputs: [note]
nodes:
  - {id: shorten, kind: llm, prompt: "{{ state.text }}", writes: [short]}
  - {id: note, kind: template, template: "{{ state.short | length }} letters", writes: [note]}
"""
AT_ONCE = 8
LONG = 20_000
"""Characters of each row: what is kept of rows that are done must show."""


class Forgets:
    """A record that keeps nothing: what a slow disk makes it hold in memory is no matter of the batch."""

    def record(self, entry: Recorded) -> None:
        pass

    def events(self, run_id: str) -> Iterable[Recorded]:
        return ()


async def main(folder: Path, count: int, warm: int, recorded: bool) -> None:
    # So that what runs at rest keep in memory is at its bound soon.
    managers.KEPT_LOGS = 20
    store = RunStore(folder / "runs.sqlite") if recorded else None
    model = ToldModel(lambda request: request.messages[-1].content, usage=ModelUsage(1, 1, 0.0))
    manager = RunManager(OneModel(model), folder, store or Forgets())
    taken = done = most_ahead = finished = 0

    def rows() -> Iterator[Row]:
        nonlocal taken, most_ahead
        for number in range(1, count + 1):
            taken += 1
            most_ahead = max(most_ahead, taken - done)
            yield Row(number, {"text": f"{number} " + "x" * LONG})

    before = 0.0
    async for result in Batch(manager, checked(TEXT), "batch", at_once=AT_ONCE).results(rows()):
        done += 1
        model.asked.clear()
        finished += result.state == "finished"
        if done == warm:
            before = peak_mb()
    grown = peak_mb() - before
    await manager.close()
    if store is not None:
        store.close()
    told = {"finished": finished, "most_at_once": model.most_running, "most_ahead": most_ahead, "grown_mb": grown}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "recorded"))
