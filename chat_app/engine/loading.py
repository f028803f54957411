"""Loads LangGraph before a run waits for it, but not before somebody has a workflow to run."""

from __future__ import annotations

import importlib
import threading
from functools import cache


@cache
def load_langgraph() -> None:
    """Loads what the first run needs in a thread of its own; once in a process, and returns at once."""
    threading.Thread(target=_load, name="load LangGraph", daemon=True).start()


def _load() -> None:
    for module in ("chat_app.engine.graph", "chat_app.engine.saver"):
        importlib.import_module(module)
