"""Files in runs: given, passed on, sent to models, made by tools; and what is told where one is not there."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import Field

from chat_app.chat_models.models import ChatModels
from chat_app.engine.errors import AnswersRefused, InputsRefused
from chat_app.engine.manager import RunManager
from chat_app.engine.reach import Reach
from chat_app.engine.testing import run_tests
from chat_app.events.run import ModelAsked, RunFailed, RunFinished, RunStarted, RunWaiting, StepFailed, ToolCalled
from chat_app.files.reference import FileRef
from chat_app.files.store import Bounds, FileStore
from chat_app.tools.catalog import Catalog
from chat_app.tools.documents import READ_DOCUMENT
from chat_app.tools.file_arguments import FileArgument, FileResult
from chat_app.tools.network import Network
from chat_app.tools.policy import NetworkPolicy
from chat_app.tools.tool import Arguments, ToolContext, tool
from tests.engine.conftest import SILENT, KeptEvents, Make, Pauses, checked, events_of, of_type
from tests.servers.openai_server import OpenAIServer, Says
from tests.tools.web_server import WebServer

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>"


class DoubleArguments(Arguments):
    file: FileArgument = Field(description="What to double.")


async def double(arguments: DoubleArguments, context: ToolContext) -> FileResult:
    content = await context.files.read(arguments.file)
    return await context.files.put(content * 2, f"two of {arguments.file.name}")


DOUBLE = tool("double", "Doubles a file.", DoubleArguments, FileResult, double)


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files", Bounds(file=2_000_000, run=2_500_000))


@pytest.fixture
def manager(make: Make, files: FileStore, real_models: ChatModels) -> RunManager:
    network = Network(NetworkPolicy(allowed=frozenset({"127.0.0.1"}), seconds=5))
    reach = Reach(network=network, files=files, catalog=lambda: Catalog([DOUBLE, READ_DOCUMENT]))
    manager = make(SILENT, KeptEvents(), pause=Pauses(), reach=reach)
    manager._models = real_models
    return manager


def png(size: int = 4) -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (size, size), "red").save(kept, "PNG")
    return kept.getvalue()


ECHO = """
inputs: {papers: {type: array, items: {type: file}}}
state: {doubled: {type: array, items: {type: file}}, first: {type: file}, label: {type: string}}
outputs: [first, doubled, label]
nodes:
  - id: each
    kind: map
    over: "{{ state.papers }}"
    item: paper
    body:
      state: {size: {type: file}}
      nodes:
        - {id: two, kind: tool, tool: double, arguments: {file: "{{ paper }}"}, writes: [size]}
      returns: size
    writes: [doubled]
  - {id: one, kind: code, code: "first = state.doubled[0]", writes: [first]}
  - {id: say, kind: template, template: "{{ state.first.name }} has {{ state.first.size }} bytes", writes: [label]}
"""


async def test_files_go_through_maps_tools_code_and_templates(manager: RunManager, files: FileStore) -> None:
    given = [files.put(b"abc", "one.txt").as_value(), files.put(b"# Two", "two.md").as_value()]
    events = await events_of(manager, await manager.start(checked(ECHO), {"papers": given}))
    assert isinstance(events[-1], RunFinished), events[-1]
    outputs = events[-1].outputs
    assert outputs["label"] == "two of one.txt has 6 bytes"
    assert [one["name"] for one in outputs["doubled"]] == ["two of one.txt", "two of two.md"]
    assert files.read(FileRef.of(outputs["first"])) == b"abcabc"
    (call, _) = of_type(events, ToolCalled)
    assert call.arguments["file"] in given
    assert of_type(events, RunStarted)[0].inputs["papers"] == given


async def test_what_a_person_says_of_a_file_is_not_believed(manager: RunManager, files: FileStore) -> None:
    ref = files.put(b"<script>alert(1)</script>", "page.html").as_value()
    lying = {**ref, "name": "../../photo.png", "media_type": "image/png", "size": 1}
    text = """
