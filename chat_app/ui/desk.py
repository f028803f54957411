"""What a visitor can do, as functions of their workspace. Nothing here knows Gradio."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chat_app.chat_models.errors import ChatModelError
from chat_app.chat_models.simulated import SIMULATED
from chat_app.engine.errors import EngineError
from chat_app.library import LibraryError
from chat_app.ui.api_keys import key_variable
from chat_app.ui.form import FORM, as_typed, input_fields, question_fields, read_form, samples
from chat_app.ui.markup import one_line
from chat_app.ui.runs import RunWatch
from chat_app.ui.turns import Turn
from chat_app.ui.workspace import BY_HAND, LONGEST_DRAFT, Line, Notice, Workspace
from chat_app.workflow.edits.fixers import apply_fix
from chat_app.workflow.foreign.imports import NotAWorkflow, is_foreign

LONGEST_MESSAGE = 50_000


async def say(place: Workspace, message: str, label: str | None = None) -> None:
    """Begins a turn of the designer; `label` is what was clicked."""
    message = message.strip()
    if not message:
        return
    if place.busy:
        place.notice = Notice("The designer is still answering.", "Wait for it, or press Stop first.", bad=True)
        return
    if len(message) > LONGEST_MESSAGE:
        told = f"The message has {len(message):,} characters; at most {LONGEST_MESSAGE:,} are taken."
        place.notice = Notice(told, "Shorten it; long texts belong into the run form.", bad=True)
        return
    place.notice = None
    place.transcript.append(Line("user", label or message))
    place.choices = []
    place.turn = Turn(place, message)


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
    if turn.view.wants_undo:
        await undo(place)
    if turn.view.wants_save is not None:
        await save(place, turn.view.wants_save.name)
    if turn.view.wants_run:
        await run_as_filled(place)
    elif turn.view.drafts:
        place.tab = "graph"


async def typed_yaml(place: Workspace, text: str) -> None:
    """Takes the text as it is typed; what was valid before is kept as a revision."""
    text = f"{text.rstrip()}\n" if text.strip() else ""
    if text == place.draft:
        return
    if len(text) > LONGEST_DRAFT:
        place.notice = Notice("The text is longer than 5 MB.", "Split the workflow into smaller ones.", bad=True)
        return
    await place.set_draft(text, BY_HAND)


async def keep(place: Workspace) -> None:
    """Stores the workspace; says so where that is not possible."""
    try:
        await asyncio.to_thread(place.persist)
    except LibraryError as error:
        place.notice = Notice(error.message, error.help, bad=True)


async def upload_yaml(place: Workspace, path: str | None) -> None:
    """Takes an uploaded file as the draft."""
    if path is None:
        return
    file = Path(path)
    if file.suffix.lower() not in (".yaml", ".yml", ".json"):
        told = f"“{one_line(file.name, 60)}” is not a workflow file."
        place.notice = Notice(told, "Choose a file that ends in .yaml, .yml or .json.", bad=True)
        return
    try:
        text = await asyncio.to_thread(_read_bounded, file)
    except ValueError as error:
        place.notice = Notice(str(error), "Choose a workflow saved as UTF-8 text.", bad=True)
        return
    text, lines = text.replace("\r\n", "\n"), [f"Opened {one_line(file.name, 60)}."]
    if is_foreign(text):
        try:
            imported = await asyncio.to_thread(place.services.take_over, text)
        except NotAWorkflow as problem:
            place.notice = Notice(problem.message, problem.help, bad=True)
            return
        text, lines = imported.text, [*lines, *imported.lines()]
    await place.set_draft(text, f"Uploaded {one_line(file.name, 60)}")
    place.notice = Notice(lines[0], " ".join(lines[1:]))
    await keep(place)


def _read_bounded(file: Path) -> str:
    """The text of an uploaded file; ValueError says why there is none."""
    if file.stat().st_size > LONGEST_DRAFT:
        raise ValueError(f"“{one_line(file.name, 60)}” is larger than 5 MB.")
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"“{one_line(file.name, 60)}” is not a text file.") from None


async def undo(place: Workspace) -> None:
    """Goes back one revision."""
    done = await place.undo()
    place.notice = (
        Notice("Went back one revision.")
        if done
        else Notice("There is nothing to undo.", "This is the first version.")
    )
    await keep(place)


async def restore(place: Workspace, number: str) -> None:
    """Takes up an earlier revision."""
    if number.isdecimal() and await place.restore(int(number)):
        place.notice = Notice(f"Revision {int(number) + 1} is restored.")
        await keep(place)


async def save(place: Workspace, name: str | None = None) -> None:
    """Saves the design under its name."""
    if not place.draft.strip():
        place.notice = Notice("There is nothing to save yet.", "Describe what you want in the chat first.", bad=True)
        return
    try:
        saved = await asyncio.to_thread(place.save, name)
    except LibraryError as error:
        place.notice = Notice(error.message, error.help, bad=True)
        return
    place.notice = Notice(f"Saved as {saved}.", "The Runs tab lists your saved designs.")
    await keep(place)


async def open_design(place: Workspace, name: str) -> None:
    """Opens a saved design."""
    try:
        text = await asyncio.to_thread(place.services.library.read, name, place.owner)
    except LibraryError as error:
        place.notice = Notice(error.message, error.help, bad=True)
        return
    await place.set_draft(text, f"Opened {name}")
    place.notice = Notice(f"Opened {name}.")
    place.tab = "graph"
    await keep(place)


async def fix(place: Workspace) -> None:
    """Applies every safe fix, one after the other, as each may move the next."""
    for _ in range(20):
        found = next((one.fix for one in place.checked.diagnostics if one.fix), None) if place.checked else None
        if found is None:
            break
        mended = apply_fix(place.draft, found)
        if mended == place.draft:
            break
        await place.set_draft(mended, f"Fixed: {found.title}")
    place.notice = Notice("What was safe to fix is fixed.", "Undo takes it back.")
    await keep(place)


async def new_design(place: Workspace) -> None:
    """Begins afresh; what was designed stays saved."""
    if place.turn is not None:
        place.turn.stop()
    place.begin_afresh()
    place.tab = "graph"


def remember_typed(place: Workspace, data: Mapping[str, Any]) -> None:
    """Keeps what is typed into the run form, for a `run` said in the chat and for a reload."""
    values = data.get("values")
    if data.get("form") == FORM and isinstance(values, dict) and len(str(values)) <= LONGEST_DRAFT:
        place.form_typed = dict(values)


async def nothing(place: Workspace) -> None:
    """Does nothing: the page is only painted again."""


async def run(place: Workspace, raw: Mapping[str, Any]) -> None:
    """Starts a run with what the form holds, or says what is missing."""
    checked = place.checked
    place.notice = None
    remember_typed(place, {"form": FORM, "values": dict(raw)})
    if checked is None or checked.workflow is None or not checked.valid:
        place.notice = Notice("The design can't run yet.", "The YAML tab lists what is wrong.", bad=True)
        return
    if place.run is not None and not place.run.done:
        place.notice = Notice("A run is going on.", "Stop it, or wait until it is done.", bad=True)
        return
    reading = read_form(input_fields(checked.workflow), raw)
    place.form_problems = reading.problems
    if reading.problems:
        return
    if not place.found_models:
        await place.find_models()
    model = place.model or (None if checked.workflow.model else place.default_model)
    try:
        run_id = await place.services.runs.start(
            checked, reading.values, model=model, owner=place.owner, keys=dict(place.keys)
        )
    except (EngineError, ChatModelError) as error:
        place.notice = Notice(error.message, error.help, bad=True)
        return
    place.rehearsal = None
    watch(place, run_id)
    await keep(place)


async def run_as_filled(place: Workspace) -> None:
    """`Run` said in the chat: with what the form holds; where that is not enough, with the example."""
    place.tab = "run"
    workflow = place.checked.workflow if place.checked else None
    if workflow is None:
        place.notice = Notice("The design can't run yet.", "The YAML tab lists what is wrong.", bad=True)
        return
    fields = input_fields(workflow)
    held = {given.name: as_typed(given, given.schema["default"]) for given in fields if not given.required}
    if not read_form(fields, held | place.form_typed).problems:
        await run(place, held | place.form_typed)
        return
    found = samples(workflow)
    if found:
        known = {given.name: given for given in fields}
        example = {name: as_typed(known[name], value) for name, value in found[0][1].items() if name in known}
        place.form_typed = held | example
        place.form_round += 1
        if place.model_in_use == SIMULATED and not read_form(fields, place.form_typed).problems:
            # It costs nothing and asks nobody: the example shows what the workflow does.
            await run(place, place.form_typed)
            place.notice = Notice("This run took the example inputs.", "Change them in the form and press Run.")
            return
    place.notice = Notice("Look at the inputs and press Run.", "The form shows what the workflow needs.")


def watch(place: Workspace, run_id: str) -> None:
    """Shows a run."""
    place.answer_typed, place.answer_problems = {}, {}
    place.run = RunWatch(place.services.runs, run_id)


async def stop_run(place: Workspace) -> None:
    """Stops the run on show."""
    if place.run is not None:
        await place.services.runs.stop(place.run.run_id)


async def answer(place: Workspace, step: str, raw: Mapping[str, Any]) -> None:
    """Answers a question of the run; it goes on when all are answered."""
    shown = place.run
    if shown is None or shown.view.status != "waiting":
        return
    question = next((one for one in shown.view.questions if one.step == step), None)
    if question is None:
        return
    reading = read_form(question_fields(question), raw)
    place.answer_typed[step] = dict(raw)
    place.answer_problems[step] = reading.problems
    if reading.problems:
        return
    try:
        await place.services.runs.answer(shown.run_id, {step: reading.values})
    except (EngineError, ChatModelError) as error:
        place.notice = Notice(error.message, error.help, bad=True)
        return
    status = place.services.runs.status(shown.run_id)
    if status.state == "waiting":
        shown.view.questions = status.questions
    else:
        shown.go_on()


async def open_run(place: Workspace, run_id: str) -> None:
    """Shows an earlier run; only one's own."""
    if any(one.run_id == run_id for one in place.services.runs.runs(place.owner)):
        watch(place, run_id)
        place.tab = "run"


