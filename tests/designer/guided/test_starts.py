"""Patterns for another designer: near names and values are mended, others told; every pattern is built valid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chat_app.designer.guided.designer import GuidedDesigner
from chat_app.designer.guided.patterns import load_patterns
from chat_app.workflow.check import check
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.edits.skeleton import new_workflow
from tests.designer.agent.replaying import HERE, STARTS

EQUIPPED = GuidedDesigner(check, {name: replace(tool, missing=None) for name, tool in HERE.tools.items()}).starts
"""As if every tool had the keys that it needs."""


@pytest.mark.parametrize("pattern", [pattern.id for pattern in load_patterns()])
def test_every_pattern_can_be_started_from(pattern: str) -> None:
    started = EQUIPPED.start(pattern, {}, "")
    assert not started.problems
    result = apply_edits(new_workflow(started.pattern, started.description), started.edits)
    assert not result.problems
    assert check(result.text, HERE).valid


def test_the_nearest_come_first_in_other_languages_too() -> None:
    assert STARTS.offers("Summarise an article")[0].id == "summarise_text"
    assert STARTS.offers("Fasse einen Text zusammen")[0].id == "summarise_text"
    assert STARTS.offers("xyzzy plugh") == []


def test_a_pattern_without_its_tools_is_not_offered() -> None:
    bare = GuidedDesigner(check).starts
    wish = "Search the web and answer with sources"
    assert "web_research" in [card.id for card in STARTS.offers(wish)]
    assert "web_research" not in [card.id for card in bare.offers(wish)]
    assert bare.start("web_research", {}, wish).problems[0].code == "unknown-pattern"


@pytest.mark.parametrize("name", ["clasify text", "text_classify", "Put a text into a category", "Classify-Text"])
def test_a_name_that_is_nearly_right_is_taken_and_told(name: str) -> None:
    started = STARTS.start(name, {"label": ["bug", "other"]}, "")
    assert started.pattern == "classify_text"
    assert started.repaired == (f"Took the pattern `classify_text` for `{name}`.", "Took `labels` for `label`.")


@pytest.mark.parametrize(
    "labels",
    [
        "bug (a fault), other",
        ["bug", "other"],
        {"bug": "a fault", "other": "all else"},
        [{"name": "bug", "text": "a fault"}, {"name": "other", "description": "all else"}],
    ],
    ids=["text", "list", "map", "objects"],
)
def test_labels_may_be_given_in_any_form(labels: Any) -> None:
    started = STARTS.start("classify_text", {"labels": labels, "reason": False}, "")
    node = next(edit for edit in started.edits if edit.op == "add_node").model_dump()["node"]
    assert list(node["labels"]) == ["bug", "other"]


@pytest.mark.parametrize(
    ("pattern", "answers", "code", "told"),
    [
        ("teleport", {}, "unknown-pattern", "There is no pattern `teleport`."),
        ("classify_text", {"zzz": 1}, "unknown-slot", "asks nothing called `zzz`."),
        ("classify_text", {"reason": "perhaps"}, "slot-value", "`reason` cannot be `perhaps`."),
        ("web_research", {"most": 99}, "slot-value", "`most` cannot be `99`."),
    ],
)
def test_what_is_not_there_is_told(pattern: str, answers: dict[str, Any], code: str, told: str) -> None:
    started = STARTS.start(pattern, answers, "")
    assert [problem.code for problem in started.problems] == [code]
    assert told in started.problems[0].message
    assert started.problems[0].help
    assert started.edits == ()
