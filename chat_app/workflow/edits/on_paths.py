"""Edits by path, which only fixes use."""

from __future__ import annotations

from typing import Any

from chat_app.workflow.edits.draft import CannotApply, Draft
from chat_app.workflow.edits.text.tree import Map, Seq, fresh
from chat_app.workflow.typed_edits import RemoveKey, RenameKey, ReplaceValue


def replace_value(draft: Draft, edit: ReplaceValue) -> None:
    """Puts a value at a path; the last key may be new."""
    if not edit.path:
        raise _gone(edit.path)
    holder = _holder(draft, edit.path)
    key: Any = edit.path[-1]
    if isinstance(holder, Seq) and isinstance(key, int) and 0 <= key <= len(holder):
        holder[key : key + 1] = [fresh(edit.value)]
    elif isinstance(holder, Map) and isinstance(key, str):
        holder[key] = fresh(edit.value)
    else:
        raise _gone(edit.path)


def rename_key(draft: Draft, edit: RenameKey) -> None:
    """Renames the key that a path ends in."""
    holder = _holder(draft, edit.path)
    if not isinstance(holder, Map) or not edit.path or edit.path[-1] not in holder:
        raise _gone(edit.path)
    if edit.key in holder and edit.key != edit.path[-1]:
        raise CannotApply(
            "edit-duplicate-name", f"There is a key `{edit.key}` here already.", "Remove one of the two keys."
        )
    holder.rename(str(edit.path[-1]), edit.key)


def remove_key(draft: Draft, edit: RemoveKey) -> None:
    """Removes the entry that a path ends in."""
    holder = _holder(draft, edit.path)
    key: Any = edit.path[-1] if edit.path else None
    in_list = isinstance(holder, Seq) and isinstance(key, int) and 0 <= key < len(holder)
    if in_list or (isinstance(holder, Map) and key in holder):
        del holder[key]
    else:
        raise _gone(edit.path)


def _holder(draft: Draft, path: list[str | int]) -> Any:
    at: Any = draft.data
    for key in path[:-1]:
        if isinstance(at, Map) and key in at:
            at = at[str(key)]
        elif isinstance(at, Seq) and isinstance(key, int) and 0 <= key < len(at):
            at = at[key]
        else:
            raise _gone(path)
    return at


def _gone(path: list[str | int]) -> CannotApply:
    where = ".".join(str(key) for key in path) or "the document itself"
    return CannotApply(
        "edit-no-such-path", f"There is nothing at `{where}`.", "Check the text again; it has changed."
    )
