"""A process that runs workflows while its files may not grow: a disk that is really full, as the kernel tells it."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import sys
from pathlib import Path

from chat_app.engine.manager import RunManager
from chat_app.events.run import RunFailed, RunFinished
from tests.engine.conftest import OneModel, ToldModel, checked, events_of

TEXT = """
state: {a: {type: string}, b: {type: string}}
outputs: [b]
nodes:
  - {id: one, kind: llm, prompt: One, writes: [a]}
  - {id: two, kind: llm, prompt: "{{ state.a }}", writes: [b]}
"""
SMALL = 200_000
"""Bytes that a file may have at most."""


async def main(folder: Path) -> None:
    big = ToldModel(lambda request: "x" * 300_000)
    manager = RunManager(OneModel(big), folder)
    small_before = await manager.start(checked(TEXT.replace("One", "before")), {})
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    big.reply = lambda request: "x" * (10 if "small" in request.messages[-1].content else 300_000)
    await events_of(manager, small_before)
    used = max(path.stat().st_size for path in folder.glob("engine.sqlite*"))  # noqa: ASYNC240
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (used + SMALL, hard))
    run_id = await manager.start(checked(TEXT), {})
    failed = (await events_of(manager, run_id))[-1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    await manager.resume(run_id)
    ended = (await events_of(manager, run_id))[-1]
    others = manager.status(small_before).state
    await manager.close()
    sys.stdout.write(
        json.dumps(
            {
                "failed": isinstance(failed, RunFailed) and failed.message,
                "help": getattr(failed, "help", ""),
                "ended": isinstance(ended, RunFinished),
                "calls": len(big.asked),
                "other": others,
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
