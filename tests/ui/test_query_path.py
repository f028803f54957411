"""Asking one's own runs in a real browser, beside another visitor; and a month's budget that is spent."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import Pages, Visit, picture
from tests.ui.driving import run_status, tab, write_yaml
from tests.ui.test_changes_path import HELLO, serious

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser: whole paths")]

CANARY = "canary-of-the-other-4e1b"


def ran(page: Page, *inputs: str) -> None:
    write_yaml(page, HELLO)
    expect(page.locator("[data-chip=design]")).to_contain_text("valid")
    tab(page, "Run")
    for number, who in enumerate(inputs, start=1):
        page.locator("#run-form [data-name=who]").fill(who)
        page.locator("#run-flow").click()
        run_status(page, "done")
        tab(page, "Runs")
        expect(page.locator("#runs li[data-run]")).to_have_count(number)
        tab(page, "Run")
    tab(page, "Runs")


def asked(page: Page, sql: str) -> None:
    # What was answered before must be gone first: while a question is being answered no other is taken.
    page.evaluate("() => document.querySelectorAll('#query [id]').forEach((one) => { one.dataset.before = ''; })")
    page.locator("#query-sql").fill(sql)
    page.locator("#query-sql").press("Control+Enter")
    answered = page.locator("#query :is(#query-told, #query-answer, #query-refused)[data-before]")
    expect(answered).to_have_count(0)
    expect(page.locator("#query-asking")).to_have_count(0)


def test_ones_own_runs_are_asked_by_click_by_hand_and_by_keyboard(pages: Pages, visit: Visit, tmp_path: Path) -> None:
    other = visit(pages.plain)
    ran(other, CANARY)
    page = visit(pages.plain)
    ran(page, "Ada", "Grace")
    expect(page.locator("#month-costs")).to_contain_text("2 simulated calls, which cost nothing")
    opener = page.locator("#open-query")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#query-sql")).to_be_visible()
    expect(opener).to_be_focused()
    expect(opener).to_have_attribute("aria-expanded", "true")
    page.locator("#query").get_by_role("button", name="Runs by state").click()
    expect(page.locator("#query-answer tbody tr")).to_have_count(1)
    expect(page.locator("#query-sql")).to_have_value(
        "SELECT workflow, state, count(*) AS runs FROM runs GROUP BY ALL ORDER BY ALL"
    )
    asked(
        page,
        "SELECT data->>'inputs' AS given, length(data::VARCHAR) AS letters FROM events WHERE event = 'run_started'",
    )
    rows = page.locator("#query-answer tbody tr")
    expect(rows).to_have_count(2)
    expect(page.locator("#query-sql")).to_be_focused()
    expect(page.locator(".wc-bars li")).to_have_count(2)
    expect(page.locator("#query")).to_contain_text("Grace")
    sort = page.get_by_role("button", name="given", exact=True)
    for first in ("Ada", "Grace"):
        sort.focus()
        page.keyboard.press("Enter")
        expect(rows.first).to_contain_text(first)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download CSV").click()
    table = list(csv.reader(io.StringIO(Path(saved.value.path()).read_text())))
    assert table[0] == ["given", "letters"] and len(table) == 3
    picture(page, "query-bars")
    asked(page, "SELECT started_at, seconds FROM runs")
    expect(page.locator(".wc-lines b")).to_have_count(2)
    assert serious(page) == []
    picture(page, "query-lines")
    # Nothing of the other visitor, of this machine or of a mistake that is not told.
    for table_name in ("runs", "events", "usage", "conversations", "designs"):
        asked(page, f"SELECT * FROM {table_name}")
        expect(page.locator("#query-told")).to_be_visible()
        expect(page.locator("#query")).not_to_contain_text(CANARY)
    (tmp_path / "secret.txt").write_text(CANARY)
    asked(page, f"SELECT * FROM read_text('{tmp_path / 'secret.txt'}')")
    expect(page.locator("#query-refused")).to_contain_text("can't be reached")
    expect(page.locator("#query")).not_to_contain_text(CANARY)
    asked(page, "SELECT workflow,\n  sumary FROM runs")
    expect(page.locator("#query-refused")).to_contain_text("There is no column sumary.")
    expect(page.locator("#query-refused pre")).to_contain_text("LINE 2:   sumary FROM runs")
    page.locator("#query-views").click()
    expect(page.locator("#query-columns")).to_contain_text("one row for each step")
    assert serious(page) == []
    picture(page, "query-refused")
    # A question that takes its time is answered (on a busy machine, refused as too long) on the page that was opened
    # again meanwhile.
    page.locator("#query-sql").fill("SELECT sum(a.range * b.range) AS big FROM range(20000) a, range(20000) b")
    page.locator("#query-sql").press("Control+Enter")
    expect(page.locator("#query-asking")).to_be_attached()
    page.reload()
    tab(page, "Runs")
    expect(page.locator("#query :is(#query-answer, #query-refused)")).to_contain_text(re.compile("big|10 seconds"))


def test_a_spent_budget_is_told_with_what_to_do(pages: Pages, visit: Visit) -> None:
    page = visit(pages.spent)
    write_yaml(page, HELLO)
    expect(page.locator("[data-chip=design]")).to_contain_text("valid")
    tab(page, "Run")
    page.locator("#run-flow").click()
    told = page.locator("#notice [role=alert]")
    expect(told).to_contain_text("This month's budget of $0.00 is spent")
    expect(told).to_contain_text("rehearse with the model simulated")
    assert serious(page) == []
    picture(page, "budget-spent")
    tab(page, "Runs")
    expect(page.locator("#month-costs")).to_contain_text("Budget: $0 of $0 spent.")
    # What costs nothing still runs.
    tab(page, "Model")
    page.locator("#model input").fill("simulated")
    page.locator("#model input").press("Enter")
    expect(page.locator("#model-in-use")).to_contain_text("simulated")
    tab(page, "Run")
    page.locator("#run-flow").click()
    run_status(page, "done")