async def resume(place: Workspace) -> None:
    """Goes on after a stop or a limit."""
    if place.run is None or not place.run.done:
        return
    try:
        await place.services.runs.resume(place.run.run_id, keys=dict(place.keys))
    except (EngineError, ChatModelError) as error:
        place.notice = Notice(error.message, error.help, bad=True)
        return
    place.run.go_on()


async def dry_run(place: Workspace) -> None:
    """Walks every branch without a model."""
    if place.checked is None or not place.checked.valid:
        place.notice = Notice("The design can't run yet.", "The YAML tab lists what is wrong.", bad=True)
        return
    report = await place.services.dry_run(place.checked)
    place.rehearsal = tuple(report.lines())


async def find_models(place: Workspace) -> None:
    """Looks which models there are."""
    await place.find_models()


async def choose_model(place: Workspace, name: str | None) -> None:
    """Takes a model for designing and running; nothing chosen means the default."""
    chosen = (name or "").strip()
    if chosen == (place.model or ""):
        return  # the list tells its value again when it loses the focus: what is on show stays
    place.notice = None
    if not chosen:
        place.model = None
        return
    try:
        place.services.models.get(chosen, place.keys)
    except ChatModelError as error:
        place.notice = Notice(error.message, error.help, bad=True)
    place.model = chosen
    await keep(place)


async def take_key(place: Workspace, key: str) -> None:
    """Keeps a key for this session, in memory only."""
    if not key.strip():
        place.notice = Notice("No key was typed.", "Paste the provider's API key, then press Use.", bad=True)
        return
    variable = key_variable(place.model_in_use)
    if variable is None:
        place.notice = Notice("Choose the model first.", "The key belongs to its provider.", bad=True)
        return
    place.keys[variable] = key.strip()
    await place.find_models()
    told = f"The key is kept as {variable} for this session, in memory only."
    place.notice = Notice(told, "It is never stored, and forgotten when the server restarts.")


async def before_probe(place: Workspace) -> None:
    """Says that the model is being asked: a local one may have to be loaded first."""
    place.notice = Notice(f"Asking {place.model_in_use} for one word …", "A local model may take a minute to load.")


async def probe(place: Workspace) -> None:
    """Asks the chosen model for one word."""
    found = await place.services.models.probe(place.model_in_use, place.keys)
    place.notice = Notice(f"{found.name}: {found.why}", found.how, bad=not found.ready)
