"""Which op an edit has, and which keys go with it."""

from __future__ import annotations

from typing import Any, get_args

from chat_app.workflow.edits.repairs.aliases import OPS
from chat_app.workflow.edits.repairs.op_keys import ARGUMENTS, MAIN_KEYS, OP_KEYS, SIGNS
from chat_app.workflow.fields import Part
from chat_app.workflow.names import as_name, nearest
from chat_app.workflow.typed_edits import AnyDesignEdit

Raw = dict[str, Any]
Lines = list[str]

EDIT_MODELS: dict[str, type[Part]] = {model.model_fields["op"].default: model for model in get_args(AnyDesignEdit)}
EDIT_OPS = tuple(EDIT_MODELS)


def with_op(raw: Raw, lines: Lines) -> Raw:
    """The edit with its `op`, wherever and however it was said."""
    edit = dict(raw)
    if len(edit) == 1:
        key, value = next(iter(edit.items()))
        op = _op(str(key))
        if op and not (isinstance(value, dict) and "op" in value):
            lines.append(f"Read `{key}` as the op of an edit.")
            main = MAIN_KEYS.get(op)
            plain = isinstance(value, dict) and not (main == "limits" and main not in value)
            edit = {"op": op, **value} if plain else {"op": op, **({main: value} if main else {})}
    for key in OP_KEYS:
        op = _op(edit[key]) if isinstance(edit.get(key), str) else None
        if op and (key not in ("type", "name", "method") or edit[key] in (*OPS, *EDIT_OPS)):
            said = edit.pop(key)
            if said != op or key != "op":
                lines.append(f"Read `{key}: {said}` as `op: {op}`.")
            edit = {"op": op, **edit}
            if op == "rename" and "what" not in edit:
                what = next(
                    (w for w in ("node", "field", "workflow") if w in said or (w == "field" and "input" in said)),
                    None,
                )
                edit |= {"what": what} if what else {}
            break
    if "op" not in edit:
        op = next((op for key, op in SIGNS if key in edit), None)
        if op:
            lines.append(f"An edit without `op` is taken for `{op}`.")
            edit = {"op": op, **edit}
    for key in ARGUMENTS:
        inner = edit.get(key)
        if isinstance(inner, dict) and key not in keys_of(str(edit.get("op"))):
            edit = {**{k: v for k, v in edit.items() if k != key}, **inner}
    return edit


def _op(word: str) -> str | None:
    name = as_name(word)
    if name in EDIT_OPS:
        return name
    return OPS.get(name) or nearest(name, EDIT_OPS, 0.85)


def keys_of(op: str) -> set[str]:
    """The keys that an edit of this op may have."""
    model = EDIT_MODELS.get(op)
    return {field.alias or name for name, field in model.model_fields.items()} if model else set()


def without_strangers(edit: Raw, lines: Lines) -> Raw:
    """The edit without keys it can't have, and without empty ones."""
    known = keys_of(str(edit.get("op")))
    for key in [key for key in edit if key not in known]:
        if key not in ("reason", "why", "comment", "explanation", "id", "thought", "note"):
            lines.append(f"Left out `{str(key)[:40]}`, which `{edit.get('op')}` does not have.")
        del edit[key]
    return {
        key: value for key, value in edit.items() if value is not None or key in ("value", "model", "description")
    }
