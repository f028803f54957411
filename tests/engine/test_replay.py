"""A recorded run is run again from its record: the same events, nobody is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_app.chat_models.models import ChatModels
from chat_app.engine.manager import RunManager
from chat_app.engine.reach import Reach
from chat_app.engine.replay import replay, unlike
from chat_app.events.compared import differences, story
from chat_app.events.run import (
    Answered,
    Recorded,
    RunFailed,
    RunFinished,
    RunWaiting,
    StepFinished,
    StepRetried,
    Token,
    ToolCalled,
)
from chat_app.files.store import FileStore
from chat_app.tracing.capsule import NoCapsule, capsule_of, read_capsule, write_capsule
from chat_app.tracing.run_store import RunStore
from chat_app.workflow.check import CheckResult, check
from chat_app.workflow.surroundings import Surroundings
from tests.engine.outside import CANARY
from tests.servers.openai_server import Asked, Fails, OpenAIServer, Reply, Says
from tests.tools.web_server import WebServer

KEY = "sk-canary-Zx81LmQ0"


def text(url: str, prompt: str = "Write a line about") -> str:
    return f"""
version: 1
name: all_kinds
model: openai/any
inputs: {{topic: {{type: string}}}}
state:
  page: {{type: string}}
  line: {{type: string}}
  mood: {{type: string, enum: [calm, angry]}}
  notes: {{type: array, items: {{type: string}}}}
  parts: {{type: array, items: {{type: string}}}}
  decision: {{type: string, enum: [send, discard]}}
outputs: [page, line, notes, decision]
nodes:
  - id: fetch
    kind: http
    url: {url}
    headers: {{X-Key: "{{{{ secret.API_KEY }}}}"}}
    query: {{key: "{{{{ secret.API_KEY }}}}"}}
    writes: [page]
  - id: split
    kind: tool
    tool: split_text
    arguments: {{text: "{{{{ state.page }}}}", max_characters: 200, overlap: 0}}
    writes: [parts]
  - {{id: write, kind: llm, prompt: "{prompt} {{{{ state.topic }}}}", writes: [line], retry: {{attempts: 3}}}}
  - {{id: judge, kind: llm, prompt: "Judge {{{{ state.line }}}}", writes: [mood]}}
  - id: each
    kind: map
    over: "{{{{ state.parts }}}}"
    item: part
    body:
      state: {{note: {{type: string}}}}
      nodes:
        - {{id: short, kind: llm, prompt: "Shorten {{{{ part }}}}", writes: [note]}}
      returns: note
    writes: [notes]
  - {{id: approve, kind: human, ask: "Send {{{{ state.line }}}}?", writes: [decision]}}
edges:
  - {{from: START, to: fetch}}
  - {{from: fetch, to: split}}
  - {{from: split, to: write}}
  - {{from: write, to: judge}}
  - from: judge
    routes:
      - {{condition: "state.mood == 'angry'", to: each}}
      - {{to: approve}}
  - {{from: each, to: approve}}
  - {{from: approve, to: END}}
limits: {{steps: 50}}
"""


class Answers:
    """A provider that refuses once, gives a wrong shape once, and then does as it is asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, asked: Asked) -> Reply:
        self.calls += 1
        if self.calls == 1:
            return Fails(429, "slow down", headers={"Retry-After": "0"})
        if "Judge" in asked.text:
            return Says('{"mood": "cross"}') if self.calls == 3 else Says('{"mood": "angry"}')
        return Says(f"Answer number {self.calls} comes in pieces.")


def checked(source: str) -> CheckResult:
    from chat_app.engine.surroundings import surroundings_here

    known = surroundings_here(None)
    found = check(source, Surroundings(runnable_kinds=known.runnable_kinds, tools=known.tools))
    assert found.valid, found.diagnostics
    return found


@pytest.fixture
async def recorded(tmp_path: Path, web: WebServer, reach: Reach) -> list[Recorded]:
    """A run with everything in it that comes from outside, as the store gives it back."""
    web.says("/page", f"A page about tides. {'It goes on. ' * 30} {CANARY}", Content_Type="text/plain")
    store, models = RunStore(tmp_path / "runs.sqlite"), ChatModels({})
    manager = RunManager(models, tmp_path, store, reach=reach)
    with OpenAIServer(Answers(), key=KEY) as server:
        run_id = await manager.start(checked(text(f"{web.url}/page")), {"topic": "tides"}, keys=server.keys)
        events = [entry async for entry in manager.subscribe(run_id)]
        assert isinstance(events[-1].event, RunWaiting), events[-1]
        await manager.answer(run_id, {"approve": {"decision": "send"}})
        async for _ in manager.subscribe(run_id, len(events)):
            pass
    await manager.close()
    await models.close()
    found = store.events(run_id)
    store.close()
    assert isinstance(found[-1].event, RunFinished)
    for kind in (StepRetried, Token, ToolCalled, Answered):
        assert any(isinstance(entry.event, kind) for entry in found), kind
    return found


async def test_a_capsule_replays_the_same_events_and_asks_nobody(recorded: list[Recorded], tmp_path: Path) -> None:
    path = tmp_path / "run.zip"
    write_capsule(capsule_of(recorded, [("a.txt", b"content")]), path)
    assert KEY.encode() not in path.read_bytes() and CANARY.encode() not in path.read_bytes()
    capsule = read_capsule(path)
    assert (capsule.events, capsule.contents) == (tuple(recorded), [("a.txt", b"content")])
    # No server is up any more, and no key or secret is given.
    found = await replay(checked(capsule.text), capsule.events, tmp_path / "again", FileStore(tmp_path / "files"))
    assert unlike(recorded, found.events) == []
    assert found.notes == ()
    assert CANARY not in str(recorded)


async def test_an_edited_workflow_shows_what_differs(recorded: list[Recorded], tmp_path: Path) -> None:
    before = capsule_of(recorded)
    edited = before.text.replace("Write a line about", "Write a poem about").replace("'angry'", "'calm'")
    found = await replay(checked(edited), recorded, tmp_path / "again", FileStore(tmp_path / "files"))
    assert found.notes == ("write asked openai/any something new: the record's answer to another prompt stands in.",)
    where = [one.where for one in differences(story(recorded), story(found.events))]
    assert "step each#1" in where and "way judge" in where and "output notes" in where
    assert not [one for one in where if one.startswith(("step fetch", "step write", "input"))]


async def test_what_is_not_on_the_record_contacts_nobody(
    recorded: list[Recorded], tmp_path: Path, web: WebServer
) -> None:
    asked = len(web.asked)
    elsewhere = capsule_of(recorded).text.replace("/page", "/another")
    found = await replay(checked(elsewhere), recorded, tmp_path / "again", FileStore(tmp_path / "files"))
    last = found.events[-1].event
    assert isinstance(last, RunFailed) and "no answer" in last.message
    assert len(web.asked) == asked and "something new" in found.notes[0]


def test_a_difference_is_told(recorded: list[Recorded]) -> None:
    changed = [
        Recorded(one.offset, one.at, StepFinished(one.event.step, one.event.node, {"line": "x"}, 0.0), one.run_id)
        if isinstance(one.event, StepFinished) and one.event.node == "write"
        else one
        for one in recorded
    ]
    (told,) = unlike(recorded, changed)
    assert told.startswith("write#1, event") and '"line": "x"' in told
    assert unlike(recorded, recorded[:-1])


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_capsule_says_why(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(NoCapsule):
        read_capsule(tmp_path / "x.zip")
