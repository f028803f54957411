"""The checker's fixes apply and remove what was found; repairs never bring errors; tools get their right names."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_app.workflow import typed_edits
from chat_app.workflow.check import check
from chat_app.workflow.diagnostics import Severity
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.edits.fixers import apply_fix, repair_text
from chat_app.workflow.source import read
from chat_app.workflow.surroundings import Surroundings, ToolSignature

CASES = sorted((Path(__file__).parents[1] / "cases").glob("*/bad*.yaml"))
BASE = "version: 1\nname: a\nnodes:\n  - {id: a, kind: template, template: x}\n"


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def errors(text: str) -> int:
    return sum(found.severity is Severity.ERROR for found in check(text).diagnostics)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_fixes_remove_what_was_found(path: Path) -> None:
    text = text_of(path)
    for found in check(text).diagnostics:
        if found.fix is not None:
            after = check(apply_fix(text, found.fix)).diagnostics
            assert (found.code, found.message) not in [(other.code, other.message) for other in after]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_repairs_bring_no_errors(path: Path) -> None:
    text = text_of(path)
    assert errors(repair_text(text)[0]) <= errors(text)


def test_a_newer_version_is_not_repaired_away() -> None:
    assert repair_text(BASE.replace("version: 1", "version: 2"))[0].startswith("version: 2")
    assert repair_text(BASE.replace("version: 1", 'version: "1.0"'))[0].startswith("version: 1\n")


def test_a_tool_that_is_almost_right_is_taken_for_the_one_that_exists() -> None:
    tools = {name: ToolSignature(name, "", {}, {}) for name in ("read_document", "search_web")}
    reads = {"id": "r", "kind": "tool", "tool": "read_documents", "writes": ["t"]}
    asks = {"id": "s", "kind": "llm", "prompt": "x", "tools": ["search-web", "fly"], "writes": ["u"]}
    edits = [typed_edits.AddNode(node=reads), typed_edits.AddNode(node=asks)]
    result = apply_edits(BASE, edits, Surroundings(tools=tools))
    nodes = read(result.text).data["nodes"]
    assert (nodes[1]["tool"], nodes[2]["tools"]) == ("read_document", ["search_web", "fly"])
    assert "Took the tool `read_documents` for `read_document`, which exists." in result.repaired
    assert read(apply_edits(BASE, edits).text).data["nodes"][1]["tool"] == "read_documents"
