"""One turn in a process of its own: `python -m tests.designer.agent.one_turn FOLDER MESSAGE`.

The conversation and the model's answers are files in the folder. An answer "hang" never ends: the parent kills us.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

from chat_app.app import surroundings
from chat_app.designer.agent.checkpoints import Checkpoints
from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.conversation import Conversation, Message
from chat_app.workflow.check import check
from tests.designer.agent.scripted import Hangs, ScriptedModel


def load(folder: Path) -> Conversation:
    data = json.loads((folder / "conversation.json").read_text())
    return Conversation(**{**data, "messages": [Message(**each) for each in data["messages"]]})


def store(folder: Path, conversation: Conversation) -> None:
    (folder / "conversation.json").write_text(json.dumps(asdict(conversation)))


async def main(folder: Path, message: str) -> None:
    answers = json.loads((folder / "answers.json").read_text())
    model = ScriptedModel(*(Hangs() if each == "hang" else each for each in answers))
    known = surroundings(None)
    designer = AgentDesigner(
        model, lambda text: check(text, known), surroundings=known, checkpoints=Checkpoints(folder / "turns.sqlite")
    )
    conversation = load(folder)
    print("unfinished:", await designer.unfinished(conversation), flush=True)  # noqa: T201
    async for event in designer.turn(conversation, message):
        print(type(event).__name__, getattr(event, "name", ""), flush=True)  # noqa: T201
    store(folder, conversation)
    print("calls:", len(model.requests), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
