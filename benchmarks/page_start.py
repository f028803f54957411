"""Process start to a page that can be used, and the memory it then takes, against an empty `gr.ChatInterface`.

Both start alternately in processes of their own, and a headless Chromium opens them; medians are compared.
The promise: at most 1.3 times as long, and at most 60 MB more. On ours a first wish is then sent: its first card
is to be seen within half a second. The processor's time is told too, which other work on the machine changes less.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.measuring.browser import chromium_here

ROOT = Path(__file__).parent.parent
ROUNDS = 5
EMPTY = (
    "import gradio as gr; gr.ChatInterface(lambda message, history: message).launch(server_port={port}, quiet=True)"
)
OURS = "import sys; from chat_app.cli import main; sys.exit(main(['serve', '--port', '{port}']))"
WISH = "I want to summarise each text of a list"
IDLE_SECONDS = 7
"""After so long the server has done what it left for later."""
RESTING_SECONDS = 3
"""For so long it is then watched at rest."""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@dataclass(frozen=True)
class Start:
    """One start of one of the two."""

    usable: float
    """Seconds until the page can be used."""
    worked: float
    """Seconds of the processor that the server took for it."""
    idle: float
    """Megabytes that the server holds once it rests."""
    resting: float
    """The part of a core that it then takes."""
    card: float = 0.0
    """Seconds from a first wish to its first card."""
    asked: float = 0.0
    """Megabytes after that wish."""


def started(code: str, usable: str, browser: Browser, folder: Path, wish: str = "") -> Start:
    """Starts a server and opens its page."""
    port = free_port()
    environment = os.environ | {
        "WORKFLOW_CHAT_DATA": str(folder / "data"),
        "WORKFLOW_CHAT_DESIGNS": str(folder / "designs"),
        "GRADIO_ANALYTICS_ENABLED": "False",
        "OLLAMA_HOST": "http://127.0.0.1:9",
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code.format(port=port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        page = browser.new_page()
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError("the page did not start") from None
                time.sleep(0.02)
        page.goto(f"http://127.0.0.1:{port}/", wait_until="commit")
        page.locator(usable).first.wait_for(timeout=120_000)
        took, worked = time.perf_counter() - began, cpu_seconds(process.pid)
        page.wait_for_timeout(IDLE_SECONDS * 1000)
        before = cpu_seconds(process.pid)
        page.wait_for_timeout(RESTING_SECONDS * 1000)
        resting = (cpu_seconds(process.pid) - before) / RESTING_SECONDS
        idle = resident(process.pid)
        card = first_card(page, wish) if wish else 0.0
        asked = resident(process.pid)
        # A visitor of its own each time: the next one finds an empty page too.
        page.close()
        return Start(took, worked, idle, resting, card, asked)
    finally:
        process.terminate()
        process.wait(20)


def first_card(page: Page, wish: str) -> float:
    """Seconds from the click on Send until the first card is seen."""
    page.locator("#message textarea").fill(wish)
    began = time.perf_counter()
    page.locator("#send").click()
    page.locator("#choices .wc-card").first.wait_for(timeout=120_000)
    return time.perf_counter() - began


def resident(pid: int) -> float:
    """Megabytes that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def cpu_seconds(pid: int) -> float:
    """What a process has worked, whoever else was on the machine."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Starts both in turn."""
    path = chromium_here()
    if path is None:
        sys.stdout.write("left out: no Chromium here\n")
        return
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--headless"])
        pairs = [
            (
                started(EMPTY, "textarea", browser, Path(folder)),
                started(OURS, "#choices .wc-choice", browser, Path(folder), WISH),
            )
            for _ in range(ROUNDS)
        ]
        browser.close()
    tell([one for one, _ in pairs], [one for _, one in pairs])


def tell(empties: list[Start], all_ours: list[Start]) -> None:
    """Prints the medians and what was promised of them."""

    def median(starts: list[Start], name: str) -> float:
        return statistics.median(getattr(one, name) for one in starts)

    empty, ours = median(empties, "usable"), median(all_ours, "usable")
    ratio, extra = ours / empty, median(all_ours, "idle") - median(empties, "idle")
    card = median(all_ours, "card")
    worked = median(empties, "worked"), median(all_ours, "worked")
    lines = (
        f"usable after: empty {empty:.2f} s, ours {ours:.2f} s, ratio {ratio:.2f}",
        f"processor: empty {worked[0]:.2f} s, ours {worked[1]:.2f} s, ratio {worked[1] / worked[0]:.2f}",
        f"idle memory: empty {median(empties, 'idle'):.0f} MB, ours {median(all_ours, 'idle'):.0f} MB, "
        f"{extra:+.0f} MB; after a first wish {median(all_ours, 'asked'):.0f} MB",
        f"at rest: empty {median(empties, 'resting'):.1%} of a core, ours {median(all_ours, 'resting'):.1%}",
        f"from the first wish to its first card: {card:.2f} s",
        f"promise, at most 1.3 times as long: {'kept' if ratio <= 1.3 else 'BROKEN'}",
        f"promise, at most 60 MB more: {'kept' if extra <= 60 else 'BROKEN'}",
        f"promise, the first card within 0.5 s: {'kept' if card <= 0.5 else 'BROKEN'}",
    )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
