"""Applies typed edits to the text of a workflow, as one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from chat_app.workflow import typed_edits
from chat_app.workflow.diagnostics import Diagnostic, Severity
from chat_app.workflow.edits import on_cases, on_fields, on_flow, on_maps, on_nodes, on_paths, renaming
from chat_app.workflow.edits.data_order import follows_data
from chat_app.workflow.edits.declare import declare_implied
from chat_app.workflow.edits.draft import CannotApply, Draft
from chat_app.workflow.edits.intent import settle_ways
from chat_app.workflow.edits.mending import mend_reads, mend_tools
from chat_app.workflow.edits.text.splice import write_back
from chat_app.workflow.edits.text.tree import Map, Seq, load, places, same
from chat_app.workflow.migrations import migrate
from chat_app.workflow.source import read
from chat_app.workflow.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class EditResult:
    """What became of the edits; the text is unchanged when there are problems."""

    text: str
    applied: tuple[typed_edits.Edit, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    repaired: tuple[str, ...] = ()
    """What was done beyond the edits, one plain line each."""

    @property
    def ok(self) -> bool:
        """Whether the edits were made."""
        return not self.problems


_APPLY: dict[type[Any], Callable[[Draft, Any], None]] = {
    typed_edits.AddNode: on_nodes.add_node,
    typed_edits.RemoveNode: on_nodes.remove_node,
    typed_edits.ReplaceNode: on_nodes.replace_node,
    typed_edits.SetKey: on_nodes.set_key,
    typed_edits.SetPrompt: on_nodes.set_prompt,
    typed_edits.MoveNode: on_nodes.move_node,
    typed_edits.Rename: renaming.rename,
    typed_edits.SetInfo: on_fields.set_info,
    typed_edits.AddInput: on_fields.add_input,
    typed_edits.AddField: on_fields.add_field,
    typed_edits.RemoveField: on_fields.remove_field,
    typed_edits.SetOutputs: on_fields.set_outputs,
    typed_edits.SetLimits: on_fields.set_limits,
    typed_edits.Branch: on_flow.branch,
    typed_edits.Loop: on_flow.loop,
    typed_edits.Connect: on_flow.connect,
    typed_edits.Disconnect: on_flow.disconnect,
    typed_edits.WrapInMap: on_maps.wrap_in_map,
    typed_edits.AddRequirement: on_cases.add_requirement,
    typed_edits.RemoveRequirement: on_cases.remove_requirement,
    typed_edits.AddTest: on_cases.add_test,
    typed_edits.RemoveTest: on_cases.remove_test,
    typed_edits.ReplaceValue: on_paths.replace_value,
    typed_edits.RenameKey: on_paths.rename_key,
    typed_edits.RemoveKey: on_paths.remove_key,
}


def apply_edits(text: str, edits: Sequence[typed_edits.Edit], surroundings: Surroundings | None = None) -> EditResult:
    """Applies all edits or none; edits may name what a later one of them brings."""
    before = text
    if any(isinstance(edit, typed_edits.Migrate) for edit in edits):
        text = migrate(text)
        edits = [edit for edit in edits if not isinstance(edit, typed_edits.Migrate)]
        if not edits:
            return EditResult(text)
    source = read(text)
    if source.problems or not isinstance(source.data, dict):
        return EditResult(before, problems=(_broken(source.problems),))
    root = places(text)
    draft = Draft(cast(Map, load(root))).begun()
    draft, problems = _transaction(draft, list(edits))
    if problems:
        return EditResult(before, problems=tuple(problems))
    _finish(draft, surroundings or Surroundings())
    new = write_back(text, root, draft.data)
    written = read(new)
    if written.problems or not same(written.data, draft.data):
        new = write_back(text, root, _without_places(draft.data))
        draft.note("The text was laid out anew, as its layout could not be kept; comments in it are gone.")
        if read(new).problems or not same(read(new).data, draft.data):
            return EditResult(before, problems=(_unwritable(),))
    return EditResult(new, tuple(edits), (), tuple(draft.repaired))


def _transaction(draft: Draft, edits: list[typed_edits.Edit]) -> tuple[Draft, list[Diagnostic]]:
    """Makes the edits in order; one that can't be made is tried again after the others."""
    waiting = list(enumerate(edits))
    while True:
        failed: list[tuple[int, typed_edits.Edit]] = []
        problems: list[Diagnostic] = []
        for number, edit in waiting:
            before = _copy(draft)
            try:
                _APPLY[type(edit)](draft, edit)
            except CannotApply as refusal:
                draft = before
                failed.append((number, edit))
                problems.append(_problem(refusal, number, edit))
        if not failed or (len(failed) == len(waiting) and draft.lenient):
            return draft, problems
        if len(failed) == len(waiting):
            draft.lenient = True
        waiting = failed


def _finish(draft: Draft, surroundings: Surroundings) -> None:
    """Mends names, declares what new nodes write, and leaves out edges that only repeat the data order."""
    settle_ways(draft)
    mend_reads(draft, draft.touched)
    mend_tools(draft, draft.touched, surroundings.tools)
    declare_implied(draft)
    for level in draft.levels():
        if level.map_id in draft.unordered and follows_data(level):
            del level.owner["edges"]


def _copy(draft: Draft) -> Draft:
    return replace(
        draft,
        data=_copied(draft.data),
        repaired=list(draft.repaired),
        unordered=list(draft.unordered),
        touched=list(draft.touched),
        appended=dict(draft.appended),
        followers=dict(draft.followers),
        told_ways=list(draft.told_ways),
    )


def _copied(value: Any) -> Any:
    """A copy whose containers remember the same places."""
    if isinstance(value, Map):
        made = Map(value.origin)
        made.renamed = dict(value.renamed)
        for key, part in value.items():
            made[key] = _copied(part)
        return made
    if isinstance(value, Seq):
        return Seq((_copied(part) for part in value), value.origin)
    return value


def _without_places(value: Any) -> Any:
    if isinstance(value, dict):
        made = Map()
        for key, part in value.items():
            made[key] = _without_places(part)
        return made
    return Seq(_without_places(part) for part in value) if isinstance(value, list) else value


def _problem(refusal: CannotApply, number: int, edit: typed_edits.Edit) -> Diagnostic:
    message = f"{edit.op}: {refusal.message}"
    return Diagnostic(refusal.code, Severity.ERROR, message, path=("edits", number), help=refusal.help)


def _broken(problems: Sequence[Diagnostic]) -> Diagnostic:
    first = problems[0] if problems else None
    return Diagnostic(
        "edit-broken-text",
        Severity.ERROR,
        f"The text can't be edited as it is: {first.message if first else 'it holds no workflow.'}",
        location=first.location if first else None,
        help=first.help if first else "Begin with a new workflow.",
    )


def _unwritable() -> Diagnostic:
    return Diagnostic(
        "edit-unwritable",
        Severity.ERROR,
        "The change can't be written as YAML.",
        help="Look for unusual characters in the new texts and leave them out.",
    )
