"""Makes traces of what the run store holds: every stretch of a run and every design turn, once for each target.

It reads what others recorded, in a process of its own, so that no run ever waits for it; and whatever a dead
target or a killed process left undone is done the next time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Literal, Protocol

from chat_app.events.design import DesignTurn
from chat_app.tracing import traced
from chat_app.tracing.jobs import Traced
from chat_app.tracing.run_store import RunStore
from chat_app.tracing.spans import Span, SpanFold
from chat_app.tracing.turn_row import read_turn
from chat_app.tracing.turn_spans import turn_spans

AT_ONCE = 50
"""What is taken up before it is looked anew."""

log = logging.getLogger(__name__)


class Sink(Protocol):
    """Where traces go."""

    def run(self, spans: Sequence[Span], texts: Mapping[str, str], metrics: Mapping[str, float]) -> str:
        """Keeps a stretch of a run; the id of its trace."""

    def turn(self, spans: Sequence[Span], turn: DesignTurn) -> str:
        """Keeps a design turn; the id of its trace."""

    def alive(self) -> bool:
        """Whether it can be reached at all."""


class TraceWriter:
    """Brings a target up to date with the store."""

    def __init__(self, store: RunStore, sink: Sink, target: str) -> None:
        self._store = store
        self._sink = sink
        self._target = target

    def write_all(self, told: Callable[[int], None] = lambda count: None) -> int:
        """Writes what is not written yet; how many traces that were. Raises what the sink raises when it is down."""
        count = 0
        while True:
            before = count
            for mark in self._marks():
                self._store.traced(mark)
                count += 1
                told(count)
            # What was written must be seen as written when it is looked anew.
            self._store.flush()
            if count == before or self._store.problem is not None:
                return count

    def _marks(self) -> Iterator[Traced]:
        turns: list[str] = self._store.read(lambda file: traced.untraced_turns(file, self._target, AT_ONCE), [])
        for turn_id in turns:
            yield self._mark("turn", turn_id, 0, self._tried(partial(self._turn, turn_id), f"turn {turn_id}"))
        runs: list[str] = self._store.read(lambda file: traced.untraced_runs(file, self._target, AT_ONCE), [])
        for run_id in runs:
            yield from self._run(run_id)

    def _turn(self, turn_id: str) -> str:
        turn = self._store.read(lambda file: read_turn(file, turn_id), None)
        return "" if turn is None else self._sink.turn(turn_spans(turn), turn)

    def _run(self, run_id: str) -> Iterable[Traced]:
        done: list[Traced] = self._store.read(lambda file: traced.parts(file, self._target, run_id), [])
        last = max((mark.part for mark in done), default=0)
        texts = self._store.texts(run_id)
        for end, spans in self._stretches(run_id):
            if end <= last:
                continue
            work = partial(self._sink.run, spans, texts, metrics(spans))
            yield self._mark("run", run_id, end, self._tried(work, f"run {run_id}"))

    def _stretches(self, run_id: str) -> Iterable[tuple[int, list[Span]]]:
        """The stretches of a run, each with the offset after it and its spans, the root last."""
        fold, spans = SpanFold(run_id), []
        for entry in self._store.events(run_id):
            spans += fold.after(entry)
            if spans and spans[-1].parent is None:
                yield entry.offset + 1, spans
                spans = []

    def _tried(self, work: Callable[[], str], what: str) -> str:
        """The trace that was written; empty where this one cannot be, though others can."""
        try:
            return work()
        except Exception as error:
            if not self._sink.alive():
                raise
            log.warning("The %s could not be written as a trace: %s", what, error)
            return ""

    def _mark(self, kind: Literal["run", "turn"], identity: str, part: int, trace: str) -> Traced:
        return Traced(self._target, kind, identity, part, trace, time.time())


def metrics(spans: Sequence[Span]) -> dict[str, float]:
    """A stretch in numbers; what is unknown of one call is unknown of all, and left out."""
    root = spans[-1]
    calls = [span for span in spans if span.kind == "model"]
    found: dict[str, float] = {
        "seconds": root.end - root.start,
        "steps": sum(span.kind == "node" for span in spans),
        "model_calls": len(calls),
        "tool_calls": sum(span.kind == "tool" for span in spans),
        "failed_steps": sum(span.kind == "node" and span.error is not None for span in spans),
    }
    for name in ("tokens_in", "tokens_out", "cost_usd"):
        asked = [call for call in calls if not (name == "cost_usd" and call.facts.get("simulated"))]
        known = [float(call.facts[name]) for call in asked if name in call.facts]
        if len(known) == len(asked):
            found[name] = sum(known)
    return found
