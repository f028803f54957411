"""The main path in a real browser, without a key or a network: from "I want…" to streamed outputs."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import Pages, Visit, picture
from tests.ui.driving import bot, choose, designed, run_status, say, tab, write_yaml

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser: whole paths")]

ASKS = """\
version: 1
name: with_approval
inputs:
  topic: {type: string, examples: [Salt]}
state:
  text: {type: string}
  decision: {type: string, enum: [send, discard]}
outputs: [text, decision]
nodes:
  - {id: write, kind: llm, prompt: "Write about {{ state.topic }}", writes: [text]}
  - {id: approve, kind: human, ask: "Send this?\\n\\n{{ state.text }}", writes: [decision]}
"""


@pytest.fixture
def address(pages: Pages) -> str:
    return pages.plain


@pytest.fixture
def slow_address(pages: Pages) -> str:
    return pages.slow


def test_from_a_wish_to_streamed_outputs(address: str, visit: Visit) -> None:
    page = visit(address)
    expect(page.locator("#choices .wc-choice").first).to_be_visible()
    expect(page.locator("[data-chip=model]")).to_contain_text("SIMULATED")
    designed(page)
    assert page.locator("#graph [data-node]").count() >= 4
    page.locator("#choices .wc-choice", has_text="Run it").click()
    run_status(page, "done")
    expect(page.locator("#outputs")).to_contain_text("SIMULATED")
    expect(page.locator("#outputs [data-field]").first).to_be_visible()
    tab(page, "Graph")
    expect(page.locator("#graph [data-status=done]").first).to_be_visible()
    tab(page, "Runs")
    expect(page.locator("#runs li[data-run]")).to_have_count(1)
    page.locator("#history").click()
    expect(page.locator("#designs li")).to_have_count(1)
    picture(page, "runs")


def test_a_run_from_the_form_with_an_example(address: str, visit: Visit) -> None:
    page = visit(address)
    write_yaml(page, ASKS)
    tab(page, "Run")
    topic = page.locator("#run-form textarea")
    # The form comes filled with an example.
    expect(topic).to_have_value("Salt")
    topic.fill("")
    page.locator("#run-flow").click()
    expect(page.locator("#run-form [role=alert]")).to_contain_text("needed")
    page.locator("#run-form button", has_text="Example").click()
    page.locator("#run-flow").click()
    run_status(page, "waiting")
    expect(page.locator("#run [data-question=approve]")).to_contain_text("Send this?")
    picture(page, "interrupt")
    answer = page.get_by_role("button", name="Answer", exact=True)
    answer.click()
    expect(page.locator("#run [data-question] [role=alert]")).to_be_visible()
    page.locator("#run [data-question] select").select_option(label="send")
    answer.click()
    run_status(page, "done")
    expect(page.locator("#outputs [data-field=decision]")).to_contain_text("send")


def test_broken_yaml_keeps_the_design(address: str, visit: Visit) -> None:
    page = visit(address)
    write_yaml(page, ASKS)
    expect(page.locator("[data-chip=design]")).to_contain_text("valid")
    write_yaml(page, "nodes: [oops\nthis is: not a: workflow")
    expect(page.locator("[data-chip=design]")).to_contain_text("not valid")
    problem = page.locator("#problems .wc-problems li").first
    expect(problem).to_be_visible()
    assert ":" in problem.locator(".wc-place").inner_text()
    picture(page, "yaml-finding")
    tab(page, "Graph")
    expect(page.locator("#graph [data-node=approve]")).to_be_visible()
    expect(page.locator("#graph")).to_contain_text("last valid version")
    tab(page, "YAML")
    page.locator("#undo-design").click()
    expect(page.locator("[data-chip=design]")).to_contain_text("Design valid")
    expect(page.locator("#yaml .cm-content")).to_contain_text("with_approval")


def test_a_reload_restores_everything(address: str, visit: Visit) -> None:
    page = visit(address)
    write_yaml(page, ASKS)
    expect(page.locator("[data-chip=design]")).to_contain_text("valid")
    say(page, "I want to summarise each text of a list")
    last = bot(page).last.inner_text()
    offered = page.locator("#choices .wc-choice").all_inner_texts()
    picture(page, "edited-by-chat")
    page.reload()
    expect(bot(page)).to_have_count(1)
    expect(bot(page).last).to_have_text(last, use_inner_text=True)
    expect(page.locator("#choices .wc-choice")).to_have_text(offered, use_inner_text=True)
    expect(page.locator("#graph [data-node=approve]")).to_be_visible()
    expect(page.locator("[data-chip=design]")).to_contain_text("valid")


def test_stop_in_the_middle_and_reload_in_the_middle(slow_address: str, visit: Visit) -> None:
    page = visit(slow_address)
    write_yaml(page, ASKS)
    tab(page, "Run")
    page.locator("#run-flow").click()
    run_status(page, "running")
    expect(page.locator("#run .wc-step [data-stream]")).not_to_be_empty()
    picture(page, "run-streaming")
    page.reload()
    tab(page, "Run")
    run_status(page, "running")
    page.locator("#stop-run").click()
    run_status(page, "stopped")
    expect(page.locator("#continue-run")).to_be_visible()
    expect(page.locator("#run-flow")).to_be_enabled()


def test_two_visitors_never_meet(address: str, visit: Visit) -> None:
    first, second = visit(address), visit(address)
    canaries = {first: "canary_alpha", second: "canary_beta"}
    for page, canary in canaries.items():
        write_yaml(page, ASKS.replace("with_approval", canary).replace("[Salt]", f"[{canary}_input]"))
        expect(page.locator("[data-chip=design]")).to_contain_text("valid")
        page.locator("#save-design").click()
        expect(page.locator("#notice")).to_contain_text(canary)
        tab(page, "Run")
        page.locator("#run-flow").click()
        run_status(page, "waiting")
    for page, own in canaries.items():
        other = next(canary for canary in canaries.values() if canary != own)
        seen = _everything(page)
        assert own in seen
        assert other not in seen
        page.reload()
        seen = _everything(page)
        assert own in seen
        assert other not in seen


def _everything(page: Page) -> str:
    """All text and markup of every tab."""
    found = []
    for name in ("Graph", "YAML", "Run", "Changes", "Runs", "Tests", "Model"):
        tab(page, name)
        expect(page.get_by_role("tab", name=name, exact=True)).to_have_attribute("aria-selected", "true")
        expect(page.locator(".tabitem:visible .wc-blocks > *").first).to_be_attached()
        found.append(page.content())
    return "\n".join(found)


def test_a_phone_shows_it_all_without_scrolling_sideways(address: str, visit: Visit) -> None:
    page = visit(address, viewport={"width": 390, "height": 844}, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    write_yaml(page, ASKS)
    expect(page.locator("[data-chip=design]")).to_contain_text("valid")
    for name in ("Graph", "YAML", "Run", "Changes", "Runs"):
        tab(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
        picture(page, f"phone-{name.lower()}")


def test_markup_of_a_workflow_is_shown_and_not_run(address: str, visit: Visit) -> None:
    page = visit(address)
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    evil = "<img src=x onerror=alert(1)>"
    write_yaml(page, ASKS.replace("topic: {type: string,", f'topic: {{type: string, description: "{evil}",'))
    tab(page, "Run")
    expect(page.locator("#run-form .wc-hint").filter(has_text="onerror")).to_be_visible()
    say(page, evil)
    expect(bot(page).last).to_be_visible()
    assert page.locator("img[src=x]").count() == 0


def test_a_question_can_be_answered_with_a_click(address: str, visit: Visit) -> None:
    page = visit(address)
    choose(page, "Summarise each text")
    expect(page.locator("#choices .wc-choice").first).to_be_visible()
    expect(page.locator("[data-testid=user]").first).to_contain_text("summarise each text")
    picture(page, "cards")


def test_a_node_tells_its_yaml_by_click_and_by_keyboard(address: str, visit: Visit) -> None:
    page = visit(address)
    write_yaml(page, ASKS)
    tab(page, "Graph")
    page.locator("#graph [data-node=approve]").click()
    expect(page.locator("#node-details")).to_contain_text("kind: human")
    page.locator("#graph [data-node=write]").press("Enter")
    expect(page.locator("[data-details=write] .wc-yaml")).to_contain_text("Write about")
    page.locator("#node-details").get_by_role("button", name="Close").click()
    expect(page.locator("#node-details")).to_have_count(0)
