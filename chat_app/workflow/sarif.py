"""Diagnostics as SARIF 2.1.0, the form that code-scanning services read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from chat_app.workflow.codes import CODES
from chat_app.workflow.diagnostics import Diagnostic, Severity
from chat_app.workflow.explain import explain

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def sarif(findings: Mapping[str, Sequence[Diagnostic]], version: str) -> dict[str, Any]:
    """One run over several files, by file name; every file is listed, also those without a finding."""
    rules = list(dict.fromkeys(found.code for group in findings.values() for found in group))
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "workflow-chat",
                        "semanticVersion": version,
                        "rules": [_rule(code) for code in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "artifacts": [{"location": {"uri": _uri(file)}} for file in findings],
                "results": list(_results(findings, rules)),
            }
        ],
    }


def _rule(code: str) -> dict[str, Any]:
    meaning = CODES.get(code, code)
    section = explain(code) if code in CODES else meaning
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in code.split("-")),
        "shortDescription": {"text": meaning},
        # Code scanning asks for both, and shows either.
        "fullDescription": {"text": meaning},
        "help": {
            "text": f"{meaning} `workflow-chat explain {code}` shows the wrong and the right way.",
            "markdown": section,
        },
        "properties": {"precision": "very-high", "tags": ["workflow"]},
    }


def _results(findings: Mapping[str, Sequence[Diagnostic]], rules: list[str]) -> Iterable[dict[str, Any]]:
    index = {code: position for position, code in enumerate(rules)}
    for file, group in findings.items():
        for found in group:
            text = found.message if not found.help else f"{found.message} {found.help}"
            yield {
                "ruleId": found.code,
                "ruleIndex": index[found.code],
                "level": _LEVELS[found.severity],
                "message": {"text": text},
                "locations": [{"physicalLocation": _place(file, found)}],
            }


def _place(file: str, found: Diagnostic) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(file)}}
    if found.location is None:
        # Code-scanning services show a result only where it has a line.
        place["region"] = {"startLine": 1}
    else:
        place["region"] = {
            "startLine": found.location.line,
            "startColumn": found.location.column,
            "endLine": found.location.end_line,
            "endColumn": max(found.location.end_column, 1),
        }
    return place


def _uri(file: str) -> str:
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix(), safe="/")