inputs: {photo: {type: file}}
state: {kind: {type: string}}
outputs: [kind]
nodes:
  - id: say
    kind: template
    template: "{{ state.photo.name }} {{ state.photo.media_type }} {{ state.photo.size }}"
    writes: [kind]
"""
    events = await events_of(manager, await manager.start(checked(text), {"photo": lying}))
    assert events[-1].outputs == {"kind": "photo.png text/html 25"}


async def test_a_file_that_is_not_kept_is_refused_before_any_run(manager: RunManager, files: FileStore) -> None:
    ref = files.put(b"abc", "one.txt").as_value()
    lost = {**ref, "name": "lost.txt", "sha256": "0" * 64}
    with pytest.raises(InputsRefused) as told:
        await manager.start(checked(ECHO), {"papers": [ref, lost]})
    assert "`papers[1]`: The file lost.txt is not in the store." in told.value.message
    with pytest.raises(InputsRefused, match="must be a file, found the text"):
        await manager.start(checked(ECHO), {"papers": ["one.txt"]})
    assert not manager.runs()


async def test_people_answer_with_files(manager: RunManager, files: FileStore) -> None:
    text = """
state: {scan: {type: file}, name: {type: string}}
outputs: [name]
nodes:
  - {id: ask, kind: human, ask: "The scan, please", writes: [scan]}
  - {id: say, kind: template, template: "{{ state.scan.media_type }}", writes: [name]}
"""
    run_id = await manager.start(checked(text), {})
    events = await events_of(manager, run_id)
    assert isinstance(events[-1], RunWaiting)
    assert events[-1].questions[0].fields["scan"]["format"] == "file"
    with pytest.raises(AnswersRefused, match="not in the store"):
        await manager.answer(run_id, {"ask": {"scan": files.put(b"x", "a").as_value() | {"sha256": "1" * 64}}})
    await manager.answer(run_id, {"ask": {"scan": files.put(png(), "a.jpg").as_value()}})
    assert (await events_of(manager, run_id))[-1].outputs == {"name": "image/png"}


async def test_what_a_run_makes_is_bounded_over_all_its_steps(manager: RunManager, files: FileStore) -> None:
    given = [files.put(bytes([number]) * 700_000, f"{number}.bin").as_value() for number in range(2)]
    events = await events_of(manager, await manager.start(checked(ECHO), {"papers": given}))
    assert isinstance(events[-1], RunFailed)
    assert "The run has made files of" in events[-1].message


SEND = """
inputs: {photo: {type: file}, papers: {type: array, items: {type: file}}}
state: {text: {type: string}}
outputs: [text]
nodes:
  - id: look
    kind: llm
    model: MODEL
    prompt: What is this?
    images: ["{{ state.photo }}"]
    files: ["{{ state.papers }}"]
    writes: [text]
