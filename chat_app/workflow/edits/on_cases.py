"""Edits of requirements and tests."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from chat_app.workflow.document import WorkflowTest
from chat_app.workflow.edits.draft import REQUIREMENT_KEYS, ROOT_KEYS, TEST_KEYS, CannotApply, Draft, list_in, shown
from chat_app.workflow.edits.node_data import ordered
from chat_app.workflow.edits.on_nodes import update
from chat_app.workflow.edits.text.tree import Map, Seq, fresh
from chat_app.workflow.names import nearest
from chat_app.workflow.typed_edits import AddRequirement, AddTest, RemoveRequirement, RemoveTest


def add_requirement(draft: Draft, edit: AddRequirement) -> None:
    """Adds a requirement, or changes the one with this id."""
    met_by = [draft.node(id)[1]["id"] for id in edit.met_by]
    found = _named(draft, "requirements", "id", edit.id)
    if found is not None:
        found["text"] = edit.text
        if "met_by" in edit.model_fields_set:
            now = found.get("met_by")
            if isinstance(now, Seq):
                now[:] = met_by
            else:
                found.put("met_by", Seq(met_by), REQUIREMENT_KEYS)
        return
    made = {"id": edit.id, "text": edit.text, **({"met_by": met_by} if met_by else {})}
    list_in(draft.data, "requirements", ROOT_KEYS).append(fresh(made))


def remove_requirement(draft: Draft, edit: RemoveRequirement) -> None:
    """Removes a requirement."""
    _remove(draft, "requirements", "id", edit.id, "requirement")


def add_test(draft: Draft, edit: AddTest) -> None:
    """Adds a test, or changes the one with this name."""
    try:
        WorkflowTest.model_validate(edit.test)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "test"
        raise CannotApply(
            "edit-bad-test",
            f"The test is not right: `{where}`: {first['msg'].lower()}.",
            "A test has a name, inputs, and a list `expect` of conditions; given and answers name nodes.",
        ) from error
    for key in ("given", "answers"):
        for id in edit.test.get(key) or {}:
            draft.node(id)
    made = ordered(edit.test, TEST_KEYS)
    found = _named(draft, "tests", "name", str(edit.test["name"]))
    if found is not None:
        update(found, made)
    else:
        list_in(draft.data, "tests", ROOT_KEYS).append(made)


def remove_test(draft: Draft, edit: RemoveTest) -> None:
    """Removes a test."""
    _remove(draft, "tests", "name", edit.name, "test")


def _items(draft: Draft, section: str) -> list[Any]:
    found = draft.data.get(section)
    return found if isinstance(found, list) else []


def _named(draft: Draft, section: str, key: str, name: str) -> Map | None:
    return next((i for i in _items(draft, section) if isinstance(i, Map) and i.get(key) == name), None)


def _remove(draft: Draft, section: str, key: str, name: str, what: str) -> None:
    names = [str(item.get(key)) for item in _items(draft, section) if isinstance(item, Map)]
    name = draft.meant(name, names)
    found = _named(draft, section, key, name)
    if found is None:
        close = nearest(name, names)
        hint = f"Did you mean `{shown(close)}`? " if close else ""
        known = ", ".join(f"`{shown(each)}`" for each in names[:20]) or "none"
        raise CannotApply(
            f"edit-unknown-{what}", f"There is no {what} `{shown(name)}`.", f"{hint}The {what}s are: {known}."
        )
    items = _items(draft, section)
    items[:] = [item for item in items if item is not found]
    if not items:
        del draft.data[section]
