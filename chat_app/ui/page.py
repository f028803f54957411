"""The page: the interview on the left, the workflow on the right. Wiring only; what is done is in `desk`.

What was learnt of Gradio and must stay:
- its monitoring page sums up all events there ever were after each of them: it is off (and more, in `lean_gradio`);
- a stream never updates a button: in a busy browser such an update can get lost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from chat_app.translation import from_header, use_language
from chat_app.ui import (
    desk,
    draft_desk,
    model_desk,
    paint,
    query_desk,
    run_desk,
    words,
)
from chat_app.ui.acts import perform
from chat_app.ui.keeping import keep
from chat_app.ui.layout import Parts, lay_out_page
from chat_app.ui.lean_gradio import building, gr, look_seldom
from chat_app.ui.look import ANSWER_SCRIPT, launch_options
from chat_app.ui.painters import ALL, CHAT, DESIGN, MODEL, RUN, SHOWN_IN, painted, painted_now
from chat_app.ui.sessions import Sessions
from chat_app.ui.workspace import Workspace

__all__ = ["build_page", "launch_options"]

STILL = tuple(words.words())

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
QUICK: dict[str, Any] = {**PRIVATE, "queue": False}
CLICK: dict[str, Any] = {**QUICK, "trigger_mode": "multiple"}
"""For what is clicked in panels: otherwise a click is lost while the one before is still on its way."""

Act = Callable[..., Awaitable[None]]

NOTHING_TO_FOLLOW = (gr.skip(), gr.skip())
"""What a stream of nothing gives: the outputs of one that gives not even this are emptied by Gradio."""


def returned(values: list[Any]) -> Any:
    """What a handler returns: Gradio takes a list for one part as that part's value."""
    return values[0] if len(values) == 1 else values


class Wiring:
    """Joins the parts of the page to what a visitor can do."""

    def __init__(self, sessions: Sessions, parts: Parts) -> None:
        self.sessions = sessions
        self.parts = parts

    def outputs(self, names: Sequence[str]) -> list[Any]:
        return [getattr(self.parts, SHOWN_IN.get(name, name)) for name in names]

    def act(self, do: Act, names: Sequence[str]) -> Callable[..., Awaitable[Any]]:
        """A handler that does one thing and paints the named parts."""

        async def handler(request: gr.Request, token: str, *values: Any) -> Any:
            place = await self.place(token, request)
            await do(place, *values)
            return returned(await painted(place, names))

        return handler

    def settle(self, names: Sequence[str]) -> Callable[..., Awaitable[Any]]:
        """A handler for the end of a turn.

        Where there was none, or the page follows a newer one, nothing is painted over what is done meanwhile.
        """

        async def handler(request: gr.Request, token: str | None) -> Any:
            place = None if token is None else await self.place(token, request)
            if place is None or place.turn is None:
                return [gr.skip() for _ in names]
            await desk.after_turn(place)
            return returned(await painted(place, names))

        return handler

    def on_panel(self, names: Sequence[str], *, says: bool = False) -> Callable[..., Awaitable[Any]]:
        """A handler for what was clicked or sent in a panel; `says`, where that goes to the designer."""

        async def handler(request: gr.Request, token: str, event: gr.EventData) -> Any:
            place = await (self.saying if says else self.place)(token, request)
            await perform(place, dict(event._data or {}))
            return returned(await painted(place, names))

        return handler

    async def place(self, token: str, request: gr.Request) -> Workspace:
        """The visitor's workspace; from here on their language is spoken."""
        place = await self.sessions.of(token, request.session_hash)
        use_language(place.language)
        return place

    async def saying(self, token: str, request: gr.Request) -> Workspace:
        """The same of one who says something: what comes of it may open a tab, unless they open one from now on."""
        place = await self.place(token, request)
        place.tab_opened = False
        return place

    async def enter(self, request: gr.Request, token: str) -> list[Any]:
        """The first thing a page asks: whose it is, and all it shows."""
        return await self._entered(request, token, None)

    async def enter_signed_in(self, request: gr.Request, token: str, signed_in: gr.OAuthToken | None) -> list[Any]:
        """The same where the hosting service lets visitors sign in: models then run on their account."""
        return await self._entered(request, token, signed_in.token if signed_in else None)

    async def _entered(self, request: gr.Request, token: str, signed_in: str | None) -> list[Any]:
        token, place = await self.sessions.enter(token)
        model_desk.sign_in(place, signed_in)
        if place.language is None:
            place.language = from_header(request.headers.get("accept-language"))
        use_language(place.language)
        named = request.query_params.get("design")
        if named:
            await draft_desk.open_link(place, named)
        shown = dict(zip(ALL, await painted(place, ALL), strict=True))
        if not place.draft:
            # The editor is empty, unless somebody types into it by now.
            shown["code"] = gr.skip()
        return [token, *shown.values()]

    async def say_still(self, request: gr.Request, token: str) -> list[Any]:
        """The words of what stands still; they are English until the visitor's language is known."""
        place = await self.place(token, request)
        if place.said_in == (place.language, request.session_hash):
            return [gr.skip() for _ in STILL]
        fresh = place.said_in is None or place.said_in[1] != request.session_hash
        place.said_in = (place.language, request.session_hash)
        return [gr.skip() for _ in STILL] if fresh and place.language == "en" else words.updates()

    def leave(self, request: gr.Request) -> None:
        """A page was closed."""
        self.sessions.leave(request.session_hash)

    async def follow_run(self, request: gr.Request, token: str) -> AsyncIterator[tuple[Any, ...]]:
        """The run as it goes on."""
        place = await self.place(token, request)
        watch = place.run
        seen = -1
        if watch is None:
            yield NOTHING_TO_FOLLOW
        while watch is not None and watch is place.run:
            done = watch.done
            # The drawing once, then only what changes on it: it is by far the larger part.
            yield tuple(painted_now(place, ("run", "graph" if seen < 0 else "graph_status")))
            if done:
                return
            seen = await watch.signal.wait(seen)


