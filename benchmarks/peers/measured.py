"""Measures the cases of one peer in its own process; knows nothing of this program: any environment runs it."""

import json
import statistics
import sys
import time

STEPS = 100


async def measured(times=7, **cases):
    """Prints the CPU microseconds for each step of each case, as JSON: the median after a warm-up."""
    found = {}
    for name, case in cases.items():
        for _ in range(2):
            await case()
        taken = []
        for _ in range(times):
            before = time.process_time()
            await case()
            taken.append(time.process_time() - before)
        found[name] = statistics.median(taken) / STEPS * 1e6
    sys.stdout.write(f"\n{json.dumps(found)}\n")
