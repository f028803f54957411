"""How long a browser is busy with painting a run of 500 events into the graph of 30 nodes.

The page is the real one; the browser's own clock of its main thread is read before and after.
The promise: under 1 s.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.measuring.browser import chromium_here

ROOT = Path(__file__).parent.parent
NODES = 30
ITEMS = 60
IDLE_SECONDS = 5


def workflow() -> str:
    """A chain of nodes that ends in a map: about 500 events."""
    chain = "".join(
        f'  - {{id: step_{n}, kind: template, template: "{{{{ state.topic }}}} {n}", writes: [text_{n}]}}\n'
        for n in range(NODES - 2)
    )
    fields = "".join(f"  text_{n}: {{type: string}}\n" for n in range(NODES - 2))
    reads = " ".join(f"{{{{ state.text_{n} }}}}" for n in range(NODES - 2))
    items = ", ".join(f"item {n}" for n in range(ITEMS))
    return (
        "version: 1\nname: many_events\n"
        f"inputs: {{topic: {{type: string, default: Salt}}, items: {{type: array, items: {{type: string}}, "
        f"default: [{items}]}}}}\n"
        f"state:\n{fields}  told: {{type: string}}\n  all: {{type: array, items: {{type: string}}}}\n"
        "outputs: [all]\nnodes:\n"
        + chain
        + f'  - {{id: told, kind: template, template: "{reads}", writes: [told]}}\n'
        "  - id: each\n    kind: map\n    over: '{{ state.items }}'\n    item: one\n    max_concurrency: 2\n"
        "    body:\n      state: {said: {type: string}}\n      nodes:\n"
        "        - {id: say, kind: llm, prompt: 'Say {{ one }} about {{ state.told }}', writes: [said]}\n"
        "      returns: said\n    writes: [all]\n"
    )


def busy(session: CDPSession) -> float:
    """Seconds that the page's main thread has worked since the session began."""
    found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(found["TaskDuration"])


def measured(page: Page, address: str) -> tuple[float, float]:
    """Seconds of work during the run, and in as many seconds without one."""
    page.goto(address)
    page.get_by_role("tab", name="YAML", exact=True).click()
    page.locator("#yaml .cm-content").click()
    page.keyboard.insert_text(workflow())
    page.locator("[data-chip=design]").filter(has_text="valid").wait_for()
    page.get_by_role("tab", name="Run", exact=True).click()
    page.locator("#run-flow").wait_for()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    idle = busy(session)
    page.wait_for_timeout(IDLE_SECONDS * 1000)
    idle = busy(session) - idle
    page.locator("#run-flow").click()
    page.get_by_role("tab", name="Graph", exact=True).click()
    began = busy(session)
    page.locator("[data-chip=run]").filter(has_text="done").wait_for(timeout=120_000)
    return busy(session) - began, idle


def main() -> None:
    """Prints the browser's time."""
    path = chromium_here()
    if path is None:
        sys.stdout.write("left out: no Chromium here\n")
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        command = [sys.executable, "-m", "tests.ui.serve", folder, json.dumps([{}])]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            [address] = json.loads(process.stdout.readline())
            browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--headless"])
            page = browser.new_page(viewport={"width": 1360, "height": 860})
            page.set_default_timeout(60_000)
            took, idle = measured(page, address)
            browser.close()
        finally:
            process.terminate()
            process.wait(20)
    sys.stdout.write(f"browser busy {took:.2f} s during the run, {idle:.2f} s in {IDLE_SECONDS} s without one\n")
    sys.stdout.write(f"promise, under 1 s: {'kept' if took < 1.0 else 'BROKEN'}\n")


if __name__ == "__main__":
    main()
