"""Whole workflows in other tools' manner, as models write them from memory: exactly what is made of them.

`python -m tests.workflow.edits.test_dialects` writes the expected files anew; read them before committing.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from chat_app.app import surroundings
from chat_app.engine.dry_run import dry_run
from chat_app.workflow.check import check
from chat_app.workflow.diagnostics import Severity
from chat_app.workflow.edits.fixers import repair_text
from chat_app.workflow.mend import mend
from chat_app.workflow.source import read
from tests.workflow.foreign.test_imports import damage

FOLDER = Path(__file__).parent / "golden/dialects"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.iterdir()) if path.suffix != ".txt"}


def outcome(name: str) -> str:
    """The repaired text, then what was repaired and what the checker finds."""
    text, lines = repair_text(TEXTS[name])
    parts = [f"  * {line}" for line in lines]
    parts += [f"  ! {found.code}: {found.message}" for found in check(text, surroundings(None)).faults]
    return text + "".join(f"{part}\n" for part in parts)


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_made_of_a_dialect(name: str) -> None:
    assert outcome(name) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    text, _ = repair_text(TEXTS[name])
    assert repair_text(text) == (text, [])


@pytest.mark.parametrize("name", TEXTS)
async def test_what_was_made_runs(name: str) -> None:
    checked = mend(repair_text(TEXTS[name])[0], surroundings(None)).result
    if checked.valid:
        report = await dry_run(checked)
        assert not report.problems, report.lines()
    else:
        errors = [found.code for found in checked.faults if found.severity is Severity.ERROR]
        assert errors == ["read-before-write"]  # the designer mends it, told


def test_damaged_dialects_are_repaired_or_left() -> None:
    """Parts taken out at random: a text that can be read, and never a traceback."""
    dice = random.Random(11)
    for text in TEXTS.values():
        data: Any = json.loads(text) if text.startswith("{") else read(text).data
        for _ in range(25):
            made, _ = repair_text(json.dumps(damage(json.loads(json.dumps(data)), dice)))
            assert not read(made).problems


if __name__ == "__main__":
    for each in TEXTS:
        (FOLDER / f"{each}.txt").write_text(outcome(each), encoding="utf-8")
