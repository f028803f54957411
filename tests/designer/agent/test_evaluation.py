"""The evaluation of a live model: resumable, judged, and honest about what it does not know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.score_designer import evaluate, read_scores
from tests.designer.agent.replaying import replays
from tests.designer.agent.scripted import ScriptedModel

NAME = "release notes"


def player() -> ScriptedModel:
    """A model that gives the written answers of one conversation."""
    replay = next(each for each in replays() if each.name == NAME)
    return ScriptedModel(*(answer for turn in replay.turns for answer in turn["answers"]), name="test/player")


async def test_it_goes_on_where_it_was_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "scores.jsonl"
    first = await evaluate(player(), None, file, NAME)
    assert all(score.passed for score in first)
    assert "pass 100.0%" in capsys.readouterr().out
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:-1], lines[-1][:40]]))  # stopped while the last one was written
    model = player()
    model.script(*(answer for turn in replays_turns()[-1:] for answer in turn["answers"]))
    second = await evaluate(model, None, file, NAME)
    assert [score.passed for score in second] == [score.passed for score in first]
    assert len(model.requests) == first[-1].calls
    assert len(read_scores(file)) == len(first)


def replays_turns() -> list[dict[str, object]]:
    return next(each for each in replays() if each.name == NAME).turns


async def test_a_judge_says_whether_the_wish_was_met(tmp_path: Path) -> None:
    judge = ScriptedModel(json.dumps({"reason": "It did not.", "met": False}), name="test/judge", forever=True)
    scores = await evaluate(player(), judge, tmp_path / "scores.jsonl", NAME)
    assert all(score.passed and not score.resolved for score in scores)
    assert scores[0].reason == "It did not."
    assert "<after>" in judge.asked(0) and "version: 1" in judge.asked(0)
    assert scores[0].usd is None  # the price is not known, so no price is shown
