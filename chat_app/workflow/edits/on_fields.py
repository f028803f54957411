"""Edits of inputs, state fields, outputs, limits and what the workflow says of itself."""

from __future__ import annotations

from typing import Any

from chat_app.workflow.edits.declare import state_of
from chat_app.workflow.edits.draft import (
    LIMIT_KEYS,
    ROOT_KEYS,
    CannotApply,
    Draft,
    Level,
    expected,
    mapping_in,
    reads_inside,
    reads_of,
    shown,
    words,
)
from chat_app.workflow.edits.mending import mend_outputs
from chat_app.workflow.edits.renaming import unknown_field
from chat_app.workflow.edits.text.tree import Map, Seq, fresh
from chat_app.workflow.names import nearest
from chat_app.workflow.typed_edits import AddField, AddInput, RemoveField, SetInfo, SetLimits, SetOutputs


def set_info(draft: Draft, edit: SetInfo) -> None:
    """Sets the description or the model of the workflow."""
    for key in ("description", "model"):
        if key in edit.model_fields_set:
            value = getattr(edit, key)
            if value is None:
                draft.data.pop(key, None)
            else:
                draft.data.put(key, value, ROOT_KEYS)


def add_input(draft: Draft, edit: AddInput) -> None:
    """Adds an input or changes its type; a state field that no node writes becomes the input."""
    state = draft.section("state")
    if edit.name in state and edit.name not in draft.section("inputs"):
        writer = next((n["id"] for n in draft.root.steps if edit.name in words(n.get("writes"))), None)
        if writer is not None:
            raise CannotApply(
                "edit-duplicate-name",
                f"`{edit.name}` is a state field that `{writer}` writes, so it can't be an input.",
                "Choose another name for the input.",
            )
        del state[edit.name]
        if not state:
            draft.data.pop("state", None)
        draft.note(f"`{edit.name}` was a state field that no node writes; it is an input now.")
    _set_type(mapping_in(draft.data, "inputs", ROOT_KEYS), edit.name, edit.type)


def add_field(draft: Draft, edit: AddField) -> None:
    """Adds a state field or changes its type; for the name of an input, the input's."""
    if edit.inside is not None:
        _, node = draft.node(edit.inside)
        if node.get("kind") != "map" or not isinstance(node.get("body"), Map):
            raise CannotApply(
                "edit-bad-place", f"`{node['id']}` is no map, so it has no fields of its own.", "Leave `inside` out."
            )
        _set_type(state_of(draft.level(node["id"])), edit.name, edit.type)
    elif edit.name in draft.section("inputs"):
        draft.note(f"`{edit.name}` is an input; its type was set there.")
        _set_type(draft.section("inputs"), edit.name, edit.type)
    else:
        _set_type(state_of(draft.root), edit.name, edit.type)


def _set_type(section: Map, name: str, kind: dict[str, Any]) -> None:
    now = section.get(name)
    if isinstance(now, Map):
        kept = {"description", "reduce"} | ({"default", "examples"} if now.get("type") == kind.get("type") else set())
        for key in [key for key in now if key not in kind and key not in kept]:
            del now[key]
        for key, value in kind.items():
            now[key] = fresh(value)
    else:
        section[name] = fresh(kind)


def remove_field(draft: Draft, edit: RemoveField) -> None:
    """Removes a field that nothing names any more; outputs and tests stop naming it."""
    holders: list[tuple[Level | None, Map]] = [(None, draft.section("inputs"))]
    holders += [(level, level.fields()) for level in draft.levels()]
    names = [name for _, section in holders for name in section]
    name = draft.meant(edit.name, names)
    found = next(((level, section) for level, section in holders if name in section), None)
    if found is None:
        if name in draft.first_fields:
            return
        raise unknown_field(draft, name)
    level, section = found
    users = _users(draft, level or draft.root, name)
    if users:
        raise CannotApply(
            "edit-field-in-use",
            f"`{name}` is still used by {', '.join(users)}.",
            "Change or remove what uses it first.",
        )
    _stop_writing(draft, level or draft.root, name)
    del section[name]
    if level is None or level.map_id is None:
        _forget(draft, name)
    key = "inputs" if level is None else "state"
    if not section:
        (draft.data if level is None else level.owner).pop(key, None)


def _users(draft: Draft, level: Level, name: str) -> list[str]:
    """What reads a field, or writes nothing but it."""
    users = [f"`{s['id']}`" for s in level.steps if name in reads_of(s) or words(s.get("writes")) == [name]]
    if not users and level.map_id is not None and name in words(level.owner.get("returns")):
        users = [f"the returns of `{level.map_id}`"]
    if not users and name in reads_inside(level, set(level.ids)):
        users = ["a condition"]
    if not users and level.map_id is None and name in expected(draft):
        users = ["a test"]
    return users


def _stop_writing(draft: Draft, level: Level, name: str) -> None:
    for step in level.steps:
        if name in words(step.get("writes")):
            step["writes"][:] = [each for each in step["writes"] if each != name]
            draft.note(f"`{step['id']}` does not write `{name}` any more.")


def _forget(draft: Draft, name: str) -> None:
    outputs = draft.data.get("outputs")
    if isinstance(outputs, list) and name in outputs:
        outputs[:] = [each for each in outputs if each != name]
        draft.note(f"`{name}` is no output any more.")
    tests = draft.data.get("tests")
    for test in tests if isinstance(tests, list) else []:
        inputs = test.get("inputs") if isinstance(test, Map) else None
        if isinstance(inputs, Map):
            inputs.pop(name, None)


def set_outputs(draft: Draft, edit: SetOutputs) -> None:
    """Says which fields a run returns."""
    known = draft.known_fields()
    names = [draft.meant(name, known) for name in mend_outputs(draft, edit.outputs)]
    for name in names:
        if name not in known:
            raise unknown_field(draft, name)
    names = list(dict.fromkeys(names))
    now = draft.data.get("outputs")
    if isinstance(now, Seq):
        now[:] = names
    else:
        draft.data.put("outputs", Seq(names), ROOT_KEYS)


def set_limits(draft: Draft, edit: SetLimits) -> None:
    """Sets limits by name, or takes them away."""
    limits = mapping_in(draft.data, "limits", ROOT_KEYS)
    for name, value in edit.limits.items():
        key = draft.meant(name, list(LIMIT_KEYS))
        if key not in LIMIT_KEYS:
            close = nearest(name, LIMIT_KEYS)
            hint = f"Did you mean `{close}`? " if close else ""
            raise CannotApply(
                "edit-unknown-limit",
                f"There is no limit `{shown(name)}`.",
                f"{hint}Limits are: {', '.join(LIMIT_KEYS)}.",
            )
        if value is None:
            limits.pop(key, None)
        else:
            limits.put(key, int(value) if key not in ("seconds", "cost_usd") else value, LIMIT_KEYS)
    if not limits:
        draft.data.pop("limits", None)
