"""What a code node costs: `run_mini` against a fresh CPython process that runs the same lines.

    python benchmarks/code_nodes.py [--rounds 15]

Wall time of one run after the other, both sides in turn (A B A B), medians. A ratio below 1 means that the
contained interpreter is cheaper; it also reads the state in and checks what comes out.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import time

from chat_app.sandbox.mini import run_mini

LINES = "total = sum(range(1000))\n"
CASES = {
    "nothing much": LINES,
    "a loop of 100,000": "total = 0\nfor i in range(100_000):\n    total += i % 7\n",
}


def contained(code: str) -> float:
    """Seconds of one run in the contained interpreter."""
    began = time.perf_counter()
    asyncio.run(run_mini(code, {"rows": list(range(100))}, ["total"]))
    return time.perf_counter() - began


def fresh(code: str) -> float:
    """Seconds of one run in a fresh CPython, isolated, without site packages."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-I", "-S", "-c", code + "print(total)"], check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    """Prints both medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    contained(LINES)
    for name, code in CASES.items():
        pairs = [(contained(code), fresh(code)) for _ in range(rounds)]
        ours, theirs = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
        print(f"{name}: {ours:.1f} ms contained, {theirs:.1f} ms fresh CPython, ratio {ours / theirs:.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
