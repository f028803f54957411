"""What a visitor can do with runs, as functions of their workspace. Nothing here knows Gradio."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from chat_app.chat_models.errors import ChatModelError
from chat_app.chat_models.simulated import SIMULATED
from chat_app.engine.errors import EngineError
from chat_app.engine.runs import RunStatus
from chat_app.files.errors import FileError
from chat_app.files.reference import FileRef
from chat_app.translation import tr, tr_count
from chat_app.ui.file_html import held_files
from chat_app.ui.form import FORM, FormField, as_typed, input_fields, question_fields, read_form, samples
from chat_app.ui.keeping import keep
from chat_app.ui.runs import RunWatch
from chat_app.ui.uploads import take, uploaded
from chat_app.ui.workspace import LONGEST_DRAFT, Notice, Workspace
from chat_app.workflow.check import CheckResult


def remember_typed(place: Workspace, data: Mapping[str, Any]) -> None:
    """Keeps what is typed into the run form, for a `run` said in the chat and for a reload."""
    values = data.get("values")
    if data.get("form") == FORM and isinstance(values, dict) and len(str(values)) <= LONGEST_DRAFT:
        place.form_typed = dict(values)


async def take_file(place: Workspace, form: str, name: str, path: str, values: Mapping[str, Any]) -> None:
    """Keeps an uploaded file and puts it into its field of the run form or of a question."""
    given = _field(place, form, name)
    file = uploaded(path)
    if given is None or file is None:
        return
    async with place.arrivals:
        try:
            ref = await asyncio.to_thread(take, place, file)
        except FileError as error:
            place.notice = Notice(error.message, error.help, bad=True)
            return
        # Two files chosen at once come one after the other, each with what the page held before the first.
        workflow = place.checked.workflow if place.checked else None
        before = _typed(place, form).get(name) or (
            place.filled(workflow).get(name) if workflow and form == FORM else None
        )
        held = [*held_files(before), ref] if given.kind == "files" else [ref]
        _hold_files(place, form, given, held, values)


async def drop_file(place: Workspace, form: str, name: str, sha: str, values: Mapping[str, Any]) -> None:
    """Takes a file out of its field."""
    given = _field(place, form, name)
    if given is not None:
        held = [ref for ref in held_files(_typed(place, form).get(name)) if ref.sha256 != sha]
        _hold_files(place, form, given, held, values)


def _field(place: Workspace, form: str, name: str) -> FormField | None:
    """The file field of this name, of the run form or of a question that is open."""
    workflow = place.checked.workflow if place.checked else None
    if form == FORM:
        fields = input_fields(workflow) if workflow is not None else []
    else:
        questions = place.run.view.questions if place.run else ()
        step = form.removeprefix("answer:")
        fields = [given for one in questions if one.step == step for given in question_fields(one)]
    return next((one for one in fields if one.name == name and one.kind in ("file", "files")), None)


def _typed(place: Workspace, form: str) -> dict[str, Any]:
    return place.form_typed if form == FORM else place.answer_typed.setdefault(form.removeprefix("answer:"), {})


def _hold_files(
    place: Workspace, form: str, given: FormField, held: list[FileRef], values: Mapping[str, Any]
) -> None:
    typed = _typed(place, form)
    typed.update({key: value for key, value in values.items() if key != given.name})
    typed.pop(given.name, None)
    if held:
        kept = [ref.as_value() for ref in held]
        typed[given.name] = json.dumps(kept if given.kind == "files" else kept[0], ensure_ascii=False)
    place.form_problems.pop(given.name, None)


async def run(place: Workspace, raw: Mapping[str, Any]) -> None:
    """Starts a run with what the form holds, or says what is missing."""
    checked = place.checked
    place.notice = None
    remember_typed(place, {"form": FORM, "values": dict(raw)})
    if checked is None or checked.workflow is None or not checked.valid:
        place.notice = not_valid()
        return
    if place.starting or (place.run is not None and not place.run.done):
        place.notice = Notice(tr("A run is going on."), tr("Stop it, or wait until it is done."), bad=True)
        return
    if await _too_many(place):
        return
    reading = read_form(input_fields(checked.workflow), raw)
    place.form_problems = reading.problems
    if reading.problems:
        return
    place.starting = True
    try:
        await _start(place, checked, reading.values)
    finally:
        place.starting = False


async def _start(place: Workspace, checked: CheckResult, values: Mapping[str, Any]) -> None:
    if not place.found_models:
        await place.find_models()
    named = checked.workflow.model if checked.workflow else None
    model = place.model or (None if named else place.default_model)
    try:
        run_id = await place.services.runs.start(
            checked, values, model=model, owner=place.owner, keys=dict(place.keys)
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
        place.notice = not_valid()
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
            place.notice = Notice(
                tr("This run took the example inputs."), tr("Change them in the form and press Run.")
            )
            return
    place.notice = Notice(tr("Look at the inputs and press Run."), tr("The form shows what the workflow needs."))


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
        place.notice = not_valid()
        return
    report = await place.services.dry_run(place.checked)
    place.rehearsal = tuple(report.lines())


async def own_runs(place: Workspace) -> list[RunStatus]:
    """The visitor's runs, the newest first."""
    return await asyncio.to_thread(place.services.runs.runs, place.owner)


async def _too_many(place: Workspace) -> bool:
    """Whether a visitor of a shared page has as many runs going on as one may; then it is said."""
    allowed = place.services.allowance.runs_at_once
    if allowed is None:
        return False
    going_on = sum(1 for run in await own_runs(place) if run.state == "running")
    if going_on < allowed:
        return False
    told = tr_count("{count} run of yours is going on.", "{count} runs of yours are going on.", going_on)
    place.notice = Notice(told, tr("Stop one of them in the Runs tab, or wait until it is done."), bad=True)
    return True


def not_valid() -> Notice:
    """What is said where only a valid design will do."""
    return Notice(tr("The design can't run yet."), tr("The YAML tab lists what is wrong."), bad=True)


async def run_from(place: Workspace, node: str) -> None:
    """Runs the run on show again from a node on: what came before it is taken over, not paid twice."""
    if place.run is None or not place.run.done:
        place.notice = Notice(tr("A run is going on."), tr("Stop it, or wait until it is done."), bad=True)
        return
    if await _too_many(place):
        return
    try:
        run_id = await place.services.runs.rerun(place.run.run_id, anew=node, keys=dict(place.keys))
    except (EngineError, ChatModelError) as error:
        place.notice = Notice(error.message, error.help, bad=True)
        return
    watch(place, run_id)
    place.notice = Notice(
        tr("Runs again from `{node}`.", node=node), tr("What came before it is taken over from the earlier run.")
    )
    place.tab = "run"
    await keep(place)
