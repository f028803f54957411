"""What the tools of a step spend: set aside before each call, then told, and counted against the run's limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from chat_app.chat_models.errors import broken_off
from chat_app.chat_models.media import Bill
from chat_app.chat_models.protocol import ModelUsage
from chat_app.engine.level import Step
from chat_app.engine.reservation import Held
from chat_app.events.run import Logged, UsageReported
from chat_app.events.value import replace
from chat_app.tools.tool import ToolContext


@dataclass(slots=True)
class Spending:
    """Of one tool call; entered around it, so that no limit ends the run before what was paid for is kept."""

    step: Step
    _held: list[Held] = field(default_factory=list)

    def __enter__(self) -> Spending:
        return self

    def __exit__(self, *raised: object) -> None:
        for held in self._held:
            self.step.run.meter.reservations.give_back(held)

    def tool_context(self, seconds: float, idempotency_key: str) -> ToolContext:
        """What a tool of the step may use."""
        return self.step.run.outside.tool_context(seconds, idempotency_key, self.model, self.service)

    @asynccontextmanager
    async def model(self, name: str, most_usd: float | None) -> AsyncIterator[Bill]:
        """Around a call of a model; what it used is told once. Raises LimitHit where it can't be paid for."""
        told = False

        def bill(usage: ModelUsage) -> None:
            nonlocal told
            told = True
            self._tell(name, usage, most_usd)

        held = await self._set_aside(most_usd)
        try:
            yield bill
        except BaseException as error:
            usage = broken_off(error)
            if usage is not None and not told:
                bill(usage)
            raise
        finally:
            self.step.run.meter.reservations.paid(held)

    @asynccontextmanager
    async def service(self, name: str, usd: float | None) -> AsyncIterator[None]:
        """Around a request whose price is fixed; None: unknown. One that fails is not billed."""
        held = await self._set_aside(usd)
        try:
            yield
            self._tell(name, ModelUsage(0, 0, usd), usd)
        finally:
            self.step.run.meter.reservations.paid(held)

    async def _set_aside(self, usd: float | None) -> Held:
        self._held.append(await self.step.run.meter.reservations.hold_money(usd or 0.0))
        return self._held[-1]

    def _tell(self, name: str, usage: ModelUsage, most_usd: float | None) -> None:
        """What is unknown is told as that; against the limit the most counts that it may have been."""
        step = self.step
        counted = usage if usage.cost_usd is not None else replace(usage, likely_usd=usage.likely_usd or most_usd)
        if step.run.meter.paid(counted):
            text = f"What {name} costs is unknown, so `cost_usd` can't stop this run."
            step.run.emit(Logged(text, "warning", step.id, step.name))
        step.run.emit(UsageReported(step.id, step.name, name, usage.tokens_in, usage.tokens_out, usage.cost_usd))
