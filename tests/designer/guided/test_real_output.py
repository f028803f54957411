"""Patterns without a model give real output: built with their defaults, run as the app runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chat_app.designer.guided.building import build
from chat_app.designer.guided.patterns import load_patterns, pattern_named
from chat_app.workflow.nodes import ClassifyNode, HumanNode, LlmNode, MapNode
from tests.designer.guided.conftest import check
from tests.designer.guided.running import outputs_of

CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "clean_json": (
        {"json_text": '[{"Full Name": " Ada ", "Note": ""}, {"full name": "Ada"}, {"full name": "Ben"}]'},
        {"dropped": ["record 2: the same as an earlier one"]},
    ),
    "keyword_route": (
        {"message": "My LOGIN does not work"},
        {"category": "technical", "outcome": 'To technical, as it says "login": My LOGIN does not work'},
    ),
    "sql_report": (
        {"table": "city,amount\nUlm,2\nBonn,3\n", "sql": "SELECT city FROM data WHERE amount > 2"},
        {"report": "# Report\n\n| city |\n|---|\n| Bonn |\n\n1 rows", "found": [{"city": "Bonn"}]},
    ),
    "compare_lists": (
        {"first": ["Ada ", "Ben"], "second": ["ben", "Dora"]},
        {"both": ["Ben"], "only_first": ["Ada "], "only_second": ["Dora"]},
    ),
    "row_texts": (
        {"table": "name,city\nAda,Ulm\n"},
        {"texts": ["Ada\ncity: Ulm\nBest regards"]},
    ),
    "rule_route": (
        {"case_name": "Order 7", "amount": 2000},
        {"outcome": "Order 7: 2000: large, for the management"},
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_the_output_is_right(name: str, tmp_path: Path) -> None:
    pattern = pattern_named(name)
    assert pattern is not None
    inputs, expected = CASES[name]
    found = await outputs_of(check(build(pattern, {}, {}).text), inputs, tmp_path)
    assert {key: found.get(key) for key in expected} == expected


def test_at_least_fifteen_patterns_need_no_model() -> None:
    free = []
    for pattern in load_patterns():
        workflow = check(build(pattern, {}, {}).text).workflow
        assert workflow is not None
        inside = [inner for node in workflow.nodes if isinstance(node, MapNode) for inner in node.body.nodes]
        if not any(isinstance(node, LlmNode | ClassifyNode | HumanNode) for node in (*workflow.nodes, *inside)):
            free.append(pattern.id)
    assert len(free) >= 15, free
