"""A run whose map items and parallel branches stream at once: each text stays whole and in its own step."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.servers.openai_server import Asked, OpenAIServer, Reply, Says
from tests.ui.conftest import Visit, picture
from tests.ui.driving import run_status, tab, write_yaml
from tests.ui.test_restart_path import served

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser: parts")]

ITEMS = ("salt", "rice", "tea", "wool")
BRANCHES = ("praise", "blame")
ABOUT = (*ITEMS, *BRANCHES)
HALF = 60
WORKFLOW = f"""\
version: 1
name: side_by_side
inputs: {{goods: {{type: array, items: {{type: string}}, default: [{", ".join(ITEMS)}]}}}}
state:
  all: {{type: array, items: {{type: string}}}}
  praise: {{type: string}}
  blame: {{type: string}}
outputs: [all, praise, blame]
nodes:
  - id: each
    kind: map
    over: "{{{{ state.goods }}}}"
    item: one
    max_concurrency: {len(ITEMS)}
    body:
      state: {{said: {{type: string}}}}
      nodes:
        - {{id: tell, kind: llm, prompt: "About: {{{{ one }}}}.", writes: [said]}}
      returns: said
    writes: [all]
  - {{id: both, kind: parallel, subtasks: [praising, blaming], max_concurrency: 2}}
  - {{id: praising, kind: llm, prompt: "About: praise.", writes: [praise]}}
  - {{id: blaming, kind: llm, prompt: "About: blame.", writes: [blame]}}
edges:
  - {{from: START, to: [each, both]}}
  - {{from: each, to: END}}
  - {{from: both, to: END}}
limits: {{steps: 50, seconds: 300}}
"""
# What each step shows, whenever it changes, as a reader could see it.
WATCH = """() => {
    window.seen = {};
    const look = () => document.querySelectorAll('#run [data-stream]').forEach((place) => {
        const step = place.closest('[data-step]')?.dataset.step;
        if (!step || !place.textContent) return;
        const all = window.seen[step] ??= [];
        if (all.at(-1) !== place.textContent) all.push(place.textContent);
    });
    const all = { subtree: true, childList: true, characterData: true };
    new MutationObserver(look).observe(document.querySelector('#run'), all);
}"""


def words_about(thing: str) -> tuple[str, ...]:
    """A text of which every word tells whose it is, with what a page could trip over."""
    return tuple(f"{thing}-{number} <i>{thing}</i> & " for number in range(2 * HALF))


def answer(request: Asked) -> Reply:
    found = re.search(r"About: (\w+)\.", request.last)
    assert found is not None, request.last
    return Says(pieces=words_about(found[1]), pause_at=HALF)


@pytest.fixture
def page(visit: Visit, tmp_path: Path) -> Iterator[tuple[Page, OpenAIServer]]:
    with OpenAIServer(answer) as server:
        environment = {"OPENAI_API_BASE": server.base_url, "OPENAI_API_KEY": "sk-x"}
        options: dict[str, object] = {"folder": "0", "environment": environment, "preferred": "openai/gpt-5-mini"}
        with served(tmp_path, options) as (url, _):
            yield visit(url), server


def streamed(page: Page) -> dict[str, str]:
    """The text of each step that streams, by what it is about."""
    found: dict[str, str] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('#run [data-step] [data-stream]')]
            .filter((one) => one.textContent)
            .map((one) => [one.closest('[data-step]').dataset.step, one.textContent]))"""
    )
    return found


def test_items_and_branches_stream_side_by_side_without_tearing(page: tuple[Page, OpenAIServer]) -> None:
    shown, server = page
    write_yaml(shown, WORKFLOW)
    expect(shown.locator("[data-chip=design]")).to_contain_text("valid")
    tab(shown, "Run")
    shown.evaluate(WATCH)
    shown.locator("#run-flow").click()
    for _ in ABOUT:
        server.wait_paused()
    assert server.inside == len(ABOUT)
    half = {thing: "".join(words_about(thing)[:HALF]) for thing in ABOUT}
    steps = shown.locator("#run [data-step] [data-stream]")
    for thing in ABOUT:
        expect(steps.filter(has_text=f"{thing}-{HALF - 1} ")).to_have_count(1)
    now = streamed(shown)
    assert sorted(text for text in now.values() if "-0 " in text) == sorted(half.values())
    picture(shown, "side-by-side")
    of = {step: text.partition("-0 ")[0] for step, text in now.items() if "-0 " in text}
    server.release()
    run_status(shown, "done")
    whole = {thing: "".join(words_about(thing)) for thing in ABOUT}
    seen: dict[str, list[str]] = shown.evaluate("window.seen")
    assert set(of) <= set(seen)
    for step, thing in of.items():
        for text in seen[step]:
            assert whole[thing].startswith(text), (step, text[-80:])
        # Nothing that was read is taken back.
        assert sorted(seen[step], key=len) == seen[step]
    for thing in ABOUT:
        ended = [step for step, about in of.items() if about == thing]
        assert len(ended) == 1
        body = shown.locator(f"#run [data-step={json.dumps(ended[0])}] .wc-step-body").text_content() or ""
        others = [other for other in ABOUT if other != thing and f"{other}-" in body]
        assert others == []
        assert f"{thing}-0 " in body and f"{thing}-{2 * HALF - 1} " in body
    told = shown.locator("#outputs").text_content() or ""
    positions = [told.index(f"{thing}-0 ") for thing in ITEMS]
    assert positions == sorted(positions)
