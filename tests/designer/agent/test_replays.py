"""Every written conversation ends as it must, turn by turn."""

from __future__ import annotations

import pytest

from tests.designer.agent.replaying import Replay, play, replays

ALL = replays()


@pytest.mark.parametrize("replay", ALL, ids=[replay.name.replace(" ", "-") for replay in ALL])
async def test_replay(replay: Replay) -> None:
    for played in await play(replay):
        assert played.honest, played.message
        assert not played.problems, f"{played.message}: {played.problems}"
        assert played.tokens_in <= 7_500
