"""Changing one's mind in a real browser: by hand, by chat, edit by edit, message by message; and how it looks."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.ui.conftest import Pages, Visit, picture
from tests.ui.driving import anew, answered, bot, choose, designed, revised, run_status, say, tab, write_yaml

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser: parts")]

HELLO = """\
version: 1
name: hello
inputs: {who: {type: string, examples: [Ada]}}
state: {text: {type: string}}
outputs: [text]
nodes:
  - {id: write, kind: llm, prompt: "Greet {{ state.who }}", writes: [text]}
tests:
  - {name: greets, inputs: {who: Ada}, given: {write: {text: Hi}}, expect: ["state.text == 'Hi'"]}
"""
FILES = """\
version: 1
name: shows_files
inputs:
  picture: {type: file}
  sound: {type: file}
  paper: {type: file}
  people: {type: array, items: {type: object, properties: {name: {type: string}, age: {type: integer}}}}
state: {text: {type: string}}
outputs: [text, picture, sound, paper, people]
nodes:
  - {id: name_it, kind: template, template: "**{{ state.picture.name }}**", writes: [text]}
"""
FAILS = """\
version: 1
name: counts
inputs: {text: {type: string, default: many}}
state: {number: {type: string}}
outputs: [number]
nodes:
  - {id: count, kind: template, template: "{{ state.text | int }} words", writes: [number]}
"""
ONE_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8cf50cf0000038101805a34d61d"
    "0000000049454e44ae426082"
)
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 150]>>endobj\n"
    b"trailer<</Root 1 0 R/Size 4>>\nstartxref\n0\n%%EOF\n"
)


def serious(page: Page) -> list[str]:
    """What axe finds of weight, with the place."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['target']} {one['nodes'][0]['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_by_hand_then_by_chat_one_edit_rejected_a_message_taken_back(pages: Pages, visit: Visit) -> None:
    page = visit(pages.plain)
    expect(page.locator("#choices .wc-choice").first).to_be_visible()
    picture(page, "empty")
    designed(page)
    picture(page, "designed")
    assert serious(page) == []
    tab(page, "YAML")
    page.locator("#yaml .cm-content").click()
    page.keyboard.press("ControlOrMeta+Home")
    page.keyboard.insert_text("# by hand\n")
    revised(page, 2)
    expect(page.locator("[data-chip=design]")).to_contain_text("valid")
    turns = bot(page).count()
    say(page, "add a translation to German at the end")
    expect(page.locator("#graph [data-node=translate]")).to_be_visible()
    revised(page, 3)
    expect(page.locator("#changes .wc-side")).to_have_count(2)
    expect(page.locator("#changes .wc-side .wc-new[data-node=translate]")).to_have_count(1)
    assert serious(page) == []
    picture(page, "changes")
    last = page.locator("#changes [data-unit]").last
    expect(last).to_contain_text("outputs")
    last.get_by_role("button", name="Reject").click()
    expect(page.locator("#changes [data-unit]").last).to_have_attribute("data-verdict", "rejected")
    revised(page, 4)
    tab(page, "YAML")
    expect(page.locator("#yaml .cm-content")).to_contain_text("# by hand")
    anew(page, lambda: page.get_by_role("button", name="Undo", exact=True).first.click(force=True))
    expect(page.locator("#message textarea")).to_have_value("add a translation to German at the end")
    tab(page, "Graph")
    expect(page.locator("#graph [data-node=translate]")).to_have_count(0)
    expect(bot(page)).to_have_count(turns)
    anew(page, lambda: page.get_by_role("button", name="Retry", exact=True).last.click(force=True))
    answered(page, turns - 1)
    # Asked again from before the design stood: what was typed into it is no part of the new one.
    tab(page, "YAML")
    expect(page.locator("#yaml .cm-content")).not_to_contain_text("# by hand")
    expect(page.locator("[data-chip=design]")).to_contain_text("valid")


