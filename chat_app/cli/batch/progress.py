"""How far a batch has come: a bar in a terminal, a line now and then elsewhere, a summary at the end."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, assert_never

from chat_app.cli.exits import Exit
from chat_app.cli.texts import note, price
from chat_app.events.totals import Totals
from chat_app.translation import joined, joint, mark, tr, tr_count, translated

if TYPE_CHECKING:
    from chat_app.engine.batch import RowResult, RowState

WIDTH = 30
FIRST_TOLD = 5
"""Rows whose failure is told at once; the results file tells of all."""


_ROWS: Mapping[RowState, str] = {
    "failed": mark("Row {number} failed: {why}"),
    "waiting": mark("Row {number}: {why}"),
    "limit": mark("Row {number} is at a limit: {why}"),
    "stopped": mark("Row {number} was stopped: {why}"),
    "refused": mark("Row {number} refused: {why}"),
}


class Progress:
    """Writes to standard error; standard output stays free."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._counts: Counter[RowState] = Counter()
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
            note("")
        if error is not None:
            done = self._counts.total()
            note(tr("{done} of {all} rows are done; the same command goes on.", done=done, all=self._total))

    def add(self, result: RowResult) -> None:
        """One more row has come to rest."""
        self._counts[result.state] += 1
        self._kept += result.kept
        self._totals = _together(self._totals, result.totals)
        if result.state != "finished" and self._told < FIRST_TOLD:
            self._told += 1
            self._line(tr(_ROWS[result.state], number=result.row.number, why=translated(result.message)))
        done, before = self._counts.total(), self._counts.total() - 1
        if self._bar:
            note(f"\r{self._now()}\x1b[K", end="")
        elif done * 10 // self._total > before * 10 // self._total:
            note(self._now())

    def summary(self, out: str) -> Iterator[str]:
        """What came of the batch, in a few lines."""
        rows = tr_count("{count} row", "{count} rows", self._counts.total())
        if self._kept:
            rows = tr("{rows} ({kept} of them before)", rows=rows, kept=self._kept)
        states = joined(counted(state, count) for state, count in self._counts.most_common())
        yield tr("{rows}: {states}.", rows=rows, states=states)
        if self._totals.calls:
            calls = tr_count("{count} model call", "{count} model calls", self._totals.calls)
            cost = price(self._totals.cost_usd)
            yield joined((calls, cost, f"{time.monotonic() - self._began:.1f} s")) + joint(".")
        yield tr("The results are in {file}.", file=out)

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
        told = [tr_count("{done} of {count} row", "{done} of {count} rows", self._total, done=done)]
        if failed:
            told.append(tr_count("{count} not finished", "{count} not finished", failed))
        fresh = done - self._kept
        if fresh and done < self._total:
            left = (time.monotonic() - self._began) / fresh * (self._total - done)
            told.append(tr("about {seconds} s left", seconds=f"{left:.0f}"))
        return bar + joined(told)

    def _line(self, text: str) -> None:
        note(f"\r{text}\x1b[K" if self._bar else text)


def counted(state: RowState, count: int) -> str:
    """How many rows came to this state."""
    match state:
        case "finished":
            return tr_count("{count} finished", "{count} finished", count)
        case "failed":
            return tr_count("{count} failed", "{count} failed", count)
        case "waiting":
            return tr_count("{count} waiting", "{count} waiting", count)
        case "limit":
            return tr_count("{count} at a limit", "{count} at a limit", count)
        case "stopped":
            return tr_count("{count} stopped", "{count} stopped", count)
        case "refused":
            return tr_count("{count} refused", "{count} refused", count)
        case _:
            assert_never(state)


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
