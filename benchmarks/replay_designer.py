"""Plays all written conversations through the model-driven designer and prints how they ended.

    python -m benchmarks.replay_designer

The model's answers are written by hand, with realistic mistakes; nothing here measures a real model.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from time import perf_counter

from chat_app.events.design import Asked, Edited
from tests.designer.agent.replaying import Played, Replay, play, replays

_ROW = "{:<38} {:<11} {:>5} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>8} {:>7} {:>6}"
_HEAD = (
    "conversation",
    "area",
    "turns",
    "valid",
    "as due",
    "edits",
    "mended",
    "asked",
    "calls",
    "tokens",
    "foreign",
    "ms",
)


def main() -> int:
    """Prints the table; 1 when a turn did not end as it must."""
    print(_ROW.format(*_HEAD))  # noqa: T201
    total: list[Played] = []
    for replay in replays():
        started = perf_counter()
        turns = asyncio.run(play(replay))
        _print(replay, turns, (perf_counter() - started) * 1_000)
        total += turns
    good = sum(turn.honest for turn in total)
    due = sum(not turn.problems for turn in total)
    print(f"\n{len(total)} turns: {good} end valid or in words, {due} as they must.")  # noqa: T201
    for turn in total:
        for problem in turn.problems:
            print(f"- {turn.message[:60]}: {problem}")  # noqa: T201
    return 0 if good == due == len(total) else 1


def _print(replay: Replay, turns: Sequence[Played], milliseconds: float) -> None:
    print(  # noqa: T201
        _ROW.format(
            replay.name[:38],
            replay.area,
            len(turns),
            sum(turn.honest for turn in turns),
            sum(not turn.problems for turn in turns),
            sum(len(event.edits) for turn in turns for event in turn.of(Edited)),
            sum(len(event.repaired) for turn in turns for event in turn.of(Edited)),
            sum(len(turn.of(Asked)) for turn in turns),
            sum(turn.calls for turn in turns),
            max(turn.tokens_in for turn in turns),
            sum(turn.foreign_bytes for turn in turns),
            round(milliseconds / len(turns)),
        )
    )
    assert all(len(turn.of(Edited)) <= 1 for turn in turns)


if __name__ == "__main__":
    sys.exit(main())
