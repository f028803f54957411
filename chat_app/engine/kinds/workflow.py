"""`workflow`: runs another file's workflow with a state of its own; it takes arguments and gives outputs back.

Its nodes go by `call/draft` in events, questions and given results, so that both files may have a `draft`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from chat_app.engine.body import run_body
from chat_app.engine.context import RunContext
from chat_app.engine.errors import InputsRefused, NodeFailed, StepProblem
from chat_app.engine.inputs import first_state
from chat_app.engine.level import Inner, Runner, Step
from chat_app.engine.nested import nested
from chat_app.workflow.nodes import WorkflowNode
from chat_app.workflow.used_files import output_of


def compile_node(node: WorkflowNode, used: Inner) -> Runner:
    """Makes the node ready to run."""
    arguments = nested(node.arguments, "arguments")
    outputs = {name: output_of(name, node, used.workflow) for name in node.writes}

    async def run(step: Step) -> dict[str, Any]:
        try:
            state = first_state(used.workflow, arguments.render(step))
        except InputsRefused as refused:
            raise StepProblem(
                f"{node.uses} refuses what it is given: {refused.message}.",
                help="Make the arguments fit the inputs of that file.",
                cause="invalid_output",
            ) from refused
        try:
            end = await run_body(used.level, _within(step, used), {}, step.id, step.id, state)
        except NodeFailed as failed:
            raise StepProblem(f"{failed.node} failed: {failed.message}", help=failed.help) from failed
        missing = [output for output in outputs.values() if output not in end]
        if missing:
            raise StepProblem(
                f"{node.uses} ended without `{missing[0]}`, which it should return.",
                help="Let every way through that file write its outputs, or give the field a default.",
            )
        return {name: end[output] for name, output in outputs.items()}

    return run


def _within(step: Step, used: Inner) -> RunContext:
    """The run as the used workflow's nodes see it: its limits, its journal and its answers are the whole run's."""
    run, model = step.run, used.workflow.model
    return replace(
        run,
        inside=f"{step.name}/",
        model=run.model if model is None else partial(run.model, default=model),
        outside=replace(run.outside, text=used.text),
    )