def build_page(sessions: Sessions) -> gr.Blocks:
    """Builds the page; nothing is served yet."""
    with building():
        page, parts = lay_out_page(sign_in=sessions.services.sign_in)
        with page:
            wiring = Wiring(sessions, parts)
            _wire_start(page, wiring)
            _wire_chat(wiring)
            _wire_yaml(wiring)
            _wire_panels(wiring)
            _wire_models(wiring)
        page.max_threads = 300
        page.queue(default_concurrency_limit=None, max_size=1_000, api_open=False)
    look_seldom(page)
    return page


def _then_watch(event: Any, wiring: Wiring) -> None:
    """After something that may have started a run: show it until it rests."""
    parts = wiring.parts
    followed = event.then(wiring.follow_run, [parts.token], [parts.run, parts.graph], **PRIVATE)
    followed.then(wiring.act(desk.nothing, RUN), [parts.token], wiring.outputs(RUN), **QUICK)


def _then_converse(event: Any, wiring: Wiring) -> None:
    """After something that may have started a turn: show it, then do what it asked of the panel."""
    parts = wiring.parts
    # The tab first: when answers can be given, the panel stands as it will stay.
    names = ("tabs", *CHAT, *DESIGN, *MODEL, "run", "runs")
    # The browser asks when the stream of the answer has ended; without the token where a newer one is followed.
    ended = f"(token) => {ANSWER_SCRIPT}.follow(token)"
    settled = event.then(wiring.settle(names), [parts.token], wiring.outputs(names), js=ended, **QUICK)
    _then_watch(settled, wiring)


def _say_still(event: Any, wiring: Wiring) -> None:
    event.then(wiring.say_still, [wiring.parts.token], wiring.outputs(STILL), **QUICK)


def _wire_start(page: gr.Blocks, wiring: Wiring) -> None:
    parts = wiring.parts
    enter = wiring.enter_signed_in if parts.sign_in is not None else wiring.enter
    # Not by the queue: what was typed meanwhile is answered without it, and must not be painted over.
    entered = page.load(enter, [parts.token], [parts.token, *wiring.outputs(ALL)], **QUICK)
    _say_still(entered, wiring)
    _then_converse(entered, wiring)
    _then_watch(entered, wiring)
    # Which models there are takes a look at servers on this machine: the page does not wait for it.
    # Which one is chosen is left as it is: somebody may have chosen another in between.
    names = ("head", "form", "model_choices", "models")
    entered.then(wiring.act(model_desk.find_models, names), [parts.token], wiring.outputs(names), **QUICK)
    page.unload(wiring.leave)
    answer = parts.answer
    answer.grown(None, None, [parts.chat], js=f"() => {ANSWER_SCRIPT}.grown()", **CLICK)
    answer.redesigned(wiring.act(desk.nothing, DESIGN), [parts.token], wiring.outputs(DESIGN), **CLICK)


def _wire_chat(wiring: Wiring) -> None:
    parts = wiring.parts

    async def send(request: gr.Request, token: str, given: Any) -> list[Any]:
        place = await wiring.saying(token, request)
        message = given if isinstance(given, str) else ""
        refused = place.busy
        await desk.say(place, message)
        return [message if refused else "", *await painted(place, CHAT)]

    sent = gr.on(
        [parts.message.submit, parts.send.click],
        send,
        [parts.token, parts.message],
        [parts.message, *wiring.outputs(CHAT)],
        **QUICK,
        # What comes and goes is text and what panels draw: to make it anew takes a thread for each part.
        preprocess=False,
        postprocess=False,
    )
    _then_converse(sent, wiring)
    names = (*CHAT, "message", *DESIGN, "model_moved", "run", "runs", "tabs")
    for offering in (parts.choices, parts.graph):
        chosen = offering.act(wiring.on_panel(names, says=True), [parts.token], wiring.outputs(names), **CLICK)
        _then_converse(chosen, wiring)
    _wire_second_thoughts(wiring, names)
    parts.tabs.select(wiring.act(desk.open_tab, ()), [parts.token], None, **CLICK)
    parts.stop.click(wiring.act(desk.stop_turn, ("notice",)), [parts.token], [parts.notice], **QUICK)
    everything = (*ALL, "tabs")
    headed = parts.head.act(wiring.on_panel(everything), [parts.token], wiring.outputs(everything), **CLICK)
    _say_still(headed, wiring)
    # An earlier conversation may have a run that still goes on.
    _then_watch(headed, wiring)


