"""This program, in the same shapes: 100 pure nodes one after the other, one pure node 100 times; no checkpoints."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from measured import STEPS, measured

from benchmarks.engine_overhead import plain
from benchmarks.measuring import workflows

workflows.ROUNDS = STEPS

if __name__ == "__main__":
    chain = plain(workflows.chain("template", STEPS), {})
    loop = plain(workflows.loop("template"), {})
    asyncio.run(measured(chain=chain, loop=loop))
