"""The steps that change the text: apply edits, check, mend what code can mend."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chat_app.designer.agent.calls import Emit
from chat_app.designer.agent.decision import Decision, StartFrom
from chat_app.designer.agent.dialects import in_our_words
from chat_app.designer.agent.fixing import Fixer
from chat_app.designer.agent.guard import foreign, own_words
from chat_app.designer.agent.mending import node_ids
from chat_app.designer.agent.rewrites import rewritten
from chat_app.designer.agent.turn import Changes, Check, TurnState, errors
from chat_app.designer.conversation import Message
from chat_app.designer.starting import Starts
from chat_app.events.design import Stage
from chat_app.workflow.diagnostics import Diagnostic, Severity
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.edits.fixers import repair_edits, repair_text
from chat_app.workflow.edits.skeleton import new_workflow
from chat_app.workflow.foreign.imports import NotAWorkflow, import_workflow, is_foreign
from chat_app.workflow.names import as_name
from chat_app.workflow.source import read
from chat_app.workflow.surroundings import Surroundings
from chat_app.workflow.typed_edits import AddNode, Edit, ReplaceNode

_GO_ON = (
    "Your edits so far stand in the document. Give those that are still missing, and no others; "
    "when nothing is missing, decide `answer`."
)
_GOING_ON = frozenset({"edit", "answer"})
_WHOLE = {"op": "document"}
"""Stands for a whole workflow in the list of what was done."""
_NOT_WHOLE = Diagnostic(
    code="rewrite-incomplete",
    severity=Severity.ERROR,
    message="The workflow was written again, but not whole or not as readable YAML.",
    help="Give typed edits that change only what was asked.",
)


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a set of edits."""

    text: str
    edits: tuple[dict[str, Any], ...]
    repaired: tuple[str, ...]
    problems: tuple[Diagnostic, ...]
    assumed: tuple[str, ...] = ()


