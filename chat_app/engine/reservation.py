"""What calls in flight may still use, set aside before they are made: many at once keep a run's limits too.

A call that finds no room waits while others are in flight, as they may give some back; where none is, the limit is
reached. An answer whose greatest length finds no room is bounded to what does; one that is cut there ends the run
at its limit, as more could not be paid for.
"""

from __future__ import annotations

import asyncio
import math
import sys

import msgspec

from chat_app.chat_models.prices import Price
from chat_app.chat_models.protocol import ChatRequest
from chat_app.engine.errors import LimitHit
from chat_app.engine.spent import Spent
from chat_app.engine.token_guess import CHARACTERS_PER_TOKEN, most_prompt_tokens, prompt_tokens
from chat_app.events.value import replace
from chat_app.workflow.document import Limits

LONG_ANSWER = 8_192
"""Tokens set aside for an answer where neither the node nor the price table bounds it; a longer one takes more."""
SHORT_ANSWER = 256
"""A call with room for less than this is not made: its answer would be paid for and cut."""


class Held(msgspec.Struct):
    """What one call needs, and what is set aside for it."""

    prompt: int
    """The tokens of the prompt."""
    wanted: int
    """The tokens that the answer may have at most."""
    own: bool = False
    """Whether the node itself says so."""
    prompt_usd: float = 0.0
    per_token: float = 0.0
    """What one more token of the answer costs."""
    answer: int = 0
    """The tokens of the answer that are set aside."""
    cost_usd: float = 0.0
    """The money that is set aside."""
    came: int = 0
    """The characters of the answer that have come so far."""
    bound: int | None = None
    """What the answer is cut at, where that is less than the call asked for."""
    limit: str = "tokens"
    """The limit that bounds it."""

    def bounded(self, request: ChatRequest) -> ChatRequest:
        """The request, with its answer bounded to what is set aside."""
        return replace(request, max_tokens=self.bound)


