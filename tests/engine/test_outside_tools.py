"""Tools as steps of real runs, and what is made up where nothing outside may be touched."""

from __future__ import annotations

from typing import Any

import pytest

from chat_app.engine.dry_run import dry_run
from chat_app.engine.reach import Reach
from chat_app.engine.testing import run_tests
from chat_app.events.run import (
    Logged,
    RunFailed,
    RunFinished,
    StepFinished,
    ToolCalled,
)
from chat_app.tools.network import Network
from chat_app.tools.policy import NetworkPolicy
from tests.engine.conftest import SILENT, Make, checked, of_type, run
from tests.engine.outside import http
from tests.tools.web_server import WebServer

QUERY = """
inputs:
  csv: {type: string, default: "city,amount\\nUlm,2\\nBonn,3\\nUlm,5\\n"}
state:
  rows: {type: array, items: {type: object}}
  totals: {type: array, items: {type: object}}
outputs: [totals]
nodes:
  - {id: read, kind: tool, tool: read_table, arguments: {text: "{{ state.csv }}"}, writes: [rows]}
  - id: ask
    kind: tool
    tool: query_table
    arguments:
      sql: SELECT city, sum(amount) AS total FROM data GROUP BY city ORDER BY city
      rows: "{{ state.rows }}"
    writes: [totals]
"""


async def test_tools_are_called_and_told_of(make: Make) -> None:
    events = await run(make(SILENT), QUERY)
    assert events[-1].outputs == {"totals": [{"city": "Bonn", "total": 3}, {"city": "Ulm", "total": 7}]}
    called = of_type(events, ToolCalled)
    assert [(call.tool, call.error) for call in called] == [("read_table", None), ("query_table", None)]
    assert called[0].arguments == {"text": "city,amount\nUlm,2\nBonn,3\nUlm,5\n"}
    assert called[1].result == events[-1].outputs["totals"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("sum(amount)", "sum(nope)", "nope"),
        ("SELECT city", "COPY data TO '/tmp/x'; SELECT city", "COPY is not allowed"),
        ('rows: "{{ state.rows }}"', 'rows: "{{ state.csv }}"', "`rows`"),
    ],
)
async def test_a_tool_that_fails_fails_its_node(make: Make, old: str, new: str, says: str) -> None:
    events = await run(make(SILENT), QUERY.replace(old, new))
    assert isinstance(events[-1], RunFailed)
    assert events[-1].node == "ask"
    assert says in events[-1].message
    assert any(call.error for call in of_type(events, ToolCalled))


async def test_fetching_a_page_goes_through_the_same_policy(make: Make, web: WebServer, reach: Reach) -> None:
    web.says("/p", "<html><title>T</title><body><h1>Hi</h1><p>there</p></body></html>", Content_Type="text/html")
    text = """
inputs: {url: {type: string}}
state: {title: {type: string}, text: {type: string}}
outputs: [title, text]
nodes:
  - {id: get, kind: tool, tool: fetch_page, arguments: {url: "{{ state.url }}"}, writes: [title, text]}
"""
    good = await run(make(SILENT, reach=reach), text, {"url": f"{web.url}/p"})
    assert good[-1].outputs == {"title": "T", "text": "# Hi\n\nthere"}
    bad = await run(make(SILENT, reach=reach), text, {"url": "http://169.254.169.254/"})
    assert "may not be contacted" in bad[-1].message


MIXED = """
inputs: {topic: {type: string, default: bees}}
state:
  page: {type: string}
  count: {type: integer, minimum: 1, maximum: 9}
  words: {type: integer}
  title: {type: string}
outputs: [page, count, words, title]
nodes:
  - {id: ask, kind: http, url: "https://api.example.com/x", writes: [page]}
  - {id: more, kind: http, url: "https://api.example.com/y", writes: [count]}
  - {id: get, kind: tool, tool: fetch_page, arguments: {url: "https://example.com"}, writes: [title]}
  - {id: measure, kind: code, code: "words = len(state.page.split()) + state.count * 0", writes: [words]}
tests:
  - name: given values stand
    given: {ask: {page: one two three}}
    expect: ["state.words == 3", "state.count >= 1"]
"""


async def test_a_simulated_run_contacts_nobody_but_really_computes(make: Make) -> None:
    def refuse(*args: object) -> Any:
        raise AssertionError("the network was used")

    reach = Reach(network=Network(NetworkPolicy(), refuse))
    manager = make(SILENT, reach=reach)
    events = await run(manager, MIXED, model="simulated")
    assert isinstance(events[-1], RunFinished)
    outputs = events[-1].outputs
    assert 1 <= outputs["count"] <= 9
    assert outputs["words"] == len(outputs["page"].split())
    simulated = {step.node: step.simulated for step in of_type(events, StepFinished)}
    assert simulated == {"ask": True, "more": True, "get": True, "measure": False}
    again = await run(manager, MIXED, model="simulated")
    assert again[-1].outputs == outputs


async def test_tests_and_dry_runs_contact_nobody() -> None:
    (outcome,) = await run_tests(checked(MIXED))
    assert outcome.passed, outcome.problems
    report = await dry_run(checked(MIXED))
    assert report.complete, report.lines()


async def test_a_dry_run_takes_the_error_paths_of_what_may_fail() -> None:
    text = """
state: {page: {type: string}, n: {type: integer}}
outputs: [n]
nodes:
  - {id: ask, kind: http, url: "https://api.example.com/x", writes: [page], on_error: fallback}
  - {id: count, kind: code, code: "n = int(state.page)", writes: [n]}
  - {id: fallback, kind: code, code: "n = 0", writes: [n]}
edges:
  - {from: START, to: ask}
  - {from: ask, to: count}
  - {from: count, routes: [{condition: "state.n > 7", to: fallback}, {to: END}]}
  - {from: fallback, to: END}
"""
    report = await dry_run(checked(text))
    assert report.complete, report.lines()
    assert "1 of 1 error path" in report.lines()[0]


async def test_kept_results_of_code_follow_all_it_may_read(make: Make) -> None:
    text = """
inputs: {a: {type: integer, default: 1}, b: {type: integer, default: 1}, which: {type: string, default: a}}
state: {found: {type: integer}}
outputs: [found]
nodes:
  - {id: look, kind: code, code: "found = state[state.which]", cache: true, writes: [found]}
"""
    manager = make(SILENT)
    assert (await run(manager, text, {"a": 5}))[-1].outputs == {"found": 5}
    again = await run(manager, text, {"a": 5})
    assert any("Reused" in line.text for line in of_type(again, Logged))
    assert (await run(manager, text, {"a": 6}))[-1].outputs == {"found": 6}


async def test_a_made_up_answer_is_never_kept_as_a_real_one(make: Make, web: WebServer, reach: Reach) -> None:
    web.says("/x", "real")
    text = http(f"{web.url}/x", "    cache: true")
    manager = make(SILENT, reach=reach)
    made_up = await run(manager, text, model="simulated")
    assert made_up[-1].outputs["text"] != "real"
    assert (await run(manager, text))[-1].outputs == {"text": "real"}
    assert (await run(manager, text))[-1].outputs == {"text": "real"}
    assert len(web.asked) == 1