"""


async def test_pictures_and_documents_really_go_to_the_model(
    manager: RunManager, files: FileStore, openai_server: OpenAIServer
) -> None:
    openai_server.add(Says("A red square."))
    inputs = {
        "photo": files.put(png(), "red.jpg").as_value(),
        "papers": [
            files.put(PDF, "paper.pdf").as_value(),
            files.put(png(5), "second.png").as_value(),
            files.put("Grüße".encode(), "note.txt").as_value(),
        ],
    }
    run_id = await manager.start(checked(SEND.replace("MODEL", "openai/gpt-4o")), inputs, keys=openai_server.keys)
    events = await events_of(manager, run_id)
    assert events[-1].outputs == {"text": "A red square."}
    text, *parts = openai_server.requests[0].messages[-1]["content"]
    assert text == {"type": "text", "text": 'What is this?\n\n<file name="note.txt">\nGrüße\n</file>'}
    assert [part["type"] for part in parts] == ["image_url", "image_url", "file"]
    assert decoded(parts[0]["image_url"]["url"]) == ("data:image/png", png())
    assert decoded(parts[1]["image_url"]["url"]) == ("data:image/png", png(5))
    assert parts[2]["file"]["filename"] == "paper.pdf"
    assert decoded(parts[2]["file"]["file_data"]) == ("data:application/pdf", PDF)
    (asked,) = of_type(events, ModelAsked)
    assert (asked.messages[-1]["images"], asked.messages[-1]["files"]) == (2, ["paper.pdf"])
    assert base64.b64encode(png()).decode() not in str(events)


def decoded(url: str) -> tuple[str, bytes]:
    kind, _, data = url.partition(";base64,")
    return kind, base64.b64decode(data)


async def test_a_model_that_reads_no_pdf_gets_its_text(
    manager: RunManager, files: FileStore, openai_server: OpenAIServer
) -> None:
    import typst

    openai_server.add(Says("Bicycles."))
    text = SEND.replace("MODEL", "openai/any-name").replace('    images: ["{{ state.photo }}"]\n', "")
    text = text.replace("photo: {type: file}, ", "")
    paper = files.put(typst.compile(b"= Offer\n\nTwenty bicycles."), "offer.pdf").as_value()
    events = await events_of(
        manager, await manager.start(checked(text), {"papers": [paper]}, keys=openai_server.keys)
    )
    assert isinstance(events[-1], RunFinished), events[-1]
    assert '<file name="offer.pdf">\n# Offer\n\nTwenty bicycles.\n</file>' in openai_server.requests[0].last


@pytest.mark.parametrize(
    ("photo", "says"),
    [
        (b"just words", "red.png is no picture that models take, but text/plain."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "but image/svg+xml."),
    ],
)
async def test_what_is_no_picture_is_told(
    manager: RunManager, files: FileStore, openai_server: OpenAIServer, photo: bytes, says: str
) -> None:
    openai_server.add(Says("?"))
    inputs = {"photo": files.put(photo, "red.png").as_value(), "papers": []}
    run_id = await manager.start(checked(SEND.replace("MODEL", "openai/gpt-4o")), inputs, keys=openai_server.keys)
    events = await events_of(manager, run_id)
    assert says in of_type(events, StepFailed)[0].message
    assert not openai_server.requests


async def test_too_much_for_one_prompt_is_told_and_not_sent(
    manager: RunManager, files: FileStore, openai_server: OpenAIServer
) -> None:
    papers = [
        files.put(b"%PDF-1.4" + bytes([number]) * 1_900_000, f"{number}.pdf").as_value() for number in range(12)
    ]
    inputs = {"photo": files.put(png(), "red.png").as_value(), "papers": papers}
    run_id = await manager.start(checked(SEND.replace("MODEL", "openai/gpt-4o")), inputs, keys=openai_server.keys)
    events = await events_of(manager, run_id)
    assert "more than 20 MB of files would go to the model" in of_type(events, StepFailed)[0].message
    assert not openai_server.requests


LINK = """
inputs: {link: {type: string}}
state: {text: {type: string}}
outputs: [text]
nodes: [{id: look, kind: llm, model: openai/gpt-4o, prompt: See, images: ["{{ state.link }}"], writes: [text]}]
"""


async def test_a_link_to_a_picture_is_fetched_by_the_network_policy(
    manager: RunManager, openai_server: OpenAIServer, web: WebServer
) -> None:
    web.says("/red.png", png(), content_type="image/png")
    web.says("/page", b"<html>", content_type="text/html")
    openai_server.add(Says("Red."))
    run_id = await manager.start(checked(LINK), {"link": f"{web.url}/red.png"}, keys=openai_server.keys)
    assert isinstance((await events_of(manager, run_id))[-1], RunFinished)
    assert decoded(openai_server.requests[0].messages[-1]["content"][1]["image_url"]["url"])[1] == png()
    for link, says in ((f"{web.url}/page", "gives no picture"), ("http://169.254.169.254/x.png", "169.254.169.254")):
        run_id = await manager.start(checked(LINK), {"link": link}, keys=openai_server.keys)
        assert says in of_type(await events_of(manager, run_id), StepFailed)[0].message
    assert len(openai_server.requests) == 1


async def test_the_simulated_model_takes_files(manager: RunManager, files: FileStore) -> None:
    inputs = {"photo": files.put(png(), "red.png").as_value(), "papers": [files.put(PDF, "a.pdf").as_value()]}
    events = await events_of(
        manager, await manager.start(checked(SEND.replace("    model: MODEL\n", "")), inputs, model="simulated")
    )
    assert events[-1].outputs["text"].startswith("[simulated]")


MADE_UP = """
state: {picture: {type: file}, sound: {type: file}, more: {type: array, items: {type: file}}, report: {type: file}}
outputs: [report, sound, more]
nodes:
  - {id: draw, kind: tool, tool: paint, arguments: {}, writes: [picture]}
  - {id: say, kind: tool, tool: sing, arguments: {}, writes: [sound]}
  - {id: ask, kind: tool, tool: fetch, arguments: {}, writes: [more]}
  - {id: see, kind: tool, tool: double, arguments: {file: "{{ state.picture }}"}, writes: [report]}
