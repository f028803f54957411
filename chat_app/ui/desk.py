"""What a visitor can do in the interview, as functions of their workspace. Nothing here knows Gradio."""

from __future__ import annotations

import asyncio

from chat_app.designer.agent.memory import hand_over
from chat_app.files.errors import FileError
from chat_app.files.media_types import readable
from chat_app.files.reference import FileRef
from chat_app.files.sizes import shown_size
from chat_app.files.store import FileStore
from chat_app.translation import joined, tr
from chat_app.ui.draft_desk import save, undo, upload_yaml
from chat_app.ui.keeping import keep
from chat_app.ui.revisions import BY_HAND
from chat_app.ui.rewind import MOST_MARKS, Mark, mark_of
from chat_app.ui.run_desk import run_as_filled
from chat_app.ui.turn_view import GO_ON, LEAVE, Choice
from chat_app.ui.turns import Turn
from chat_app.ui.uploads import take, uploaded
from chat_app.ui.workspace import Line, Notice, Workspace

LONGEST_MESSAGE = 50_000
MOST_FILES = 5
_BEGINNING = 1_500
"""Bytes of a sample that the designer sees."""


async def say(place: Workspace, message: str, label: str | None = None) -> None:
    """Begins a turn of the designer; `label` is what was clicked."""
    message = message.strip()
    if not message:
        return
    if place.busy:
        still_answering(place)
        return
    if label is None and (meant := _typed_choice(place, message)) is not None:
        if meant.act == "design_with":
            await design_with(place, meant.value)
            return
        message, label = meant.value, meant.said or meant.label
    if message in (GO_ON, LEAVE) and any(choice.value == message for choice in place.choices):
        await (_go_on(place) if message == GO_ON else _leave(place))
        return
    if len(message) > LONGEST_MESSAGE:
        told = tr(
            "The message has {count} characters; at most {most} are taken.",
            count=f"{len(message):,}",
            most=f"{LONGEST_MESSAGE:,}",
        )
        place.notice = Notice(told, tr("Shorten it; long texts belong into the run form."), bad=True)
        return
    place.notice = place.composer = None
    shown = label or message
    if place.attached:
        names = joined(ref.name for ref in place.attached)
        shown = f"{shown}\n\n*{tr('With {names}', names=names)}*"
        message = await asyncio.to_thread(with_files, place.services.files, message, place.attached)
        place.samples = [*place.samples, *place.attached][-MOST_FILES:]
        place.attached = []
    place.marks.append(
        mark_of(
            place.conversation,
            line=len(place.transcript),
            said=message,
            shown=shown,
            revisions=len(place.history),
            choices=place.choices,
        )
    )
    del place.marks[:-MOST_MARKS]
    place.transcript.append(Line("user", shown))
    place.choices, place.typing = [], False
    place.turn = Turn(place, message)


def _typed_choice(place: Workspace, message: str) -> Choice | None:
    """The choice whose words were typed, in the language in which it is shown."""
    words = message.casefold().rstrip(".!。！")
    fits = (one for one in place.choices if one.label.casefold() == words and one.act in ("say", "design_with"))
    return next(fits, None)


async def attach(place: Workspace, path: str) -> None:
    """Takes a file dropped on the conversation: a workflow is opened, anything else goes with the next message."""
    file = uploaded(path)
    if file is None:
        told = tr("The file could not be uploaded.")
        place.notice = Notice(told, tr("It may be too large: choose a smaller one."), bad=True)
        return
    if file.suffix.lower() in (".yaml", ".yml") and not place.busy:
        await upload_yaml(place, str(file))
        file.unlink(missing_ok=True)
        return
    async with place.arrivals:
        if len(place.attached) >= MOST_FILES:
            told = tr("At most {count} files go with a message.", count=MOST_FILES)
            place.notice = Notice(told, tr("Remove one first."), bad=True)
            return
        try:
            place.attached.append(await asyncio.to_thread(take, place, file))
        except FileError as error:
            place.notice = Notice(error.message, error.help, bad=True)


async def unattach(place: Workspace, sha: str) -> None:
    """Leaves a file out of the next message."""
    place.attached = [ref for ref in place.attached if ref.sha256 != sha]


