"""Deterministic repairs of what models write, before any model is asked to repair: each is told in a line."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from chat_app.workflow.diagnostics import Diagnostic, Fix, Severity
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.edits.repairs.document import repair_text
from chat_app.workflow.edits.repairs.edit_shape import repair_edit
from chat_app.workflow.edits.repairs.loose_json import loose_json
from chat_app.workflow.edits.repairs.ops import EDIT_MODELS, EDIT_OPS
from chat_app.workflow.names import nearest
from chat_app.workflow.typed_edits import AddNode, DesignEdit, Edit

__all__ = ["apply_fix", "loose_json", "repair_edits", "repair_text"]

MOST_EDITS = 200
_LISTS = ("edits", "operations", "ops", "changes", "actions", "steps", "commands", "patch")
_EDIT: TypeAdapter[DesignEdit] = TypeAdapter(DesignEdit)


def repair_edits(raw: Any) -> tuple[list[Edit], list[str], list[Diagnostic]]:
    """Typed edits from whatever a model gave; what was repaired; and what could not be read."""
    lines: list[str] = []
    items = _items(raw, lines)
    edits: list[Edit] = []
    problems: list[Diagnostic] = []
    if len(items) > MOST_EDITS:
        problems.append(_problem(0, f"There are {len(items)} edits; at most {MOST_EDITS} are read.", "Give fewer."))
        items = []
    for number, item in enumerate(items):
        if not isinstance(item, dict):
            problems.append(_problem(number, f"An edit is a mapping, not `{str(item)[:60]}`.", _expected()))
            continue
        for part in repair_edit({str(key): value for key, value in item.items()}, lines):
            if part.get("op") == "branch" and "after" not in part and (last := _last_added(edits)) is not None:
                lines.append(f"Took `{last}`, the node added before it, for the one that a branch stands behind.")
                part["after"] = last
            try:
                edits.append(_EDIT.validate_python(part))
            except ValidationError as error:
                problems.append(_refusal(number, part, error))
    if not items and not problems and not _says_none(raw):
        problems.append(_problem(0, "No edits were found.", _expected()))
    return edits, list(dict.fromkeys(lines)), problems


def apply_fix(text: str, fix: Fix) -> str:
    """The text with a fix made; unchanged where it no longer fits."""
    return apply_edits(text, fix.edits).text


def _last_added(edits: list[Edit]) -> str | None:
    """The id of the node that was added last."""
    found = [edit.node.get("id") for edit in edits if isinstance(edit, AddNode)]
    return next((id for id in reversed(found) if isinstance(id, str)), None)


def _items(raw: Any, lines: list[str]) -> list[Any]:
    """The edits in a list, whatever they came in."""
    if isinstance(raw, str):
        raw, repaired = loose_json(raw)
        lines += repaired
    if isinstance(raw, list):
        return [part for item in raw for part in (_items(item, lines) if isinstance(item, list) else [item])]
    if not isinstance(raw, dict):
        return []
    for key in _LISTS:
        inner = raw.get(key)
        if "op" not in raw and isinstance(inner, list | dict | str) and not (key == "patch" and "id" in raw):
            return _items(inner, lines) if not isinstance(inner, dict) or key != "steps" else [raw]
    if raw and "op" not in raw and all(isinstance(value, dict) for value in raw.values()):
        if all(str(key).isdigit() or "op" in value for key, value in raw.items()):
            lines.append("Took the edits out of a mapping.")
            return list(raw.values())
        if len(raw) > 1 and all(nearest(str(key), EDIT_OPS, 0.9) for key in raw):
            lines.append("Took the edits out of a mapping.")
            return [{key: value} for key, value in raw.items()]
    lines.append("Took a single edit for a list of one.")
    return [raw]


def _says_none(raw: Any) -> bool:
    """Whether an empty list of edits was given on purpose."""
    if isinstance(raw, str):
        raw, _ = loose_json(raw)
    return raw == [] or (isinstance(raw, dict) and any(raw.get(key) == [] for key in _LISTS))


def _refusal(number: int, part: dict[str, Any], error: ValidationError) -> Diagnostic:
    op = part.get("op")
    if op not in EDIT_OPS:
        close = nearest(str(op), EDIT_OPS)
        hint = f"Did you mean `{close}`? " if close else ""
        said = f"There is no edit `{str(op)[:60]}`." if op is not None else "An edit has no `op`."
        return _problem(number, said, hint + _expected())
    first = error.errors()[0]
    where = ".".join(str(key) for key in first["loc"] if key != op)
    return _problem(number, f"{op}: `{where or op}`: {first['msg']}.", _what(str(op)))


def _what(op: str) -> str:
    known = EDIT_MODELS[op]
    needed = [f.alias or name for name, f in known.model_fields.items() if f.is_required()]
    optional = [f.alias or name for name, f in known.model_fields.items() if not f.is_required() and name != "op"]
    return f"`{op}` needs {', '.join(needed) or 'nothing'}" + (
        f" and may have {', '.join(optional)}." if optional else "."
    )


def _expected() -> str:
    return f"Give a list of edits, each with an `op`: {', '.join(EDIT_OPS)}."


def _problem(number: int, message: str, help: str) -> Diagnostic:
    return Diagnostic("edit-bad-edit", Severity.ERROR, message, path=("edits", number), help=help)
