"""What a visitor can do with whole conversations: begin one, open an earlier one, rename it, forget it."""

from __future__ import annotations

import asyncio

from chat_app.library import LibraryError
from chat_app.translation import tr, use_language
from chat_app.ui import keeping
from chat_app.ui.desk import still_answering
from chat_app.ui.history_desk import open_run
from chat_app.ui.keeping import LONGEST_TITLE, keep, list_kept
from chat_app.ui.markup import one_line
from chat_app.ui.workspace import Notice, Workspace


async def take_up(place: Workspace, id: str) -> None:
    """Makes a kept conversation the present one; raises LibraryError, KeyError, TypeError or ValueError."""
    data = await asyncio.to_thread(place.services.library.load_conversation, place.owner, id)
    await keeping.take_up(place, data)
    if data["run_id"]:
        await open_run(place, data["run_id"])
        place.tab = None


async def begin(place: Workspace) -> None:
    """Begins afresh; what was said and designed stays kept."""
    await _put_away(place)
    place.begin_afresh()
    place.tab = "graph"
    # Kept although it is empty, so that a reload does not bring the old one back.
    await keep(place)


async def show(place: Workspace) -> None:
    """Opens the list of conversations, or closes it."""
    if place.earlier is not None:
        place.earlier = None
        return
    await list_kept(place)


async def open_earlier(place: Workspace, id: str) -> None:
    """Goes on with an earlier conversation: what was said, the panel, the revisions."""
    if place.busy:
        still_answering(place)
        return
    if id == place.conversation.id:
        return
    await _put_away(place)
    language = place.language
    place.begin_afresh()
    try:
        await take_up(place, id)
    except (LibraryError, KeyError, TypeError, ValueError):
        place.begin_afresh()
        told = tr("This conversation can't be read any more.")
        place.notice = Notice(told, tr("Its design may be among the saved ones, in History."), bad=True)
    place.language = use_language(language) if language else place.language
    place.design_round += 1
    place.tab = "graph"
    place.earlier = None
    # What is open now is what a reload brings.
    await keep(place)


async def rename(place: Workspace, id: str, name: str) -> None:
    """Gives a conversation a name; none: it is known by its first wish again."""
    name = one_line(name, LONGEST_TITLE)
    if id == place.conversation.id:
        place.called = name
        await keep(place)
        return
    try:
        await asyncio.to_thread(place.services.library.rename_conversation, place.owner, id, name)
    except LibraryError as error:
        place.notice = Notice(error.message, error.help, bad=True)
    await list_kept(place)


async def forget(place: Workspace, id: str) -> None:
    """Removes a conversation; what is saved as a design stays. The one that is open gives way to an empty one."""
    if id == place.conversation.id:
        await _end_turn(place)
        place.begin_afresh()
        await keep(place)
    try:
        await asyncio.to_thread(place.services.library.forget_conversation, place.owner, id)
    except LibraryError as error:
        place.notice = Notice(error.message, error.help, bad=True)
    else:
        place.notice = Notice(tr("The conversation is forgotten."), tr("Designs that were saved stay."))
    await list_kept(place)


async def forget_design(place: Workspace, name: str) -> None:
    """Removes one of the visitor's saved designs with its revisions; what is on show stays there."""
    library = place.services.library
    if name not in {one.name for one in await asyncio.to_thread(library.designs, place.owner)}:
        return
    try:
        await asyncio.to_thread(library.forget, name, place.owner)
    except LibraryError as error:
        place.notice = Notice(error.message, error.help, bad=True)
        return
    if place.saved_as == name:
        place.saved_as = None
    told = tr("The design {name} is forgotten, with its revisions.", name=name)
    here = not place.services.hosted and name in {one.name for one in await asyncio.to_thread(library.designs)}
    place.notice = Notice(told, tr("Its file in the designs folder stays.") if here else "")
    if place.earlier is not None:
        await list_kept(place)


async def _put_away(place: Workspace) -> None:
    """Ends what goes on and keeps the present conversation; an empty one is not worth keeping."""
    await _end_turn(place)
    if not place.empty:
        await keep(place)
        return
    try:
        await asyncio.to_thread(place.services.library.forget_conversation, place.owner, place.conversation.id)
    except LibraryError as error:
        place.notice = Notice(error.message, error.help, bad=True)


async def _end_turn(place: Workspace) -> None:
    if place.turn is not None and not place.turn.done:
        place.turn.stop()
        await place.turn.ended()
