"""The parts of the page as they are now, by name, each panel with the moment at which it was painted."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from chat_app.ui import history_desk, paint, paint_query, paint_run
from chat_app.ui.lean_gradio import gr
from chat_app.ui.workspace import Workspace

CHAT = ("chat", "choices", "answer", "notice")
DESIGN = ("head", "code", "problems", "graph", "form", "changes", "tests")
RUN = ("form", "run", "graph", "notice", "head", "runs")
ALL = (*CHAT, *DESIGN, "run", "query", "runs", "model", "models")
MODEL = ("model_moved", "models")
TELLS_RUNS = frozenset({"run", "runs"})
"""Parts that show what the record tells."""

PAINTERS: dict[str, Callable[[Workspace], Any]] = {
    "chat": paint.chat,
    "choices": paint.choices,
    "head": paint.head,
    "notice": paint.notice,
    "code": paint.editor_text,
    "retyped": lambda place: gr.skip() if place.take_retyped() is None else paint.editor_text(place),
    "problems": paint.problems,
    "graph": paint_run.graph,
    "graph_status": paint_run.graph_status,
    "form": paint_run.form,
    "run": paint_run.run,
    "tests": paint.tests,
    "message": lambda place: gr.skip() if (text := place.take_composer()) is None else text,
    "changes": paint.changes,
    "query": paint_query.query,
    "runs": paint.runs,
    "answer": lambda place: {"busy": place.busy},
    "tabs": lambda place: gr.Tabs(selected=place.take_tab()) if place.tab else gr.skip(),
    "model": lambda place: gr.update(value=place.model or "", choices=place.model_choices()),
    "model_choices": lambda place: gr.update(choices=place.model_choices()),
    "model_moved": lambda place: gr.update(value=place.model or "") if place.take_model_moved() else gr.skip(),
    "models": paint.models,
}

SHOWN_IN = {"retyped": "code", "model_moved": "model", "model_choices": "model", "graph_status": "graph"}
"""Painters that say less, or only now and then, to a part that has a painter of its own."""

_GRADIO = frozenset({"code", "retyped", "message", "chat", "tabs", "model", "model_choices", "model_moved"})
"""Painters of parts that Gradio draws; ours take out a paint that comes too late."""
_SINCE = secrets.token_hex(4)
_MOMENT = itertools.count()


async def painted(place: Workspace, names: Sequence[str]) -> list[Any]:
    """The named parts as they are now."""
    if not TELLS_RUNS.isdisjoint(names):
        await history_desk.look_up(place)
    return painted_now(place, names)


def painted_now(place: Workspace, names: Sequence[str]) -> list[Any]:
    """The same, of the runs what is known of them by now.

    `made` is the server's start and a number that rises: answers overtake each other on their way to the browser, and
    of two paints of a part the one that was made later is right. `part` and `with` are for panels in tabs that nobody
    has opened: for them, the browser keeps what came last.
    """
    told = {"made": [_SINCE, next(_MOMENT)], "with": names}
    values = [(name, PAINTERS[name](place)) for name in names]
    return [value if name in _GRADIO else {**value, **told, "part": name} for name, value in values]
