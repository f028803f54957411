"""What a dry run finds is mended once, then told; it never costs the edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chat_app.workflow.check import CheckResult
from tests.designer.agent.conftest import Talk
from tests.designer.agent.samples import DRAFT, REVIEW, edit

MakeTalk = Callable[..., Talk]
BETTER = edit({"op": "set_prompt", "id": "review", "prompt": "Correct it well: {{ state.answer }}"})


@dataclass(frozen=True)
class Report:
    problems: tuple[str, ...] = ()
    complete: bool = True

    def lines(self) -> list[str]:
        return ["Walked 2 of 3 nodes.", *self.problems]


async def test_a_good_dry_run_is_silent(talk: MakeTalk) -> None:
    seen: list[CheckResult] = []

    async def dry_run(checked: CheckResult) -> Report:
        seen.append(checked)
        return Report()

    it = talk(REVIEW, draft=DRAFT, dry_run=dry_run)
    await it.say("Add a review")
    assert [checked.valid for checked in seen] == [True]
    assert it.said == ""


async def test_what_fails_is_given_to_the_model_once(talk: MakeTalk) -> None:
    async def dry_run(checked: CheckResult) -> Report:
        good = "Correct it well" in checked.text
        return Report() if good else Report(("`review` fails: too vague.",), complete=False)

    it = talk(REVIEW, BETTER, draft=DRAFT, dry_run=dry_run)
    await it.say("Add a review")
    assert "`review` fails: too vague." in it.model.asked()
    assert "Correct it well" in it.draft
    assert it.said == ""


async def test_what_fails_for_good_is_told_and_the_edit_stays(talk: MakeTalk) -> None:
    async def dry_run(_: CheckResult) -> Report:
        return Report(("`review` fails: too vague.",), complete=False)

    it = talk(REVIEW, BETTER, draft=DRAFT, dry_run=dry_run)
    await it.say("Add a review")
    assert it.checked.valid
    assert "review" in it.node_ids
    assert "`review` fails: too vague." in it.said
    assert len(it.model.requests) == 2


async def test_what_was_not_reached_is_told(talk: MakeTalk) -> None:
    async def dry_run(_: CheckResult) -> Report:
        return Report(complete=False)

    it = talk(REVIEW, draft=DRAFT, dry_run=dry_run)
    await it.say("Add a review")
    assert "Walked 2 of 3 nodes." in it.said
    assert len(it.model.requests) == 1


async def test_a_dry_run_that_breaks_does_not_cost_the_edit(talk: MakeTalk) -> None:
    async def dry_run(_: CheckResult) -> Report:
        raise OSError("disk full")

    it = talk(REVIEW, draft=DRAFT, dry_run=dry_run)
    await it.say("Add a review")
    assert "review" in it.node_ids
    assert "could not be done: disk full" in it.said
