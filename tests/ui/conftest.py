"""The real page over real parts, and a headless Chromium to drive it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.ui.driving import PATIENCE
from tests.ui.house import House, build_house

ROOT = Path(__file__).parents[2]
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Parts for tests without a browser."""
    made = build_house(tmp_path)
    yield made
    await made.close()


@contextmanager
def serving(folder: Path, *pages: Mapping[str, Any]) -> Iterator[list[str]]:
    """Serves pages in a process of their own, as Gradio's server leaves sockets open; yields their addresses."""
    command = [sys.executable, "-m", "tests.ui.serve", str(folder), json.dumps(pages)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert told, "the page did not start"
        yield json.loads(told)
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module: the synchronous Playwright holds the thread's event loop."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        message = "No Chromium found: install one, such as `apt-get install chromium`, to run the browser tests."
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens a page in a browser context of its own, and holds what must hold of every page."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []
    asked: list[str] = []

    def open_page(url: str, **options: Any) -> Page:
        context = browser.new_context(**({"viewport": {"width": 1360, "height": 860}} | options))
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
    outside = [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:", "blob:"))]
    assert outside == []
