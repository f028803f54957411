"""One rate limit for each provider, across all runs: calls at once, calls a minute, and its own wish for rest."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType

LONGEST_REST = 120.0
"""Seconds; a provider that asks for more is asked again and says so again."""

_LIMIT = re.compile(r"(?P<provider>[a-z][a-z0-9_]*)=(?P<number>[1-9]\d*)(?P<minute>/min)?")


@dataclass(frozen=True, slots=True)
class Rate:
    """What one provider is asked at most; None: no bound."""

    at_once: int | None = None
    per_minute: int | None = None


def read_rates(text: str) -> dict[str, Rate]:
    """Rates from `openai=60/min, openai=8, ollama_chat=2`; raises ValueError with the part that is none."""
    found: dict[str, Rate] = {}
    for part in text.replace(",", " ").split():
        match = _LIMIT.fullmatch(part)
        if match is None:
            raise ValueError(part)
        known, number = found.get(match["provider"], Rate()), int(match["number"])
        found[match["provider"]] = Rate(known.at_once, number) if match["minute"] else Rate(number, known.per_minute)
    return found


class Gate:
    """Lets calls to one provider through, in the order in which they came; from any thread's loop."""

    def __init__(self, rate: Rate = Rate()) -> None:
        self._rate = rate
        self._lock = threading.Lock()
        self._inside = 0
        self._waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = deque()
        self._next = 0.0
        """When the next call of those per minute is due, on the monotonic clock."""
        self._rests_until = 0.0

    async def __aenter__(self) -> None:
        await self._place()
        try:
            while (wait := self._due()) > 0:  # noqa: ASYNC110 - time is what is waited for
                await asyncio.sleep(wait)
        except BaseException:
            self._leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def cool(self, seconds: float | None) -> None:
        """The provider wants no call for so long; calls of all runs wait."""
        if seconds is not None:
            with self._lock:
                self._rests_until = max(self._rests_until, time.monotonic() + min(seconds, LONGEST_REST))

    def _due(self) -> float:
        """Seconds to wait; 0: the call goes now, and is counted."""
        with self._lock:
            now = time.monotonic()
            if now < self._rests_until:
                return self._rests_until - now
            if self._rate.per_minute is None:
                return 0.0
            if now < self._next:
                return self._next - now
            # Calls that were saved up may come at once, up to a tenth of a minute's.
            spacing = 60.0 / self._rate.per_minute
            self._next = max(self._next, now - 6.0) + spacing
            return 0.0

    async def _place(self) -> None:
        """Waits until fewer are inside than may be."""
        if self._rate.at_once is None:
            return
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._inside < self._rate.at_once and not self._waiting:
                self._inside += 1
                return
            turn = loop.create_future()
            self._waiting.append((loop, turn))
        try:
            await turn
        except asyncio.CancelledError:
            with self._lock:
                if (loop, turn) in self._waiting:
                    self._waiting.remove((loop, turn))
                    raise
            # Its turn had come just then: it is passed on.
            self._leave()
            raise

    def _leave(self) -> None:
        if self._rate.at_once is None:
            return
        with self._lock:
            while self._waiting:
                loop, turn = self._waiting.popleft()
                if not loop.is_closed():
                    loop.call_soon_threadsafe(_give, turn)
                    return
            self._inside -= 1


def _give(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)


class Gates:
    """The gates of all providers; one is made when it is first asked for."""

    def __init__(self, rates: Mapping[str, Rate] = {}) -> None:
        self._rates = rates
        self._gates: dict[str, Gate] = {}

    def of(self, provider: str) -> Gate:
        """The gate of a provider, by its prefix."""
        return self._gates.setdefault(provider, Gate(self._rates.get(provider, Rate())))
