"""What people answer in runs that nobody attends: from a file, for all rows, and from a column, for each."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from chat_app.cli.exits import Misuse
from chat_app.cli.values import json_object
from chat_app.workflow.document import Workflow
from chat_app.workflow.names import nearest
from chat_app.workflow.nodes import HumanNode, MapBody, MapNode, WorkflowNode
from chat_app.workflow.values import ValueProblem

COLUMN = "answers"
"""Where it is no field of the workflow."""

Answers = Mapping[str, Mapping[str, Any]]


def add_answers(command: argparse.ArgumentParser) -> None:
    """Adds the option to a command that runs a table."""
    command.add_argument(
        "--answers",
        metavar="FILE.json",
        help="what people answer: {node: {field: value}} as JSON; a column `answers` says it for a row",
    )


def answers_in(name: str | None, workflow: Workflow) -> Answers:
    """The answers in a JSON file; raises Misuse."""
    if name is None:
        return {}
    try:
        return checked_answers(json_object(name), workflow)
    except ValueProblem as problem:
        raise Misuse(f"--answers {name}: {problem}") from None


def answers_of_cell(value: Any, workflow: Workflow) -> Answers:
    """The answers in a cell: an object, or one written as JSON; raises ValueProblem."""
    if isinstance(value, str):
        if not value.strip():
            return {}
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise ValueProblem(f"must be JSON such as {_shape(workflow)}, found {value[:60]!r}") from None
    return checked_answers({} if value is None else value, workflow)


def has_answers(workflow: Workflow) -> bool:
    """Whether the column has this meaning for a workflow."""
    return COLUMN not in workflow.inputs and COLUMN not in workflow.state and bool(_askers(workflow))


def checked_answers(value: Any, workflow: Workflow) -> Answers:
    """The answers by node; raises ValueProblem where they are no such thing."""
    if not isinstance(value, dict):
        raise ValueProblem(f"must look like {_shape(workflow)}, found {type(value).__name__}")
    known = _askers(workflow)
    for name, fields in value.items():
        if name.partition("/")[0] not in known:
            close = nearest(name, known)
            hint = f"did you mean `{close}`?" if close else f"those that ask are: {', '.join(known) or 'none'}"
            raise ValueProblem(f"no node `{name}` asks a person; {hint}")
        if not isinstance(fields, dict):
            raise ValueProblem(f"`{name}` must hold an object {{field: value}}, found {fields!r}")
    return value


def _shape(workflow: Workflow) -> str:
    node = next(iter(_askers(workflow)), "node")
    return f'{{"{node}": {{"field": "value"}}}}'


def _askers(level: Workflow | MapBody) -> list[str]:
    """The nodes that ask a person, or that run a file in which one may."""
    found: list[str] = []
    for node in level.nodes:
        if isinstance(node, HumanNode | WorkflowNode):
            found.append(node.id)
        elif isinstance(node, MapNode):
            found += _askers(node.body)
    return found