def _wire_second_thoughts(wiring: Wiring, names: Sequence[str]) -> None:
    """Undo, retry and the pencil at a message: the panel goes back with the conversation."""
    parts = wiring.parts

    async def undo(request: gr.Request, token: str, event: gr.UndoData) -> list[Any]:
        place = await wiring.saying(token, request)
        await desk.undo_turn(place, _line(event.index))
        return await painted(place, names)

    async def retry(request: gr.Request, token: str, event: gr.RetryData) -> list[Any]:
        place = await wiring.saying(token, request)
        await desk.retry_turn(place, _line(event.index))
        return await painted(place, names)

    async def edit(request: gr.Request, token: str, event: gr.EditData) -> list[Any]:
        place = await wiring.saying(token, request)
        await desk.edit_message(place, _line(event.index), paint.from_chat(event.value))
        return await painted(place, names)

    for trigger, handler in ((parts.chat.undo, undo), (parts.chat.retry, retry), (parts.chat.edit, edit)):
        _then_converse(trigger(handler, [parts.token], wiring.outputs(names), **QUICK), wiring)


def _line(index: Any) -> int | None:
    """The place of a message; Gradio tells it in one of two forms."""
    if isinstance(index, (list, tuple)):
        index = index[0] if index else None
    return index if isinstance(index, int) else None


def _wire_yaml(wiring: Wiring) -> None:
    parts = wiring.parts
    # Not the editor itself, but where it must: writing into it while somebody types would move the cursor.
    names = ("notice", "head", "choices", "problems", "graph", "form", "changes", "tests", "retyped")
    parts.code.input(
        wiring.act(draft_desk.typed_yaml, names),
        [parts.token, parts.code],
        wiring.outputs(names),
        trigger_mode="always_last",
        **QUICK,
    )
    parts.code.blur(wiring.act(keep, ("notice",)), [parts.token], [parts.notice], **QUICK)
    opened = ("notice", *DESIGN, "runs")
    parts.upload.upload(
        wiring.act(draft_desk.upload_yaml, opened), [parts.token, parts.upload], wiring.outputs(opened), **QUICK
    )


def _wire_panels(wiring: Wiring) -> None:
    parts = wiring.parts
    names = (*CHAT, *DESIGN, "run", "runs", "tabs")
    for panel in (parts.problems, parts.form, parts.run, parts.changes, parts.runs, parts.tests):
        acted = panel.act(wiring.on_panel(names), [parts.token], wiring.outputs(names), **CLICK)
        _then_converse(acted, wiring)
    # A question has its own way: nothing else is painted by it, and nothing waits for it.
    asked = parts.query.act(wiring.on_panel(("query",)), [parts.token], [parts.query], **CLICK)
    asked.then(wiring.act(query_desk.ask, ("query",)), [parts.token], [parts.query], **PRIVATE)

    async def typed(request: gr.Request, token: str, event: gr.EventData) -> None:
        place = await wiring.place(token, request)
        data = dict(event._data or {})
        run_desk.remember_typed(place, data)
        query_desk.remember_typed(place, data)

    for panel in (parts.form, parts.run, parts.query):
        panel.typed(typed, [parts.token], None, **CLICK)


def _wire_models(wiring: Wiring) -> None:
    parts = wiring.parts
    names = ("notice", "head", "form", "models")
    parts.model.input(
        wiring.act(model_desk.choose_model, names), [parts.token, parts.model], wiring.outputs(names), **QUICK
    )

    async def take_key(request: gr.Request, token: str, key: str) -> list[Any]:
        place = await wiring.place(token, request)
        await model_desk.take_key(place, key)
        return ["", *await painted(place, (*names, "model"))]

    gr.on(
        [parts.key.submit, parts.use_key.click],
        take_key,
        [parts.token, parts.key],
        [parts.key, *wiring.outputs((*names, "model"))],
        **QUICK,
    )
    asking = parts.probe.click(
        wiring.act(model_desk.before_probe, ("notice",)), [parts.token], [parts.notice], **QUICK
    )
    asking.then(wiring.act(model_desk.probe, names), [parts.token], wiring.outputs(names), **PRIVATE)
    keyed = (*names, "model")
    parts.models.act(wiring.on_panel(keyed), [parts.token], wiring.outputs(keyed), **CLICK)
