"""Words for what a person does on the page."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

PATIENCE = 40_000
"""Milliseconds that an expectation is waited for; nothing needs nearly so long on a quiet machine."""

expect.set_options(timeout=PATIENCE)


def tab(page: Page, name: str) -> None:
    """Opens a tab, once the page is there: before that its tabs still move."""
    expect(page.locator("[data-chip=design]")).to_be_visible()
    found = page.get_by_role("tab", name=name, exact=True)
    more = page.get_by_role("button", name="More tabs")
    expect(found.or_(more).first).to_be_visible()
    if not found.count():
        # On a narrow page the last tabs are behind this button.
        more.click()
        found = page.locator(".overflow-dropdown").get_by_text(name, exact=True)
        found.click()
        return
    found.click()
    expect(found).to_have_attribute("aria-selected", "true")


def say(page: Page, text: str) -> None:
    """Sends a message and waits until the designer has answered it."""
    before = bot(page).count()
    page.locator("#message textarea").fill(text)
    page.locator("#send").click()
    answered(page, before)


def choose(page: Page, label: str) -> None:
    """Clicks an answer and waits until the designer has answered it."""
    before = bot(page).count()
    page.locator("#choices .wc-choice").filter(has_text=label).first.click()
    answered(page, before)


def answered(page: Page, before: int) -> None:
    expect(bot(page)).to_have_count(before + 1)
    # What can be answered next is told with the last word, after as many messages as there are now.
    expect(page.locator(f'#choices [data-key="choices:{2 * (before + 1)}"]')).to_be_attached()
    expect(page.locator("#send")).to_be_visible()


def anew(page: Page, press: Callable[[], None]) -> None:
    """Presses what asks the designer again, and waits until all of it is shown: it may look as it did before."""
    # A turn's end is shown; then the page looks for a run.
    with page.expect_request("**/queue/join*"):
        press()
    expect(page.locator("#send")).to_be_visible()


def bot(page: Page) -> Locator:
    return page.locator("[data-testid=bot]")


def skip_all(page: Page, most: int = 10) -> None:
    """Skips every open question until a design stands."""
    chip = page.locator("[data-chip=design]")
    for _ in range(most):
        skips = page.locator("#choices .wc-choice.wc-quiet")
        expect(skips.or_(chip.filter(has_text="valid")).first).to_be_visible()
        if not skips.count():
            return
        choose(page, "Skip")
    raise AssertionError("the interview does not end")


def interviewed(page: Page, press: Callable[[Locator], None], most: int = 8) -> None:
    """Presses the first card, and skips every open question, until a design stands."""
    chip = page.locator("[data-chip=design]").filter(has_text="valid")
    for _ in range(most):
        answer = page.locator("#choices .wc-choice.wc-quiet, #choices .wc-card").first
        expect(answer.or_(chip).first).to_be_visible()
        if not answer.count():
            break
        before = bot(page).count()
        press(answer)
        answered(page, before)


def designed(
    page: Page, wish: str = "I want to write a text, have it reviewed and improved until it is good"
) -> None:
    """From a wish to a valid design, by the guided designer."""
    say(page, wish)
    chip = page.locator("[data-chip=design]").filter(has_text="valid")
    # The answers come a moment after the message.
    expect(page.locator("#choices .wc-choice").or_(chip).first).to_be_visible()
    cards = page.locator("#choices .wc-card")
    if cards.count():
        before = bot(page).count()
        cards.first.click()
        answered(page, before)
    skip_all(page)
    expect(page.locator("[data-chip=design]")).to_contain_text("valid")
    expect(page.locator("#graph svg.wc-graph")).to_be_visible()


def write_yaml(page: Page, text: str) -> None:
    """Replaces the text in the editor as if it were pasted."""
    tab(page, "YAML")
    editor = page.locator("#yaml .cm-content")
    editor.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)


def run_status(page: Page, status: str) -> None:
    expect(page.locator(f"#run [data-run-status={status}]")).to_be_visible()


def revised(page: Page, number: int) -> None:
    """Waits until the Changes tab lists so many revisions."""
    tab(page, "Changes")
    expect(page.locator("#revisions li")).to_have_count(number)
