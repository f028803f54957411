"""What goes on beside the page ends with the app."""

from __future__ import annotations

import threading
from pathlib import Path

from chat_app.app import build
from chat_app.settings import Settings


def test_looking_for_old_runs_ends_with_the_app(tmp_path: Path) -> None:
    app = build(Settings.from_environment({"WORKFLOW_CHAT_DATA": str(tmp_path / "data")}))
    looking = threading.Thread(target=app._prune_now_and_then, daemon=True)
    looking.start()
    app.close()
    looking.join(60)
    assert not looking.is_alive()
