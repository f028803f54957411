"""What people read of a workflow that is built is in their language; its keys and ids are English."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from chat_app.designer.guided.building import build
from chat_app.designer.guided.composing import compose
from chat_app.designer.guided.editing import Editing, Work
from chat_app.designer.guided.interview import default_of, read_slots
from chat_app.designer.guided.patterns import Pattern, pattern_named
from chat_app.designer.guided.plans import plan_of
from chat_app.translation import LANGUAGES, speaking
from tests.designer.guided.conftest import check

WISH = "summarise each item, then classify it, and ask me to approve"
PATTERNS = ("write_review_improve", "approval_chain", "table_totals", "summarise_text")


def pattern(name: str) -> Pattern:
    plan = plan_of(WISH)
    found = compose(plan) if name == "composed" and plan else pattern_named(name)
    assert found is not None
    return found


def built(name: str, code: str) -> Any:
    """The data of a workflow that is built, and changed by a command, in a language."""
    with speaking(code):
        chosen = pattern(name)
        values = {slot.id: default_of(slot) for slot in chosen.slots} | read_slots(chosen, WISH)
        text = build(chosen, values, {}, name=name).text
        if name == "write_review_improve":
            work = Editing(check).carry_out(text, "ask me before improve", None)
            assert isinstance(work, Work)
            text = work.text
    return yaml.safe_load(text)


def spoken(data: Any) -> Iterator[str]:
    """The workflow's description, those of its inputs, and what people are asked."""
    yield data["description"]
    yield from (field["description"] for field in data["inputs"].values())
    yield from (node["ask"] for node in data["nodes"] if node["kind"] == "human")


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
@pytest.mark.parametrize("name", [*PATTERNS, "composed"])
def test_what_people_read_is_in_their_language(name: str, code: str) -> None:
    english, own = built(name, "en"), built(name, code)
    assert list(own) == list(english)
    assert list(own["inputs"]) == list(english["inputs"])
    assert list(own["state"]) == list(english["state"])
    assert [node["id"] for node in own["nodes"]] == [node["id"] for node in english["nodes"]]
    said = list(zip(spoken(english), spoken(own), strict=True))
    assert len(said) >= 2
    assert [one for one, other in said if one == other] == []
