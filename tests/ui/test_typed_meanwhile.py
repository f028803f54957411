"""What is typed in the moment in which the designer's change comes: both are in the text."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

import pytest

from chat_app.events.design import Edited, TurnFinished
from chat_app.ui import desk, draft_desk
from chat_app.ui.sessions import Sessions
from chat_app.workflow.result import CheckResult
from tests.ui.house import House
from tests.ui.test_answer import Dictated
from tests.ui.test_desk import GOOD

SHORTER = {"op": "set_prompt", "id": "write", "prompt": "In one line: {{ state.who }}"}
LONGER = {"op": "set_prompt", "id": "write", "prompt": "In two lines: {{ state.who }}"}
CHANGED = GOOD.replace("Greet {{ state.who }}", "In one line: {{ state.who }}")


@pytest.mark.parametrize("again", [False, True], ids=["one change", "another after it"])
async def test_what_is_typed_while_a_change_is_looked_through_stays_with_the_change(
    house: House, again: bool
) -> None:
    designer, begun, go_on = Dictated(), threading.Event(), threading.Event()

    def slow(text: str, *more: Any) -> CheckResult:
        if text == CHANGED:
            begun.set()
            assert go_on.wait(60)
        return house.services.check(text, *more)

    sessions = Sessions(replace(house.services, designer=lambda name, keys: designer, check=slow))
    _, place = await sessions.enter("")
    await draft_desk.typed_yaml(place, GOOD)
    await desk.say(place, "Shorter, please")
    designer.events.put_nowait(Edited(CHANGED, (SHORTER,), ("Changed node write.",)))
    await asyncio.to_thread(begun.wait, 60)
    # The page does not show the change yet: this is typed into the text before it.
    await draft_desk.typed_yaml(place, f"# mine\n{GOOD}")
    go_on.set()
    both = f"# mine\n{CHANGED}"
    if again:
        longer = both.replace("one line", "two lines")
        designer.events.put_nowait(Edited(longer, (LONGER,), ("Changed node write.",)))
    designer.events.put_nowait(TurnFinished())
    assert place.turn is not None
    await place.turn.ended()
    assert place.checked is not None and place.checked.valid
    assert place.draft == (longer if again else both)
    if again:
        # What was typed is not the designer's to reject.
        assert place.review is not None and place.review.before == both
