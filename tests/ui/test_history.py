"""Runs that are over, tests of a workflow, files in forms, and what is drawn of them."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from chat_app.files.reference import FileRef
from chat_app.ui import desk, draft_desk, file_route, history_desk, paint, paint_run, run_desk, uploads
from chat_app.ui.acts import perform
from chat_app.ui.diff_html import inside_line, rows_of
from chat_app.ui.node_details import find_node, values_read
from chat_app.ui.runs_html import inputs_words
from chat_app.ui.table_field import table_rows, table_text
from chat_app.ui.workspace import Workspace
from tests.ui.house import House
from tests.ui.test_desk import ASKS, GOOD, answered, rested

TAKES_FILE = """\
version: 1
name: takes_file
inputs: {paper: {type: file}, rest: {type: array, items: {type: file}, default: []}}
state: {text: {type: string}}
outputs: [text]
nodes:
  - {id: name_it, kind: template, template: "It is {{ state.paper.name }}", writes: [text]}
"""
TESTED = (
    GOOD
    + """\
tests:
  - {name: greets, inputs: {who: Ada}, given: {write: {text: Hello Ada}}, expect: ["state.text == 'Hello Ada'"]}
  - {name: wrong, inputs: {who: Ada}, given: {write: {text: Hello}}, expect: ["state.text == 'Bye'"]}
