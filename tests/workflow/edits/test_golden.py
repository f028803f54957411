"""Each edit on a text in block style, one in flow style and one without edges: what exactly comes of it.

`python -m tests.workflow.edits.test_golden` writes the expected files anew; read them before committing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chat_app.workflow.check import check
from chat_app.workflow.diff import diff
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.source import read
from chat_app.workflow.typed_edits import DESIGN_EDITS

FOLDER = Path(__file__).parent / "golden"
DOCUMENTS = ("block", "flow", "ordered")

CASES: dict[str, list[dict[str, Any]]] = read((FOLDER / "cases.yaml").read_text(encoding="utf-8")).data


def outcome(document: str, case: str) -> str:
    """All that an edit does, as text."""
    text = (FOLDER / f"{document}.yaml").read_text(encoding="utf-8")
    result = apply_edits(text, DESIGN_EDITS.validate_python(CASES[case]))
    difference = diff(text, result.text)
    found = [f"{d.code}: {d.message}" for d in check(result.text).faults] if not result.problems else []
    parts = {
        "edits": [json.dumps(edit, ensure_ascii=False) for edit in CASES[case]],
        "problems": [f"{problem.code}: {problem.message} | {problem.help}" for problem in result.problems],
        "repaired": list(result.repaired),
        "told": list(difference.lines()),
        "findings": found,
        "text": difference.unified.splitlines()[2:],
    }
    return "".join(f"== {name}\n" + "".join(f"{line}\n" for line in lines) for name, lines in parts.items() if lines)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_outcome(document: str, case: str) -> None:
    expected = (FOLDER / document / f"{case}.txt").read_text(encoding="utf-8")
    assert outcome(document, case) == expected


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_are_valid(document: str) -> None:
    assert check((FOLDER / f"{document}.yaml").read_text(encoding="utf-8")).faults == ()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_expected_file_is_left_over(document: str) -> None:
    assert sorted(path.stem for path in (FOLDER / document).glob("*.txt")) == sorted(CASES)


if __name__ == "__main__":
    for each in DOCUMENTS:
        (FOLDER / each).mkdir(exist_ok=True)
        for name in CASES:
            (FOLDER / each / f"{name}.txt").write_text(outcome(each, name), encoding="utf-8")
