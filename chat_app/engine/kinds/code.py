"""`code`: runs Python in the sandbox; what it prints becomes log lines, its errors name the line in the file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from chat_app.engine.errors import StepProblem
from chat_app.engine.kinds.code_files import holds_files, kept
from chat_app.engine.kinds.pretence import pretended
from chat_app.engine.level import Runner, Step
from chat_app.events.run import Logged
from chat_app.sandbox.contract import CodeLimits
from chat_app.sandbox.errors import CodeError, LimitExceeded, ResultRefused, SandboxFailed
from chat_app.sandbox.full.run import run_full
from chat_app.sandbox.mini import run_mini
from chat_app.workflow.code_lines import location_in_code
from chat_app.workflow.diagnostics import Path
from chat_app.workflow.fields import FieldType
from chat_app.workflow.nodes import CodeNode, ErrorCause
from chat_app.workflow.python_code import read_code
from chat_app.workflow.source import read

LONGEST_SECONDS = 300.0
"""However long the node's own time limit is."""


def compile_node(node: CodeNode, fields: Mapping[str, FieldType]) -> Runner:
    """Makes the node ready to run."""
    files = [name for name, field in fields.items() if holds_files(field)]
    reads = read_code(node.code)
    named = None if reads.reads_all else reads.reads | reads.reads_maybe
    limits = CodeLimits()
    if node.timeout_seconds is not None:
        seconds = min(node.timeout_seconds, LONGEST_SECONDS)
        limits = CodeLimits(seconds=seconds, sleep_seconds=seconds)

    async def run(step: Step) -> dict[str, Any]:
        made = pretended(step, contacts=False)
        if made is not None:
            return made
        state: Mapping[str, Any] = step.names["state"]
        # Only what it reads goes into the sandbox: a state may be large, and a map runs often.
        given = state if named is None else {name: state[name] for name in named if name in state}
        names = {name: value for name, value in step.names.items() if name != "state"}
        try:
            if node.runtime == "full":
                jail = await asyncio.to_thread(lambda: step.run.outside.reach.jails.chosen)
                result = await run_full(node.code, given, node.writes, jail, limits, names, files)
            else:
                result = await run_mini(node.code, given, node.writes, limits, names)
        except CodeError as error:
            _log(step, error.printed)
            raise _problem(step, node, error) from error
        _log(step, result.printed)
        return await kept(result.values, files, step.run.outside.files)

    return run


def _log(step: Step, lines: Iterable[str]) -> None:
    for line in lines:
        step.run.emit(Logged(line, "info", step.id, step.name))


def _problem(step: Step, node: CodeNode, error: CodeError) -> StepProblem:
    place = "" if error.line is None else _place(step.run.outside.text, node, error.line)
    return StepProblem(f"{place}{error.message}", help=error.help, cause=_cause(error))


def _cause(error: CodeError) -> ErrorCause:
    if isinstance(error, LimitExceeded):
        return "timeout"
    if isinstance(error, SandboxFailed):
        return "server_error"
    return "invalid_output" if isinstance(error, ResultRefused) else "any"


def _place(text: str, node: CodeNode, line: int) -> str:
    """`Line 14 (line 3 of the code): `, counted in the file where that is known."""
    source = read(text)
    path = _path_of(source.data, node.id)
    span = None if path is None else location_in_code(source, (*path, "code"), node.code, line)
    if span is None:
        return f"Line {line} of the code: "
    return f"Line {span.line} (line {line} of the code): "


def _path_of(level: Any, node_id: str) -> Path | None:
    """Where a node stands in the document's data, in the bodies of maps too."""
    nodes = level.get("nodes") if isinstance(level, Mapping) else None
    for index, node in enumerate(nodes if isinstance(nodes, list) else ()):
        if isinstance(node, Mapping) and node.get("id") == node_id:
            return ("nodes", index)
        inner = _path_of(node.get("body"), node_id) if isinstance(node, Mapping) else None
        if inner is not None:
            return ("nodes", index, "body", *inner)
    return None
