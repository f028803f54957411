"""Answers of the guided designer as files: written behind an interview, applied instead of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chat_app.cli.design_session import DesignSession
from chat_app.cli.exits import Misuse
from chat_app.cli.texts import note
from chat_app.designer.conversation import Designer
from chat_app.designer.takeover import within
from chat_app.translation import tr


async def apply_answers(designer: Designer, session: DesignSession, name: str) -> None:
    """Builds the workflow that saved answers describe."""
    # Loads the patterns' code, which the other commands do without.
    from chat_app.designer.guided.designer import GuidedDesigner
    from chat_app.designer.guided.saved import AnswersInvalid, read_answers

    designer = within(getattr(designer, "inner", designer))
    if not isinstance(designer, GuidedDesigner):
        raise Misuse("answers are the guided designer's: give --guided")
    data = _read(name)
    try:
        answers = read_answers(data)
        await session.apply(name, designer.apply(session.conversation, answers))
    except AnswersInvalid as error:
        raise Misuse(f"{name}: {error}") from None


def _read(name: str) -> Any:
    try:
        return json.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Misuse(f"{name} cannot be read: {error}") from None


def write_answers(designer: Designer, session: DesignSession, name: str) -> None:
    """Writes what was chosen and answered, so that `--answers` can apply it again."""
    from chat_app.designer.guided.designer import GuidedDesigner

    designer = within(getattr(designer, "inner", designer))
    answers = designer.answers(session.conversation) if isinstance(designer, GuidedDesigner) else None
    if answers is None:
        note(tr("Nothing was built from answers, so {file} is not written.", file=name))
        return
    text = json.dumps(answers.model_dump(), indent=2, ensure_ascii=False)
    Path(name).write_text(text + "\n", encoding="utf-8")
