"""Hard limits: what a run has used so far, and the stop at the moment where it would use more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass, field
from typing import Any

from chat_app.chat_models.protocol import ChatRequest, ModelUsage
from chat_app.engine.errors import LimitHit
from chat_app.events.run import Recorded, RunStarted, StepStarted, UsageReported
from chat_app.workflow.document import DEFAULT_LIMITS, Limits

CHARACTERS_PER_TOKEN = 4
"""A guess for limits alone, where a provider does not count; what is reported stays unknown."""
IMAGE_TOKENS = 1_000
FILE_BYTES_PER_TOKEN = 30
"""Guesses of the same kind: a picture of ordinary size, and a page of a PDF that takes 50 kB and 2,000 tokens."""


@dataclass
class Spent:
    """What a run has used, kept over resumes."""

    steps: int = 0
    seconds: float = 0.0
    tokens: int = 0
    cost_usd: float = 0.0
    file_bytes: int = 0
    """Of the files that it made."""

    def at_least(self, other: Spent) -> Spent:
        """The greater of both, sum by sum."""
        return Spent(*map(max, astuple(self), astuple(other)))

    def as_json(self) -> dict[str, Any]:
        """The sums as plain data."""
        return asdict(self)


@dataclass
class Meter:
    """Counts for one stretch of a run; every count may raise LimitHit."""

    limits: Limits
    spent: Spent = field(default_factory=Spent)
    began: float = field(default_factory=time.monotonic)
    blind: bool = False
    """Whether a call's cost was unknown, so that the limit on cost does not hold."""
    halted: bool = False
    """Whether the run was left behind after Stop, as something in it swallowed the cancellation."""

    def __post_init__(self) -> None:
        self.slots = asyncio.Semaphore(self.limits.concurrency or 1)

    def step(self) -> None:
        """One more step is about to start."""
        self._go_on()
        allowed = self.limits.steps
        if allowed is not None and self.spent.steps >= allowed:
            raise LimitHit("steps", allowed, f"The run has made all its {allowed} steps.")
        self.spent.steps += 1

    def _go_on(self) -> None:
        """Nothing new begins in a run that was left behind."""
        if self.halted:
            raise asyncio.CancelledError

    def map_items(self, node: str, count: int) -> None:
        """A map is about to go through so many items."""
        allowed = self.limits.map_items
        if allowed is not None and count > allowed:
            raise LimitHit("map_items", allowed, f"{node} has {count} items, {allowed} are allowed.")

    def call(self, request: ChatRequest) -> None:
        """A model is about to be asked; its prompt counts before it is sent."""
        self._go_on()
        tokens = self.limits.tokens
        if tokens is not None and self.spent.tokens + prompt_tokens(request) > tokens:
            raise LimitHit(
                "tokens",
                tokens,
                f"The run has used about {self.spent.tokens} of its {tokens} tokens, and the next prompt needs more.",
            )
        self.may_pay()

    def may_pay(self) -> None:
        """Something that costs money is about to be asked for."""
        cost = self.limits.cost_usd
        if cost is not None and self.spent.cost_usd > 0 and self.spent.cost_usd >= cost:
            raise LimitHit("cost_usd", cost, f"The run has spent ${self.spent.cost_usd:.4f} of its ${cost:.4f}.")

    def paid(self, usage: ModelUsage) -> bool:
        """A model of another kind has answered; True as for `used`. What has no count counts nothing."""
        self.spent.tokens += (usage.tokens_in or 0) + (usage.tokens_out or 0)
        return self._costs(usage)

    def streamed(self, characters: int) -> None:
        """An answer that still comes has grown to so many characters."""
        tokens = self.limits.tokens
        if tokens is not None and self.spent.tokens + characters // CHARACTERS_PER_TOKEN > tokens:
            raise LimitHit("tokens", tokens, f"The run has used all its {tokens} tokens.")

    def used(self, request: ChatRequest, answer: str, usage: ModelUsage) -> bool:
        """A model has answered; where it does not count, a guess counts against the limit.

        True once in a run: when a limit on cost that somebody set turns out to be blind, as no price is known.
        """
        counted_in = prompt_tokens(request) if usage.tokens_in is None else usage.tokens_in
        counted_out = len(answer) // CHARACTERS_PER_TOKEN if usage.tokens_out is None else usage.tokens_out
        self.spent.tokens += counted_in + counted_out
        return self._costs(usage)

    def _costs(self, usage: ModelUsage) -> bool:
        cost = usage.likely_usd if usage.cost_usd is None else usage.cost_usd
        self.spent.cost_usd += cost or 0.0
        # The limit that holds where nobody set one goes without a word: models at home have no price.
        first = cost is None and self.limits.cost_usd not in (None, DEFAULT_LIMITS.cost_usd) and not self.blind
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


def spent_by(entries: Iterable[Recorded]) -> Spent:
    """What events tell that a run has used: for one whose process died before it could say so itself."""
    spent = Spent()
    began = last = 0.0
    for entry in entries:
        match entry.event:
            case RunStarted():
                spent.seconds += last - began
                began = entry.at
            case StepStarted():
                spent.steps += 1
            case UsageReported(tokens_in=tokens_in, tokens_out=tokens_out, cost_usd=cost):
                spent.tokens += (tokens_in or 0) + (tokens_out or 0)
                spent.cost_usd += cost or 0.0
        last = entry.at
    spent.seconds += last - began
    return spent


def prompt_tokens(request: ChatRequest) -> int:
    """A guess at a prompt's tokens."""
    written = sum(len(message.content) for message in request.messages) // CHARACTERS_PER_TOKEN
    shown = sum(len(message.images) for message in request.messages) * IMAGE_TOKENS
    sent = sum(len(part.url) for message in request.messages for part in message.files) // FILE_BYTES_PER_TOKEN
    return written + shown + sent


def merged(*limits: Limits | None) -> Limits:
    """Limits laid over the defaults; the later ones win where they say something."""
    values = DEFAULT_LIMITS.model_dump()
    for one in limits:
        if one is not None:
            values.update(one.model_dump(exclude_none=True))
    return Limits(**values)
