"""The examples on an empty page, and the way from a run to its trace."""

from __future__ import annotations

import dataclasses
from html import escape

import pytest

from chat_app import resources
from chat_app.events.run import Question
from chat_app.tracing.own_record import OwnRecord
from chat_app.tracing.traces import TraceLink
from chat_app.translation import LANGUAGES, speaking, tr
from chat_app.translation.languages import ENGLISH
from chat_app.ui import conversation_desk, draft_desk, paint, paint_run, run_desk
from chat_app.ui.acts import perform
from chat_app.ui.examples import FIRST, Example, examples, examples_html
from chat_app.ui.form import first_values, form_html, input_fields, samples
from chat_app.ui.history_desk import look_up
from chat_app.ui.markup import one_line
from chat_app.ui.run_html import question_block, said_of
from chat_app.ui.run_view import RunView
from chat_app.ui.runs_html import tests_html as drawn_tests
from chat_app.ui.trace_html import trace_links
from chat_app.ui.workspace import Workspace
from tests.ui.house import House
from tests.ui.test_desk import GOOD, rested

FOLDER = resources.folder("examples")


@pytest.fixture
def place(house: House) -> Workspace:
    return Workspace("v1", dataclasses.replace(house.services, examples=FOLDER))


def test_every_example_is_offered_and_the_first_need_nothing(place: Workspace) -> None:
    found = examples(FOLDER)
    assert {one.name for one in found} == {path.stem for path in FOLDER.glob("*.yaml")}
    assert [one.name for one in found[: len(FIRST)]] == list(FIRST)
    assert all(one.about.endswith(".") for one in found)
    for one in found[: len(FIRST)]:
        checked = place.services.check(one.text)
        assert checked.valid and checked.workflow is not None, one.name
        needed = {given.name for given in input_fields(checked.workflow) if given.required}
        assert needed <= first_values(checked.workflow).keys(), one.name


def test_every_example_is_told_in_the_visitors_language() -> None:
    found = examples(FOLDER)
    for code in set(LANGUAGES) - {ENGLISH}:
        with speaking(code):
            assert all(tr(words) != words for one in found for words in (one.title, one.about)), code
    with speaking("de"):
        assert "<strong>Rechnung auslesen</strong>" in examples_html(found)


@pytest.mark.parametrize("code", sorted(set(LANGUAGES) - {ENGLISH}))
def test_an_open_example_speaks_the_visitors_language(place: Workspace, code: str) -> None:
    for one in examples(FOLDER):
        workflow = place.services.check(one.text).workflow
        assert workflow is not None, one.name
        with speaking(code):
            form = form_html("f", input_fields(workflow), buttons="")
            tests = drawn_tests(workflow, None, stale=False)
            fills = [label for label, _ in samples(workflow)]
        for given in workflow.inputs.values():
            assert given.description and escape(given.description) not in form, (one.name, given.description)
        for test in workflow.tests:
            assert escape(test.name) not in tests, (one.name, test.name)
            assert one_line(test.name, 40) not in fills, (one.name, test.name)


def test_what_a_run_of_an_example_asks_is_told_in_the_visitors_language() -> None:
    fields = {"decision": {"type": "string", "description": "What happens to it"}}
    question = Question("approve", "approve", "Publish this text?\n\n**Hi**\n\nDoubts: none", fields)
    with speaking("de"):
        view = RunView("r1")
        drawn = str(question_block(view, question, {}, {}))
        view.status, view.questions = "waiting", (question,)
        said = said_of(view)
    assert "Diesen Text veröffentlichen?" in drawn and "<strong>Hi</strong>" in drawn and "Zweifel: none" in drawn
    assert "Was damit geschieht" in drawn
    assert "Diesen Text veröffentlichen? **Hi** Zweifel: none" in said


def test_what_an_example_says_is_escaped() -> None:
    drawn = examples_html([Example('a"><b>', 'A"><b>', "<script>x</script>", "")])
    assert "<script>" not in drawn and "<b>" not in drawn


async def test_an_example_opens_on_an_empty_page_ready_to_run(place: Workspace) -> None:
    assert 'data-example="extract_invoice"' in str(paint_run.graph(place))
    await perform(place, {"act": "open_example", "example": "../secrets"})
    assert place.empty and place.notice is None
    with speaking("de"):
        await perform(place, {"act": "open_example", "example": "extract_invoice"})
        title = next(one.title for one in examples(FOLDER) if one.name == "extract_invoice")
        assert place.notice is not None and tr(title) in place.notice.text
        assert tr(title) != title
    assert place.draft == (FOLDER / "extract_invoice.yaml").read_text(encoding="utf-8")
    assert place.checked is not None and place.checked.valid and place.checked.workflow is not None
    assert 'id="examples"' not in str(paint_run.graph(place))
    await run_desk.run(place, place.filled(place.checked.workflow))
    assert place.form_problems == {}
    assert await rested(place) in ("done", "waiting")


async def test_an_example_replaces_no_design(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    await perform(place, {"act": "open_example", "example": "extract_invoice"})
    assert place.draft == GOOD
    assert place.notice is not None and place.notice.bad
    await conversation_desk.begin(place)
    await perform(place, {"act": "open_example", "example": "extract_invoice"})
    assert "extract_invoice" in place.draft


async def test_a_run_links_to_its_trace_or_tells_how_to_see_it(place: Workspace, house: House) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    await run_desk.run(place, {"who": "Ada"})
    await rested(place)
    for panel in (paint_run.run(place), paint.runs(place)):
        assert "MLflow" not in str(panel)
    record = OwnRecord(house.store, trace=lambda run_id: None)
    place.services = dataclasses.replace(house.services, record=record)
    await look_up(place)
    for panel in (paint_run.run(place), paint.runs(place)):
        assert "<code>workflow-chat traces</code>" in str(panel)
    served = TraceLink("tr-1", "http://127.0.0.1:5000/#/t?a=1&b=2")
    place.services = dataclasses.replace(house.services, record=OwnRecord(house.store, trace=lambda run_id: served))
    await look_up(place)
    for panel in (paint_run.run(place), paint.runs(place)):
        assert 'href="http://127.0.0.1:5000/#/t?a=1&amp;b=2"' in str(panel)
        assert "<code>workflow-chat traces" not in str(panel)


def test_an_address_that_is_no_web_address_is_no_link() -> None:
    assert trace_links(lambda run_id: TraceLink("tr-1", "javascript:alert(1)"), ["r1"]) == {}