class Reservations:
    """Of one stretch of a run."""

    def __init__(self, limits: Limits, spent: Spent) -> None:
        # Read once: a pydantic model is slow to give its parts, and they are asked for with every call.
        self._most_tokens = sys.maxsize if limits.tokens is None else limits.tokens
        self._most_usd, self._at_once = limits.cost_usd, limits.concurrency or 1
        self._spent = spent
        self._tokens = 0
        self._cost_usd = 0.0
        self._calls = 0
        self._asking = 0
        """Calls that are about to be made."""
        self.halted = False
        """Whether nothing new is to begin."""
        self._freed = asyncio.Event()
        self._awaited = False
        """Whether somebody waits for something to be given back, and is not yet told."""

    def take(self, request: ChatRequest, price: Price | None) -> Held:
        """Sets aside what a call may use at most, money where it has a price; nothing where it must `wait`.

        Raises LimitHit where it needs more than is left, CancelledError where the run was left behind.
        """
        if self.halted:
            raise asyncio.CancelledError
        if self._spent.cost_usd > 0:
            self._may_pay()
        prompt, own = prompt_tokens(request), request.max_tokens
        wanted = own or (None if price is None else price.most_out) or LONG_ANSWER
        left = self._most_tokens - self._spent.tokens - self._tokens - prompt
        if price is None and wanted <= LONG_ANSWER and wanted <= left:
            # What nearly all calls of models at home come to, without a call in between.
            self._tokens += prompt + wanted
            self._calls += 1
            return Held(prompt, wanted, own is not None, answer=wanted)
        need = Held(prompt, wanted, own is not None)
        if price is not None and price.output and self._most_usd is not None:
            # A prompt has at most a token a byte, whatever the model: what was promised of money must hold.
            most = most_prompt_tokens(request)
            need.prompt_usd = price.cost(most, 0)
            need.per_token = price.cost(most, 1) - need.prompt_usd
        if wanted <= LONG_ANSWER or not self._shares(need):
            self._set_aside(need, self._asking + 1)
        return need

    async def wait(self, need: Held) -> None:
        """The same, once there is room."""
        self._asking += 1
        try:
            if self._shares(need):
                await asyncio.sleep(0)
            while not self._set_aside(need, self._asking):
                await self._given_back()
        finally:
            self._asking -= 1

    def _shares(self, need: Held) -> bool:
        """Whether there is not enough for all that may come.

        Then what begins together shares what is left, but for the LONG_ANSWER that is each one's own; who asks for
        no more has nothing to share.
        """
        return need.wanted > LONG_ANSWER and self._room(need) < need.wanted * self._at_once

    async def hold_money(self, usd: float) -> Held:
        """Sets aside what a call of another kind may cost; raises LimitHit where that is more than is left."""
        self._may_pay()
        while self._most_usd is not None and usd > self._usd_left():
            if not self._calls:
                raise self.reached("cost_usd", usd)
            await self._given_back()
        self._cost_usd += usd
        self._calls += 1
        return Held(0, 0, cost_usd=usd, limit="cost_usd")

    def _may_pay(self) -> None:
        spent = self._spent.cost_usd
        if self._most_usd is not None and spent > 0 and spent >= self._most_usd:
            raise self.reached("cost_usd")

    async def all_ended(self) -> None:
        """Returns as soon as no call is in flight, for who ends the run: what is paid for is then kept."""
        while self._calls:
            await self._given_back()

    def paid(self, held: Held) -> None:
        """The call is counted, and what it led to is still to be kept: who waits for room waits for that."""
        self._cost_usd -= held.cost_usd
        held.cost_usd = 0.0
        self._tell()

    def give_back(self, held: Held) -> None:
        """The call has ended; what it used was counted."""
        self._tokens -= held.prompt + held.answer
        self._calls -= 1
        if self._cost_usd:
            # Sums of money that come and go leave crumbs.
            self._cost_usd = self._cost_usd - held.cost_usd if self._calls else 0.0
        if self._awaited:
            self._tell()

    async def _given_back(self) -> None:
        """Returns when a call has given something back."""
        self._awaited = True
        self._freed.clear()
        await self._freed.wait()

    def _tell(self) -> None:
        """To all who wait that something was given back."""
        self._awaited = False
        self._freed.set()

    def grow(self, held: Held, characters: int) -> None:
        """So many more characters of an answer have come; raises LimitHit where it outgrows what is left."""
        held.came += characters
        while held.came > held.answer * CHARACTERS_PER_TOKEN:
            more = min(LONG_ANSWER, self._most_tokens - self._spent.tokens - self._tokens)
            if held.per_token and self._most_usd is not None:
                more = min(more, math.floor(self._usd_left() / held.per_token))
            if more < 1:
                raise self.reached(held.limit)
            held.answer += more
            held.cost_usd += more * held.per_token
            self._tokens += more
            self._cost_usd += more * held.per_token

    def reached(self, limit: str, needed: float | None = None) -> LimitHit:
        """The limit is reached; `needed` is what the next call may cost."""
        spent, tokens, cost = self._spent, self._most_tokens, self._most_usd or 0.0
        if limit == "tokens":
            told = f"The run has used about {spent.tokens} of its {tokens} tokens, and the next call needs more."
            return LimitHit("tokens", tokens, told)
        told = f"The run has spent ${spent.cost_usd:.4f} of its ${cost:.4f}."
        if needed is not None:
            told = (
                f"The run has spent ${spent.cost_usd:.4f} of its ${cost:.4f}; the next call may cost ${needed:.4f}."
            )
        return LimitHit("cost_usd", cost, told)

    def cut(self, held: Held) -> LimitHit:
        """An answer ended at the bound that was set to it."""
        allowed = (self._most_tokens if held.limit == "tokens" else self._most_usd) or 0
        told = f"An answer was cut after {held.answer} tokens: the limit on {held.limit} left room for no more."
        return LimitHit(held.limit, allowed, told)

    def _room(self, need: Held) -> int:
        """How long an answer has room now; notes which limit says so."""
        room = self._most_tokens - self._spent.tokens - self._tokens - need.prompt
        if need.per_token:
            need.limit = "tokens"
            payable = math.floor((self._usd_left() - need.prompt_usd) / need.per_token)
            if payable < room:
                room, need.limit = payable, "cost_usd"
        return room

    def _set_aside(self, need: Held, asking: int) -> bool:
        """Its share of the room, where so many ask; False: there may be room when others have ended."""
        answer, room = need.wanted, self._room(need)
        if room < answer or answer > LONG_ANSWER:
            answer = self._share(need, room, asking)
            if not answer:
                return False
        need.answer = answer
        self._tokens += need.prompt + answer
        self._calls += 1
        if need.per_token:
            need.cost_usd = need.prompt_usd + answer * need.per_token
            self._cost_usd += need.cost_usd
        return True

    def _share(self, need: Held, room: int, asking: int) -> int:
        """The tokens of an answer that is long or does not fit into the room; 0: none yet."""
        answer = wanted = need.wanted
        if room < wanted:
            if room < min(wanted, LONG_ANSWER) and self._calls:
                return 0
            if room < self._least(need):
                raise self.reached(need.limit, need.prompt_usd + need.per_token * min(wanted, LONG_ANSWER))
            answer = room
        if answer > LONG_ANSWER:
            answer = max(LONG_ANSWER, min(answer, room // asking))
        if answer < wanted:
            need.bound = answer
        return answer

    def _least(self, need: Held) -> int:
        """The shortest answer that a call is made for."""
        least = min(need.wanted, SHORT_ANSWER)
        if need.limit == "tokens" and not need.own:
            # Limits of a few tokens are set to try limits; answers are short there.
            return min(least, max(self._most_tokens // 10, 1))
        return least

    def _usd_left(self) -> float:
        return (self._most_usd or 0.0) - self._spent.cost_usd - self._cost_usd
