"""The model-driven designer on the page, against a scripted server on a real socket."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.servers.openai_server import OpenAIServer
from tests.ui.conftest import Pages, Script, Visit, picture
from tests.ui.driving import bot, choose, run_status, say, tab

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser: whole paths")]

KEY = "sk-canary-0123456789"
MODEL = "openai/any"


@pytest.fixture(autouse=True)
def fresh(script: Script) -> None:
    script.turns = 0
    script.refuses = False


@pytest.fixture
def address(pages: Pages) -> str:
    return pages.real


def take_model(page: Page, name: str) -> None:
    """Types a model's name in the Model tab."""
    tab(page, "Model")
    box = page.locator("#model input")
    box.fill(name)
    box.press("Enter")
    expect(page.locator("[data-chip=model]")).to_contain_text(name)


def test_an_interview_and_a_run_by_a_real_model(address: str, server: OpenAIServer, visit: Visit) -> None:
    page = visit(address)
    take_model(page, MODEL)
    say(page, "Answer the mails of my customers")
    expect(page.locator("#choices .wc-choice")).to_contain_text(["formal", "friendly"])
    picture(page, "model-designer-question")
    choose(page, "friendly")
    expect(page.locator("[data-chip=design]")).to_contain_text("valid")
    tab(page, "Graph")
    expect(page.locator("#graph [data-node=reply]")).to_be_visible()
    tab(page, "Run")
    page.locator("#run-form [data-name=email]").fill("Where is my order?")
    page.locator("#run-flow").click()
    run_status(page, "done")
    expect(page.locator("#outputs")).to_contain_text("your order is on its way")
    expect(page.locator("#run .wc-simulated")).to_have_count(0)
    assert any("Where is my order?" in request.last for request in server.requests)


def test_a_wrong_key_is_told_and_the_design_stays(address: str, script: Script, visit: Visit) -> None:
    page = visit(address)
    take_model(page, MODEL)
    script.turns = 1
    say(page, "Answer the mails of my customers")
    expect(page.locator("[data-chip=design]")).to_contain_text("valid")
    script.refuses = True
    say(page, "Add a review step")
    expect(bot(page).last).to_contain_text("key")
    expect(page.locator("[data-chip=design]")).to_contain_text("valid")
    tab(page, "Run")
    page.locator("#run-form [data-name=email]").fill("Where is my order?")
    page.locator("#run-flow").click()
    run_status(page, "failed")
    expect(page.locator("#run .wc-problem").first).to_contain_text("key")
    expect(page.locator("#run .wc-help").first).not_to_be_empty()
    picture(page, "run-failed")


def test_an_unknown_model_is_told_with_what_to_do(address: str, visit: Visit) -> None:
    page = visit(address)
    take_model(page, "opnai/gpt-5")
    expect(page.locator("#notice")).to_contain_text("opnai")
    expect(page.locator("#notice .wc-problem")).to_be_visible()


def test_a_typed_key_goes_to_the_server_and_nowhere_else(
    address: str, pages: Pages, server: OpenAIServer, visit: Visit
) -> None:
    page = visit(address)
    take_model(page, MODEL)
    page.locator("#key input").fill(KEY)
    page.locator("#use-key").click()
    expect(page.locator("#notice")).to_contain_text("OPENAI_API_KEY")
    expect(page.locator("#key input")).to_have_value("")
    page.locator("#probe").click()
    expect(page.locator("#notice")).to_contain_text("answers")
    assert server.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    page.reload()
    tab(page, "Model")
    expect(page.locator("#models-found")).to_be_visible()
    assert KEY not in page.content()
    assert KEY not in page.evaluate("JSON.stringify(localStorage)")
    kept = [path for path in pages.folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert kept == []
