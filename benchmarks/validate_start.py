"""Wall time of `workflow-chat validate` on a small file, against an empty Python process.

The promise is half a second on a warm disk. Runs alternate; medians are printed.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILE = "generated_configs/examples/support_triage.yaml"
EMPTY = [sys.executable, "-c", "pass"]
VALIDATE = [sys.executable, "-m", "chat_app", "validate", FILE]


def seconds(command: list[str]) -> float:
    """Wall seconds of one run."""
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Prints both medians and their ratio."""
    seconds(VALIDATE)
    pairs = [(seconds(EMPTY), seconds(VALIDATE)) for _ in range(9)]
    empty, validate = (statistics.median(column) for column in zip(*pairs, strict=True))
    sys.stdout.write(f"empty process {empty:.3f} s, validate {validate:.3f} s, ratio {validate / empty:.1f}\n")
    sys.stdout.write(f"promise: validate within 0.5 s: {'kept' if validate <= 0.5 else 'BROKEN'}\n")


if __name__ == "__main__":
    main()
