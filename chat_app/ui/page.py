"""The page: the interview on the left, the workflow on the right. Wiring only; what is done is in `desk`.

What was learnt of Gradio and must stay:
- analytics are off before it is imported, or it asks hosts of its own at the start;
- a generator never updates a button: in a busy browser such an update can get lost;
- `State.change` fires only for states set by queued events, so unqueued ones paint all themselves.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr

from chat_app.ui import desk, paint
from chat_app.ui.acts import perform
from chat_app.ui.layout import Parts, lay_out_page
from chat_app.ui.look import launch_options
from chat_app.ui.services import Services
from chat_app.ui.sessions import Sessions
from chat_app.ui.workspace import Workspace

__all__ = ["build_page", "launch_options"]

CHAT = ("chat", "choices", "send", "stop", "notice")
DESIGN = ("head", "code", "problems", "graph", "form", "changes")
RUN = ("form", "run", "graph", "notice", "head", "runs")
ALL = ("chat", "choices", "send", "stop", "notice", *DESIGN, "run", "runs", "model", "models")

PAINTERS: dict[str, Callable[[Workspace], Any]] = {
    "chat": paint.chat,
    "choices": paint.choices,
    "head": paint.head,
    "notice": paint.notice,
    "code": lambda place: place.draft,
    "problems": paint.problems,
    "graph": paint.graph,
    "form": paint.form,
    "run": paint.run,
    "changes": paint.changes,
    "runs": paint.runs,
    "send": lambda place: gr.Button(visible=not place.busy),
    "stop": lambda place: gr.Button(visible=place.busy),
    "tabs": lambda place: gr.Tabs(selected=place.take_tab()) if place.tab else gr.skip(),
    "model": lambda place: gr.Dropdown(value=place.model or "", choices=place.model_choices()),
    "models": paint.models,
}

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
QUICK: dict[str, Any] = {**PRIVATE, "queue": False}

Act = Callable[..., Awaitable[None]]


class Wiring:
    """Joins the parts of the page to what a visitor can do."""

    def __init__(self, services: Services, parts: Parts) -> None:
        self.sessions = Sessions(services)
        self.parts = parts

    def outputs(self, names: Sequence[str]) -> list[Any]:
        return [getattr(self.parts, name) for name in names]

    def act(self, do: Act, names: Sequence[str]) -> Callable[..., Awaitable[list[Any]]]:
        """A handler that does one thing and paints the named parts."""

        async def handler(request: gr.Request, token: str, *values: Any) -> list[Any]:
            place = await self.sessions.of(token, request.session_hash)
            await do(place, *values)
            return [PAINTERS[name](place) for name in names]

        return handler

    def on_panel(self, names: Sequence[str]) -> Callable[..., Awaitable[list[Any]]]:
        """A handler for what was clicked or sent in a panel."""

        async def handler(request: gr.Request, token: str, event: gr.EventData) -> list[Any]:
            place = await self.sessions.of(token, request.session_hash)
            await perform(place, dict(event._data or {}))
            return [PAINTERS[name](place) for name in names]

        return handler

    async def enter(self, request: gr.Request, token: str) -> list[Any]:
        """The first thing a page asks: whose it is, and all it shows."""
        token, place = await self.sessions.enter(token, request.session_hash)
        return [token, *(PAINTERS[name](place) for name in ALL)]

    def leave(self, request: gr.Request) -> None:
        """A page was closed."""
        self.sessions.leave(request.session_hash)

    async def follow_turn(self, request: gr.Request, token: str) -> AsyncIterator[tuple[Any, int]]:
        """The conversation as it grows; the number changes with the design."""
        place = await self.sessions.of(token, request.session_hash)
        turn = place.turn
        seen = -1
        while turn is not None:
            done = turn.done
            yield paint.chat(place), place.design_round
            if done:
                return
            seen = await turn.signal.wait(seen)

    async def follow_run(self, request: gr.Request, token: str) -> AsyncIterator[tuple[Any, Any]]:
        """The run as it goes on."""
        place = await self.sessions.of(token, request.session_hash)
        watch = place.run
        seen = -1
        while watch is not None and watch is place.run:
            done = watch.done
            yield paint.run(place), paint.graph(place)
            if done:
                return
            seen = await watch.signal.wait(seen)


def build_page(services: Services) -> gr.Blocks:
    """Builds the page; nothing is served yet."""
    page, parts = lay_out_page()
    with page:
        wiring = Wiring(services, parts)
        _wire_start(page, wiring)
        _wire_chat(wiring)
        _wire_yaml(wiring)
        _wire_panels(wiring)
        _wire_models(wiring)
    page.max_threads = 300
    page.queue(default_concurrency_limit=None, max_size=1_000, api_open=False)
    return page


def _then_watch(event: Any, wiring: Wiring) -> None:
    """After something that may have started a run: show it until it rests."""
    parts = wiring.parts
    followed = event.then(wiring.follow_run, [parts.token], [parts.run, parts.graph], **PRIVATE)
    followed.then(wiring.act(desk.nothing, RUN), [parts.token], wiring.outputs(RUN), **QUICK)


def _then_converse(event: Any, wiring: Wiring) -> None:
    """After something that may have started a turn: show it, then do what it asked of the panel."""
    parts = wiring.parts
    names = (*CHAT, *DESIGN, "run", "runs", "tabs")
    followed = event.then(wiring.follow_turn, [parts.token], [parts.chat, parts.design_round], **PRIVATE)
    settled = followed.then(wiring.act(desk.after_turn, names), [parts.token], wiring.outputs(names), **QUICK)
    _then_watch(settled, wiring)


def _wire_start(page: gr.Blocks, wiring: Wiring) -> None:
    parts = wiring.parts
    entered = page.load(wiring.enter, [parts.token], [parts.token, *wiring.outputs(ALL)], **PRIVATE)
    _then_converse(entered, wiring)
    _then_watch(entered, wiring)
    # Which models there are takes a look at servers on this machine: the page does not wait for it.
    names = ("head", "form", "model", "models")
    entered.then(wiring.act(desk.find_models, names), [parts.token], wiring.outputs(names), **PRIVATE)
    page.unload(wiring.leave)
    parts.design_round.change(wiring.act(desk.nothing, DESIGN), [parts.token], wiring.outputs(DESIGN), **QUICK)


def _wire_chat(wiring: Wiring) -> None:
    parts = wiring.parts

    async def send(request: gr.Request, token: str, message: str) -> list[Any]:
        place = await wiring.sessions.of(token, request.session_hash)
        refused = place.busy
        await desk.say(place, message)
        return [message if refused else "", *(PAINTERS[name](place) for name in CHAT)]

    sent = gr.on(
        [parts.message.submit, parts.send.click],
        send,
        [parts.token, parts.message],
        [parts.message, *wiring.outputs(CHAT)],
        **QUICK,
    )
    _then_converse(sent, wiring)
    for offering in (parts.choices, parts.graph):
        names = (*CHAT, "graph")
        chosen = offering.act(wiring.on_panel(names), [parts.token], wiring.outputs(names), **QUICK)
        _then_converse(chosen, wiring)
    parts.stop.click(wiring.act(desk.stop_turn, ("notice",)), [parts.token], [parts.notice], **QUICK)
    everything = (*ALL, "tabs")
    parts.head.act(wiring.on_panel(everything), [parts.token], wiring.outputs(everything), **QUICK)


def _wire_yaml(wiring: Wiring) -> None:
    parts = wiring.parts
    # Not the editor itself: writing into it while somebody types would move the cursor.
    names = ("notice", "head", "problems", "graph", "form", "changes")
    parts.code.input(
        wiring.act(desk.typed_yaml, names),
        [parts.token, parts.code],
        wiring.outputs(names),
        trigger_mode="always_last",
        **QUICK,
    )
    parts.code.blur(wiring.act(desk.keep, ("notice",)), [parts.token], [parts.notice], **QUICK)
    opened = ("notice", *DESIGN, "runs")
    parts.upload.upload(
        wiring.act(desk.upload_yaml, opened), [parts.token, parts.upload], wiring.outputs(opened), **QUICK
    )


def _wire_panels(wiring: Wiring) -> None:
    parts = wiring.parts
    names = (*CHAT, *DESIGN, "run", "runs", "tabs")
    for panel in (parts.problems, parts.form, parts.run, parts.changes, parts.runs):
        acted = panel.act(wiring.on_panel(names), [parts.token], wiring.outputs(names), **QUICK)
        _then_converse(acted, wiring)

    async def typed(request: gr.Request, token: str, event: gr.EventData) -> None:
        place = await wiring.sessions.of(token, request.session_hash)
        desk.remember_typed(place, dict(event._data or {}))

    for panel in (parts.form, parts.run):
        panel.typed(typed, [parts.token], None, **QUICK)


def _wire_models(wiring: Wiring) -> None:
    parts = wiring.parts
    names = ("notice", "head", "form", "models")
    parts.model.input(
        wiring.act(desk.choose_model, names), [parts.token, parts.model], wiring.outputs(names), **QUICK
    )

    async def take_key(request: gr.Request, token: str, key: str) -> list[Any]:
        place = await wiring.sessions.of(token, request.session_hash)
        await desk.take_key(place, key)
        return ["", *(PAINTERS[name](place) for name in (*names, "model"))]

    gr.on(
        [parts.key.submit, parts.use_key.click],
        take_key,
        [parts.token, parts.key],
        [parts.key, *wiring.outputs((*names, "model"))],
        **QUICK,
    )
    asking = parts.probe.click(wiring.act(desk.before_probe, ("notice",)), [parts.token], [parts.notice], **QUICK)
    asking.then(wiring.act(desk.probe, names), [parts.token], wiring.outputs(names), **PRIVATE)
