"""While many items or runs are under way, garbage is looked for less often; then as before."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from chat_app.events.rare_collection import MADE_BETWEEN, MANY, collected_rarely


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_it_is_set_back_by_the_last_who_asked_for_it() -> None:
    first, second = collected_rarely(MANY), collected_rarely(MANY)
    first.__enter__()
    second.__enter__()
    assert gc.get_threshold() == (MADE_BETWEEN, 10, 10)
    first.__exit__(None, None, None)
    assert gc.get_threshold() == (MADE_BETWEEN, 10, 10)
    second.__exit__(None, None, None)
    assert gc.get_threshold() == (700, 10, 10)


def test_it_is_set_back_after_a_failure() -> None:
    with pytest.raises(ValueError, match="no"), collected_rarely(MANY):
        raise ValueError("no")
    assert gc.get_threshold() == (700, 10, 10)


@pytest.mark.parametrize("own", [(0, 10, 10), (MADE_BETWEEN * 2, 5, 5)])
def test_who_wants_it_still_more_rarely_is_left_alone(own: tuple[int, int, int]) -> None:
    gc.set_threshold(*own)
    with collected_rarely(MANY):
        assert gc.get_threshold() == own
    assert gc.get_threshold() == own


def test_what_is_set_meanwhile_stands() -> None:
    with collected_rarely(MANY):
        gc.set_threshold(1_000, 5, 5)
    assert gc.get_threshold() == (1_000, 5, 5)


def test_few_change_nothing_until_together_they_are_many() -> None:
    with collected_rarely(MANY - 1):
        assert gc.get_threshold() == (700, 10, 10)
        with collected_rarely(1):
            assert gc.get_threshold() == (MADE_BETWEEN, 10, 10)
            with collected_rarely(5):
                pass
            assert gc.get_threshold() == (MADE_BETWEEN, 10, 10)
        assert gc.get_threshold() == (700, 10, 10)
