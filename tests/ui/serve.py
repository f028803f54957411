"""Serves pages for the browser tests: `python -m tests.ui.serve FOLDER JSON`, one page for each item of the list.

An item holds keyword arguments of `build_house`, and `folder` and `port` where a page is to be found again.
"""

from __future__ import annotations

import json
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from chat_app.ui.page import build_page, launch_options
from chat_app.ui.sessions import Sessions
from tests.ui.house import build_house


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


def main() -> None:
    folder, pages = Path(sys.argv[1]), json.loads(sys.argv[2])
    urls = [serve(folder, {"folder": str(number)} | options) for number, options in enumerate(pages)]
    sys.stdout.write(json.dumps(urls) + "\n")
    sys.stdout.flush()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
