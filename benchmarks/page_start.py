"""Process start to a page that can be used, and the memory it then takes, against an empty `gr.ChatInterface`.

Both start alternately in processes of their own, and a headless Chromium opens them; medians are compared.
The promise: at most 1.3 times as long, and at most 60 MB more.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
ROUNDS = 5
EMPTY = (
    "import gradio as gr; gr.ChatInterface(lambda message, history: message).launch(server_port={port}, quiet=True)"
)
OURS = "import sys; from chat_app.cli import main; sys.exit(main(['serve', '--port', '{port}']))"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def started(code: str, usable: str, browser: Browser, folder: Path) -> tuple[float, float]:
    """Seconds until the page can be used, and megabytes that the server then holds."""
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
        took = time.perf_counter() - began
        held = resident(process.pid)
        page.close()
        return took, held
    finally:
        process.terminate()
        process.wait(20)


def resident(pid: int) -> float:
    """Megabytes that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def main() -> None:
    """Prints both medians, their ratio and the difference in memory."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        sys.stdout.write("left out: no Chromium here\n")
        return
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--headless"])
        pairs = [
            (
                started(EMPTY, "textarea", browser, Path(folder)),
                started(OURS, "#choices .wc-choice", browser, Path(folder)),
            )
            for _ in range(ROUNDS)
        ]
        browser.close()
    empty, ours = (statistics.median(pair[side][0] for pair in pairs) for side in (0, 1))
    less, more = (statistics.median(pair[side][1] for pair in pairs) for side in (0, 1))
    ratio, extra = ours / empty, more - less
    sys.stdout.write(f"usable after: empty {empty:.2f} s, ours {ours:.2f} s, ratio {ratio:.2f}\n")
    sys.stdout.write(f"memory: empty {less:.0f} MB, ours {more:.0f} MB, {extra:.0f} MB more\n")
    sys.stdout.write(f"promise, at most 1.3 times as long: {'kept' if ratio <= 1.3 else 'BROKEN'}\n")
    sys.stdout.write(f"promise, at most 60 MB more: {'kept' if extra <= 60 else 'BROKEN'}\n")


if __name__ == "__main__":
    main()
