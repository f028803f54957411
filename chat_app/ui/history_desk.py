"""What a visitor can do with runs that are over, and with a workflow's tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from chat_app.chat_models.errors import ChatModelError
from chat_app.engine.errors import EngineError
from chat_app.engine.runs import RunStatus
from chat_app.engine.testing import TestOutcome, run_tests
from chat_app.tracing.own_record import Overview
from chat_app.translation import tr
from chat_app.ui.form import as_typed, input_fields
from chat_app.ui.keeping import keep
from chat_app.ui.markup import one_line
from chat_app.ui.run_desk import not_valid, own_runs, watch
from chat_app.ui.run_view import RunView
from chat_app.ui.runs_html import MOST_SHOWN
from chat_app.ui.workspace import Notice, Workspace
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.nodes import HumanNode
from chat_app.workflow.typed_edits import AddTest

_MOST_EXPECTED = 5
_LONGEST_EXPECTED = 80
_BEGINNING = 40


async def own_run(place: Workspace, run_id: str) -> RunStatus | None:
    """A run of this visitor; None for anybody else's."""
    return next((one for one in await own_runs(place) if one.run_id == run_id), None)


async def look_up(place: Workspace) -> None:
    """Reads which runs the visitor has and what the record tells of them, for all that is painted next."""
    record = place.services.record
    async with place.looking:
        place.listed = await own_runs(place)
        if record is None or not (place.listed or record.budgeted):
            # Nothing to tell: a newcomer's page does not wait until a database is loaded.
            place.overview = Overview()
            return
        ids = [one.run_id for one in place.listed[:MOST_SHOWN]] if record.traced else []
        if place.run is not None and record.traced and place.run.run_id not in ids:
            ids.insert(0, place.run.run_id)
        place.overview = await record.overview(place.owner, ids)


async def open_run(place: Workspace, run_id: str) -> None:
    """Shows an earlier run; only one's own."""
    if await own_run(place, run_id) is not None:
        watch(place, run_id)
        place.tab = "run"


async def stop_one(place: Workspace, run_id: str) -> None:
    """Stops a run that is not on show."""
    if await own_run(place, run_id) is not None:
        await place.services.runs.stop(run_id)


async def again(place: Workspace, run_id: str) -> None:
    """Puts a run's inputs into the form, to be changed and run again."""
    run = await own_run(place, run_id)
    workflow = place.checked.workflow if place.checked else None
    if run is None:
        return
    if workflow is None or place.draft != run.text:
        await open_text(place, run_id)
        workflow = place.checked.workflow if place.checked else None
    if workflow is None:
        return
    fields = {given.name: given for given in input_fields(workflow)}
    place.form_typed = {name: as_typed(fields[name], value) for name, value in run.inputs.items() if name in fields}
    place.form_problems = {}
    place.form_round += 1
    place.tab = "run"
    place.notice = Notice(tr("The inputs of that run are in the form."), tr("Change what you want and press Run."))


async def open_text(place: Workspace, run_id: str) -> None:
    """Takes up the design that a run ran."""
    run = await own_run(place, run_id)
    if run is not None and run.text != place.draft:
        await place.set_draft(run.text, tr("The design of the run of {name}", name=run.workflow))
        place.notice = Notice(tr("The design that ran is open."), tr("Undo brings the other one back."))
        place.tab = "graph"
        await keep(place)


async def compare_runs(place: Workspace, chosen: Mapping[str, Any]) -> None:
    """Sets two runs side by side."""
    ids = [run_id for run_id, ticked in chosen.items() if ticked is True]
    mine = [run for run_id in ids if (run := await own_run(place, run_id)) is not None]
    if len(mine) != 2:
        place.notice = Notice(
            tr("Choose two runs to compare."),
            tr("Tick the box before each of the two, then press Compare."),
            bad=True,
        )
        return
    mine.sort(key=lambda run: run.created)
    place.run_pair = (await view_of(place, mine[0].run_id), await view_of(place, mine[1].run_id))


