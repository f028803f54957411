"""What is made of sloppy edits and documents, exactly.

`python -m tests.workflow.edits.test_fixers` writes the expected files anew; read them before committing.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chat_app.resources import folder
from chat_app.workflow.check import check
from chat_app.workflow.diagnostics import Fix
from chat_app.workflow.edits.fixers import apply_fix, loose_json, repair_edits, repair_text
from chat_app.workflow.source import read
from chat_app.workflow.typed_edits import RemoveKey, ReplaceValue

GOLDEN = Path(__file__).parent / "golden"
EDITS: dict[str, Any] = read((GOLDEN / "sloppy_edits.yaml").read_text(encoding="utf-8")).data
TEXTS: dict[str, str] = read((GOLDEN / "sloppy_texts.yaml").read_text(encoding="utf-8")).data


def edits_of(case: str) -> str:
    """The edits that were read, one a line, then what was repaired and what is wrong."""
    edits, lines, problems = repair_edits(EDITS[case])
    shown = [json.dumps(e.model_dump(by_alias=True, exclude_defaults=True), ensure_ascii=False) for e in edits]
    parts = [f"{edit.op} {text}" for edit, text in zip(edits, shown, strict=True)]
    parts += [f"  * {line}" for line in lines]
    parts += [f"  ! {problem.message} | {problem.help}" for problem in problems]
    return "".join(f"{part}\n" for part in parts)


def text_of(case: str) -> str:
    """The repaired text, then what was repaired and what the checker finds."""
    text, lines = repair_text(TEXTS[case])
    parts = [f"  * {line}" for line in lines]
    parts += [f"  ! {found.code}: {found.message}" for found in check(text).faults]
    return text + ("" if text.endswith("\n") else "\n") + "".join(f"{part}\n" for part in parts)


def sections(path: Path) -> dict[str, str]:
    """The expected outcome of each case, from a file with a heading for each."""
    found: dict[str, str] = {}
    for section in re.split(r"(?m)^== ", path.read_text(encoding="utf-8"))[1:]:
        name, _, outcome = section.partition("\n")
        found[name] = outcome
    return found


@pytest.mark.parametrize("case", EDITS)
def test_sloppy_edits(case: str) -> None:
    assert edits_of(case) == sections(GOLDEN / "sloppy_edits.txt")[case]


@pytest.mark.parametrize("case", TEXTS)
def test_sloppy_texts(case: str) -> None:
    assert text_of(case) == sections(GOLDEN / "sloppy_texts.txt")[case]


@pytest.mark.parametrize("case", TEXTS)
def test_a_repaired_text_needs_no_repair(case: str) -> None:
    text, _ = repair_text(TEXTS[case])
    assert repair_text(text) == (text, [])


@pytest.mark.parametrize("path", sorted(folder("examples").glob("*.yaml")), ids=lambda path: path.stem)
def test_examples_need_no_repair(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert repair_text(text) == (text, [])


def test_too_many_edits_are_refused() -> None:
    edits, _, problems = repair_edits([{"op": "remove_node", "id": "a"}] * 201)
    assert not edits
    assert "at most 200" in problems[0].message


def test_deep_or_endless_json_is_refused() -> None:
    assert loose_json("[" * 200_000)[0] is None
    assert repair_edits("{" * 5_000)[2]


def test_a_fix_is_made_and_one_that_no_longer_fits_is_not() -> None:
    text = "version: 2   # new\nname: a\nextra: 1\n"
    made = apply_fix(text, Fix("Use version 1", (ReplaceValue(path=["version"], value=1), RemoveKey(path=["extra"]))))
    assert made == "version: 1   # new\nname: a\n"
    assert apply_fix(made, Fix("Gone", (RemoveKey(path=["extra"]),))) == made


if __name__ == "__main__":
    for name, cases, outcome in (("sloppy_edits", EDITS, edits_of), ("sloppy_texts", TEXTS, text_of)):
        text = "".join(f"== {case}\n{outcome(case)}" for case in cases)
        (GOLDEN / f"{name}.txt").write_text(text, encoding="utf-8")
