"""Findings for people and for machines."""

from __future__ import annotations

from chat_app.workflow.check import check
from chat_app.workflow.diagnostics import Diagnostic, Fix, Location, Severity
from chat_app.workflow.explain import explain
from chat_app.workflow.render import render_diagnostic, render_diagnostics
from chat_app.workflow.sarif import sarif


def finding(line: int, column: int, end: int, **more: object) -> Diagnostic:
    return Diagnostic(
        "unknown-key", Severity.ERROR, "Wrong.", location=Location(line, column, line, end), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_finding_has_headline_place_line_caret_help_and_fix() -> None:
    text = "a: 1\nbb: two\n"

    assert render_diagnostic(finding(2, 5, 8, help="Do it.", fix=Fix("Mend it", ())), text, "x.yaml") == (
        "error[unknown-key]: Wrong.\n --> x.yaml:2:5\n  |\n2 | bb: two\n  |     ^^^\n  help: Do it.\n  fix: Mend it"
    )


def test_tabs_keep_the_caret_in_place() -> None:
    assert render_diagnostic(finding(1, 3, 4), "\tab\n").splitlines()[-1] == "  | \t ^"


def test_a_long_line_is_cut_around_the_place() -> None:
    text = "x" * 500 + "HERE" + "y" * 500

    lines = render_diagnostic(finding(1, 501, 505), text).splitlines()

    shown, caret = lines[-2][4:], lines[-1][4:]
    assert len(shown) <= 120
    assert shown[caret.index("^") : caret.rindex("^") + 1] == "HERE"


def test_a_place_at_the_end_of_a_line_has_a_caret() -> None:
    assert render_diagnostic(finding(1, 3, 3), "a:\n").splitlines()[-1] == "  |   ^"


def test_a_finding_without_a_place_is_only_told() -> None:
    assert render_diagnostics([Diagnostic("too-big", Severity.ERROR, "Big.")], "") == "error[too-big]: Big."


def test_findings_become_sarif() -> None:
    text = "version: 1\nname: x\nnodes: [{id: a, kind: lm}]\n"
    result = check(text)

    log = sarif({"./a b.yaml": result.diagnostics, "good.yaml": ()}, "1.2.3")

    run = log["runs"][0]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["unknown-kind"]
    assert [each["location"]["uri"] for each in run["artifacts"]] == ["a%20b.yaml", "good.yaml"]
    [found] = run["results"]
    assert found["level"] == "error"
    assert found["ruleIndex"] == 0
    assert found["message"]["text"] == "`lm` is no node kind. Did you mean `llm`?"
    assert found["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 3,
        "startColumn": 23,
        "endLine": 3,
        "endColumn": 25,
    }


def test_a_rule_of_sarif_brings_its_section_of_the_manual() -> None:
    log = sarif({"a.yaml": check("version: 1\nname: x\nnodes: [{id: a, kind: lm}]\n").diagnostics}, "1.2.3")

    [rule] = log["runs"][0]["tool"]["driver"]["rules"]
    assert rule["help"]["markdown"] == explain("unknown-kind")
    assert "Right:" in rule["help"]["markdown"]


def test_a_finding_without_a_place_stands_on_the_first_line_in_sarif() -> None:
    log = sarif({"a.yaml": [Diagnostic("too-big", Severity.ERROR, "Big.")]}, "1.2.3")

    assert log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}
