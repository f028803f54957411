"""Tools in the interview: a new one is asked about by its signature alone, files are read, tables are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field

from chat_app.chat_models.simulated import SimulatedChatModel
from chat_app.designer.guided.building import build
from chat_app.designer.guided.designer import GuidedDesigner
from chat_app.designer.guided.filing import FROM_FILES, reads_files
from chat_app.designer.guided.interview import default_of, names_of
from chat_app.designer.guided.patterns import Pattern, load_patterns
from chat_app.designer.guided.toolbox import equipped
from chat_app.engine.dry_run import dry_run
from chat_app.engine.manager import RunManager
from chat_app.engine.reach import Reach
from chat_app.engine.testing import run_tests
from chat_app.events.design import Asked, Offered, Said
from chat_app.files.reference import FileRef
from chat_app.files.store import Bounds, FileStore
from chat_app.tools.built_in import BUILT_IN
from chat_app.tools.catalog import Catalog, catalog, signature
from chat_app.tools.media import MediaSetup
from chat_app.tools.network import Network
from chat_app.tools.policy import NetworkPolicy
from chat_app.tools.search.engines import SearchSetup
from chat_app.tools.setup import ToolSetup
from chat_app.tools.tool import Arguments, ToolContext, tool
from chat_app.workflow.check import CheckResult
from chat_app.workflow.check import check as plain_check
from chat_app.workflow.nodes import MapNode, ToolNode
from chat_app.workflow.surroundings import Surroundings
from tests.designer.guided.conftest import HERE, Talk, check


class MeasureArguments(Arguments):
    """What to measure."""

    text: str = Field(min_length=1, description="What is measured.")
    unit: Literal["letters", "words"] = Field("letters", description="What is counted.")
    twice: bool = Field(False, description="Whether everything counts double.")
    most: int = Field(1000, ge=1, le=5000, description="The highest count.")


async def measured(arguments: MeasureArguments, context: ToolContext) -> int:
    count = len(arguments.text) if arguments.unit == "letters" else len(arguments.text.split())
    return min(arguments.most, count * 2 if arguments.twice else count)


MEASURE = tool("measure_text", "Measures how long something is.", MeasureArguments, int, measured)
PLUGGED = {**HERE.tools, "measure_text": signature(MEASURE)}


def check_plugged(text: str) -> CheckResult:
    return plain_check(text, Surroundings(tools=PLUGGED))


@pytest.fixture
def equipped_talk() -> Talk:
    return Talk(GuidedDesigner(check_plugged, PLUGGED))


class OnlySimulated:
    def get(self, name: str | None, keys: Mapping[str, str] = {}) -> SimulatedChatModel:
        return SimulatedChatModel()


async def outputs_of(checked: CheckResult, inputs: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    reach = Reach(
        network=Network(NetworkPolicy()),
        files=FileStore(folder / "files", Bounds()),
        catalog=lambda: Catalog([*BUILT_IN, MEASURE]),
    )
    manager = RunManager(OnlySimulated(), folder, reach=reach)
    try:
        run = await manager.start(checked, inputs)
        async for _event in manager.subscribe(run):
            pass
        status = manager.status(run)
        assert status.state == "finished", status.message
        return dict(status.outputs)
    finally:
        await manager.close()


async def test_a_plug_in_tool_is_asked_about_by_its_signature(equipped_talk: Talk, tmp_path: Path) -> None:
    talk = equipped_talk
    await talk.say("please use measure_text")
    assert talk.one(Offered).cards[0].title == "Use the tool measure_text"
    await talk.say("1")
    asked = talk.one(Asked)
    assert (asked.text, asked.why) == ("What shall `text` be?", "What is measured.")
    assert asked.options[0].label == "The user gives it on each run"
    await talk.say("skip")
    asked = talk.one(Asked)
    assert [option.value for option in asked.options] == ["letters", "words"]
    assert asked.default == "letters"
    await talk.say("words")
    assert talk.one(Asked).id == "twice"
    await talk.say("yes")
    assert talk.one(Asked).default == "1000"
    await talk.say("fifty")
    checked = check_plugged(talk.draft)
    assert checked.valid, checked.diagnostics
    [node] = checked.workflow.nodes if checked.workflow else []
    assert isinstance(node, ToolNode)
    assert node.arguments == {"text": "{{ state.text }}", "unit": "words", "twice": True, "most": 50}
    assert [outcome.problems for outcome in await run_tests(checked)] == [()]
    assert await outputs_of(checked, {"text": "one two three"}, tmp_path) == {"result": 6}


async def test_what_a_tool_does_is_found_without_its_name(equipped_talk: Talk) -> None:
    await equipped_talk.say("measure how long something is")
    assert "Use the tool measure_text" in [card.title for card in equipped_talk.one(Offered).cards]


@pytest.mark.parametrize("name", [one for one in PLUGGED if not PLUGGED[one].missing])
async def test_every_tool_here_makes_a_workflow(name: str, equipped_talk: Talk) -> None:
    await equipped_talk.say(f"use {name}", "1", "skip all")
    checked = check_plugged(equipped_talk.draft)
    assert checked.valid, checked.diagnostics
    assert all(outcome.passed for outcome in await run_tests(checked))
    if name in HERE.tools:
        # A dry run calls what is installed, and the plug-in of this test is not.
        assert (await dry_run(checked)).complete


async def test_a_wish_for_files_reads_files(equipped_talk: Talk) -> None:
    talk = equipped_talk
    await talk.say("summarise a pdf", "1")
    assert "It reads files" in "".join(event.text for event in talk.found(Said))
    await talk.say("skip all")
    checked = check_plugged(talk.draft)
    assert checked.workflow is not None
    assert checked.workflow.inputs["file"].type == "file"
    assert checked.workflow.nodes[0].id == "read_file"
    assert [outcome.problems for outcome in await run_tests(checked)] == [()]
    assert (await dry_run(checked)).complete


async def test_each_file_is_read_its_fields_written_into_a_table_and_approved(equipped_talk: Talk) -> None:
    talk = equipped_talk
    await talk.say("read each PDF, extract the supplier and the total, write a table, and let me approve")
    await talk.say(talk.one(Offered).cards[0].value)
    await talk.say("skip all")
    checked = check_plugged(talk.draft)
    assert checked.valid, checked.diagnostics
    assert checked.workflow is not None
    kinds = [getattr(node, "tool", node.kind) for node in checked.workflow.nodes]
    assert kinds == ["map", "map", "write_table", "human"]
    body = next(node for node in checked.workflow.nodes if node.id == "for_each")
    assert isinstance(body, MapNode)
    assert {"supplier", "total"} <= body.body.state.keys()
    assert [outcome.problems for outcome in await run_tests(checked)] == [()]


async def test_a_table_in_a_file_is_added_up_for_real(equipped_talk: Talk, tmp_path: Path) -> None:
    talk = equipped_talk
    await talk.say("total amount per city from an excel file", "1", "skip all")
    checked = check_plugged(talk.draft)
    assert checked.workflow is not None
    assert checked.workflow.inputs["file"].type == "file"
    store = FileStore(tmp_path / "files", Bounds())
    ref: FileRef = store.put(b"city,amount\nBern,2\nOslo,3\nBern,5\n", "sales.csv")
    outputs = await outputs_of(checked, {"file": ref.as_value()}, tmp_path)
    assert [(row["name"], row["total"]) for row in outputs["totals"]] == [("Bern", 7), ("Oslo", 3)]


FILED = [
    pattern
    for pattern in load_patterns()
    if set(pattern.needs) <= set(PLUGGED) and pattern.edits and pattern.edits[0].get("op") == "add_input"
]


@pytest.mark.parametrize("pattern", FILED, ids=lambda pattern: pattern.id)
def test_every_pattern_of_texts_can_read_files(pattern: Pattern) -> None:
    values: dict[str, Any] = {slot.id: default_of(slot) for slot in pattern.slots}
    with equipped(PLUGGED):
        if not reads_files(pattern.edit_data(names_of(pattern.slots, values))):
            given = pattern.edits[0]
            assert (
                given["name"] in ("url", "case_name")
                or given["type"].get("type") != "string"
                or "enum" in given["type"]
            )
            return
        built = build(pattern, {**values, FROM_FILES: True}, {})
    assert built.problems == ()
    faults = [fault.code for fault in check(built.text).faults]
    assert faults == []


async def test_what_needs_a_tool_that_is_missing_is_refused() -> None:
    bare, able = Talk(GuidedDesigner(check)), Talk(GuidedDesigner(check_plugged, PLUGGED))
    wish = "extract the fields of an invoice and save them to an excel file"
    await bare.say(wish)
    assert "I build no step that writes files here" in "".join(event.text for event in bare.found(Said))
    if "write_document" in PLUGGED:
        await able.say(wish)
        assert able.found(Offered)
        assert not able.found(Said)


async def test_asking_before_a_file_is_made_is_answered_honestly(equipped_talk: Talk) -> None:
    talk = equipped_talk
    await talk.say("extract the supplier and the total of each text, then write a table")
    await talk.say(talk.one(Offered).cards[0].value)
    await talk.say("skip all")
    before = talk.draft
    await talk.say("ask me before spreadsheet")
    assert "could not return the file `table_file`" in talk.found(Said)[0].text
    assert talk.draft == before


SET_UP = ToolSetup(
    search=SearchSetup(),
    media=MediaSetup(image="openai/gpt-image-1", speech="openai/gpt-4o-mini-tts", transcription="openai/whisper-1"),
)
WAITING = [pattern for pattern in load_patterns() if not set(pattern.needs) <= set(PLUGGED)]


@pytest.mark.parametrize("pattern", WAITING, ids=lambda pattern: pattern.id)
async def test_patterns_of_tools_that_are_set_up_check_and_pass_their_tests(pattern: Pattern) -> None:
    tools = {tool.name: replace(signature(tool), missing=None) for tool in catalog(SET_UP)}
    values = {slot.id: default_of(slot) for slot in pattern.slots}
    checked = plain_check(build(pattern, values, {}).text, Surroundings(tools=tools))
    assert checked.faults == ()
    assert [outcome.problems for outcome in await run_tests(checked)] == [()]
