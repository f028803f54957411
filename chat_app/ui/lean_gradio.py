"""Gradio without what this page never uses of it: a fifth of the time to import it, and half of the memory.

It imports pandas (and pyarrow with it) to recognise data frames in its cache, and the MCP SDK to offer events as
tools; before each event it loads matplotlib, in case a handler plots. All of it is there for whoever asks later.
It reads and parses its own sources at each import, to write stubs for editors beside them: half of what was left.
Its analytics are off before it is imported, or it asks hosts of its own at the start; its summing up of all events
there ever were after each of them is off too, and its queue looks for events less often.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

__all__ = ["building", "gr", "look_seldom"]

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**9)


class _Later(ModuleType):
    """Stands in for a module until something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


@contextlib.contextmanager
def _put_off(later: str, absent: str) -> Iterator[None]:
    """Lets what is imported meanwhile find a stand-in for one module, and not find the other."""
    stand_ins = {later: _Later(later), absent: None}
    put = {name: stand_in for name, stand_in in stand_ins.items() if name not in sys.modules}
    # None is how Python notes that a module cannot be imported; Gradio then does without.
    sys.modules.update(put)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in put:
            del sys.modules[name]


@contextlib.contextmanager
def _without_stubs() -> Iterator[None]:
    """Lets Gradio's components have no source file meanwhile: those it writes no stubs for."""
    find = inspect.getfile

    def getfile(object: Any) -> str:
        if isinstance(object, type) and object.__module__.startswith("gradio."):
            raise OSError("no stub is wanted")
        return find(object)

    inspect.getfile = getfile
    try:
        yield
    finally:
        inspect.getfile = find


with _put_off(later="pandas", absent="mcp"), _without_stubs():
    import gradio as gr
    from gradio import utils as _utils
    from gradio.routes import App

_utils.MatplotlibBackendMananger = contextlib.nullcontext


@contextlib.contextmanager
def building() -> Iterator[None]:
    """Lets a page be built without a web server at each step, as Gradio does; `launch` makes the one that serves."""
    made = App.__dict__["create_app"]
    App.create_app = staticmethod(lambda *_, **__: None)
    try:
        yield
    finally:
        App.create_app = made


def look_seldom(page: gr.Blocks) -> None:
    """Lets a page's queue look for events fifty times a second.

    Gradio's looks a thousand times, and a hundred times for progress that is never told here: 6 % of a core, all day.
    """
    page._queue.sleep_when_free = 0.02
    page._queue.progress_update_sleep_when_free = 1.0
