"""A turn outlives its process: killed in the middle it is gone on with, an open question is answered elsewhere."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chat_app.designer.agent.checkpoints import Checkpoints
from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.agent.turn import begin, packed, unpacked
from chat_app.designer.conversation import Conversation
from chat_app.events.design import Edited
from chat_app.workflow.check import check
from tests.designer.agent.one_turn import load, store
from tests.designer.agent.samples import DRAFT, answer, ask, edit
from tests.designer.agent.scripted import Hangs, ScriptedModel

FIRST = edit({"op": "set_prompt", "id": "judge", "prompt": "Strictly: calm or angry? {{ state.email }}"}, more=True)
SECOND = edit({"op": "set_prompt", "id": "reply", "prompt": "Kindly, to the {{ state.mood }}: {{ state.email }}"})
ROOT = Path(__file__).parents[3]


def prepared(folder: Path, answers: list[Any], draft: str = DRAFT) -> None:
    if not (folder / "conversation.json").exists():
        store(folder, Conversation("c", draft=draft))
    (folder / "answers.json").write_text(json.dumps(answers))


def start(folder: Path, message: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.designer.agent.one_turn", str(folder), message]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def finish(folder: Path, message: str) -> str:
    process = start(folder, message)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return out


def test_a_turn_that_was_killed_goes_on_in_another_process(tmp_path: Path) -> None:
    prepared(tmp_path, [FIRST, "hang"])
    with start(tmp_path, "Be strict and kind") as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        thinking = 0
        while thinking < 2:  # the first edits are checked and kept, the second call hangs
            thinking += next(lines) == "Stage thinking\n"
        process.kill()
    prepared(tmp_path, [SECOND])
    out = finish(tmp_path, "continue")
    assert "unfinished: Be strict and kind" in out
    assert "calls: 1" in out  # what was paid for is not asked again
    draft = load(tmp_path).draft
    assert "Strictly" in draft and "Kindly" in draft
    assert check(draft).valid


def test_a_question_is_answered_in_another_process(tmp_path: Path) -> None:
    prepared(tmp_path, [ask("Which tone?", "friendly", "formal")], draft="")
    assert "Asked" in finish(tmp_path, "Answer mails")
    with sqlite3.connect(tmp_path / "turns.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM writes WHERE channel = '__interrupt__'").fetchone()[0] == 1
    node = {"id": "reply", "kind": "llm", "prompt": "Kindly: {{ state.email }}", "writes": ["answer"]}
    given = {"op": "add_input", "name": "email", "type": {"type": "string"}}
    prepared(tmp_path, [edit(given, {"op": "add_node", "node": node}, {"op": "set_outputs", "outputs": ["answer"]})])
    out = finish(tmp_path, "friendly")
    assert "unfinished: None" in out and "Edited" in out
    conversation = load(tmp_path)
    assert "Which tone? friendly" in conversation.draft
    with sqlite3.connect(tmp_path / "turns.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM checkpoints").fetchone()[0] == 0  # a done turn leaves nothing


async def cut_off(folder: Path) -> tuple[AgentDesigner, ScriptedModel, Conversation]:
    """A conversation whose turn was stopped while the model spoke the second time."""
    model = ScriptedModel(FIRST, Hangs())
    designer = AgentDesigner(model, check, checkpoints=Checkpoints(folder / "turns.sqlite"))
    conversation = Conversation("c", draft=DRAFT)

    async def consume() -> None:
        async for _ in designer.turn(conversation, "Be strict and kind"):
            pass

    task = asyncio.create_task(consume())
    await model.hanging.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert conversation.draft == DRAFT
    return designer, model, conversation


async def test_a_stopped_turn_is_gone_on_with_or_forgotten(tmp_path: Path) -> None:
    designer, model, conversation = await cut_off(tmp_path)
    assert await designer.unfinished(conversation) == "Be strict and kind"
    model.script(answer("Nothing."))
    assert not [e async for e in designer.turn(conversation, "What is it?") if isinstance(e, Edited)]
    assert conversation.draft == DRAFT
    assert await designer.unfinished(conversation) is None


async def test_a_draft_changed_meanwhile_is_not_gone_on_with(tmp_path: Path) -> None:
    designer, model, conversation = await cut_off(tmp_path)
    conversation.draft = by_hand = DRAFT.replace("politely", "briefly")
    model.script(answer("With what?"))
    assert [e async for e in designer.turn(conversation, "continue")]
    assert conversation.draft == by_hand


async def test_a_position_of_another_version_is_left_behind(tmp_path: Path) -> None:
    designer, model, conversation = await cut_off(tmp_path)
    state = packed(begin("x", (), DRAFT, unpacked_memory(), None))
    assert unpacked({**state, "memory": 3}) is None and unpacked(None) is None
    async with Checkpoints(tmp_path / "turns.sqlite").open() as saver:
        compiled = designer._graph.compile(saver)
        config = designer._config(conversation)
        await compiled.aupdate_state(config, {"turn": {"message": "old"}}, as_node="ask")
    model.script(answer("Yes?"))
    assert [e async for e in designer.turn(conversation, "continue")]
    assert conversation.messages[-1].text == "Yes?"


def unpacked_memory() -> Any:
    from chat_app.designer.agent.memory import Memory

    return Memory()


async def test_a_write_that_was_begun_is_ended_though_its_turn_is_stopped(tmp_path: Path) -> None:
    checkpoints, row = Checkpoints(tmp_path / "turns.db"), ("c", "", "1", None, "msgpack", b"", b"{}")
    async with checkpoints.open() as saver:
        await saver.setup()
        await saver.conn.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        await saver.conn.commit()
        deleting = asyncio.create_task(saver.adelete_thread("c"))
        await asyncio.sleep(0)
        deleting.cancel()
        await asyncio.wait({deleting})
        assert deleting.cancelled()
    with closing(sqlite3.connect(tmp_path / "turns.db", timeout=0)) as other:
        assert other.execute("SELECT count(*) FROM checkpoints").fetchone() == (0,)
        other.execute("BEGIN IMMEDIATE")
