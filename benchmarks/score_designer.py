"""Lets a real model design the written conversations and prints how its turns ended.

    python -m benchmarks.score_designer openai/gpt-4.1-mini [--only WORD]

Keys and addresses come from the environment, as for the app. Only the messages are taken from the
conversations: the model's own answers count. Questions are skipped and plans approved, so a turn is
"good" when it ends in a valid workflow (or in words, where the message asked for none), without a
byte changed in nodes it was not about. Nothing is judged for taste. Costs real money.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from chat_app.chat_models.models import ChatModels
from chat_app.chat_models.protocol import ChatModel
from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.conversation import Conversation
from chat_app.engine.dry_run import dry_run
from chat_app.events.design import Asked, DesignEvent, ModelUsed, Offered, TurnFailed
from tests.designer.agent.replaying import HERE, Replay, check, foreign_bytes, replays

_ROW = "{:<38} {:>5} {:>6} {:>6} {:>7} {:>6} {:>9} {:>9} {:>7}"
_HEAD = ("conversation", "turns", "valid", "failed", "foreign", "asked", "tokens in", "out", "s")
_MOST_REPLIES = 6


@dataclass
class Score:
    """What a model did with one conversation."""

    turns: int = 0
    valid: int = 0
    failed: int = 0
    foreign: int = 0
    asked: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0

    def row(self, name: str) -> str:
        """The score as a line of the table."""
        return _ROW.format(
            name[:38], self.turns, self.valid, self.failed, self.foreign, self.asked,
            self.tokens_in, self.tokens_out, round(self.seconds),
        )  # fmt: skip


async def score(model: ChatModel, replay: Replay) -> Score:
    """Has the model take all turns of a conversation."""
    designer = AgentDesigner(model, check, surroundings=HERE, dry_run=dry_run)
    conversation, result = Conversation(replay.name), Score()
    for turn in _wishes(replay):
        await _take(designer, conversation, turn, result)
    return result


async def _take(designer: AgentDesigner, conversation: Conversation, turn: dict[str, Any], result: Score) -> None:
    before, message, started = conversation.draft, turn["say"], perf_counter()
    for _ in range(_MOST_REPLIES):
        events = [event async for event in designer.turn(conversation, message)]
        _count(events, result)
        if any(isinstance(event, Asked) for event in events):
            message = "skip"
        elif any(isinstance(event, Offered) for event in events):
            message = "Build it"
        else:
            break
    result.turns += 1
    result.valid += bool(conversation.draft) and check(conversation.draft).valid
    result.failed += any(isinstance(event, TurnFailed) for event in events)
    if turn["expect"].get("touched") == []:  # elsewhere, only the written answers know which nodes are meant
        result.foreign += foreign_bytes(before, conversation.draft, turn["expect"])
    result.seconds += perf_counter() - started


def _count(events: list[DesignEvent], result: Score) -> None:
    for event in events:
        if isinstance(event, ModelUsed):
            result.tokens_in += event.tokens_in or 0
            result.tokens_out += event.tokens_out or 0
        result.asked += isinstance(event, Asked)


def _wishes(replay: Replay) -> list[dict[str, Any]]:
    """The turns without those that answer a question which this model may never put."""
    replies = [bool(turn["expect"].get("asks") or turn["expect"].get("plans")) for turn in replay.turns]
    return [turn for turn, reply in zip(replay.turns, [False, *replies[:-1]], strict=True) if not reply]


async def _main(name: str, only: str) -> int:
    models = ChatModels(dict(os.environ))
    print(_ROW.format(*_HEAD))  # noqa: T201
    total = Score()
    try:
        for replay in replays():
            if only in replay.name:
                one = await score(models.get(name), replay)
                print(one.row(replay.name), flush=True)  # noqa: T201
                for key, value in vars(one).items():
                    setattr(total, key, getattr(total, key) + value)
    finally:
        await models.close()
    print(total.row("all"))  # noqa: T201
    return 0 if total.turns and total.valid == total.turns else 1


def main() -> int:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a LiteLLM model name")
    parser.add_argument("--only", default="", help="only conversations whose name holds this word")
    asked = parser.parse_args()
    return asyncio.run(_main(asked.model, asked.only))


if __name__ == "__main__":
    sys.exit(main())