"""


class Nothing(Arguments):
    pass


async def never(arguments: Nothing, context: ToolContext) -> Any:
    raise AssertionError("a simulated run must not call it")


async def test_what_a_simulated_run_does_not_make_is_a_small_file_that_is_there(make: Make, files: FileStore) -> None:
    outer = [
        tool(name, "Asks others.", Nothing, Any, never, networked=True, makes=makes)
        for name, makes in (("paint", "picture"), ("sing", "sound"), ("fetch", "text"))
    ]
    reach = Reach(files=files, catalog=lambda: Catalog([*outer, DOUBLE]))
    manager = make(SILENT, KeptEvents(), reach=reach)
    events = await events_of(manager, await manager.start(checked(MADE_UP), {}, model="simulated"))
    assert isinstance(events[-1], RunFinished), events[-1]
    outputs = events[-1].outputs
    assert outputs["sound"]["media_type"] == "audio/wav"
    assert {one["media_type"] for one in outputs["more"]} <= {"text/plain"}
    with Image.open(io.BytesIO(files.read(FileRef.of(outputs["report"])))) as image:
        assert image.size == (320, 200)


TESTED = """
inputs: {papers: {type: array, items: {type: file}}}
state: {text: {type: string}}
outputs: [text]
nodes: [{id: read, kind: tool, tool: read_document, arguments: {file: "{{ state.papers }}"}, writes: [text]}]
tests:
  - name: two files
    inputs: {papers: ["@papers/one.md", {name: two.txt, text: Second}]}
    expect: ["state.text == '# one.md\\\\n\\\\nFirst\\\\n\\\\n---\\\\n\\\\n# two.txt\\\\n\\\\nSecond'"]
"""


async def test_tests_of_a_workflow_read_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "one.md").write_text("First")
    (outcome,) = await run_tests(checked(TESTED), tmp_path)
    assert outcome.passed, outcome.problems
    (outcome,) = await run_tests(checked(TESTED))
    assert outcome.problems == ("the file papers/one.md is not beside the workflow",)


async def test_tests_of_a_workflow_read_nothing_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    home = tmp_path / "home"
    (home / "papers").mkdir(parents=True)
    (home / "papers" / "one.md").symlink_to(tmp_path / "secret.md")
    (outcome,) = await run_tests(checked(TESTED), home)
    assert outcome.problems == ("the file papers/one.md is not beside the workflow",)


def test_every_value_of_a_file_has_its_size() -> None:
    from chat_app.workflow.fields import FieldType
    from chat_app.workflow.values import problems_of, value_schema

    whole: dict[str, Any] = {"name": "a", "media_type": "text/plain", "sha256": "0" * 64, "size": 1}
    field = FieldType(type="file")
    assert problems_of(whole, field) == []
    for broken in ({**whole, "size": "1"}, {**whole, "size": True}, {k: v for k, v in whole.items() if k != "size"}):
        assert problems_of(broken, field)
    assert value_schema(field)["properties"]["size"] == {"type": "integer"}