def with_files(store: FileStore, message: str, files: list[FileRef]) -> str:
    """The message as the designer gets it: what the files are, and how those of text begin."""
    parts = [message]
    for ref in files:
        about = f"The file {ref.name} ({ref.media_type}, {shown_size(ref.size)}) was given as a sample"
        text = _beginning(store, ref)
        parts.append(f"{about}; it begins:\n{text.strip()}" if text else f"{about}.")
    return "\n\n".join(parts)


def _beginning(store: FileStore, ref: FileRef) -> str | None:
    """How a file of text begins; None for any other."""
    if not store.holds(ref):
        return None
    with store.path(ref).open("rb") as file:
        return readable(file.read(_BEGINNING))


async def stop_turn(place: Workspace) -> None:
    """Stops the designer; the design stays as it was."""
    if place.turn is not None:
        place.turn.stop()


async def after_turn(place: Workspace) -> None:
    """Does what was asked for in words: run, save, undo. Once, whoever watches."""
    turn = place.turn
    if turn is None or not turn.done or turn.settled:
        return
    turn.settled = True
    told = turn.view.told
    if told.wants_undo:
        await undo(place, told.wants_undo)
    if told.wants_save is not None:
        await save(place, told.wants_save.name)
    if told.wants_run:
        await run_as_filled(place)
    elif told.edited and not place.typing and not place.tab_opened:
        place.tab = "graph"


async def open_tab(place: Workspace) -> None:
    """The visitor opened a tab: the end of what they said before leaves them there."""
    place.tab_opened = True


async def undo_turn(place: Workspace, line: int | None) -> None:
    """Takes a message back, its answer and what that did to the design; the words go back into the box."""
    mark = await _went_back(place, line)
    if mark is not None:
        # What was clicked is clicked again; what was typed can be mended.
        place.composer = mark.said if mark.said == mark.shown else ""
        place.notice = Notice(tr("The message is taken back."), tr("The design is as it was before it."))
        await keep(place)


async def _go_on(place: Workspace) -> None:
    """Goes on with a turn that was cut off: the same is said again, and a designer knows how far it had come."""
    mark = place.marks[-1]
    # What was changed by hand since stays; the turn then begins anew on it.
    draft = place.draft
    await place.go_back(mark)
    if draft != mark.draft:
        await place.set_draft(draft, BY_HAND)
    await say(place, mark.said, mark.shown)


async def design_with(place: Workspace, model: str) -> None:
    """Goes on with another model, with this one all the same, or (no model) with the guided designer."""
    if place.busy or not any(choice.act == "design_with" and choice.value == model for choice in place.choices):
        return
    mark = place.marks[-1]
    if not model:
        # The model still answers the runs; only who designs is another.
        hand_over(mark.memory, place.designs_with)
    elif model == place.designs_with:
        place.trusted.add(model)
    else:
        place.model, place.model_moved = model, True
    await _go_on(place)


async def _leave(place: Workspace) -> None:
    """Leaves a turn that was cut off as it is; what could be answered before it can be answered again."""
    place.choices = [Choice(**one) for one in place.marks[-1].choices]
    await place.draw_previews()
    await keep(place)


async def retry_turn(place: Workspace, line: int | None) -> None:
    """Asks the same again, from where it was asked."""
    mark = await _went_back(place, line)
    if mark is not None:
        await say(place, mark.said, mark.shown)


async def edit_message(place: Workspace, line: int | None, text: str) -> None:
    """Says something else in the place of a message; what came after it is taken back."""
    if text.strip() and (mark := await _went_back(place, line)) is not None:
        await say(place, text, None if mark.said == mark.shown or text != mark.shown else mark.shown)


async def _went_back(place: Workspace, line: int | None) -> Mark | None:
    if place.busy:
        still_answering(place)
        return None
    mark = next((one for one in reversed(place.marks) if line is None or one.line <= line), None)
    if mark is None:
        help_text = tr("Only the last {count} messages can be taken back; restore a revision.", count=MOST_MARKS)
        place.notice = Notice(tr("That is too long ago to be taken back."), help_text, bad=True)
        return None
    await place.go_back(mark)
    return mark


def still_answering(place: Workspace) -> None:
    """Says that one turn must end before something else is done."""
    place.notice = Notice(tr("The designer is still answering."), tr("Wait for it, or press Stop first."), bad=True)


async def nothing(place: Workspace) -> None:
    """Does nothing: the page is only painted again."""