async def view_of(place: Workspace, run_id: str) -> RunView:
    """A run as its events tell it so far."""
    view = RunView(run_id=run_id)
    try:
        async with asyncio.timeout(5):
            # To the end: a run that asked a person was at rest before.
            async for lot in place.services.runs.watch(run_id):
                view.fold(lot)
    except TimeoutError:
        place.notice = Notice(tr("A run is still going on: what it has done so far is compared."))
    return view


async def test(place: Workspace) -> None:
    """Runs the workflow's tests, on the simulated model."""
    checked = place.checked
    if checked is None or not checked.valid:
        place.notice = not_valid()
        return
    try:
        place.outcomes = (place.draft, await run_tests(checked))
    except (EngineError, ChatModelError) as error:
        place.notice = Notice(error.message, error.help, bad=True)


async def save_as_test(place: Workspace, run_id: str) -> None:
    """Keeps a run as a test of the workflow: what its nodes returned is given, what it returned is expected."""
    run = await own_run(place, run_id)
    if run is None:
        return
    if run.state != "finished":
        told = tr("Only a run that came to its end can be a test.")
        place.notice = Notice(told, tr("Let it finish, or run it again."), bad=True)
        return
    if run.text != place.draft:
        await open_text(place, run_id)
    made = test_of(place, await view_of(place, run_id), run)
    result = await asyncio.to_thread(apply_edits, place.draft, [AddTest(test=made)])
    if not result.ok:
        place.notice = Notice(result.problems[0].message, result.problems[0].help or "", bad=True)
        return
    outcome = await _tried(place, result.text, str(made["name"]))
    if outcome is None or not outcome.passed:
        why = outcome.problems[0] if outcome else tr("the text would not be valid")
        told = tr("This run can't be repeated as a test: {why}", why=why)
        place.notice = Notice(told, tr("Write the test by hand in the YAML tab."), bad=True)
        return
    await place.set_draft(result.text, tr("Saved a run as a test"))
    await test(place)
    place.tab = "tests"
    place.notice = Notice(tr("The run is kept as the test “{name}”.", name=made["name"]))
    await keep(place)


async def _tried(place: Workspace, text: str, name: str) -> TestOutcome | None:
    checked = await asyncio.to_thread(place.services.check, text)
    if not checked.valid:
        return None
    return next((one for one in await run_tests(checked) if one.name == name), None)


def test_of(place: Workspace, view: RunView, run: RunStatus) -> dict[str, Any]:
    """The test that repeats a run without a model."""
    workflow = place.checked.workflow if place.checked else None
    humans = {node.id for node in workflow.nodes if isinstance(node, HumanNode)} if workflow else set()
    names = {one.name for one in workflow.tests} if workflow else set()
    given: dict[str, Any] = {}
    answers: dict[str, Any] = {}
    for step in view.steps.values():
        # What is inside a map differs from item to item, and a test gives one result for each node.
        if step.parent is None and step.status == "done" and step.writes and step.kind not in ("map", "parallel"):
            (answers if step.node in humans else given)[step.node] = step.writes
    first = one_line(" ".join(str(value) for value in run.inputs.values()), 40)
    name = tr("a run with {inputs}", inputs=first) if first else tr("a run without inputs")
    made = {"name": _new_name(name, names), "inputs": dict(run.inputs), "given": given, "answers": answers}
    expected = [line for name, value in run.outputs.items() if (line := _expectation(name, value))]
    return {key: value for key, value in made.items() if value} | {"expect": expected[:_MOST_EXPECTED] or ["true"]}


def _new_name(name: str, taken: set[str]) -> str:
    numbered = (f"{name} ({number})" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def _expectation(name: str, value: Any) -> str:
    """A condition that holds for the value: itself where it is short, else how it begins or how many there are."""
    if isinstance(value, float):
        # CEL tells 2 from 2.0.
        return f"state.{name} == {float(value)!r}"
    if isinstance(value, str) and len(value) > _LONGEST_EXPECTED:
        return f"state.{name}.startsWith({json.dumps(value[:_BEGINNING], ensure_ascii=False)})"
    if isinstance(value, (str, bool, int)):
        return f"state.{name} == {json.dumps(value, ensure_ascii=False)}"
    return f"size(state.{name}) == {len(value)}" if isinstance(value, list) else ""


async def forget_pair(place: Workspace) -> None:
    """Shows the list of runs again."""
    place.run_pair = None
