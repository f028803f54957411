"""The Query box: which plot an answer makes, how it is drawn, and that a question holds up nothing else."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from chat_app.tracing.costs import Cost
from chat_app.tracing.own_record import Budget, OwnRecord
from chat_app.tracing.query import Answer
from chat_app.tracing.query_views import EXAMPLES
from chat_app.ui import desk, paint, paint_query, query_desk, run_desk
from chat_app.ui.acts import perform
from chat_app.ui.costs_html import month_html
from chat_app.ui.history_desk import look_up
from chat_app.ui.plot import plot_of
from chat_app.ui.plot_html import plot_html
from chat_app.ui.query_html import answer_html, csv_text
from chat_app.ui.workspace import Workspace
from tests.ui.house import House

HELLO = """\
version: 1
name: hello
inputs: {who: {type: string, examples: [Ada]}}
state: {text: {type: string}}
outputs: [text]
nodes:
  - {id: write, kind: llm, prompt: "Greet {{ state.who }}", writes: [text]}
"""


def answer(columns: str, *rows: tuple[Any, ...]) -> Answer:
    return Answer(tuple(columns.split()), rows)


@pytest.mark.parametrize(
    ("given", "kind", "column", "shown"),
    [
        (answer("node steps mean", ("a", 3, 0.5), ("b", 1, 2.0)), "bars", "mean", [("a", 0.5), ("b", 2.0)]),
        (answer("node route times", ("a", 0, 3), ("a", 1, 1)), "bars", "times", [("a · 0", 3.0), ("a · 1", 1.0)]),
        (answer("model usd", ("x", None), ("y", 0.5)), "bars", "usd", [("x", None), ("y", 0.5)]),
        (answer("model calls usd", ("x", 2, 0.0), ("y", 3, 0.0)), "bars", "calls", [("x", 2.0), ("y", 3.0)]),
        (answer("day usd", (date(2026, 1, 2), 1.0), (date(2026, 1, 1), 3.0)), "lines", "usd", [("", 2)]),
        (
            answer("day model n", *((date(2026, 1, d), m, d) for d in (1, 2, 3) for m in "xy")),
            "lines",
            "n",
            [("x", 3), ("y", 3)],
        ),
        (answer("day n", (date(2026, 1, 1), 1), (date(2026, 1, 1), 2)), None, "", []),
        (answer("node n", ("a", 1)), None, "", []),
        (answer("a b", ("x", "y"), ("z", "y")), None, "", []),
        (answer("name n", ("a", 1), ("a", 1)), None, "", []),
        (answer("n", (1,), (2,)), None, "", []),
        (Answer((), ()), None, "", []),
    ],
    ids=range(12),
)
def test_an_answer_makes_the_plot_of_its_shape(
    given: Answer, kind: str | None, column: str, shown: list[tuple[str, Any]]
) -> None:
    plot = plot_of(given)
    if kind is None:
        assert plot is None
        return
    assert plot is not None and (plot.kind, plot.column) == (kind, column)
    drawn = list(plot.bars) if kind == "bars" else [(label, len(points)) for label, points in plot.lines]
    assert drawn == shown
    assert "NaN" not in plot_html(plot)


def test_another_column_can_be_drawn_and_what_is_unknown_says_so() -> None:
    given = answer("node steps mean", ("<b>a</b>", 3, None), ("b", 1, -2.0))
    plot = plot_of(given, "steps")
    assert plot is not None and plot.bars == (("<b>a</b>", 3.0), ("b", 1.0))
    drawn = plot_html(plot_of(given) or plot)
    assert "unknown" in drawn and "<b>a</b>" not in drawn and "&lt;b&gt;" in drawn
    assert plot_of(given, "no such") == plot_of(given)


def test_the_answer_is_escaped_and_complete_as_csv() -> None:
    given = answer("x y cost_usd", ("<i>&", datetime(2026, 1, 2, 3, 4, 5), None), ('a "b"\n', True, 0.25))
    drawn = answer_html(given, 0.1)
    assert "<i>" not in drawn.replace('<i class="', "") and "&lt;i&gt;&amp;" in drawn
    assert "unknown" in drawn and 'data-value="0.25"' in drawn
    assert csv_text(given) == 'x,y,cost_usd\n<i>&,2026-01-02 03:04:05,\n"a ""b""\n",true,0.25\n'


def cost(calls: int, simulated: int, known: float, unknown: int) -> Cost:
    return Cost((), calls, simulated, 0, 0, known, unknown)


@pytest.mark.parametrize(
    ("spent", "budget", "told"),
    [
        (cost(2, 2, 0.0, 0), None, "2 simulated calls, which cost nothing"),
        (cost(3, 1, 0.5, 0), None, "2 model calls, $0.50."),
        (cost(3, 0, 0.5, 1), None, "3 model calls, at least $0.50: the cost of 1 call is unknown."),
        (cost(2, 0, 0.0, 2), None, "2 model calls, cost unknown."),
        (None, Budget(5.0, 1.0), "Budget: $1.00 of $5.00 spent."),
        (None, Budget(5.0, 5.0), "No run that asks a paid model starts"),
        (None, None, ""),
    ],
    ids=range(7),
)
def test_a_month_is_told_with_what_is_unknown(spent: Cost | None, budget: Budget | None, told: str) -> None:
    drawn = month_html(spent, budget)
    assert told in drawn if told else drawn == ""


@pytest.fixture
async def place(house: House) -> Workspace:
    made = Workspace("ann", house.services)
    await made.set_draft(HELLO, "by hand")
    return made


async def asked(place: Workspace, **data: Any) -> str:
    await perform(place, data)
    await query_desk.ask(place)
    return str(paint_query.query(place))


async def test_examples_tables_and_refusals_through_the_box(place: Workspace, tmp_path: Path) -> None:
    assert "query-sql" not in str(paint_query.query(place))
    await perform(place, {"act": "query_open"})
    await run_desk.run(place, {"who": "Ada"})
    assert place.run is not None
    async with asyncio.timeout(20):
        await place.run.ended()
    for number, (_, sql) in enumerate(EXAMPLES):
        drawn = await asked(place, act="query_example", example=str(number))
        assert sql.replace("'", "&#x27;") in drawn or sql in drawn
        assert place.query.refused is None and place.query.answer is not None
    assert "one row for each step" in await asked(place, act="query_views")
    await asked(place, act="query_view", view="runs")
    assert place.query.answer is not None and len(place.query.answer.rows) == 1
    secret = tmp_path / "secret.txt"
    secret.write_text("canary-91")
    sql = f"SELECT * FROM read_text('{secret}')"
    drawn = await asked(place, act="submit", form="query", values={"sql": sql})
    assert "can&#x27;t be reached" in drawn.replace("'", "&#x27;") and "canary-91" not in drawn
    for made_up in ({"example": "99"}, {"example": "x"}, {"view": "stored_runs"}, {"values": {"sql": 3}}, {}):
        for act in ("query_example", "query_view", "query_plot", "submit"):
            await asked(place, act=act, form="query", **made_up)
    await look_up(place)
    assert "at least" not in str(paint.runs(place)) and "1 simulated call" in str(paint.runs(place))


async def test_a_long_question_holds_up_neither_the_chat_nor_a_second_one(house: House, place: Workspace) -> None:
    await run_desk.run(place, {"who": "Ada"})
    object.__setattr__(place.services, "record", OwnRecord(house.store, seconds=4.0))
    sql = "SELECT sum(a.range * b.range) FROM range(100000000) a, range(1000000) b"
    await query_desk.toggle(place)
    await query_desk.want(place, sql)
    question = asyncio.create_task(query_desk.ask(place))
    await desk.say(place, "add a translation to German at the end")
    assert place.turn is not None
    async with asyncio.timeout(20):
        while not place.turn.done:
            await place.turn.signal.wait(-1)
            await asyncio.sleep(0)
        assert not question.done() and "query-asking" in str(paint_query.query(place))
        await query_desk.want(place, "SELECT 1")
        assert place.query.sql == sql
        # A page that is opened again meanwhile waits for the same answer.
        again = asyncio.create_task(query_desk.ask(place))
        await asyncio.sleep(0)
        assert not again.done() and "data-goes-on" in str(paint_query.query(place))
        await question
        await again
    assert place.query.refused is not None and "longer than 4 seconds" in place.query.refused.message
