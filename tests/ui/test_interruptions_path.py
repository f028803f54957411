"""Stopping a model in mid-stream, asking again, typing while it answers, and dropping files on the conversation."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import Page, Route, expect

from tests.designer.agent.samples import FIRST, edit
from tests.servers.openai_server import OpenAIServer, Says, as_json
from tests.ui.conftest import Pages, Script, Visit, picture
from tests.ui.driving import anew, answered, bot, revised, say, tab
from tests.ui.test_agent_path import MODEL, take_model
from tests.ui.test_changes_path import ONE_PIXEL

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser: parts")]

WISH = "Answer the mails of my customers"
SHORT = edit({"op": "set_prompt", "id": "reply", "prompt": "Answer in one line: {{ state.email }}"})


@pytest.fixture
def designed(pages: Pages, script: Script, server: OpenAIServer, visit: Visit) -> Page:
    """A page on which a real model has made a design."""
    server.hold()
    script.refuses, script.coming = False, [as_json(FIRST)]
    page = visit(pages.real)
    take_model(page, MODEL)
    say(page, WISH)
    expect(page.locator("[data-chip=design]")).to_contain_text("valid")
    return page


def send(page: Page, text: str) -> None:
    page.locator("#message textarea").fill(text)
    page.locator("#send").click()


def test_a_stream_is_stopped_gone_on_with_asked_again_and_edited(
    designed: Page, script: Script, server: OpenAIServer
) -> None:
    page = designed
    script.coming = [as_json(SHORT, pause_at=3)]
    send(page, "Shorter, please")
    server.wait_paused()
    page.locator("#stop-turn").click()
    # The server is told at once: nothing more is paid for.
    server.wait_gone()
    expect(bot(page).last).to_contain_text("Stopped. The design is as it was.")
    expect(page.locator("[data-chip=design]")).to_contain_text("valid")
    expect(page.locator("#send")).to_be_visible()
    script.coming = [as_json(SHORT)]
    before = bot(page).count()
    anew(page, lambda: page.locator("#choices .wc-choice", has_text="Continue").click())
    expect(bot(page).last).to_contain_text("reply")
    expect(bot(page)).to_have_count(before)
    revised(page, 2)
    script.coming = [as_json(SHORT | {"say": "A second time."})]
    anew(page, lambda: page.get_by_role("button", name="Retry", exact=True).last.click(force=True))
    answered(page, before - 1)
    expect(bot(page).last).to_contain_text("A second time.")
    revised(page, 2)
    script.coming = [as_json(edit({"op": "set_prompt", "id": "reply", "prompt": "In rhyme: {{ state.email }}"}))]
    page.get_by_role("button", name="Edit", exact=True).last.click(force=True)
    editor = page.locator("[data-testid=user] textarea, #chat textarea").last
    editor.fill("In rhyme, please")
    anew(page, lambda: page.get_by_role("button", name="Submit", exact=True).last.click(force=True))
    answered(page, before - 1)
    expect(page.locator("[data-testid=user]").last).to_contain_text("In rhyme, please")
    tab(page, "YAML")
    expect(page.locator("#yaml .cm-content")).to_contain_text("In rhyme")
    expect(page.locator("#yaml .cm-content")).not_to_contain_text("one line")


def test_an_answer_is_read_in_two_tabs_while_it_is_given_though_its_stream_breaks(
    designed: Page, script: Script, server: OpenAIServer
) -> None:
    page = designed
    before = bot(page).count()
    begun = '{"thought": "t", "action": "answer", "say": "It **sorts** <i>mails</i>'
    script.coming = [Says(begun + ', and answers them."}', pieces=(begun, ', and answers them."}'), pause_at=1)]
    broken: list[str] = []

    def break_off(route: Route) -> None:
        broken.append(route.request.post_data or "")
        route.abort()

    page.route("**/workflow-chat/answer", break_off, times=1)
    send(page, "What does it do?")
    server.wait_paused()
    expect(bot(page).last).to_contain_text("It sorts <i>mails</i>")
    assert len(broken) == 1
    expect(bot(page)).to_have_count(before + 1)
    expect(bot(page).last.locator("strong")).to_have_text("sorts")
    picture(page, "designer-answering")
    other = page.context.new_page()
    other.goto(page.url)
    expect(bot(other).last).to_contain_text("It sorts <i>mails</i>")
    for one in (page, other):
        expect(one.locator("#stop-turn")).to_be_visible()
        expect(one.locator("#send")).to_be_hidden()
    server.release()
    for one in (page, other):
        expect(bot(one).last).to_contain_text("mails</i>, and answers them.")
        expect(one.locator("#send")).to_be_visible()
        expect(one.locator("#stop-turn")).to_be_hidden()
        expect(bot(one)).to_have_count(before + 1)


def test_what_is_typed_while_a_turn_ends_is_not_lost_nor_the_turn(
    designed: Page, script: Script, server: OpenAIServer
) -> None:
    page = designed
    tab(page, "YAML")
    editor = page.locator("#yaml .cm-content")
    expect(editor).to_contain_text("reply")
    script.coming = [as_json(SHORT, pause_at=3)]
    send(page, "Shorter, please")
    server.wait_paused()
    editor.click()
    page.keyboard.press("ControlOrMeta+Home")
    page.keyboard.type("# mine, typed ")
    server.release()
    # On and on, while the answer ends and the editor gets its text.
    page.keyboard.type("while the designer was at work", delay=60)
    expect(page.locator("#send")).to_be_visible()
    expect(editor).to_contain_text("Answer in one line")
    expect(editor).to_contain_text("# mine, typed ")
    expect(page.locator("[data-chip=design]")).to_contain_text("valid")
    page.reload()
    tab(page, "YAML")
    expect(editor).to_contain_text("Answer in one line")
    expect(editor).to_contain_text("# mine, typed while the designer was at work")


# What opens the graph is held in the browser until somebody has opened another tab.
CLICK_BEFORE_IT = """
() => {
  const plain = window.fetch;
  window.fetch = async (...asked) => {
    const answer = await plain(...asked);
    if (!String(asked[0]?.url || asked[0]).includes('/run/predict')) return answer;
    if ((await answer.clone().text()).includes('"selected":"graph"')) {
      window.opensTheGraph = true;
      document.querySelector('#wc-right [data-tab-id=changes]').click();
    }
    return answer;
  };
}
"""


def test_a_tab_that_is_opened_just_before_a_turn_would_open_another_stays(designed: Page, script: Script) -> None:
    page = designed
    tab(page, "YAML")
    script.coming = [as_json(SHORT)]
    page.evaluate(CLICK_BEFORE_IT)
    send(page, "Shorter, please")
    page.wait_for_function("window.opensTheGraph === true")
    changes = page.get_by_role("tab", name="Changes", exact=True)
    expect(changes).to_have_attribute("aria-selected", "true")
    # The answer that came too late is on the page by now.
    expect(page.locator("#send")).to_be_visible()
    expect(page.locator("#changes")).to_contain_text("one line")
    expect(changes).to_have_attribute("aria-selected", "true")


def test_what_is_typed_as_the_page_is_left_is_not_lost(designed: Page) -> None:
    page = designed
    tab(page, "YAML")
    editor = page.locator("#yaml .cm-content")
    expect(editor).to_contain_text("reply")
    # No event of the page comes through any more, as when each waits for the one before.
    page.route("**/queue/join*", lambda route: route.abort())
    page.route("**/run/predict*", lambda route: route.abort())
    editor.click()
    page.keyboard.press("ControlOrMeta+Home")
    page.keyboard.type("# typed last ")
    home = page.url
    page.goto("about:blank")
    page.unroute_all()
    page.goto(home)
    tab(page, "YAML")
    expect(editor).to_contain_text("# typed last ")


def test_a_file_and_an_image_are_dropped_on_the_conversation(pages: Pages, visit: Visit) -> None:
    page = visit(pages.plain)
    expect(page.locator("#choices .wc-attach")).to_be_visible()
    files = [["notes.txt", "text/plain", b"The canary sings."], ["dot.png", "image/png", ONE_PIXEL]]
    given = [[name, kind, base64.b64encode(data).decode()] for name, kind, data in files]
    transfer = page.evaluate_handle(
        """given => {
            const transfer = new DataTransfer();
            for (const [name, type, data] of given) {
                const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
                transfer.items.add(new File([bytes], name, { type }));
            }
            return transfer;
        }""",
        given,
    )
    page.dispatch_event("#chat", "dragover", {"dataTransfer": transfer})
    expect(page.locator("#wc-left.wc-dropping")).to_be_visible()
    page.dispatch_event("#chat", "drop", {"dataTransfer": transfer})
    expect(page.locator("#choices .wc-attached li")).to_have_count(2)
    picture(page, "dropped")
    say(page, "I want to summarise a text")
    expect(page.locator("[data-testid=user]").first).to_contain_text("With notes.txt, dot.png")
    expect(page.locator("#choices .wc-attached li")).to_have_count(0)
