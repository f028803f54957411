"""Keeps the tests of a draft whole: new people answer in them, what reworks a field returns what they expect."""

from __future__ import annotations

from typing import Any

from chat_app.designer.guided.rendering import example_of
from chat_app.designer.guided.steps import NewNode
from chat_app.designer.guided.view import View
from chat_app.workflow.typed_edits import AddTest


def answered(view: View, node: NewNode) -> list[AddTest]:
    """The draft's tests, in which the person of a new node agrees; none for a node without a person."""
    if node.spec.get("kind") != "human":
        return []
    answer = {name: example_of(field) for name, field in node.fields.items()}
    tests: list[Any] = view.data.get("tests") or []
    return [
        AddTest(test={**test, "answers": {**(test.get("answers") or {}), node.id: answer}})
        for test in tests
        if isinstance(test, dict) and "name" in test
    ]


def pinned(view: View, node: NewNode, field: str) -> list[AddTest]:
    """The draft's tests, in which a step that writes over a field gives the value that they knew before."""
    changed = []
    for test in view.data.get("tests") or []:
        given: dict[str, Any] = (test.get("given") or {}) if isinstance(test, dict) else {}
        written = [values for values in given.values() if isinstance(values, dict) and field in values]
        if written:
            changed.append(AddTest(test={**test, "given": {**given, node.id: {field: written[-1][field]}}}))
    return changed