"""
)


@pytest.fixture
def place(house: House) -> Workspace:
    return Workspace("v1", house.services)


@pytest.fixture
def upload_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    (tmp_path / "uploads").mkdir()
    return tmp_path / "uploads"


async def done(place: Workspace, who: str) -> str:
    await run_desk.run(place, {"who": who})
    assert await rested(place) == "done"
    assert place.run is not None
    return place.run.run_id


async def test_tests_are_red_and_green_with_what_they_go_through(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, TESTED)
    await history_desk.test(place)
    drawn = str(paint.tests(place))
    assert "1 of 2 passed" in drawn
    assert 'data-test-status="failed"' in drawn
    assert "1 of 1 nodes" in drawn
    await draft_desk.typed_yaml(place, TESTED.replace("Bye", "Hello"))
    assert "run them again" in str(paint.tests(place))


async def test_a_run_becomes_a_test_that_passes(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    run_id = await done(place, "Ada")
    await perform(place, {"act": "save_as_test", "run": run_id})
    assert place.notice is not None
    assert not place.notice.bad, place.notice
    assert place.checked is not None and place.checked.workflow is not None
    assert [test.inputs for test in place.checked.workflow.tests] == [{"who": "Ada"}]
    assert "state.text" in place.checked.workflow.tests[0].expect[0]
    assert "1 of 1 passed" in str(paint.tests(place))


async def test_a_run_with_an_answer_becomes_a_test_that_gives_it(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, ASKS)
    await run_desk.run(place, {"who": "Ada"})
    assert await rested(place) == "waiting"
    assert place.run is not None
    await run_desk.answer(place, place.run.view.questions[0].step, {"ok": True})
    assert await rested(place) == "done"
    await perform(place, {"act": "save_as_test", "run": place.run.run_id})
    assert place.notice is not None
    assert not place.notice.bad, place.notice
    assert place.checked is not None and place.checked.workflow is not None
    assert place.checked.workflow.tests[0].answers == {"approve": {"ok": True}}
    assert "1 of 1 passed" in str(paint.tests(place))


async def test_two_runs_are_set_side_by_side(place: Workspace, house: House) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    first, second = await done(place, "Ada"), await done(place, "Grace")
    await perform(place, {"act": "submit", "form": "compare", "values": {first: True}})
    assert place.run_pair is None
    await perform(place, {"act": "submit", "form": "compare", "values": {first: True, second: True}})
    drawn = str(paint.runs(place))
    assert "Ada" in drawn and "Grace" in drawn
    assert "Both ran the same design." in drawn
    stranger = Workspace("v2", house.services)
    await perform(stranger, {"act": "submit", "form": "compare", "values": {first: True, second: True}})
    assert stranger.run_pair is None


async def test_a_slow_disk_holds_up_nobody_and_no_run_is_lost_from_the_list(
    place: Workspace, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    await done(place, "Ada")
    writes, released, write = threading.Event(), threading.Event(), house.store.flush

    def slow() -> None:
        writes.set()
        assert released.wait(20), "the event loop waited for the disk"
        write()

    monkeypatch.setattr(house.store, "flush", slow)
    early = asyncio.create_task(history_desk.look_up(place))
    await asyncio.to_thread(writes.wait, 20)
    # Meanwhile all goes on, and who looks later sees at least as much.
    second = await done(place, "Grace")
    late = asyncio.create_task(history_desk.look_up(place))
    await asyncio.sleep(0)
    released.set()
    await asyncio.gather(early, late)
    assert set(place.overview.runs) == {run.run_id for run in house.services.runs.runs(place.owner)}
    assert place.overview.runs[second].ended_at is not None
    assert "2 simulated calls" in str(paint.runs(place))


async def test_a_run_is_done_again_with_its_inputs_in_the_form(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    run_id = await done(place, "Ada")
    await draft_desk.typed_yaml(place, GOOD.replace("Greet", "Welcome"))
    await history_desk.again(place, run_id)
    assert place.draft == GOOD
    assert "Ada" in str(paint_run.form(place))
    await draft_desk.undo(place)
    assert "Welcome" in place.draft


async def test_a_node_tells_what_it_got_and_runs_again_from_there(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    first = await done(place, "Ada")
    assert place.run is not None and place.checked is not None and place.checked.workflow is not None
    found = find_node(place.checked.workflow, "write")
    assert found is not None
    step = next(iter(place.run.view.steps.values()))
    assert values_read(place.checked.workflow, found[0], place.run.view, step) == {"who": "Ada"}
    await perform(place, {"act": "node", "nodeName": "write"})
    assert "Run from here" in str(paint_run.graph(place))
    await perform(place, {"act": "run_from", "node": "write"})
    assert await rested(place) == "done"
    assert place.run.run_id != first


async def test_a_file_is_given_and_taken_out_again(place: Workspace, upload_folder: Path) -> None:
    await draft_desk.typed_yaml(place, TAKES_FILE)
    file = upload_folder / "paper.txt"
    file.write_text("hello")
    await perform(place, {"act": "take_files", "form": "inputs", "name": "paper", "paths": [str(file)]})
    assert not file.exists()
    assert "paper.txt" in str(paint_run.form(place))
    await run_desk.run(place, place.form_typed)
    assert await rested(place) == "done", place.run.view.message if place.run else ""
    assert place.run is not None
    assert place.run.view.outputs == {"text": "It is paper.txt"}
    sha = json.loads(place.form_typed["paper"])["sha256"]
    await perform(place, {"act": "drop_file", "form": "inputs", "field": "paper", "sha": sha})
    assert "paper" not in place.form_typed


async def test_no_other_file_of_the_machine_can_be_taken(
    place: Workspace, upload_folder: Path, tmp_path: Path
) -> None:
    await draft_desk.typed_yaml(place, TAKES_FILE)
    secret = tmp_path / "secret.txt"
    secret.write_text("canary")
    (upload_folder / "link").symlink_to(secret)
    for path in (str(secret), f"{upload_folder}/../secret.txt", str(upload_folder / "link"), "", "a\0b"):
        assert uploads.uploaded(path) is None
        await perform(place, {"act": "take_files", "form": "inputs", "name": "paper", "paths": [path]})
    assert place.form_typed == {}
    assert secret.exists()


async def test_files_are_served_to_who_has_their_address_only(house: House) -> None:
    store = house.services.files
    page = TestClient(Starlette(routes=file_route.routes(store)))
    ref = store.put(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a b.svg")
    found = page.get(file_route.url_of(ref))
    assert found.status_code == 200
    assert found.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in found.headers["content-security-policy"]
    saved = page.get(file_route.url_of(ref, download=True))
    assert saved.headers["content-disposition"].startswith("attachment")
    forged = file_route.url_of(FileRef("x", "text/html", ref.sha256, ref.size)).replace("text%2Fhtml", "image%2Fpng")
    assert page.get(forged).status_code == 403
    other = file_route.url_of(ref).replace(ref.sha256, "0" * 64)
    assert page.get(other).status_code == 403
    html = store.put(b"<!doctype html><script>alert(1)</script>", "x.html")
    assert page.get(file_route.url_of(html)).headers["content-type"] == "application/octet-stream"


def test_a_table_is_read_with_its_types_and_written_back() -> None:
    columns = {"name": "string", "age": "integer", "paid": "boolean"}
    rows = [{"name": "Ada, L.", "age": 36, "paid": True}, {"name": "Grace", "age": 85, "paid": False}]
    assert table_rows(table_text(rows, list(columns)), columns) == rows
    assert table_rows("age;name\n3;Bo", columns) == [{"age": 3, "name": "Bo"}]
    assert table_rows("Ada\t36\tyes", columns) == [rows[0] | {"name": "Ada"}]
    for wrong in ("Ada,old", "Ada,1,perhaps", "a,1,yes,more"):
        with pytest.raises(ValueError, match="Line 1"):
            table_rows(wrong, columns)


def test_rows_side_by_side_tell_both_texts() -> None:
    old, new = "a\nb\nc\n" + "x\n" * 20 + "z", "a\nB\nc\n" + "x\n" * 20 + "z\nnew"
    rows = rows_of(old, new)
    assert [row for row in rows if row[0] == "changed"] == [("changed", 2, "b", 2, "B")]
    assert rows[-1] == ("new", None, "", 25, "new")
    assert any(row[0] == "gap" for row in rows)
    assert inside_line("greet <b>", "greets <b>") == ("greet &lt;b&gt;", "greet<ins>s</ins> &lt;b&gt;")


async def test_format_keeps_comments_and_meaning(place: Workspace) -> None:
    ragged = GOOD.replace("nodes:\n  - ", "nodes:   # the work\n-  ")
    await draft_desk.typed_yaml(place, ragged)
    await draft_desk.tidy(place)
    assert "# the work" in place.draft
    assert place.draft != ragged
    assert place.checked is not None and place.checked.valid
    await draft_desk.typed_yaml(place, "nodes: [oops")
    await draft_desk.tidy(place)
    assert place.notice is not None and place.notice.bad


async def test_a_link_opens_a_saved_design_and_nobody_elses(place: Workspace, house: House) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    await draft_desk.save(place)
    assert place.saved_as == "greet"
    place.begin_afresh()
    await draft_desk.open_link(place, "greet")
    assert place.draft == GOOD
    await draft_desk.open_link(place, "../../secret")
    assert place.notice is not None and place.notice.bad
    assert place.draft == GOOD


def test_a_large_upload_is_bounded_before_it_is_kept(house: House, upload_folder: Path) -> None:
    file = upload_folder / "big"
    with file.open("wb") as written:
        written.seek(house.services.files.bounds.file)
        written.write(b"x")
    with pytest.raises(Exception, match="big"):
        uploads.take(Workspace("v1", house.services), file)
    assert not file.exists()


async def test_a_file_dropped_on_the_conversation_goes_with_the_message(
    place: Workspace, upload_folder: Path
) -> None:
    notes, design = upload_folder / "notes.txt", upload_folder / "greet.yaml"
    notes.write_text("a canary in the notes")
    design.write_text(TAKES_FILE)
    await perform(place, {"act": "chat_files", "paths": [str(design)]})
    assert place.draft == TAKES_FILE
    await perform(place, {"act": "chat_files", "paths": [str(notes)]})
    assert "notes.txt" in str(paint.choices(place))
    assert not notes.exists() and not design.exists()
    await desk.say(place, "add a review step")
    await answered(place)
    assert "a canary in the notes" in place.conversation.messages[0].text
    assert place.transcript[0].content == "add a review step\n\n*With notes.txt*"
    assert place.attached == []
    # The run form offers it where a file is wanted.
    assert "notes.txt" in str(paint_run.form(place))
    await perform(place, {"act": "chat_files", "paths": ["/etc/passwd"]})
    assert place.notice is not None and place.notice.bad


def test_inputs_are_told_in_their_own_letters() -> None:
    assert inputs_words({"items": ["一", "二"], "count": 2}) == 'items: ["一", "二"] · count: 2'


async def test_files_that_are_dropped_together_keep_their_order(
    place: Workspace, upload_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second_is_taken, take = threading.Event(), desk.take

    def slow_at_first(place: Workspace, file: Path) -> FileRef:
        if file.name == "a.txt":
            second_is_taken.wait(0.2)
            return take(place, file)
        ref = take(place, file)
        second_is_taken.set()
        return ref

    monkeypatch.setattr(desk, "take", slow_at_first)
    for name in ("a.txt", "b.txt"):
        (upload_folder / name).write_text(name)
    await asyncio.gather(*(desk.attach(place, str(upload_folder / name)) for name in ("a.txt", "b.txt")))
    assert [ref.name for ref in place.attached] == ["a.txt", "b.txt"]
