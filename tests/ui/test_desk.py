"""What a visitor can do, over real parts and without a browser."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chat_app.ui import desk, draft_desk, history_desk, model_desk, paint, paint_run, run_desk
from chat_app.ui.acts import perform
from chat_app.ui.keeping import keep
from chat_app.ui.sessions import Sessions, owner_of
from chat_app.ui.workspace import Workspace
from tests.ui.house import House, build_house

GOOD = """\
version: 1
name: greet
inputs: {who: {type: string, examples: [Ada]}}
state: {text: {type: string}}
outputs: [text]
nodes:
  - {id: write, kind: llm, prompt: "Greet {{ state.who }}", writes: [text]}
"""
ASKS = (
    GOOD.replace("outputs: [text]", "outputs: [ok]").replace(
        "state: {text: {type: string}}", "state: {text: {type: string}, ok: {type: boolean}}"
    )
    + '  - {id: approve, kind: human, ask: "Send {{ state.text }}?", writes: [ok]}\n'
)


@pytest.fixture
def place(house: House) -> Workspace:
    return Workspace("v1", house.services)


def files_with(folder: Path, what: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and what in path.read_bytes()]


async def rested(place: Workspace) -> str:
    assert place.run is not None
    async with asyncio.timeout(20):
        await place.run.ended()
    return place.run.view.status


async def answered(place: Workspace) -> None:
    assert place.turn is not None
    async with asyncio.timeout(20):
        while not place.turn.done:
            await place.turn.signal.wait(place.turn.signal.count)
    await desk.after_turn(place)


async def test_broken_text_stays_as_typed_and_the_last_valid_one_is_kept(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    await draft_desk.typed_yaml(place, "nodes: [oops")
    assert place.draft == "nodes: [oops\n"
    assert place.checked is not None
    assert not place.checked.valid
    assert "last valid version" in str(paint_run.graph(place))
    await draft_desk.undo(place)
    assert place.draft == GOOD
    assert place.checked.valid


async def test_typing_makes_one_revision_and_a_restore_another(place: Workspace) -> None:
    for name in ("greet", "greets", "greeting"):
        await draft_desk.typed_yaml(place, GOOD.replace("greet", name, 1))
    assert len(place.history) == 1
    await draft_desk.typed_yaml(place, GOOD.replace("Greet {{", "Write something quite different " * 9 + "{{"))
    assert len(place.history) == 2
    await draft_desk.undo(place)
    await place.set_draft(ASKS, "ask me first")
    assert [one.asked for one in place.history] == ["Edited by hand", "ask me first"]
    assert place.changed_nodes >= {"approve"}
    await draft_desk.restore(place, "0")
    assert "greeting" in place.draft
    assert len(place.history) == 3


async def test_several_changes_are_undone_at_once_and_no_more_than_there_are(place: Workspace) -> None:
    for words in ("one", "two", "three"):
        await place.set_draft(GOOD.replace("Greet {{", f"Say {words} to {{{{", 1), words)
    await draft_desk.undo(place, 2)
    assert [one.asked for one in place.history] == ["one"]
    await draft_desk.undo(place, 5)
    assert "Say one" in place.draft


async def test_a_run_streams_to_its_outputs(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    await run_desk.run(place, {"who": ""})
    assert "who" in place.form_problems
    assert place.run is None
    await run_desk.run(place, {"who": "Ada"})
    assert await rested(place) == "done"
    assert "SIMULATED" in str(paint_run.run(place))
    assert place.services.runs.runs("v1")[0].workflow == "greet"
    assert place.services.runs.runs("v2") == []


async def test_a_second_click_starts_no_second_run(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    await asyncio.gather(*(run_desk.run(place, {"who": "Ada"}) for _ in range(3)))
    assert await rested(place) == "done"
    assert len(place.services.runs.runs("v1")) == 1


async def test_a_question_is_answered_in_place(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, ASKS)
    await run_desk.run(place, {"who": "Ada"})
    assert await rested(place) == "waiting"
    assert place.run is not None
    step = place.run.view.questions[0].step
    await perform(place, {"act": "submit", "form": f"answer:{step}", "values": {"ok": True}})
    assert await rested(place) == "done"
    assert place.run.view.outputs == {"ok": True}


async def test_only_ones_own_runs_can_be_opened(place: Workspace, house: House) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    await run_desk.run(place, {"who": "Ada"})
    await rested(place)
    assert place.run is not None
    stranger = Workspace("v2", house.services)
    await history_desk.open_run(stranger, place.run.run_id)
    assert stranger.run is None
    await history_desk.open_run(place, place.run.run_id)
    assert await rested(place) == "done"


async def test_run_said_in_the_chat_takes_the_example(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    await desk.say(place, "run")
    await answered(place)
    assert await rested(place) == "done"
    assert place.run is not None
    assert place.run.view.inputs == {"who": "Ada"}


async def test_save_writes_a_plain_file_on_ones_own_machine_only(house: House, tmp_path: Path) -> None:
    mine = Workspace("v1", house.services)
    await draft_desk.typed_yaml(mine, GOOD)
    await draft_desk.save(mine)
    assert (tmp_path / "designs" / "greet.yaml").read_text() == GOOD
    assert [one.name for one in house.services.library.designs("v1")] == ["greet"]
    shared = build_house(tmp_path / "hosted", hosted=True)
    try:
        visitor = Workspace("v1", shared.services)
        await draft_desk.typed_yaml(visitor, GOOD)
        await draft_desk.save(visitor)
        assert not (tmp_path / "hosted" / "designs" / "greet.yaml").exists()
        assert [one.name for one in shared.services.library.designs("v1")] == ["greet"]
    finally:
        await shared.close()


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("x.txt", b"version: 1", "not a workflow file"),
        ("x.yaml", b"\xff\xfe\x00binary", "not a text file"),
    ],
)
async def test_a_wrong_upload_is_told_and_changes_nothing(
    place: Workspace, tmp_path: Path, name: str, content: bytes, part: str
) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    file = tmp_path / name
    file.write_bytes(content)
    await draft_desk.upload_yaml(place, str(file))
    assert place.notice is not None
    assert part in place.notice.text
    assert place.notice.help
    assert place.draft == GOOD


async def test_an_unknown_model_is_told_with_what_to_do(place: Workspace) -> None:
    await model_desk.choose_model(place, "opnai/gpt-5")
    assert place.notice is not None
    assert place.notice.bad
    assert place.notice.help


async def test_a_model_told_again_keeps_what_is_on_show(place: Workspace) -> None:
    await model_desk.choose_model(place, "openai/gpt-5-mini")
    await model_desk.before_probe(place)
    await model_desk.choose_model(place, "openai/gpt-5-mini")
    assert place.notice is not None


async def test_a_design_without_a_conversation_offers_to_run(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    assert "Run it" in str(paint.choices(place))


async def test_a_key_is_kept_in_memory_only(place: Workspace, tmp_path: Path) -> None:
    await model_desk.choose_model(place, "openai/gpt-5-mini")
    await model_desk.take_key(place, "sk-canary")
    assert place.keys == {"OPENAI_API_KEY": "sk-canary"}
    assert "sk-canary" not in repr(place)
    await draft_desk.typed_yaml(place, GOOD)
    await keep(place)
    assert files_with(tmp_path, b"sk-canary") == []


async def test_what_a_browser_makes_up_does_nothing(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    for data in (
        {},
        {"act": "unknown"},
        {"act": ["say"]},
        {"act": "restore", "place": "-1"},
        {"act": "restore", "place": "99"},
        {"act": "submit", "form": "answer:none", "values": {"ok": True}},
        {"act": "submit", "form": "inputs", "values": "no"},
        {"act": "open_design", "design": "../../secret"},
        {"act": "open_run", "run": "../x"},
    ):
        await perform(place, data)
    assert place.draft == GOOD
    assert place.run is None


async def test_a_token_leads_to_its_own_workspace_also_after_a_restart(house: House) -> None:
    sessions = Sessions(house.services)
    token, place = await sessions.enter("")
    other_token, other = await sessions.enter(None)
    assert token != other_token
    assert place is not other
    await draft_desk.typed_yaml(place, GOOD)
    await desk.say(place, "hello")
    await answered(place)
    again_token, again = await Sessions(house.services).enter(token)
    assert again_token == token
    assert again is not place
    assert again.draft == GOOD
    assert [line.content for line in again.transcript] == [line.content for line in place.transcript]
    assert [one.text for one in again.history] == [GOOD]
    assert token not in owner_of(token)


async def test_what_comes_before_the_token_waits_for_it(house: House) -> None:
    sessions = Sessions(house.services)
    early = asyncio.create_task(sessions.of("", "page-1"))
    await asyncio.sleep(0)
    token, place = await sessions.enter("")
    await asyncio.wait([early], timeout=0.01)
    # What the page shows first may be on its way, and would be painted over what is said now.
    assert not early.done()
    assert await sessions.of(token, "page-1") is place
    assert await early is place


async def test_a_damaged_store_keeps_nobody_out(house: House) -> None:
    sessions = Sessions(house.services)
    token, place = await sessions.enter("")
    house.services.library.save_conversation(place.owner, place.conversation.id, {"messages": "broken"})
    _, again = await Sessions(house.services).enter(token)
    assert again.transcript == []


async def test_a_second_message_waits_for_the_first(place: Workspace) -> None:
    await desk.say(place, "I want to summarise each text of a list")
    await desk.say(place, "and more")
    assert place.notice is not None
    assert "still answering" in place.notice.text
    await answered(place)
    assert len([line for line in place.transcript if line.role == "user"]) == 1


async def test_a_stopped_turn_leaves_the_design_as_it_was(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    await desk.say(place, "add a review step")
    await desk.stop_turn(place)
    await answered(place)
    assert place.draft == GOOD
    assert "Stopped" in place.transcript[-1].content


async def test_without_a_token_or_a_page_there_is_nothing_to_see(house: House) -> None:
    sessions = Sessions(house.services)
    await sessions.enter("")
    for token in ("", None, "short", "x" * 44, ["a"]):
        lost = await sessions.of(token, None)
        assert lost.owner == "nobody"
        assert lost.notice is not None
