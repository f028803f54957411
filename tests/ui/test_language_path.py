"""The page in other languages than English: nothing of it stays English, whoever says it."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from playwright.sync_api import Page, expect

from chat_app.chat_models.providers import PROVIDERS
from chat_app.translation import speaking
from chat_app.ui.words import TABS, tab_label
from chat_app.workflow.document import Limits
from tests.ui.conftest import Pages, Visit, picture
from tests.ui.driving import answered, bot, run_status, say, tab

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser: parts")]

WISH = "我想写一篇文章，让它被审阅并改进，直到足够好"
SAID = """() => [...document.body.querySelectorAll('*')].flatMap((one) => {
  if (!one.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return [];
  const labels = ['aria-label', 'title', 'placeholder', 'alt'].map((name) => one.getAttribute(name) ?? '');
  const data = 'code, pre, style, script, textarea, .cm-editor, .wc-diff, .wc-table, .wc-views li, #language';
  if (one.closest(data)) return labels;
  const texts = [...one.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE);
  return [...labels, ...texts.map((text) => text.data)];
})"""
"""All that is seen and all that a screen reader says; texts that stand as code, and tables of data, apart."""
WORD = re.compile(r"[A-Za-z]{3,}")
CODE = re.compile(r"`[^`]*`|\[simulated\]|\b[A-Z]+(?:_[A-Z]+)+\b|https?://\S+")
PRODUCTS = "workflow chat YAML SQL CSV API LiteLLM token Ctrl Enter UTC WHERE LIMIT SELECT FROM runs"
LANGUAGE = ["START", "END", "state", "string", "integer", "llm", *Limits.model_fields]
"""Words of the workflow language: they are the same in every language."""
IDS = "write_review_improve draft_review_improve topic draft score feedback write review improve text_kind"
"""What the path's workflow calls its parts."""


def words(texts: Iterable[str]) -> set[str]:
    return {word.lower() for text in texts for word in WORD.findall(CODE.sub(" ", text))}


ALLOWED = words([PRODUCTS, *LANGUAGE, IDS, "simulated", *(f"{one.title} {one.models}" for one in PROVIDERS)])


def look(page: Page, where: str) -> None:
    """Fails on what is English."""
    left = [text for text in page.evaluate(SAID) if words([text]) - ALLOWED]
    assert left == [], where


def test_nothing_of_a_whole_path_is_left_in_english(pages: Pages, visit: Visit) -> None:
    page = visit(pages.plain, locale="zh-CN")
    with speaking("zh"):
        labels = {name: tab_label(name) for name in TABS}

    def look_at(name: str) -> None:
        tab(page, labels[name])
        expect(page.get_by_role("tab", name=labels[name], exact=True)).to_have_attribute("aria-selected", "true")
        expect(page.locator(".tabitem:visible .wc-blocks > *").first).to_be_attached()
        look(page, name)

    expect(page.get_by_role("tab", name=labels["graph"], exact=True)).to_be_visible()
    look(page, "the empty page")
    say(page, WISH)
    look(page, "the cards")
    answer, designed = (
        page.locator("#choices :is(.wc-card, .wc-quiet)").first,
        page.locator("[data-chip=design][data-tone=ok]"),
    )
    for _ in range(10):
        expect(answer.or_(designed).first).to_be_visible()
        if designed.count():
            break
        before = bot(page).count()
        answer.click()
        answered(page, before)
        look(page, f"question {before}")
    for name in TABS:
        look_at(name)
    page.locator("#probe").click()
    expect(page.locator("#notice")).to_contain_text("它有回应")
    look(page, "the probed model")
    look_at("tests")
    page.locator("#run-tests").click()
    expect(page.locator("#tests-summary")).to_be_visible()
    look(page, "tests that were run")
    look_at("run")
    page.locator("#run-flow").click()
    run_status(page, "done")
    # With it all is drawn for the last time.
    expect(page.locator("[data-chip=run][data-tone=ok]")).to_be_visible()
    look(page, "a run")
    picture(page, "chinese-run")
    look_at("graph")
    page.locator("#graph .wc-node").first.click()
    expect(page.locator("[data-details]")).to_be_visible()
    look(page, "a node")
    look_at("runs")
    page.locator("#open-query").click()
    page.locator("#query-views").click()
    expect(page.locator("#query-columns")).to_be_visible()
    page.locator("#query-sql").fill("SELEC 1")
    page.locator("#ask-query").click()
    expect(page.locator("#query-refused")).to_be_visible()
    look(page, "a question that is refused")
    page.locator("#history").click()
    expect(page.locator("#conversations li").first).to_be_visible()
    look(page, "the history")


def test_gradios_own_labels_follow_the_page_and_not_the_browser(pages: Pages, visit: Visit) -> None:
    page = visit(pages.plain, locale="zh-CN")
    chat = page.locator("#chat")
    say(page, "我想写一篇文章")
    expect(chat.get_by_role("log", name="对话", exact=True)).to_be_visible()
    expect(chat.get_by_role("button", name="撤销")).to_have_attribute("title", "撤销")
    expect(chat.get_by_role("button", name="复制消息").first).to_be_visible()
    expect(chat.get_by_label("你的消息：我想写一篇文章", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "zh"
    page.locator("#language").select_option("fr")
    expect(chat.get_by_role("button", name="Réessayer")).to_be_visible()
    expect(chat.get_by_label("Votre message : 我想写一篇文章", exact=True)).to_be_visible()
    # What Gradio draws later, too: here its button of the hosting service, which is only there.
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<button id=sign-in>Logout (ann)</button>')")
    expect(page.locator("#sign-in")).to_have_text("Se déconnecter (ann)")
    chat.get_by_role("button", name="Modifier").first.click()
    expect(chat.get_by_role("button", name="Abandonner")).to_be_visible()
    page.locator("#language").select_option("en")
    expect(chat.get_by_role("button", name="Cancel")).to_have_attribute("title", "Cancel")
    expect(chat.get_by_role("button", name="Retry")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "en"
