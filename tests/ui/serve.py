"""Serves pages for the browser tests: `python -m tests.ui.serve FOLDER JSON`, one page for each item of the list.

An item holds keyword arguments of `build_house`, and `folder` and `port` where a page is to be found again. SIGUSR1
makes it write down what all its tasks and threads are at: why a page waits is seldom seen in the page.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import json
import os
import signal
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chat_app.ui.page import build_page, launch_options
from chat_app.ui.sessions import Sessions
from tests.ui.house import build_house

FAILED = Path(__file__).parents[2] / "artifacts" / "failed"
"""Where what a failed test showed is kept."""


def serve(folder: Path, options: dict[str, Any]) -> str:
    port = options.pop("port", None) or free_port()
    services = build_house(folder / options.pop("folder"), **options).services
    sessions = Sessions(services)
    page, looks = build_page(sessions), launch_options(sessions)
    _, url, _ = page.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True, **looks)
    return str(url)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def tell_where_all_is() -> None:
    """Writes the stack of each task that is not done, in whichever loop, and of each thread."""
    FAILED.mkdir(parents=True, exist_ok=True)
    with (FAILED / f"tasks-{os.getpid()}.txt").open("a", encoding="utf-8") as file:
        file.write(f"== {datetime.now(UTC)}\n")
        for task in gc.get_objects():
            if isinstance(task, asyncio.Task) and not task.done():
                task.print_stack(file=file)
        file.flush()
        faulthandler.dump_traceback(file, all_threads=True)


def main() -> None:
    # Before there are other threads, which would die of it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    folder, pages = Path(sys.argv[1]), json.loads(sys.argv[2])
    urls = [serve(folder, {"folder": str(number)} | options) for number, options in enumerate(pages)]
    sys.stdout.write(json.dumps(urls) + "\n")
    sys.stdout.flush()
    while signal.sigwait({signal.SIGTERM, signal.SIGINT, signal.SIGUSR1}) == signal.SIGUSR1:
        tell_where_all_is()


if __name__ == "__main__":
    main()