class Editor:
    """Applies what the model decided to the working text."""

    def __init__(self, check: Check, surroundings: Surroundings, starts: Starts | None = None) -> None:
        self._check = check
        self._surroundings = surroundings
        self._starts = starts
        self._fixer = Fixer(check, surroundings)

    async def edit(self, state: TurnState, emit: Emit) -> Changes:
        """The decision's edits, applied as far as they can be."""
        decision = state["decision"]
        assert decision is not None
        if decision.document is not None:
            emit(Stage("changing", "reads a whole workflow"))
            applied = self._take_document(state, decision.document)
        elif decision.start is not None and self._starts is not None and not state["working"].strip():
            emit(Stage("changing", "starts from a pattern"))
            applied = self._start(state, decision, decision.start, self._starts)
        else:
            emit(Stage("changing", f"{len(decision.edits)} changes"))
            applied = self._apply(state, state["working"] or _skeleton(decision), decision.edits)
        more = decision.more and applied.text != state["working"]
        return {
            "working": applied.text,
            "more": more,
            "note": _GO_ON if more else "",
            "actions": _GOING_ON if more else state["actions"],
            "edits": (*state["edits"], *applied.edits),
            "repaired": (*state["repaired"], *applied.repaired),
            "problems": applied.problems,
            "assumed": (*state["assumed"], *decision.assumptions, *applied.assumed),
            "remarks": (*state["remarks"], decision.say) if decision.say else state["remarks"],
        }

    async def check(self, state: TurnState, emit: Emit) -> Changes:
        """The check, with all safe fixes made."""
        emit(Stage("checking"))
        if not state["working"].strip() and state["problems"]:
            return {}  # nothing was built, and why is known
        checked, lines = self._fixer.fixed(self._check(state["working"]), node_ids(state["start"]))
        if checked.valid:
            checked, more = self._fixer.completed(checked, state["start"])
            lines = (*lines, *more)
        found = errors(checked.diagnostics)
        return {
            "working": checked.text,
            "repaired": (*state["repaired"], *lines),
            "problems": (*state["problems"], *found),
            "valid": checked.text if checked.valid else state["valid"],
        }

    def _take_document(self, state: TurnState, document: str) -> Applied:
        """A whole workflow: the first draft as it is, later ones only where they differ."""
        if found := foreign(document, _messages(state), state["start"], state["material"]):
            return Applied(state["working"], (), (), (found,))
        text, lines = _as_ours(document, self._surroundings)
        if not state["working"].strip() or read(state["working"]).problems:
            return Applied(text, (_WHOLE,), tuple(lines), ())
        merged = rewritten(state["working"], text)
        if merged is None:
            return Applied(state["working"], (), (), (_NOT_WHOLE,))
        return Applied(merged, (_WHOLE,), tuple(lines), ())

    def _start(self, state: TurnState, decision: Decision, start: StartFrom, starts: Starts) -> Applied:
        """A pattern with its slots filled, and the edits upon it; nothing where it cannot be built."""
        wish = own_words(state["memory"].wish or state["message"])
        started = starts.start(start.pattern, start.answers, wish)
        answers = json.dumps(start.answers, ensure_ascii=False, default=str)
        found = foreign(answers, _messages(state), "", state["material"])
        if problems := (*started.problems, *([found] if found else [])):
            return Applied(state["working"], (), started.repaired, problems)
        skeleton = new_workflow(as_name(decision.name or "", started.pattern), started.description)
        built = self._apply_what_can_be(skeleton, started.edits, started.repaired, ())
        if built.problems:
            return replace(built, text=state["working"], edits=())
        upon = (
            self._apply(state, built.text, decision.edits)
            if decision.edits
            else replace(built, edits=(), repaired=())
        )
        return Applied(
            upon.text,
            (*built.edits, *upon.edits),
            (*built.repaired, *upon.repaired),
            upon.problems,
            started.assumed,
        )

    def _apply(self, state: TurnState, text: str, raw: Sequence[Any]) -> Applied:
        wanted, repaired, problems = repair_edits(in_our_words(text, raw))
        if read(text).problems:
            text, mended = repair_text(text)
            repaired = [*mended, *repaired]
        found = [
            foreign(edit.model_dump_json(), _messages(state), state["start"], state["material"]) for edit in wanted
        ]
        edits = [edit for edit, finding in zip(wanted, found, strict=True) if finding is None]
        problems = [*problems, *(finding for finding in found if finding is not None)]
        again = node_ids(text) - node_ids(state["start"])
        edits = [_in_place(edit, again) for edit in edits]
        return self._apply_what_can_be(text, edits, tuple(repaired), tuple(problems))

    def _apply_what_can_be(
        self, text: str, edits: Sequence[Edit], repaired: tuple[str, ...], problems: tuple[Diagnostic, ...]
    ) -> Applied:
        """All edits as one transaction; without those that cannot be made, which are told."""
        waiting = list(edits)
        while waiting:
            result = apply_edits(text, waiting, self._surroundings)
            if not result.problems:
                done = tuple(_plain(edit) for edit in waiting)
                return Applied(result.text, done, (*repaired, *result.repaired), problems)
            problems = (*problems, *result.problems)
            refused = {problem.path[1] for problem in result.problems if problem.path[:1] == ("edits",)}
            waiting = [edit for number, edit in enumerate(waiting) if refused and number not in refused]
        return Applied(text, (), repaired, problems)


def _as_ours(document: str, surroundings: Surroundings) -> tuple[str, list[str]]:
    """A whole workflow in our language, whichever tool's a model wrote it in."""
    if not is_foreign(document):
        return repair_text(document)
    try:
        imported = import_workflow(document, surroundings)
    except NotAWorkflow:
        return repair_text(document)
    return imported.text, imported.lines()


def _in_place(edit: Edit, again: frozenset[str]) -> Edit:
    """A node of this turn that is given again takes the place of its first version."""
    name = edit.node.get("id") if isinstance(edit, AddNode) else None
    if isinstance(edit, AddNode) and isinstance(name, str) and name in again:
        return ReplaceNode(id=name, node=edit.node, fields=edit.fields)
    return edit


def _messages(state: TurnState) -> tuple[Message, ...]:
    return (*state["history"], Message("user", state["message"]))


def _skeleton(decision: Decision) -> str:
    name = as_name(decision.name or "", "workflow")
    return new_workflow(name, "")


def _plain(edit: Edit) -> dict[str, Any]:
    return edit.model_dump(mode="json", by_alias=True, exclude_defaults=True) | {"op": edit.op}
