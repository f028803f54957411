"""What a visitor can do with the text of the design, as functions of their workspace."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from chat_app.designer.rebasing import made_to
from chat_app.files.sizes import shown_size
from chat_app.library import LOCAL, LibraryError, NotInLibrary
from chat_app.translation import tr, translated
from chat_app.ui.examples import examples
from chat_app.ui.keeping import keep
from chat_app.ui.markup import one_line
from chat_app.ui.review import Outcome, accepted, all_kept, nothing_kept, refusal_help, rejected
from chat_app.ui.revisions import BY_HAND, Landed
from chat_app.ui.typing_span import TYPED, changed_span
from chat_app.ui.workspace import Notice, Workspace
from chat_app.workflow.edits.fixers import apply_fix
from chat_app.workflow.foreign.imports import NotAWorkflow, is_foreign
from chat_app.workflow.tidy import NotTidied, tidied

ON_ITS_WAY = 1.0
"""Seconds in which the editor may not yet show what it was given."""


async def typed_yaml(place: Workspace, text: str) -> None:
    """Takes the text as it is typed; what was valid before is kept as a revision."""
    text = f"{text.rstrip()}\n" if text.strip() else ""
    if text == place.draft:
        return
    most = place.services.allowance.draft_characters
    if len(text) > most:
        told = tr("The text is longer than {size}.", size=shown_size(most))
        place.notice = Notice(told, tr("Split the workflow into smaller ones."), bad=True)
        return
    place.typing = True
    if place.landed is not None and _told_again(text, place.landed):
        place.retype = True
        return
    if place.landed is not None and _meant_for(text, place.landed):
        await _typed_meanwhile(place, text, place.landed)
        return
    place.landed = None
    await place.set_draft(text, BY_HAND)


def _told_again(text: str, landed: Landed) -> bool:
    """Whether the browser only says once more what stood there before the change, as it has not yet shown that.

    Gradio tells the last of many keys also where the one before has told the same text. Who takes a change back by
    hand has seen it first.
    """
    on_its_way = landed.shown_at is None or time.monotonic() - landed.shown_at < ON_ITS_WAY
    return on_its_way and text.rstrip() == landed.before.rstrip()


def _meant_for(text: str, landed: Landed) -> bool:
    """Whether a text was typed into the workflow as it was before a change that came meanwhile."""
    span = changed_span(landed.before, text)
    return 0 < span <= TYPED and span < changed_span(landed.after, text)


async def _typed_meanwhile(place: Workspace, text: str, landed: Landed) -> None:
    """Keeps both what was typed and what the designer changed while it was typed."""
    both = await asyncio.to_thread(made_to, text, landed.edits, place.services.check)
    if both is not None:
        await place.set_draft(both, BY_HAND)
        place.retype = True
        place.notice = Notice(tr("The designer's change and what you typed meanwhile are both in the text."))
        return
    await place.set_draft(text, BY_HAND)
    number = next((at for at, one in enumerate(place.history, 1) if one.text == landed.after), 0)
    place.notice = Notice(
        tr("You typed while the designer's change came, and the two don't fit together: your text stands."),
        tr("The designer's version is revision {number} in Changes: Restore brings it.", number=number),
        bad=True,
    )


async def upload_yaml(place: Workspace, path: str | None) -> None:
    """Takes an uploaded file as the draft."""
    if path is None:
        return
    file = Path(path)
    name = one_line(file.name, 60)
    if file.suffix.lower() not in (".yaml", ".yml", ".json"):
        told = tr("“{name}” is not a workflow file.", name=name)
        place.notice = Notice(told, tr("Choose a file that ends in .yaml, .yml or .json."), bad=True)
        return
    try:
        text = await asyncio.to_thread(_read_bounded, file, place.services.allowance.draft_characters)
    except ValueError as error:
        place.notice = Notice(str(error), tr("Choose a workflow saved as UTF-8 text."), bad=True)
        return
    text, lines = text.replace("\r\n", "\n"), [tr("Opened {name}.", name=name)]
    if is_foreign(text):
        try:
            imported = await asyncio.to_thread(place.services.take_over, text)
        except NotAWorkflow as problem:
            place.notice = Notice(problem.message, problem.help, bad=True)
            return
        text, lines = imported.text, [*lines, *imported.lines()]
    await place.set_draft(text, tr("Uploaded {name}", name=name))
    place.notice = Notice(lines[0], " ".join(lines[1:]))
    await keep(place)


def _read_bounded(file: Path, most: int) -> str:
    """The text of an uploaded file; ValueError says why there is none."""
    name = one_line(file.name, 60)
    if file.stat().st_size > most:
        raise ValueError(tr("“{name}” is larger than {size}.", name=name, size=shown_size(most)))
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(tr("“{name}” is not a text file.", name=name)) from None


async def undo(place: Workspace, steps: int = 1) -> None:
    """Goes back, as far as there is something to undo."""
    done = 0
    while done < steps and await place.undo():
        done += 1
    if done == 0:
        place.notice = Notice(tr("There is nothing to undo."), tr("This is the first version."))
    else:
        went = tr("Went back one revision.") if done == 1 else tr("Went back {count} revisions.", count=done)
        place.notice = Notice(went, tr("Redo brings it back."))
    await keep(place)


async def redo(place: Workspace) -> None:
    """Takes up again what was undone."""
    done = await place.redo()
    place.notice = Notice(tr("Went forward one revision.") if done else tr("There is nothing to redo."))
    await keep(place)


async def restore(place: Workspace, number: str) -> None:
    """Takes up an earlier revision."""
    if number.isdecimal() and await place.restore(int(number)):
        place.notice = Notice(tr("Revision {number} is restored.", number=int(number) + 1))
        await keep(place)


async def compare(place: Workspace, number: str) -> None:
    """Shows what a revision changed; none: the last change again."""
    place.compared = None
    if number.isdecimal() and 0 <= int(number) < len(place.history):
        place.compared = (int(number) - 1, int(number))


async def judge(place: Workspace, verdict: str, number: str) -> None:
    """Accepts or rejects an edit of the last turn, or all of them; the draft follows at once."""
    review = place.review
    newest = place.history[-1].text if place.history else ""
    if review is None or place.draft not in (review.after, newest, review.before):
        return
    check = place.services.check
    place_of = int(number) if number.isdecimal() else -1
    if verdict == "reject_all":
        outcome = nothing_kept(review)
    elif verdict == "accept_all":
        outcome = all_kept(review)
    elif not 0 <= place_of < len(review.units):
        return
    else:
        choose = rejected if verdict == "reject" else accepted
        outcome = await asyncio.to_thread(choose, review, place_of, check)
    if outcome.refused:
        told = tr("This edit can't be left out alone: {why}", why=outcome.refused)
        place.notice = Notice(told, refusal_help(), bad=True)
        return
    await place.set_draft(outcome.text, _judged(verdict))
    place.review = outcome.review
    _tell_also(place, outcome)
    await keep(place)


def _judged(verdict: str) -> str:
    return tr("Accepted an edit again") if verdict.startswith("accept") else tr("Rejected an edit")


def _tell_also(place: Workspace, outcome: Outcome) -> None:
    if outcome.also:
        lines = " ".join(line for number in outcome.also for line in outcome.review.units[number].lines)
        place.notice = Notice(tr("What depends on it went with it."), lines)


async def save(place: Workspace, name: str | None = None) -> None:
    """Saves the design under its name."""
    if not place.draft.strip():
        told = tr("There is nothing to save yet.")
        place.notice = Notice(told, tr("Describe what you want in the chat first."), bad=True)
        return
    try:
        place.saved_as = await asyncio.to_thread(place.save, name)
    except LibraryError as error:
        place.notice = Notice(error.message, error.help, bad=True)
        return
    place.notice = Notice(tr("Saved as {name}.", name=place.saved_as), tr("History lists your saved designs."))
    await keep(place)


async def open_design(place: Workspace, name: str) -> None:
    """Opens a saved design."""
    try:
        text = await asyncio.to_thread(_saved_text, place, name)
    except LibraryError as error:
        place.notice = Notice(error.message, error.help, bad=True)
        return
    await place.set_draft(text, tr("Opened {name}", name=name))
    place.saved_as = name
    place.notice = Notice(tr("Opened {name}.", name=name))
    place.tab = "graph"
    await keep(place)


async def open_example(place: Workspace, name: str) -> None:
    """Opens an example on an empty page, its example input in the form; a design is never replaced by one."""
    folder = place.services.examples
    found = next((one for one in examples(folder) if one.name == name), None) if folder is not None else None
    if found is None:
        return
    if not place.empty:
        told = tr("An example opens on an empty page only.")
        place.notice = Notice(told, tr("Press New design first; what you designed stays saved."), bad=True)
        return
    title = tr(found.title)
    await place.set_draft(found.text, tr("The example {name}", name=title))
    place.form_typed, place.form_problems = {}, {}
    place.form_round += 1
    place.tab = "graph"
    told = tr("The example {name} is open.", name=title)
    place.notice = Notice(told, tr("Its example input is in the Run tab: press Run there, or say what to change."))
    await keep(place)


async def open_link(place: Workspace, name: str) -> None:
    """Opens the design that a copied link names; the one on show stays where it is that one."""
    try:
        text = await asyncio.to_thread(_saved_text, place, name)
    except LibraryError as error:
        place.notice = Notice(error.message, error.help, bad=True)
        return
    if text != place.draft:
        await open_design(place, name)


def _saved_text(place: Workspace, name: str) -> str:
    library = place.services.library
    try:
        return library.read(name, place.owner)
    except NotInLibrary:
        if place.services.hosted:
            raise
        # On one's own machine the designs folder is one's own too.
        return library.read(name, LOCAL)


async def fix(place: Workspace, number: str = "") -> None:
    """Applies the safe fix of one finding, or every one there is, as each may move the next."""
    if number:
        await _fix_one(place, number)
    else:
        await _fix_all(place)
    await keep(place)


async def _fix_one(place: Workspace, number: str) -> None:
    found = place.checked.diagnostics if place.checked else ()
    one = found[int(number)].fix if number.isdecimal() and int(number) < len(found) else None
    if one is None:
        return
    mended = await asyncio.to_thread(apply_fix, place.draft, one)
    if mended == place.draft:
        place.notice = Notice(tr("This fix no longer fits the text."), tr("Change the line by hand."), bad=True)
        return
    await place.set_draft(mended, tr("Fixed: {what}", what=translated(one.title)))
    place.notice = Notice(tr("Fixed: {what}", what=translated(one.title)), tr("Undo takes it back."))


async def _fix_all(place: Workspace) -> None:
    for _ in range(20):
        found = next((one.fix for one in place.checked.diagnostics if one.fix), None) if place.checked else None
        if found is None:
            break
        mended = await asyncio.to_thread(apply_fix, place.draft, found)
        if mended == place.draft:
            break
        await place.set_draft(mended, tr("Fixed: {what}", what=translated(found.title)))
    place.notice = Notice(tr("What was safe to fix is fixed."), tr("Undo takes it back."))


async def tidy(place: Workspace) -> None:
    """Lays the text out evenly; what it says stays the same."""
    try:
        text = await asyncio.to_thread(tidied, place.draft)
    except NotTidied as error:
        place.notice = Notice(tr("The text can't be formatted as it is."), str(error), bad=True)
        return
    if text == place.draft:
        place.notice = Notice(tr("The text is laid out well already."))
        return
    await place.set_draft(text, tr("Formatted"))
    place.notice = Notice(tr("The text is formatted."), tr("Undo takes it back."))
    await keep(place)
