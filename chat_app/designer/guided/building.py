"""Applies edits to a draft as one transaction and says what changed, from the diff."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chat_app.designer.guided.interview import design_edits
from chat_app.designer.guided.patterns import Pattern
from chat_app.events.design import Edited
from chat_app.translation import tr, translated
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Diagnostic
from chat_app.workflow.diff import diff
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.edits.skeleton import new_workflow
from chat_app.workflow.typed_edits import DesignEdit

Check = Callable[[str], CheckResult]


@dataclass(frozen=True, slots=True)
class Built:
    """A draft after edits, or why there is none."""

    text: str
    edits: tuple[DesignEdit, ...]
    problems: tuple[Diagnostic, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the edits did not apply; the text is then as it was."""
        return bool(self.problems)


def build(pattern: Pattern, values: Mapping[str, Any], origins: Mapping[str, str], name: str | None = None) -> Built:
    """The workflow that a recipe makes from these values."""
    return change(new_workflow(name or pattern.id, tr(pattern.description)), design_edits(pattern, values, origins))


def change(text: str, edits: Sequence[DesignEdit]) -> Built:
    """The draft after some edits."""
    result = apply_edits(text, edits)
    return Built(result.text, tuple(edits), result.problems)


def edited(before: str, built: Built, check: Check) -> Edited:
    """The change as an event."""
    return Edited(
        text=built.text,
        edits=tuple(edit.model_dump(by_alias=True, exclude_unset=True) | {"op": edit.op} for edit in built.edits),
        summary=tuple(map(translated, diff(before, built.text).lines())),
        valid=check(built.text).valid,
    )
