"""The real page over real parts, and a headless Chromium to drive it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from tests.servers.openai_server import OpenAIServer
from tests.ui.driving import PATIENCE
from tests.ui.house import House, build_house
from tests.ui.script import Script
from tests.ui.serve import FAILED

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
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is there is taken: the shell is the same Chromium without windows, at half the work for a page."""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Parts for tests without a browser."""
    made = build_house(tmp_path)
    yield made
    await made.close()


@dataclass(frozen=True)
class Pages:
    """The addresses of four pages in one process, each over parts of its own."""

    plain: str
    slow: str
    """Its simulated model takes its time, so that one can act in the middle."""
    real: str
    """It has a model: the scripted server."""
    spent: str
    """The same with this month's budget spent."""
    folder: Path
    process: subprocess.Popen[str]


@pytest.fixture(scope="session")
def script() -> Script:
    return Script()


@pytest.fixture(scope="session")
def server(script: Script) -> Iterator[OpenAIServer]:
    with OpenAIServer(script) as started:
        yield started


@pytest.fixture(scope="session")
def pages(server: OpenAIServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """Serves the pages in a process of their own, as Gradio leaves sockets open when it ends."""
    folder = tmp_path_factory.mktemp("pages")
    environment = {"OPENAI_API_BASE": server.base_url, "OPENAI_API_KEY": "sk-operator"}
    options: list[dict[str, Any]] = [{}, {"pace": 3.0}, {"environment": environment}]
    options.append({"environment": environment, "monthly_usd": 0.0})
    command = [sys.executable, "-m", "tests.ui.serve", str(folder), json.dumps(options)]
    # What is logged is looked through for secrets like every other file.
    log = (folder / "log.txt").open("w")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert told, "the page did not start"
        yield Pages(*json.loads(told), folder, process)
    finally:
        process.terminate()
        process.communicate(timeout=20)
        log.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module: the synchronous Playwright holds the thread's event loop."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        _leave_out("No Chromium found: install one, such as `apt-get install chromium`, to run the browser tests.")
    try:
        driver = sync_playwright().start()
    except Exception as error:  # noqa: BLE001 - a driver that ends early shows as any kind of error
        _leave_out(f"Playwright does not start ({_headline(error)}): its driver needs `apt-get install libatomic1`.")
    try:
        started = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
    except Error as error:
        driver.stop()
        _leave_out(f"Chromium does not start ({_headline(error)}): reinstall it, such as `apt-get install chromium`.")
    yield started
    started.close()
    driver.stop()


def _headline(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _leave_out(message: str) -> NoReturn:
    """Skips the browser tests; where they must run, they fail."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(message)
    pytest.skip(message)


# Chromium's own viewer of PDF files is an extension that comes with it.
LOCAL = ("http://127.0.0.1:", "data:", "blob:", "chrome-extension:", "chrome:")
Visit = Callable[..., Page]
SCREENSHOTS = ROOT / "artifacts" / "screenshots"


def picture(page: Page, name: str) -> None:
    """Keeps how a state of the page looks; continuous integration offers the folder for download."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")


HAS_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[HAS_FAILED] = report.failed
    return report


def _keep_failure(name: str, page: Page, told: list[str]) -> None:
    """Keeps what there is to see when a test failed: what fails one time in a hundred is not made again."""
    FAILED.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=FAILED / f"{name}.png", animations="disabled")
    (FAILED / f"{name}.html").write_text(page.content(), encoding="utf-8")
    (FAILED / f"{name}.txt").write_text("\n".join([page.url, *told]), encoding="utf-8")


def _tells(page: Page, told: list[str]) -> None:
    """Lists what happens on a page: where it goes, what its console says, which requests fail."""
    page.on("framenavigated", lambda frame: told.append(f"navigated: {frame.url}"))
    page.on("console", lambda message: told.append(f"{message.type}: {message.text}"))
    page.on("requestfailed", lambda request: told.append(f"failed: {request.url} {request.failure}"))


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Opens a page in a browser context of its own, and holds what must hold of every page."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []
    asked: list[str] = []
    told: list[str] = []

    def open_page(url: str, **options: Any) -> Page:
        context = browser.new_context(
            **({"viewport": {"width": 1360, "height": 860}, "reduced_motion": "reduce"} | options)
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        _tells(page, told)
        page.goto(url)
        return page

    yield open_page
    failed = request.node.stash.get(HAS_FAILED, False)
    if failed and "pages" in request.fixturenames:
        request.getfixturevalue("pages").process.send_signal(signal.SIGUSR1)
    for number, context in enumerate(contexts, 1):
        for page in context.pages if failed else ():
            _keep_failure(f"{request.node.name}-{number}", page, errors + told)
        context.close()
    assert errors == []
    outside = [url for url in asked if not url.startswith(LOCAL)]
    assert outside == []
