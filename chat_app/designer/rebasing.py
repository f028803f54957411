"""Edits made to a text that somebody changed by hand meanwhile: made again to the text as it is now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from chat_app.events.design import Edited
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diff import diff
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.typed_edits import DESIGN_EDITS

Check = Callable[[str], CheckResult]


def rebased(edited: Edited, now: str, check: Check) -> Edited | None:
    """The same change to another text; None where it no longer fits there."""
    text = made_to(now, edited.edits, check)
    return None if text is None else replace(edited, text=text, summary=tuple(diff(now, text).lines()), valid=True)


def made_to(now: str, edits: Sequence[Mapping[str, Any]], check: Check) -> str | None:
    """A text with the edits made to it; None where they don't fit, or the outcome is no valid workflow."""
    if not now.strip():
        return None
    try:
        result = apply_edits(now, DESIGN_EDITS.validate_python(list(edits)))
    except ValidationError:
        return None
    return result.text if result.ok and result.text != now and check(result.text).valid else None
