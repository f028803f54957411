"""Hard limits: what a run has used so far, and the stop at the moment where it would use more."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from chat_app.chat_models.protocol import ChatRequest, ModelUsage
from chat_app.engine.errors import LimitHit
from chat_app.engine.reservation import Reservations
from chat_app.engine.slots import Slots
from chat_app.engine.spent import Spent
from chat_app.engine.token_guess import CHARACTERS_PER_TOKEN, prompt_tokens
from chat_app.workflow.document import DEFAULT_LIMITS, Limits


@dataclass
class Meter:
    """Counts for one stretch of a run; every count may raise LimitHit."""

    limits: Limits
    spent: Spent = field(default_factory=Spent)
    began: float = field(default_factory=time.monotonic)
    blind: bool = False
    """Whether a call's cost was unknown, so that the limit on cost does not hold."""

    def __post_init__(self) -> None:
        self.slots = Slots(self.limits.concurrency or 1)
        self.reservations = Reservations(self.limits, self.spent)
        # Asked for with every step and call, and a pydantic model is slow to give it.
        self._steps, self._cost_usd = self.limits.steps, self.limits.cost_usd

    def halt(self) -> None:
        """The run is left behind after Stop, as something in it swallowed the cancellation: nothing new begins."""
        self.reservations.halted = True

    def one_more_step(self) -> bool:
        """Counts a step that is about to start, if one is left; nothing new begins in a run that was left behind."""
        if self.reservations.halted:
            raise asyncio.CancelledError
        steps, allowed = self.spent.steps, self._steps
        if allowed is not None and steps >= allowed:
            return False
        self.spent.steps = steps + 1
        return True

    def step(self) -> None:
        """The same; raises LimitHit where none is left."""
        if not self.one_more_step():
            allowed = self._steps or 0
            raise LimitHit("steps", allowed, f"The run has made all its {allowed} steps.")

    async def out_of_steps(self) -> None:
        """Ends the run, once the calls in flight have ended: what is paid for is then kept."""
        await self.reservations.all_ended()
        self.step()

    def map_items(self, node: str, count: int) -> None:
        """A map is about to go through so many items."""
        allowed = self.limits.map_items
        if allowed is not None and count > allowed:
            raise LimitHit("map_items", allowed, f"{node} has {count} items, {allowed} are allowed.")

    def paid(self, usage: ModelUsage) -> bool:
        """A model of another kind has answered; True as for `used`. What has no count counts nothing."""
        self.spent.tokens += (usage.tokens_in or 0) + (usage.tokens_out or 0)
        return self._costs(usage)

    def used(self, request: ChatRequest, answer: str, usage: ModelUsage) -> bool:
        """A model has answered; where it does not count, a guess counts against the limit.

        True once in a run: when a limit on cost that somebody set turns out to be blind, as no price is known.
        """
        counted_in, counted_out = usage.tokens_in, usage.tokens_out
        if counted_in is None:
            counted_in = prompt_tokens(request)
        if counted_out is None:
            counted_out = len(answer) // CHARACTERS_PER_TOKEN
        self.spent.tokens += counted_in + counted_out
        # What costs nothing, as models at home, adds nothing.
        return usage.cost_usd != 0 and self._costs(usage)

    def _costs(self, usage: ModelUsage) -> bool:
        cost = usage.likely_usd if usage.cost_usd is None else usage.cost_usd
        if cost is not None:
            self.spent.cost_usd += cost
            return False
        # The limit that holds where nobody set one goes without a word: models at home have no price.
        first = not self.blind and self._cost_usd not in (None, DEFAULT_LIMITS.cost_usd)
        self.blind = self.blind or first
        return first

    def seconds_left(self) -> float | None:
        """What is left of the time; None: no limit."""
        allowed = self.limits.seconds
        return None if allowed is None else max(allowed - self.spent.seconds, 0.0)

    def rest(self) -> None:
        """The run comes to rest: its clock stops."""
        now = time.monotonic()
        self.spent.seconds += now - self.began
        self.began = now


def merged(*limits: Limits | None) -> Limits:
    """Limits laid over the defaults; the later ones win where they say something."""
    values = DEFAULT_LIMITS.model_dump()
    for one in limits:
        if one is not None:
            values.update(one.model_dump(exclude_none=True))
    return Limits(**values)
