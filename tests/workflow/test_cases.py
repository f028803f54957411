"""Golden cases: each code has a workflow that has the fault and one that has not, with the exact words.

`python -m tests.workflow.test_cases` writes the expected words and the manual anew; read the diff before committing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_app.workflow.check import check
from chat_app.workflow.codes import CODES
from chat_app.workflow.diagnostics import Diagnostic
from chat_app.workflow.explain import UnknownCode, explain, manual
from chat_app.workflow.render import render_diagnostics
from tests.workflow.surroundings import surroundings_of

CASES = Path(__file__).parent / "cases"
MANUAL = Path(__file__).parents[2] / "docs" / "diagnostics.md"
BAD = sorted(CASES.glob("*/bad*.yaml"))
GOOD = sorted(CASES.glob("*/good*.yaml"))
WITHOUT_CASE = {"too-big"}
"""5 MB do not belong into the repository; test_hostile.py has it."""


def said_of(case: Path) -> str:
    result = check(case.read_bytes(), surroundings_of(case))
    return render_diagnostics(shown(case), result.text, case.name) + "\n"


def shown(case: Path) -> tuple[Diagnostic, ...]:
    """The errors and warnings, and what is only told where the case is about that."""
    result = check(case.read_bytes(), surroundings_of(case))
    return result.diagnostics if case.stem == "bad" and case.parent.name == "derived-order" else result.faults


def name_of(case: Path) -> str:
    return f"{case.parent.name}/{case.stem}"


@pytest.mark.parametrize("case", BAD, ids=name_of)
def test_a_fault_is_told_in_these_words(case: Path) -> None:
    assert said_of(case) == case.with_suffix(".out").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", BAD, ids=name_of)
def test_one_fault_is_one_code(case: Path) -> None:
    assert {found.code for found in shown(case)} == {case.parent.name}


@pytest.mark.parametrize("case", GOOD, ids=name_of)
def test_the_right_way_has_no_finding(case: Path) -> None:
    assert shown(case) == ()


@pytest.mark.parametrize("case", [case for case in BAD if case.parent.name != "not-text"], ids=name_of)
def test_every_finding_has_a_place_and_a_help(case: Path) -> None:
    for found in check(case.read_bytes(), surroundings_of(case)).diagnostics:
        assert found.location is not None
        assert found.help


def test_every_code_has_both_cases() -> None:
    lacking = [
        code
        for code in CODES.keys() - WITHOUT_CASE
        if not (CASES / code / "bad.yaml").exists() or not (CASES / code / "good.yaml").exists()
    ]

    assert lacking == []


def test_every_case_belongs_to_a_code() -> None:
    assert {case.parent.name for case in BAD} <= CODES.keys()


def test_the_manual_says_what_the_cases_say() -> None:
    assert MANUAL.read_text(encoding="utf-8") == manual(CASES)


def test_explain_gives_the_section_of_one_code() -> None:
    text = explain("unbounded-cycle")

    assert text.startswith("## unbounded-cycle\n")
    assert "max_times: 3" in text
    assert text.count("\n## ") == 0


def test_explain_offers_the_nearest_code() -> None:
    with pytest.raises(UnknownCode, match="Did you mean `unknown-name`"):
        explain("unknown-nam")


def _write_anew() -> None:
    for case in BAD:
        case.with_suffix(".out").write_text(said_of(case), encoding="utf-8")
    MANUAL.write_text(manual(CASES), encoding="utf-8")


if __name__ == "__main__":
    _write_anew()
