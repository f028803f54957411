"""How many single mutations of valid workflows the checker finds, and what the others do when they run.

Run: python -m benchmarks.mutations [--count N] [--seed S] [--show FATE]
"""

from __future__ import annotations

import argparse
from collections import Counter

from tests.workflow.mutating import ANOTHER, FOUND, MISSED, MUTATIONS, SAME, mutants

_FATES = {FOUND: "found", SAME: "same runs", ANOTHER: "another valid workflow", MISSED: "missed"}


def main() -> int:
    """Prints one line for each kind of mutation; status 1 where a mutant broke that the checker accepts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=800, help="how many mutants (default: 800)")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the dice (default: 1)")
    parser.add_argument("--show", choices=list(_FATES), help="print each mutant of this fate")
    arguments = parser.parse_args()
    counted: Counter[tuple[str, str]] = Counter()
    for mutant in mutants(arguments.seed, arguments.count):
        counted[mutant.kind, mutant.fate] += 1
        if mutant.fate == arguments.show:
            print(f"--- {mutant.kind} at {mutant.path}: {mutant.codes or mutant.why}")  # noqa: T201
    print(f"{'mutation':<18}" + "".join(f"{word:>24}" for word in _FATES.values()))  # noqa: T201
    for kind in (*MUTATIONS, "all"):
        row = {fate: sum(n for (k, f), n in counted.items() if f == fate and kind in (k, "all")) for fate in _FATES}
        of = sum(row.values()) or 1
        print(f"{kind:<18}" + "".join(f"{number:>14} ({number / of:6.1%})" for number in row.values()))  # noqa: T201
    return int(any(fate == MISSED for _, fate in counted))


if __name__ == "__main__":
    raise SystemExit(main())
