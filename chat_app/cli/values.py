"""Reading inputs and answers that are given on the command line."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from chat_app.cli.exits import Misuse
from chat_app.cli.input_files import named_files, takes_files, with_named_files
from chat_app.cli.texts import read_bytes
from chat_app.workflow.document import Workflow
from chat_app.workflow.names import nearest
from chat_app.workflow.values import ValueProblem, parse_text


def json_object(name: str) -> dict[str, Any]:
    """The object in a JSON file; raises Misuse."""
    try:
        data = json.loads(read_bytes(name))
    except ValueError as error:
        raise Misuse(f"{name} is no JSON: {error}") from None
    if not isinstance(data, dict):
        raise Misuse(f"{name} must hold a JSON object, found {type(data).__name__}")
    return data


def read_inputs(arguments: argparse.Namespace, workflow: Workflow) -> dict[str, Any]:
    """The inputs of a run: those of --inputs, then those of --input; files still to be kept. Raises Misuse."""
    inputs = _from_file(arguments.inputs, workflow) if arguments.inputs else {}
    listed: set[str] = set()
    for pair in arguments.input:
        name, equals, text = pair.partition("=")
        if not equals:
            raise Misuse(f"--input {pair}: write name=value")
        if name not in workflow.inputs:
            raise Misuse(_no_such_input(name, workflow))
        field = workflow.inputs[name]
        try:
            if not takes_files(field):
                inputs[name] = parse_text(text, field)
            elif field.type == "array":
                # Given more than once, a list of files grows.
                inputs[name] = (inputs[name] if name in listed else []) + named_files(text, field)
                listed.add(name)
            else:
                inputs[name] = named_files(text, field)
        except (ValueProblem, Misuse) as problem:
            raise Misuse(f"input {name}: {problem}") from None
    return inputs


def _from_file(name: str, workflow: Workflow) -> dict[str, Any]:
    folder = Path(name).parent
    inputs = json_object(name)
    for one, value in inputs.items():
        if one in workflow.inputs:
            try:
                inputs[one] = with_named_files(value, workflow.inputs[one], folder)
            except Misuse as problem:
                raise Misuse(f"input {one}: {problem}") from None
    return inputs


def _no_such_input(name: str, workflow: Workflow) -> str:
    close = nearest(name, list(workflow.inputs))
    if close:
        return f"there is no input {name!r}; did you mean {close!r}?"
    if workflow.inputs:
        return f"there is no input {name!r}; the inputs are {', '.join(workflow.inputs)}"
    return f"there is no input {name!r}; the workflow has no inputs"
