"""field-type: the types of fields must make sense in themselves."""

from __future__ import annotations

from collections.abc import Iterator

from chat_app.workflow.diagnostics import Diagnostic, Fix, Path
from chat_app.workflow.rules.context import Context
from chat_app.workflow.rules.field_faults import Fault, faults_of
from chat_app.workflow.typed_edits import RemoveKey, ReplaceValue


def check_fields(context: Context) -> Iterator[Diagnostic]:
    """Every declared field, down to items and parts."""
    for name, field in context.workflow.inputs.items():
        for fault in faults_of(field, name):
            yield _finding(context, fault, ("inputs", name))
    for level in context.levels:
        for name, kind in level.level.state.items():
            for fault in faults_of(kind, name):
                yield _finding(context, fault, (*level.path, "state", name))


def _finding(context: Context, fault: Fault, field: Path) -> Diagnostic:
    path = (*field, *fault.below)
    fix = None
    if fault.at_key:
        fix = Fix(f"Take `{path[-1]}` away", (RemoveKey(path=list(path)),))
    elif fault.instead is not None:
        fix = Fix("Put quotes around it", (ReplaceValue(path=list(path), value=fault.instead),))
    return context.error("field-type", fault.message, path, fault.help, key=fault.at_key, fix=fix)
