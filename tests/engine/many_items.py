"""A process that maps over many items, each durable and recorded, and tells how much memory that took."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from pathlib import Path

from chat_app.chat_models.protocol import ModelUsage
from chat_app.engine.manager import RunManager
from chat_app.events.run import ItemProgress, RunFinished
from chat_app.tracing.run_store import RunStore
from tests.engine.conftest import OneModel, ToldModel, checked

TEXT = """
inputs: {items: {type: array, items: {type: string}}}
state: {found: {type: array, items: {type: string}}}
outputs: [found]
limits: {steps: 20000, map_items: 10000, concurrency: 64, tokens: 100000000}
nodes:
  - id: each
    kind: map
    over: "{{ state.items }}"
    item: item
    max_concurrency: 64
    body:
      state: {one: {type: string}}
      nodes: [{id: ask, kind: llm, prompt: "{{ item }}", writes: [one]}]
      returns: one
    writes: [found]
"""


def peak_mb() -> float:
    """The most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def main(folder: Path, count: int) -> None:
    model = ToldModel(lambda request: request.messages[-1].content, usage=ModelUsage(1, 1, 0.0))
    store = RunStore(folder / "runs.sqlite")
    manager = RunManager(OneModel(model), folder, store)
    items = [f"item {number}" for number in range(count)]
    before = peak_mb()
    run_id = await manager.start(checked(TEXT), {"items": items})
    progress, last = 0, None
    async for entry in manager.subscribe(run_id):
        last = entry.event
        progress += isinstance(last, ItemProgress)
    grown = peak_mb() - before
    assert isinstance(last, RunFinished), last
    await manager.close()
    store.close()
    in_order = last.outputs["found"] == items
    told = {"in_order": in_order, "most_at_once": model.most_running, "progress": progress, "grown_mb": grown}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
