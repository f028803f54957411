"""The whole path, from a wish to outputs that are saved, on a phone with fingers and by the keyboard alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from chat_app.translation import LANGUAGES
from tests.ui.conftest import Pages, Visit, picture
from tests.ui.driving import answered, interviewed, run_status, tab

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser: parts")]

WISH = "draft a reply to each customer mail and let me approve it before it is sent"
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
SMALLEST = 24
"""CSS pixels of a target for a finger (WCAG 2.2, 2.5.8)."""
TARGETS = """() => [...document.querySelectorAll('#wc-right button, #choices button, #wc-head button, select')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .map((one) => [one.textContent.trim() || one.id, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 1 && box.height > 1)
  .map(([name, box]) => [name, Math.round(Math.min(box.width, box.height))])"""


def found_wrong(page: Page) -> list[str]:
    """What axe finds, what is cut off at the side, and what is too small for a finger."""
    broken = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    told = [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in broken]
    over = too_wide(page)
    return told + ([f"{over} px too wide"] if over > 0 else [])


def too_wide(page: Page) -> int:
    assert page.viewport_size is not None
    # Not `innerWidth`: a phone makes that as wide as what does not fit.
    return int(page.evaluate("() => document.documentElement.scrollWidth")) - page.viewport_size["width"]


def too_small(page: Page) -> list[str]:
    return [f"{name}: {size}" for name, size in page.evaluate(TARGETS) if size < SMALLEST]


def test_a_phone_from_a_wish_to_saved_outputs(pages: Pages, visit: Visit) -> None:
    page = visit(pages.plain, **PHONE, permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator("#choices .wc-choice").first).to_be_visible()
    assert found_wrong(page) == []
    page.locator("#message textarea").fill(WISH)
    page.locator("#send").tap()
    answered(page, 0)
    assert found_wrong(page) == []
    picture(page, "phone-cards")
    interviewed(page, lambda answer: answer.tap())
    expect(page.locator("#graph svg.wc-graph")).to_be_visible()
    assert found_wrong(page) == [] and too_small(page) == []
    fold = page.locator("#graph .wc-fold-map").first
    fold.tap()
    expect(fold).to_have_accessible_name("Unfold for_each")
    tab(page, "Run")
    assert found_wrong(page) == [] and too_small(page) == []
    # Said in the chat: the panel is brought into sight.
    page.locator("#message textarea").scroll_into_view_if_needed()
    page.locator("#choices").get_by_role("button", name="Run it").tap()
    run_status(page, "waiting")
    expect(page.locator("#run-head")).to_be_in_viewport()
    assert found_wrong(page) == [] and too_small(page) == []
    picture(page, "phone-question")
    question = page.locator("#run .wc-question")
    question.get_by_role("button", name="Answer").tap()
    choice = question.locator("select")
    expect(choice).to_have_attribute("aria-invalid", "true")
    expect(choice).to_be_focused()
    expect(choice).to_have_value("")
    choice.select_option(label="approve")
    question.get_by_role("button", name="Answer").tap()
    run_status(page, "done")
    assert found_wrong(page) == [] and too_small(page) == []
    outputs = page.locator("#outputs")
    outputs.get_by_role("button", name="Copy").tap()
    expect(outputs.locator(".wc-copied")).to_have_count(1)
    assert '"decision": "approve"' in page.evaluate("() => navigator.clipboard.readText()")
    with page.expect_download() as saved:
        outputs.get_by_role("button", name="Download").tap()
    assert json.loads(Path(saved.value.path()).read_text())["outputs"]["decision"] == "approve"
    picture(page, "phone-outputs")


ROWS = """() => {
  const middle = (one) => { const box = one.getBoundingClientRect(); return Math.round((box.top + box.bottom) / 2); };
  const parts = [...document.querySelector('#wc-head .wc-top').children];
  const rows = parts.filter((one) => one.getBoundingClientRect().width > 1).map(middle);
  return [...new Set(rows)].length;
}"""
"""How many rows the head takes."""
CUT = """() => {
  const [box, title] = ['language', 'wc-head h1'].map((one) => document.querySelector('#' + one));
  const style = getComputedStyle(box);
  const room = box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const pen = document.createElement('canvas').getContext('2d');
  pen.font = style.font;
  const names = [...box.options].map((one) => one.textContent);
  const cut = names.filter((name) => pen.measureText(name).width > room + 0.5);
  return title.scrollWidth > title.clientWidth ? [...cut, title.textContent] : cut;
}"""
"""The names in the head that are not seen whole, of the languages and of the page."""


def test_the_head_takes_two_rows_of_a_phone_in_every_language(pages: Pages, visit: Visit) -> None:
    seen = {}
    for code in LANGUAGES:
        page = visit(pages.plain, **PHONE, locale=code)
        expect(page.locator(f"#wc-head .wc-top[data-language={code}]")).to_be_visible()
        seen[code] = (page.evaluate(ROWS), too_wide(page), page.evaluate(CUT))
        picture(page, f"phone-head-{code}")
        page.close()
    assert seen == dict.fromkeys(LANGUAGES, (2, 0, []))


def reach(page: Page, wanted: Locator, most: int = 60) -> None:
    """Presses Tab until the wanted control has the focus, which must be seen on it."""
    expect(wanted).to_be_attached()
    for _ in range(most):
        if wanted.evaluate("one => one === document.activeElement"):
            seen = wanted.evaluate(
                "one => { const at = getComputedStyle(one); const body = one.querySelector('.wc-body, rect');"
                "return at.outlineStyle !== 'none' || at.boxShadow !== 'none' || !!body || one.matches('textarea') }"
            )
            assert seen, "the focus is not seen"
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab does not lead there")


def by_enter(page: Page, found: Locator) -> None:
    """Goes to a control by Tab and presses it."""
    reach(page, found)
    page.keyboard.press("Enter")


def test_the_keyboard_alone_from_a_wish_to_saved_outputs(pages: Pages, visit: Visit) -> None:
    page = visit(pages.plain)
    expect(page.locator("#message textarea")).to_be_focused()
    page.keyboard.type(WISH)
    page.keyboard.press("Enter")
    answered(page, 0)
    interviewed(page, lambda answer: by_enter(page, answer))
    # The tabs are one stop; the arrow keys go from one to the next.
    reach(page, page.get_by_role("tab", name="Graph", exact=True))
    for name in ("YAML", "Run"):
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name=name, exact=True)).to_have_attribute("aria-selected", "true")
    items = page.locator("#run-form textarea")
    reach(page, items)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Where is my order?")
    by_enter(page, page.locator("#run-flow"))
    run_status(page, "waiting")
    # The button that was pressed still has the focus, and what happened is spoken.
    expect(page.locator("#run-flow")).to_be_focused()
    spoken = page.locator("#run [role=status]")
    expect(spoken).to_contain_text("Run: Waiting for you. approve asks: Is this all right?")
    choice = page.locator("#run .wc-question select")
    reach(page, choice)
    page.keyboard.type("app")
    by_enter(page, page.locator("#run .wc-question [type=submit]"))
    run_status(page, "done")
    expect(page.locator("#run-head")).to_be_focused()
    expect(spoken).to_contain_text("Run: Done. Outputs: results, decision.")
    with page.expect_download() as saved:
        by_enter(page, page.locator("#outputs").get_by_role("button", name="Download"))
    assert json.loads(Path(saved.value.path()).read_text())["outputs"]["decision"] == "approve"
    assert found_wrong(page) == []
