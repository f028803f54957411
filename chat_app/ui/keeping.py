"""What of a workspace outlives the process: all but keys."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from chat_app.designer.conversation import Conversation, Message
from chat_app.library import LibraryError
from chat_app.translation import known_language, tr, use_language
from chat_app.ui.markup import one_line
from chat_app.ui.review import Review
from chat_app.ui.revisions import Revision
from chat_app.ui.rewind import Mark
from chat_app.ui.turn_view import Choice, go_on_or_leave
from chat_app.ui.workspace import Line, Notice, Workspace

LONGEST_TITLE = 120
"""What a conversation is called, by its visitor or by its first wish."""


def stored(place: Workspace) -> dict[str, Any]:
    """The workspace as plain data."""
    return {
        **asdict(place.conversation),
        "transcript": [asdict(line) for line in place.transcript],
        "choices": [asdict(choice) for choice in place.choices],
        "history": [asdict(revision) for revision in place.history],
        "undone": [asdict(revision) for revision in place.undone],
        "marks": [mark.as_json() for mark in place.marks],
        "review": place.review.as_json() if place.review else None,
        "model": place.model,
        "saved_as": place.saved_as,
        "called": place.called,
        "designer": place.designer,
        "language": place.language,
        "form": place.form_typed,
        "run_id": place.run.run_id if place.run else None,
    }


async def take_up(place: Workspace, data: Mapping[str, Any]) -> None:
    """Makes what was stored the present again; raises KeyError, TypeError or ValueError where it is damaged."""
    place.conversation = Conversation(
        id=data["id"],
        messages=[Message(**message) for message in data["messages"]],
        draft=data["draft"],
        assumptions=list(data["assumptions"]),
        memory=dict(data["memory"]),
    )
    place.transcript = [Line(**line) for line in data["transcript"]]
    place.choices = [Choice(**choice) for choice in data["choices"]]
    place.history = [Revision(**revision) for revision in data["history"]]
    # What earlier versions stored has neither of these.
    place.undone = [Revision(**revision) for revision in data.get("undone", [])]
    place.marks = [Mark.from_json(mark) for mark in data.get("marks", [])]
    place.model = data["model"]
    place.saved_as = data.get("saved_as")
    place.called, place.designer = data.get("called", ""), data.get("designer", "")
    place.language = known_language(data.get("language"))
    use_language(place.language)
    place.form_typed = dict(data["form"])
    await place.draw_previews()
    if place.history:
        # First the last valid text, so that a broken draft does not hide the design.
        place.good = await asyncio.to_thread(place.services.check, place.history[-1].text)
    await place.recheck()
    review = data.get("review")
    place.review = Review.from_json(review) if review else None
    if place.marks and place.transcript and place.transcript[-1].role == "user":
        unfinished(place)


def unfinished(place: Workspace) -> None:
    """Tells that the last turn ended before its time, and offers to go on with it."""
    told = tr("This turn was not finished: the server stopped in the middle. The design is as it was.")
    place.transcript.append(Line("assistant", f"*{told}*"))
    place.choices = go_on_or_leave()


def about(place: Workspace) -> dict[str, Any]:
    """What the list of conversations shows of this one."""
    workflow = place.good.workflow if place.good else None
    wish = next((line.content for line in place.transcript if line.role == "user"), "")
    return {
        "name": place.called,
        "title": one_line(wish, LONGEST_TITLE),
        "design": workflow.name if workflow else "",
        "designer": place.designer,
        "turns": sum(line.role == "user" for line in place.transcript),
    }


async def keep(place: Workspace) -> None:
    """Stores the conversation; says so where that is not possible."""
    library, owner, id = place.services.library, place.owner, place.conversation.id
    # Gathered before anything else can happen: a designer may be adding to the conversation.
    data, told = stored(place), about(place)
    try:
        await asyncio.to_thread(library.save_conversation, owner, id, data, told)
    except LibraryError as error:
        place.notice = Notice(error.message, error.help, bad=True)
        return
    if place.earlier is not None:
        await list_kept(place)


async def list_kept(place: Workspace) -> None:
    """Reads what the visitor kept, for the list that is open."""
    library, owner = place.services.library, place.owner
    try:
        place.earlier = await asyncio.to_thread(library.conversations, owner)
        place.designs = await asyncio.to_thread(library.designs, owner)
    except LibraryError as error:
        place.notice = Notice(error.message, error.help, bad=True)
