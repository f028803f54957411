"""Who may ask a person in a run, and answers that are written by the nodes they stand in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chat_app.engine.level import Level
from chat_app.workflow.fields import FieldType
from chat_app.workflow.nodes import HumanNode

Asked = Mapping[str, Mapping[str, FieldType]]
"""What each human node asks for, by its name in the whole run."""


def asked_fields(level: Level, inside: str = "") -> dict[str, Mapping[str, FieldType]]:
    """The human nodes of a level, of the bodies of its maps and of the files that it uses."""
    return dict(_asked(level, inside))


def _asked(level: Level, inside: str) -> Iterator[tuple[str, Mapping[str, FieldType]]]:
    for node in level.nodes.values():
        if isinstance(node.spec, HumanNode):
            yield f"{inside}{node.id}", node.fields
        elif node.body is not None:
            yield from _asked(node.body, inside)
        elif node.used is not None:
            yield from _asked(node.used.level, f"{inside}{node.id}/")


def by_name(answers: Mapping[str, Mapping[str, Any]], asked: Asked) -> dict[str, dict[str, Any]]:
    """Answers by the nodes' names in the whole run: `{call: {approve: …}}` becomes `{call/approve: …}`."""
    return dict(_named(answers, asked, ""))


def _named(answers: Mapping[str, Any], asked: Asked, inside: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, values in answers.items():
        name = f"{inside}{key}"
        if name not in asked and isinstance(values, Mapping) and any(one.startswith(f"{name}/") for one in asked):
            yield from _named(values, asked, f"{name}/")
        else:
            yield name, values
