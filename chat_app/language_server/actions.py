"""Quick fixes: the safe fixes of the findings at a place, and all of them at once."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from chat_app.language_server.findings import SOURCE, finding, touching
from chat_app.language_server.snapshot import Snapshot
from chat_app.language_server.text_edits import text_edits
from chat_app.workflow.diagnostics import Severity
from chat_app.workflow.edits.fixers import apply_fix

FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.{SOURCE}"
MOST_AT_ONCE = 20
"""With more to fix, all fixes are worked out only for who asks for them by name."""
_ALL = "Make all safe fixes"
KINDS = [types.CodeActionKind.QuickFix, FIX_ALL]


def actions_at(
    snapshot: Snapshot,
    place: types.Range,
    only: Iterable[types.CodeActionKind | str] | None = None,
    *,
    resolves: bool = False,
) -> list[types.CodeAction]:
    """What can be done about the findings at a place.

    `only` names the kinds that are asked for. Where the editor `resolves` actions, all fixes at once are worked
    out when they are chosen: editors ask with every step of the cursor.
    """
    asked = None if only is None else [str(getattr(kind, "value", kind)) for kind in only]
    found: list[types.CodeAction] = []
    if _wanted(types.CodeActionKind.QuickFix.value, asked):
        found += _fixes(snapshot, place)
    fixable = _fixable(snapshot) if _wanted(FIX_ALL, asked) else 0
    if fixable and resolves:
        found.append(types.CodeAction(title=_ALL, kind=FIX_ALL, data=snapshot.uri))
    elif fixable and (asked is not None or fixable <= MOST_AT_ONCE) and (edit := _edit(snapshot, snapshot.mended)):
        found.append(types.CodeAction(title=_ALL, kind=FIX_ALL, edit=edit))
    return found


def resolved(snapshot: Snapshot, action: types.CodeAction) -> types.CodeAction:
    """All fixes at once, worked out."""
    action.edit = _edit(snapshot, snapshot.mended)
    return action


def _fixes(snapshot: Snapshot, place: types.Range) -> list[types.CodeAction]:
    start, end = snapshot.lines.offset(place.start), snapshot.lines.offset(place.end)
    found = []
    for each in touching(snapshot, start, end):
        edit = _edit(snapshot, apply_fix(snapshot.text, each.fix)) if each.fix else None
        if each.fix and edit:
            found.append(
                types.CodeAction(
                    title=each.fix.title,
                    kind=types.CodeActionKind.QuickFix,
                    diagnostics=[finding(each, snapshot)],
                    is_preferred=True,
                    edit=edit,
                )
            )
    return found


def _fixable(snapshot: Snapshot) -> int:
    return sum(found.fix is not None and found.severity is Severity.ERROR for found in snapshot.result.diagnostics)


def _wanted(kind: str, asked: list[str] | None) -> bool:
    """Kinds are names with dots: who asks for `source` asks for `source.fixAll` too."""
    return asked is None or any(kind == each or kind.startswith(f"{each}.") for each in asked)


def _edit(snapshot: Snapshot, text: str) -> types.WorkspaceEdit | None:
    """The change to a new text; None where nothing changes."""
    edits = text_edits(snapshot.lines, text)
    return types.WorkspaceEdit(changes={snapshot.uri: edits}) if edits else None
