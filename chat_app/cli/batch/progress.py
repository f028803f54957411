"""How far a batch has come: a bar in a terminal, a line now and then elsewhere, a summary at the end."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from chat_app.cli.exits import Exit
from chat_app.cli.texts import warn
from chat_app.events.totals import Totals

if TYPE_CHECKING:
    from chat_app.engine.batch import RowResult

WIDTH = 30
FIRST_TOLD = 5
"""Rows whose failure is told at once; the results file tells of all."""


class Progress:
    """Writes to standard error; standard output stays free."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._counts: Counter[str] = Counter()
        self._kept = 0
        self._totals = Totals()
        self._began = time.monotonic()
        self._bar = sys.stderr.isatty()
        self._told = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            warn("")
        if error is not None:
            warn(f"{self._counts.total()} of {self._total} rows are done; the same command goes on with the rest.")

    def add(self, result: RowResult) -> None:
        """One more row has come to rest."""
        self._counts[result.state] += 1
        self._kept += result.kept
        self._totals = _together(self._totals, result.totals)
        if result.state != "finished" and self._told < FIRST_TOLD:
            self._told += 1
            self._line(f"Row {result.row.number} {result.state}: {result.message}")
        done, before = self._counts.total(), self._counts.total() - 1
        if self._bar:
            sys.stderr.write(f"\r{self._now()}\x1b[K")
            sys.stderr.flush()
        elif done * 10 // self._total > before * 10 // self._total:
            warn(self._now())

    def summary(self, out: str) -> Iterator[str]:
        """What came of the batch, in a few lines."""
        states = ", ".join(f"{count} {state}" for state, count in self._counts.most_common())
        before = f" ({self._kept} of them before)" if self._kept else ""
        yield f"{self._counts.total()} rows{before}: {states}."
        if self._totals.calls:
            cost = "cost unknown" if self._totals.cost_usd is None else f"${self._totals.cost_usd:.4f}"
            yield f"{self._totals.calls} model calls, {cost}, {time.monotonic() - self._began:.1f} s."
        yield f"The results are in {out}."

    def exit(self) -> Exit:
        """The status: whether all rows came to their end, or wait for people at worst."""
        if self._counts["finished"] == self._counts.total():
            return Exit.DONE
        waiting = self._counts["finished"] + self._counts["waiting"] == self._counts.total()
        return Exit.WAITING if waiting else Exit.FAILED

    def _now(self) -> str:
        done = self._counts.total()
        full = WIDTH * done // self._total
        bar = f"[{'#' * full}{'.' * (WIDTH - full)}] " if self._bar else ""
        failed = done - self._counts["finished"]
        told = f"{bar}{done} of {self._total} rows" + (f", {failed} not finished" if failed else "")
        fresh = done - self._kept
        if fresh and done < self._total:
            left = (time.monotonic() - self._began) / fresh * (self._total - done)
            told += f", about {left:.0f} s left"
        return told

    def _line(self, text: str) -> None:
        warn(f"\r{text}\x1b[K" if self._bar else text)


def _together(one: Totals, other: Totals) -> Totals:
    def plus(left: float | None, right: float | None) -> float | None:
        return None if left is None or right is None else left + right

    return Totals(
        one.calls + other.calls,
        None if one.tokens_in is None or other.tokens_in is None else one.tokens_in + other.tokens_in,
        None if one.tokens_out is None or other.tokens_out is None else one.tokens_out + other.tokens_out,
        plus(one.cost_usd, other.cost_usd),
        one.simulated_calls + other.simulated_calls,
    )