def test_keyboard_alone_from_a_wish_to_a_node(pages: Pages, visit: Visit) -> None:
    page = visit(pages.plain)
    message = page.locator("#message textarea")
    expect(message).to_be_focused()
    expect(page.locator("#choices .wc-choice").first).to_be_visible()
    page.keyboard.type("I want to summarise each text of a list")
    page.keyboard.press("Enter")
    answered(page, 0)
    chip = page.locator("[data-chip=design]")
    for _ in range(12):
        answer = page.locator("#choices .wc-choice.wc-quiet, #choices .wc-card").first
        expect(answer.or_(chip.filter(has_text="valid")).first).to_be_visible()
        if not answer.count():
            break
        before = bot(page).count()
        answer.focus()
        page.keyboard.press("Enter")
        answered(page, before)
    expect(chip).to_contain_text("valid")
    graph = page.get_by_role("tab", name="Graph", exact=True)
    graph.focus()
    page.keyboard.press("Enter")
    fold = page.locator("#graph [data-fold]").first
    fold.focus()
    inside = page.locator("#graph [data-node]").count()
    page.keyboard.press("Enter")
    expect(page.locator("#graph [data-node]")).not_to_have_count(inside)
    page.locator("#graph .wc-node[role=button]").first.focus()
    page.keyboard.press("+")
    expect(page.locator("#graph svg.wc-zoomed")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#node-details")).to_be_visible()


def test_every_tab_is_legible_to_axe_in_light_and_dark(pages: Pages, visit: Visit) -> None:
    page = visit(pages.plain, color_scheme="dark")
    write_yaml(page, HELLO)
    expect(page.locator("[data-chip=design]")).to_contain_text("valid")
    page.locator("#save-design").click()
    expect(page.locator("#copy-link")).to_be_visible()
    tab(page, "Run")
    page.locator("#run-flow").click()
    run_status(page, "done")
    tab(page, "Runs")
    page.locator("#runs").get_by_role("button", name="Save as a test").click()
    expect(page.locator("#tests-summary")).to_contain_text("2 of 2 passed")
    for scheme in ("dark", "light"):
        if scheme == "light":
            page.emulate_media(color_scheme="light")
            page.goto(f"{page.url}?design=hello")
            expect(page.locator("[data-chip=design]")).to_contain_text("valid")
        for name in ("Graph", "YAML", "Run", "Changes", "Runs", "Tests", "Model"):
            tab(page, name)
            expect(page.locator(".tabitem:visible .wc-blocks > *").first).to_be_attached()
            if name == "YAML":
                expect(page.locator("#yaml .cm-content")).to_have_attribute("tabindex", "0")
            assert serious(page) == [], (scheme, name)
            picture(page, f"{scheme}-{name.lower()}")


def test_files_of_each_type_go_in_and_come_out(pages: Pages, visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "a b.png").write_bytes(ONE_PIXEL)
    (tmp_path / "paper.pdf").write_bytes(PDF)
    (tmp_path / "people.csv").write_text("age,name\n36,Ada\n85,Grace\n")
    with wave.open(str(tmp_path / "sound.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 80, "NONE", ""))
        sound.writeframes(bytes(160))
    page = visit(pages.plain)
    write_yaml(page, FILES)
    tab(page, "Run")
    for field, name in (("picture", "a b.png"), ("sound", "sound.wav"), ("paper", "paper.pdf")):
        page.locator(f"[data-file={field}] input[type=file]").set_input_files(tmp_path / name)
        expect(page.locator(f"[data-file={field}] li")).to_contain_text(name)
    page.locator("#run-form .wc-field", has_text="people").locator("input[type=file]").set_input_files(
        tmp_path / "people.csv"
    )
    expect(page.locator("#run-form textarea[data-name=people]")).to_have_value("age,name\n36,Ada\n85,Grace\n")
    page.locator("#run-flow").click()
    run_status(page, "done")
    outputs = page.locator("#outputs")
    expect(outputs.locator("[data-field=text] strong")).to_have_text("a b.png")
    image = outputs.locator("[data-field=picture] img")
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("naturalWidth", 1)
    expect(outputs.locator("[data-field=sound] audio")).to_be_visible()
    expect(outputs.locator("[data-field=people] table")).to_contain_text("Grace")
    shown = page.request.get(str(outputs.locator("[data-field=paper] iframe").evaluate("one => one.src")))
    assert (shown.status, shown.headers["content-type"], shown.body()) == (200, "application/pdf", PDF)
    with page.expect_download() as saved:
        outputs.locator("[data-field=paper] a").click()
    assert Path(saved.value.path()).read_bytes() == PDF
    picture(page, "outputs")
    # No other event or file can be asked for.
    asked = page.request.get(f"{pages.plain}gradio_api/info")
    assert asked.json()["named_endpoints"] == {}
    forged = str(image.evaluate("one => one.src")).replace("sign=", "sign=0")
    assert page.request.get(forged).status == 403


def test_the_page_speaks_the_language_of_the_browser_and_another(pages: Pages, visit: Visit) -> None:
    page = visit(pages.plain, locale="de-AT")
    expect(page.get_by_role("tab", name="Änderungen", exact=True)).to_be_visible()
    expect(page.locator("#send")).to_have_text("Senden")
    expect(page.locator("#choices")).to_contain_text("Rechnung")
    picture(page, "german")
    page.locator("#language").select_option("ja")
    expect(page.get_by_role("tab", name="グラフ", exact=True)).to_be_visible()
    page.reload()
    expect(page.locator("#send")).to_have_text("送信")
    page.locator("#language").select_option("en")
    expect(page.locator("#send")).to_have_text("Send")
    choose(page, "Summarise each text")
    expect(page.locator("[data-testid=user]").first).to_contain_text("summarise each text")


def test_findings_and_failures_are_told_in_the_visitors_language(pages: Pages, visit: Visit) -> None:
    page = visit(pages.plain, locale="de-DE")
    write_yaml(page, FAILS.replace("state.text", "state.txet"))
    problems = page.locator(".wc-problems")
    expect(problems).to_contain_text("state.txet benennt kein Feld.")
    expect(problems).to_contain_text("Meintest du state.text?")
    picture(page, "german-findings")
    write_yaml(page, FAILS)
    expect(page.locator("[data-valid=true]")).to_be_visible()
    tab(page, "Lauf")
    page.locator("#run-flow").click()
    run_status(page, "failed")
    expect(page.locator("#run .wc-problem").first).to_contain_text("daraus wird keine Zahl: 'many'")
    expect(page.locator("#run .wc-problem").first).to_contain_text("Sorge dafür, dass jedes gelesene Feld")
    picture(page, "german-failure")
    # The same run, from the record, for one who speaks another language.
    page.locator("#language").select_option("fr")
    expect(page.locator("#run .wc-problem").first).to_contain_text("cela ne donne pas un nombre")
