"""The peers that install from the registry, each in an environment of its own, against this program.

    make bench-peers            all of them
    python -m benchmarks.peers burr pydantic_graph

100 pure steps in the shapes that each can express. Processes in turn (A B A B), CPU time for each step, the median
of the ratios. A peer that cannot be installed or run here is told with its reason.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ENVIRONMENTS = ROOT / "artifacts" / "peers"
PEERS = {
    "burr": "burr",
    "pydantic_graph": "pydantic-graph",
    "llama_index": "llama-index-workflows",
    "haystack": "haystack-ai",
    "crewai": "crewai",
    "prefect": "prefect",
}
SECONDS = 900


class NotRun(Exception):
    """The peer cannot be measured here."""


def python_of(peer: str) -> Path:
    """The interpreter of a peer's environment, made where there is none; raises NotRun."""
    folder = ENVIRONMENTS / peer
    python = folder / "bin" / "python"
    if (folder / ".made").exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    uv = shutil.which("uv")
    if uv:
        steps = [[uv, "venv", "-q", str(folder)], [uv, "pip", "install", "-q", "--python", str(python), PEERS[peer]]]
    else:
        steps = [
            [sys.executable, "-m", "venv", str(folder)],
            [str(python), "-m", "pip", "install", "-q", PEERS[peer]],
        ]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, timeout=SECONDS, check=False)
        if done.returncode:
            raise NotRun(f"not installed: {(done.stderr.strip().splitlines() or ['no reason told'])[-1]}")
    (folder / ".made").touch()
    return python


def measured(words: list[str]) -> dict[str, float]:
    """The microseconds of each case, from a process; raises NotRun."""
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise NotRun(f"failed: {(done.stderr.strip().splitlines() or ['no reason told'])[-1]}")
    found: dict[str, float] = json.loads(lines[-1])
    return found


def compared(peer: str, rounds: int) -> None:
    """Prints a peer's rows."""
    try:
        python = python_of(peer)
        theirs_all, ours_all = [], []
        for _ in range(rounds):
            ours_all.append(measured([sys.executable, "-m", "benchmarks.peers.ours"]))
            theirs_all.append(measured([str(python), str(HERE / f"{peer}_steps.py")]))
    except (NotRun, subprocess.TimeoutExpired) as error:
        print(f"{peer:16} {error}", flush=True)  # noqa: T201
        return
    for case in theirs_all[0]:
        ratio = statistics.median(
            ours[case] / theirs[case] for ours, theirs in zip(ours_all, theirs_all, strict=True)
        )
        us = [statistics.median(one[case] for one in side) for side in (theirs_all, ours_all)]
        told = "ahead" if ratio < 1 else "BEHIND"
        row = f"{peer:16} {case:6} us for each step: peer {us[0]:9.1f}  engine {us[1]:7.1f}   ratio {ratio:6.3f}"
        print(f"{row}   {told}", flush=True)  # noqa: T201


def main() -> None:
    """All peers that are named, or all there are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peers", nargs="*", help=f"some of: {', '.join(PEERS)}")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if unknown := set(given.peers) - PEERS.keys():
        parser.error(f"there is no peer {', '.join(sorted(unknown))}; there are: {', '.join(PEERS)}")
    for peer in given.peers or PEERS:
        compared(peer, given.rounds)


if __name__ == "__main__":
    main()
