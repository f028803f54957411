"""What can be clicked or sent in the panels, by the name it bears there. Unknown names do nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from chat_app.translation import known_language, tr, use_language
from chat_app.ui import conversation_desk, desk, draft_desk, history_desk, model_desk, query_desk, run_desk
from chat_app.ui.conversations_html import RENAME
from chat_app.ui.form import FORM
from chat_app.ui.graph_drawing import maps_of
from chat_app.ui.keeping import keep
from chat_app.ui.query_box import QUERY
from chat_app.ui.workspace import Workspace

Data = Mapping[str, Any]
COMPARE = "compare"
"""The form in which two runs are ticked."""
ABOUT_NODE = "about-node"
"""The form in which one says what to change in a node."""


async def perform(place: Workspace, data: Data) -> None:
    """Does what was asked for. The data comes from a browser: every part of it may be wrong."""
    do = _ACTS.get(_text(data, "act"))
    if do is not None:
        place.notice = None
        await do(place, data)


def _text(data: Data, name: str) -> str:
    found = data.get(name)
    return found if isinstance(found, str) else ""


def _values(data: Data) -> dict[str, Any]:
    found = data.get("values")
    return dict(found) if isinstance(found, dict) else {}


def _alone(do: Callable[[Workspace], Awaitable[None]]) -> Callable[[Workspace, Data], Awaitable[None]]:
    """An act that takes nothing from the browser."""

    async def act(place: Workspace, _: Data) -> None:
        await do(place)

    return act


def _with(do: Callable[[Workspace, str], Awaitable[None]], name: str) -> Callable[[Workspace, Data], Awaitable[None]]:
    """An act that takes one text from the browser."""

    async def act(place: Workspace, data: Data) -> None:
        await do(place, _text(data, name))

    return act


async def _say(place: Workspace, data: Data) -> None:
    message = _text(data, "message")
    if message.endswith(": "):
        # The beginning of a message, to be ended in one's own words.
        place.composer = message
        return
    await desk.say(place, message, _text(data, "label") or None)


async def _submit(place: Workspace, data: Data) -> None:
    form = _text(data, "form")
    if form == FORM:
        await run_desk.run(place, _values(data))
    elif form == COMPARE:
        await history_desk.compare_runs(place, _values(data))
    elif form == QUERY:
        await query_desk.want(place, _text(_values(data), "sql"))
    elif form == ABOUT_NODE and place.node:
        change = str(_values(data).get("change") or "").strip()
        if change:
            await desk.say(place, tr("In the node `{node}`: {change}", node=place.node, change=change))
    elif form.startswith(RENAME):
        await conversation_desk.rename(place, form.removeprefix(RENAME), str(_values(data).get("name") or ""))
    elif form.startswith("answer:"):
        await run_desk.answer(place, form.removeprefix("answer:"), _values(data))


async def _take_files(place: Workspace, data: Data) -> None:
    for path in _paths(data):
        await run_desk.take_file(place, _text(data, "form"), _text(data, "name"), path, _values(data))


async def _drop_file(place: Workspace, data: Data) -> None:
    await run_desk.drop_file(place, _text(data, "form"), _text(data, "field"), _text(data, "sha"), _values(data))


async def _chat_files(place: Workspace, data: Data) -> None:
    for path in _paths(data):
        await desk.attach(place, path)


def _paths(data: Data) -> list[str]:
    """Uploaded files, in their order: in events of their own, those that came together would not keep it."""
    paths = data.get("paths")
    return [str(path) for path in paths] if isinstance(paths, list) else []


async def _unattach(place: Workspace, data: Data) -> None:
    await desk.unattach(place, _text(data, "sha"))


async def _judge(place: Workspace, data: Data) -> None:
    await draft_desk.judge(place, _text(data, "verdict"), _text(data, "place"))


async def _node(place: Workspace, data: Data) -> None:
    place.node = _text(data, "nodeName") or None


async def _fold(place: Workspace, data: Data) -> None:
    place.collapsed = place.collapsed ^ {_text(data, "nodeName")}


async def _fold_all(place: Workspace, data: Data) -> None:
    workflow = place.good.workflow if place.good else None
    place.collapsed = maps_of(workflow) if workflow is not None and _text(data, "fold") == "true" else frozenset()


async def _show(place: Workspace, data: Data) -> None:
    place.tab = _text(data, "tab") or None


async def _language(place: Workspace, data: Data) -> None:
    chosen = known_language(_text(data, "language"))
    if chosen is not None:
        place.language = use_language(chosen)
        if place.run is not None:
            # What was drawn is drawn anew, in the other words.
            place.run.view.changed.update(place.run.view.steps)
        await place.draw_previews()
        await keep(place)


_ACTS: dict[str, Callable[[Workspace, Data], Awaitable[None]]] = {
    "say": _say,
    "design_with": _with(desk.design_with, "message"),
    "submit": _submit,
    "take_files": _take_files,
    "drop_file": _drop_file,
    "chat_files": _chat_files,
    "unattach": _unattach,
    "dry_run": _alone(run_desk.dry_run),
    "stop": _alone(run_desk.stop_run),
    "resume": _alone(run_desk.resume),
    "undo": _alone(draft_desk.undo),
    "redo": _alone(draft_desk.redo),
    "judge": _judge,
    "save": _alone(draft_desk.save),
    "fix": _with(draft_desk.fix, "place"),
    "tidy": _alone(draft_desk.tidy),
    "restore": _with(draft_desk.restore, "place"),
    "compare": _with(draft_desk.compare, "place"),
    "run_from": _with(run_desk.run_from, "node"),
    "open_run": _with(history_desk.open_run, "run"),
    "stop_one": _with(history_desk.stop_one, "run"),
    "again": _with(history_desk.again, "run"),
    "open_text": _with(history_desk.open_text, "run"),
    "save_as_test": _with(history_desk.save_as_test, "run"),
    "forget_pair": _alone(history_desk.forget_pair),
    "query_open": _alone(query_desk.toggle),
    "query_example": _with(query_desk.want_example, "example"),
    "query_view": _with(query_desk.want_view, "view"),
    "query_views": _alone(query_desk.show_views),
    "query_plot": _with(query_desk.choose_plot, "column"),
    "test": _alone(history_desk.test),
    "open_design": _with(draft_desk.open_design, "design"),
    "open_example": _with(draft_desk.open_example, "example"),
    "new": _alone(conversation_desk.begin),
    "conversations": _alone(conversation_desk.show),
    "open_conversation": _with(conversation_desk.open_earlier, "conversation"),
    "forget_conversation": _with(conversation_desk.forget, "conversation"),
    "forget_design": _with(conversation_desk.forget_design, "design"),
    "node": _node,
    "fold": _fold,
    "fold_all": _fold_all,
    "show": _show,
    "language": _language,
    "forget_keys": _alone(model_desk.forget_keys),
}
