"""What a visitor can do in the Query box, as functions of their workspace. Nothing here knows Gradio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from chat_app.tracing.own_record import LONGEST_QUESTION
from chat_app.tracing.query_refused import QueryRefused
from chat_app.tracing.query_views import EXAMPLES, VIEWS
from chat_app.ui.query_box import QUERY
from chat_app.ui.workspace import Workspace


async def toggle(place: Workspace) -> None:
    """Opens the box, or closes it."""
    place.query.open = not place.query.open


async def want(place: Workspace, sql: str) -> None:
    """Takes a question; `ask` answers it. While one is being answered no other is taken."""
    box = place.query
    if sql.strip() and not box.asking:
        box.sql, box.wanted, box.asking = sql, True, True
        box.answer = box.refused = box.plotted = None


async def want_example(place: Workspace, number: str) -> None:
    """Asks one of the examples."""
    if number.isdecimal() and int(number) < len(EXAMPLES):
        await _fill(place, EXAMPLES[int(number)][1])


async def want_view(place: Workspace, name: str) -> None:
    """Asks for a table as it is."""
    if name in VIEWS:
        await _fill(place, f"SELECT * FROM {name} LIMIT 100")


async def _fill(place: Workspace, sql: str) -> None:
    if not place.query.asking:
        place.query.round += 1
        await want(place, sql)


async def ask(place: Workspace) -> None:
    """Answers the question that was taken; where it is being answered already, waits for that."""
    box, record = place.query, place.services.record
    if not box.wanted:
        if box.asking and box.answered is not None:
            await box.answered.wait()
        return
    box.wanted, box.answered = False, asyncio.Event()
    began = time.monotonic()
    try:
        if record is not None:
            box.answer = await record.ask(place.owner, box.sql)
    except QueryRefused as refused:
        box.refused = refused
    finally:
        box.asking = False
        box.answered.set()
        box.seconds = time.monotonic() - began


async def show_views(place: Workspace) -> None:
    """Shows what can be asked for, or hides it again."""
    box, record = place.query, place.services.record
    box.columns = None if box.columns is not None or record is None else await record.columns()


async def choose_plot(place: Workspace, column: str) -> None:
    """Draws another column."""
    place.query.plotted = column


def remember_typed(place: Workspace, data: Mapping[str, Any]) -> None:
    """Keeps what is typed, for a box that is drawn anew."""
    values = data.get("values")
    sql = values.get("sql") if data.get("form") == QUERY and isinstance(values, dict) else None
    if isinstance(sql, str) and len(sql) <= LONGEST_QUESTION:
        place.query.sql = sql
