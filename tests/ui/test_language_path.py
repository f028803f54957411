"""The page in other languages than English: nothing of it stays English, whoever says it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Pages, Visit
from tests.ui.driving import say

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser: parts")]


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
    # What Gradio draws later, too.
    chat.get_by_role("button", name="Modifier").first.click()
    expect(chat.get_by_role("button", name="Abandonner")).to_be_visible()
    page.locator("#language").select_option("en")
    expect(chat.get_by_role("button", name="Cancel")).to_have_attribute("title", "Cancel")
    expect(chat.get_by_role("button", name="Retry")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "en"
