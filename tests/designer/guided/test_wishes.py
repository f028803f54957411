"""How well wishes are understood, held on thresholds."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from benchmarks.guided_wishes import KINDS, Judged, judge_all, share, table
from chat_app.designer.guided.memory import Memory
from chat_app.designer.guided.patterns import load_patterns
from chat_app.designer.guided.scope import load_refusals
from chat_app.designer.guided.steps import load_steps
from chat_app.designer.guided.telling import phrase, situations, told_in, turns
from chat_app.designer.guided.wishes import Wishes
from chat_app.events.design import Offered
from chat_app.workflow.check import check


@pytest.fixture(scope="module")
def judged() -> Sequence[Judged]:
    """Every wish, judged once."""
    return judge_all(draws=False)


def test_the_right_card_is_among_three(judged: Sequence[Judged]) -> None:
    assert share(judged).among_share >= 0.93, table(judged)
    assert share(judged, half="held").among_share >= 0.90, table(judged)
    for half in ("fresh", "later", "latest"):
        assert share(judged, half=half).among_share >= 0.94, table(judged)


def test_the_other_languages_are_understood_like_english(judged: Sequence[Judged]) -> None:
    for half in ("tongues", "tongues2"):
        assert share(judged, half=half).among_share >= 0.97, table(judged)
        assert share(judged, half=half).first_share >= 0.90, table(judged)


def test_the_right_card_is_first(judged: Sequence[Judged]) -> None:
    assert share(judged).first_share >= 0.88, table(judged)
    assert share(judged, half="held").first_share >= 0.82, table(judged)
    assert share(judged, half="fresh").first_share >= 0.84, table(judged)


def test_the_impossible_is_refused_with_neighbours(judged: Sequence[Judged]) -> None:
    assert share(judged, kind=KINDS[2]).among_share >= 0.90, table(judged)


def test_wishes_told_as_a_situation_are_understood(judged: Sequence[Judged]) -> None:
    assert share(judged, half="told").among_share >= 0.93, table(judged)
    assert share(judged, half="told3").among_share >= 0.75, table(judged)


def test_a_third_card_is_shown_only_where_it_may_be_meant(judged: Sequence[Judged]) -> None:
    counts = [len(one.shown) for one in judged if one.kind == KINDS[0] and not (one.refused or one.unsure)]
    assert set(counts) == {2, 3}


def test_few_that_can_be_built_are_refused_or_doubted(judged: Sequence[Judged]) -> None:
    able = [one for one in judged if one.kind != KINDS[2]]
    assert sum(one.refused for one in able) <= 0.01 * len(able), table(judged)
    assert sum(one.unsure for one in able) <= 0.03 * len(able), table(judged)


def test_situations_and_turns_are_of_patterns_and_steps_that_are_shipped() -> None:
    assert situations().keys() <= {pattern.id for pattern in load_patterns()}
    assert {name for name, _ in turns()} <= {step.id for step in load_steps()}
    assert all(one.told for one in load_refusals() if one.id in ("device", "book_or_buy", "send_message"))


def test_phrases_find_what_is_told_in_any_form() -> None:
    told = phrase("no_idea + {contract} + !risk")
    assert told.holds(told_in("I've no idea what our leases say"))
    assert not told.holds(told_in("I've no idea what risks our leases hold"))
    assert not phrase("sign .. paper").holds(told_in("They sign. Nobody reads the paper."))
    text = "Well, my boss has to OK it."
    assert [text[start:end] for start, end in phrase("{boss} has .. ok").places(told_in(text))] == ["boss has to OK"]


def test_the_wishes_are_many_and_of_every_kind(judged: Sequence[Judged]) -> None:
    assert len(judged) >= 490
    assert share(judged, kind=KINDS[1]).count >= 85
    assert share(judged, kind=KINDS[2]).count >= 70
    assert len({one.wish for one in judged}) == len(judged)


@pytest.mark.parametrize(
    ("wish", "first"),
    [
        (
            "I want to sort customer mails and answer each kind differently",
            "Sort texts and handle each kind in its own way",
        ),
        ("I want to summarise each text of a list", "For each item: summarise"),
        ("analyse our customer reviews", "Analyse feedback"),
    ],
)
def test_each_means_what_it_stands_beside(wish: str, first: str) -> None:
    reply = Wishes(check).understand(Memory(), wish).reply
    offered = next(event for event in reply.events if isinstance(event, Offered))
    assert offered.cards[0].title == first
