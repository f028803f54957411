"""A check's findings as editors take them."""

from __future__ import annotations

from lsprotocol import types

from chat_app.language_server.snapshot import Snapshot
from chat_app.workflow.diagnostics import Diagnostic, Severity

SOURCE = "workflow-chat"
_WEIGHT = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    # What is only worth knowing must not stand underlined in a file that is right.
    Severity.INFO: types.DiagnosticSeverity.Hint,
}
_UNUSED = frozenset({"unused-input", "unread-field", "unreachable-node"})


def findings_of(snapshot: Snapshot) -> list[types.Diagnostic]:
    """All findings of a check."""
    return [finding(found, snapshot) for found in snapshot.result.diagnostics]


def finding(found: Diagnostic, snapshot: Snapshot) -> types.Diagnostic:
    """One finding: headline, then what to do."""
    return types.Diagnostic(
        range=snapshot.lines.range(*snapshot.lines.span(found.location)),
        message=f"{found.message}\n{found.help}" if found.help else found.message,
        severity=_WEIGHT[found.severity],
        code=found.code,
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if found.code in _UNUSED else None,
    )


def touching(snapshot: Snapshot, start: int, end: int) -> list[Diagnostic]:
    """The findings that lie at least partly between two characters."""
    found = []
    for each in snapshot.result.diagnostics:
        first, last = snapshot.lines.span(each.location)
        if first <= end and start <= last:
            found.append(each)
    return found
