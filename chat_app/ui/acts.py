"""What can be clicked or sent in the panels, by the name it bears there. Unknown names do nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from chat_app.ui import desk
from chat_app.ui.form import FORM
from chat_app.ui.workspace import Workspace

Data = Mapping[str, Any]


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


async def _say(place: Workspace, data: Data) -> None:
    await desk.say(place, _text(data, "message"), _text(data, "label") or None)


async def _submit(place: Workspace, data: Data) -> None:
    form = _text(data, "form")
    if form == FORM:
        await desk.run(place, _values(data))
    elif form.startswith("answer:"):
        await desk.answer(place, form.removeprefix("answer:"), _values(data))


async def _dry_run(place: Workspace, _: Data) -> None:
    await desk.dry_run(place)


async def _stop(place: Workspace, _: Data) -> None:
    await desk.stop_run(place)


async def _resume(place: Workspace, _: Data) -> None:
    await desk.resume(place)


async def _undo(place: Workspace, _: Data) -> None:
    await desk.undo(place)


async def _save(place: Workspace, _: Data) -> None:
    await desk.save(place)


async def _fix(place: Workspace, _: Data) -> None:
    await desk.fix(place)


async def _restore(place: Workspace, data: Data) -> None:
    await desk.restore(place, _text(data, "place"))


async def _open_run(place: Workspace, data: Data) -> None:
    await desk.open_run(place, _text(data, "run"))


async def _open_design(place: Workspace, data: Data) -> None:
    await desk.open_design(place, _text(data, "name"))


async def _new(place: Workspace, _: Data) -> None:
    await desk.new_design(place)


async def _node(place: Workspace, data: Data) -> None:
    place.node = _text(data, "nodeName") or None


async def _show_models(place: Workspace, _: Data) -> None:
    place.tab = "model"


_ACTS: dict[str, Callable[[Workspace, Data], Awaitable[None]]] = {
    "say": _say,
    "submit": _submit,
    "dry_run": _dry_run,
    "stop": _stop,
    "resume": _resume,
    "undo": _undo,
    "save": _save,
    "fix": _fix,
    "restore": _restore,
    "open_run": _open_run,
    "open_design": _open_design,
    "new": _new,
    "node": _node,
    "show_models": _show_models,
}
