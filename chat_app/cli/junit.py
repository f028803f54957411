"""Outcomes of tests as JUnit XML, as CI services read it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

if TYPE_CHECKING:
    from chat_app.engine.testing import TestOutcome
    from chat_app.workflow.check import CheckResult

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass
class FileOutcome:
    """How the tests of one file went."""

    name: str
    checked: CheckResult
    outcomes: list[TestOutcome] = field(default_factory=list)
    """Empty where the file is not valid."""


def junit_xml(files: Sequence[FileOutcome]) -> str:
    """One suite for each file, one case for each of its tests; a file that is not valid is a case with an error."""
    top = Element("testsuites", name="workflow-chat")
    for file in files:
        suite = SubElement(top, "testsuite", name=_text(file.name))
        if not file.checked.valid:
            case = SubElement(suite, "testcase", name="the workflow is valid", classname=_text(file.name))
            told = "\n".join(f"{one.code}: {one.message}" for one in file.checked.faults)
            SubElement(case, "error", message="The workflow has errors.").text = _text(told)
        for outcome in file.outcomes:
            case = SubElement(
                suite,
                "testcase",
                name=_text(outcome.name),
                classname=_text(file.name),
                time=f"{outcome.seconds:.3f}",
            )
            if not outcome.passed:
                told = "\n".join(outcome.problems)
                SubElement(case, "failure", message=_text(outcome.problems[0])).text = _text(told)
        suite.set("tests", str(len(file.outcomes) or int(not file.checked.valid)))
        suite.set("failures", str(sum(not outcome.passed for outcome in file.outcomes)))
        suite.set("errors", str(int(not file.checked.valid)))
        suite.set("time", f"{sum(outcome.seconds for outcome in file.outcomes):.3f}")
    for name in ("tests", "failures", "errors"):
        top.set(name, str(sum(int(suite.get(name, "0")) for suite in top)))
    indent(top)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(top, encoding="unicode")}\n'


def _text(text: str) -> str:
    """Without the characters that no XML can hold."""
    return _NO_XML.sub("\ufffd", text)
