"""The YAML tab in a real browser: checked as one types, led to the line, mended, tidied, saved and opened again."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Pages, Visit
from tests.ui.driving import tab, write_yaml
from tests.ui.test_changes_path import HELLO

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser: parts")]


HANDED = """([text, typing]) => {
  const editor = document.querySelector('#yaml .cm-content');
  const cm = (editor.cmTile ?? editor.cmView).view;
  // A key that is pressed this very moment, however slow the machine.
  if (typing) editor.dispatchEvent(new InputEvent('beforeinput'));
  cm.dispatch({ changes: { from: 0, to: cm.state.doc.length, insert: text } });
  return [cm.state.doc.toString(), cm.state.doc.lineAt(cm.state.selection.main.head).text];
}"""
"""Hands a whole text to the editor, as the page does it with what the server says; tells what stands there then."""


def test_what_the_server_hands_over_leaves_alone_what_one_types(pages: Pages, visit: Visit) -> None:
    page = visit(pages.plain)
    write_yaml(page, HELLO)
    expect(page.locator("#problems [data-valid=true]")).to_be_visible()
    page.get_by_text("name: hello").click()
    page.keyboard.press("End")
    page.keyboard.type("-world")
    typed = HELLO.replace("name: hello", "name: hello-world")
    # An answer that was given before the server heard of what was typed.
    assert page.evaluate(HANDED, [HELLO, False])[0].rstrip() == typed.rstrip()
    # What another has changed is put in around the line where one is.
    page.keyboard.type("s")
    changed = HELLO.replace("outputs: [text]", "outputs: [text]  # told")
    text, line = page.evaluate(HANDED, [changed, True])
    assert "name: hello-worlds" in text and line == "name: hello-worlds"
    assert "# told" in text
    # With nobody typing, the text is what is handed over.
    page.locator("#message textarea").focus()
    assert page.evaluate(HANDED, [HELLO, False])[0].rstrip() == HELLO.rstrip()


def test_what_is_wrong_is_led_to_mended_tidied_and_saved(pages: Pages, visit: Visit, tmp_path: Path) -> None:
    page = visit(pages.plain, permissions=["clipboard-read", "clipboard-write"])
    write_yaml(page, HELLO.replace("kind: llm", "kind: lm").replace("outputs: [text]", "outputs: [txt]"))
    chip = page.locator("[data-chip=design]")
    expect(chip).to_contain_text("errors")
    expect(page.locator("#problems [data-jump]")).to_have_count(2)
    # A place leads to its line in the editor.
    page.locator("#problems [data-jump^='5:']").first.click()
    page.wait_for_function("() => getSelection().toString() === 'outputs: [txt]'")
    expect(page.locator("#yaml .cm-content")).to_be_focused()
    fixes = page.locator("#problems li button[data-act=fix]")
    expect(fixes).not_to_have_count(0)
    for _ in range(4):
        left = fixes.count()
        if not left:
            break
        fixes.first.click()
        expect(fixes).not_to_have_count(left)
    expect(page.locator("#problems [data-valid=true]")).to_be_visible()
    editor = page.locator("#yaml .cm-content")
    expect(editor).to_contain_text("kind: llm")
    expect(editor).to_contain_text("outputs: [text]")
    page.locator("#problems").get_by_role("button", name="Format").click()
    expect(page.locator("#notice")).not_to_be_empty()
    with page.expect_download() as saved:
        page.locator("#problems").get_by_role("button", name="Download").click()
    text = Path(saved.value.path()).read_text()
    assert "name: hello" in text
    page.locator("#save-design").click()
    page.locator("#copy-link").click()
    link = page.evaluate("() => navigator.clipboard.readText()")
    assert link == f"{pages.plain}?design=hello"
    (tmp_path / "other.yaml").write_text(text.replace("name: hello", "name: other"))
    page.locator("input[type=file][accept*='.yaml']").set_input_files(tmp_path / "other.yaml")
    expect(editor).to_contain_text("name: other")
    page.goto(link)
    tab(page, "YAML")
    expect(page.locator("#yaml .cm-content")).to_contain_text("name: hello")


HOLD_THE_REPORT = """() => {
  const plain = window.fetch;
  window.fetch = async (...asked) => {
    const answer = await plain(...asked);
    if (!String(asked[0]?.url || asked[0]).includes('/run/predict')) return answer;
    if ((await answer.clone().text()).includes('dry-run-report')) {
      await new Promise((done) => { window.letGo ??= done; });
    }
    return answer;
  };
}"""
"""Holds the answer that tells of the dry run on its way to the page, until it is let go."""


def test_an_answer_that_another_overtook_paints_nothing_over_it(pages: Pages, visit: Visit) -> None:
    page = visit(pages.plain)
    write_yaml(page, HELLO)
    chip = page.locator("[data-chip=design]")
    expect(chip).to_contain_text("Design valid")
    tab(page, "Run")
    expect(page.locator("#dry-run")).to_be_visible()
    page.evaluate(HOLD_THE_REPORT)
    page.locator("#dry-run").click()
    page.wait_for_function("() => window.letGo")
    write_yaml(page, "nodes: [oops")
    expect(chip).to_contain_text("not valid")
    page.evaluate("() => window.letGo()")
    # What only the first answer tells is shown; what both do stays as the second told it.
    expect(page.locator("#dry-run-report")).to_be_attached()
    expect(chip).to_contain_text("not valid")
    expect(page.locator("#graph")).to_contain_text("last valid version")
    expect(page.locator("#run-form")).to_contain_text("can't run yet")


HOLD_THE_SECOND = """
  const plain = window.fetch;
  let seen = 0;
  window.fetch = async (...asked) => {
    const answer = await plain(...asked);
    if (!String(asked[0]?.url || asked[0]).includes('/run/predict')) return answer;
    if (!(await answer.clone().text()).includes('Nothing to run yet') || ++seen !== 2) return answer;
    await new Promise((done) => { window.letGo = done; });
    setTimeout(() => { window.arrived = true; }, 300);
    return answer;
  };
"""
"""Holds what a page is told at its start for the second time: that there is nothing to run."""


def test_a_panel_that_was_never_opened_shows_what_was_made_last(pages: Pages, visit: Visit) -> None:
    page = visit(pages.plain)
    page.add_init_script(HOLD_THE_SECOND)
    page.reload()
    tab(page, "YAML")
    page.wait_for_function("() => window.letGo")
    write_yaml(page, HELLO)
    expect(page.locator("[data-chip=design]")).to_contain_text("Design valid")
    page.evaluate("() => window.letGo()")
    page.wait_for_function("() => window.arrived")
    expect(page.locator("[data-chip=design]")).to_contain_text("Design valid")
    tab(page, "Run")
    expect(page.locator("#run-form [data-name=who]")).to_be_visible()
