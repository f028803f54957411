"""Processes of the tests: one that is killed (`kill -9`) at the event with a given number, one that resumes runs."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
from collections.abc import Iterable, Sequence
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from chat_app.chat_models.protocol import ChatRequest
from chat_app.engine.errors import EngineError
from chat_app.engine.manager import RunManager
from chat_app.events.run import Recorded
from chat_app.tracing.run_store import RunStore
from tests.engine.conftest import OneModel, ToldModel, checked

LOADED_LATE = ("chat_app.engine.graph", "chat_app.engine.saver", "chat_app.tracing.writer")

WORKFLOW = """
inputs: {names: {type: array, items: {type: string}, default: [a, b, c]}}
state:
  start: {type: string}
  left: {type: string}
  right: {type: string}
  found: {type: array, items: {type: string}}
  rounds: {type: array, items: {type: string}, reduce: append}
  end: {type: string}
outputs: [end]
nodes:
  - {id: begin, kind: workflow, uses: ./begin.yaml, arguments: {word: begin}, writes: [start]}
  - {id: one, kind: llm, prompt: one, writes: [left]}
  - {id: two, kind: llm, prompt: two, writes: [right]}
  - id: each
    kind: map
    over: "{{ state.names }}"
    item: name
    max_concurrency: 2
    body:
      state: {draft: {type: string}, better: {type: string}}
      nodes:
        - {id: draft, kind: llm, prompt: "draft {{ name }}", writes: [draft]}
        - {id: improve, kind: llm, prompt: "improve {{ state.draft }}", writes: [better]}
      returns: better
    writes: [found]
  - {id: again, kind: llm, prompt: "again {{ state.rounds | length }}", writes: [rounds]}
  - id: finish
    kind: template
    template: "{{ state.left }} {{ state.right }} {{ state.found }} {{ state.rounds }}"
    writes: [end]
edges:
  - {from: START, to: begin}
  - {from: begin, to: [one, two]}
  - {from: one, to: each}
  - {from: two, to: each}
  - {from: each, to: again}
  - {from: again, routes: [{to: again, max_times: 2}, {to: finish}]}
  - {from: finish, to: END}
"""

FILES = {
    "begin.yaml": """
inputs: {word: {type: string}}
state: {one: {type: string}, end: {type: string}}
outputs: [end]
nodes:
  - {id: one, kind: llm, prompt: "{{ state.word }}", writes: [one]}
  - {id: more, kind: llm, prompt: "{{ state.one }} more", writes: [end]}
"""
}


def forked() -> ForkServerContext:
    """Makes processes that have loaded before they begin what a run loads when it first needs it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, *LOADED_LATE])
    return context


def answering(calls: Path) -> ToldModel:
    """A model that answers with what it was asked, and notes each call in a file."""

    def answer(request: ChatRequest) -> str:
        said = request.messages[-1].content
        with calls.open("a", encoding="utf-8") as file:
            file.write(f"{said}\n")
        return f'{{"rounds": ["{said}"]}}' if request.schema else said

    return ToldModel(answer)


class Deadly:
    """A recorder that kills its own process at an event; it does not say what it keeps against that."""

    def __init__(self, store: RunStore, deadly: int) -> None:
        self._store = store
        self._deadly = deadly

    def record(self, entry: Recorded) -> None:
        if entry.offset == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        self._store.record(entry)

    def events(self, run_id: str) -> Iterable[Recorded]:
        return self._store.events(run_id)


class DeadlyDurable(Deadly):
    """One that says so, as the run store does: positions that it tells are not saved beside it."""

    def lost(self) -> int | None:
        return self._store.lost()

    async def kept(self) -> int | None:
        return await self._store.kept()

    def exact(self, value: Any) -> bool:
        return self._store.exact(value)


def live_until(folder: Path, deadly: int, recorder: type[Deadly], server: str | None = None) -> None:
    """Runs the workflow until the event that kills; its record is a file, or on a server."""
    asyncio.run(_live(folder, deadly, recorder, server))


async def _live(folder: Path, deadly: int, recorder: type[Deadly], server: str | None) -> None:
    store = RunStore(server or folder / "runs.sqlite", folder / "runs.unwritten")
    manager = RunManager(OneModel(answering(folder / "calls")), folder, recorder(store, deadly))
    run_id = await manager.start(checked(WORKFLOW, FILES), {})
    async for _ in manager.subscribe(run_id):
        pass
    await manager.close()
    store.close()


def resume_all(folder: Path, run_ids: Sequence[str], together: Barrier, told: Path) -> None:
    """Resumes each run at the same moment as another process does; keeps what it was told, empty where it went on."""
    told.write_text(json.dumps(asyncio.run(_resumed(folder, run_ids, together))), encoding="utf-8")


async def _resumed(folder: Path, run_ids: Sequence[str], together: Barrier) -> list[str]:
    store = RunStore(folder / "runs.sqlite")
    manager = RunManager(OneModel(answering(folder / "calls")), folder, store)
    heard = []
    for run_id in run_ids:
        await asyncio.to_thread(together.wait)
        try:
            await manager.resume(run_id)
        except EngineError as error:
            heard.append(error.message)
        else:
            heard.append("")
            async for _ in manager.subscribe(run_id):
                pass
    await manager.close()
    store.close()
    return heard
