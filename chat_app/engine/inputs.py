"""What a person gives a run: inputs at its start, answers while it waits. Checked before anything moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chat_app.engine.errors import AnswersRefused, InputsRefused
from chat_app.engine.fit import fitted
from chat_app.engine.given_files import as_kept
from chat_app.events.run import Question, StepId
from chat_app.files.store import FileStore
from chat_app.workflow.document import Workflow
from chat_app.workflow.fields import FieldType
from chat_app.workflow.values import initial_state, problems_of


def first_state(workflow: Workflow, inputs: Mapping[str, Any], files: FileStore | None = None) -> dict[str, Any]:
    """The state that a run starts with; raises InputsRefused. Files must be in the store, where it is named."""
    problems = [f"`{name}` is no input of {workflow.name}" for name in inputs if name not in workflow.inputs]
    problems += [
        f"the input `{name}` is missing"
        for name, field in workflow.inputs.items()
        if name not in inputs and not field.has_default
    ]
    given = {name: value for name, value in inputs.items() if name in workflow.inputs}
    values, misfits = _fitting(given, workflow.inputs, files)
    if problems or misfits:
        raise InputsRefused([*problems, *misfits])
    return {**initial_state(workflow.state), **initial_state(workflow.inputs), **values}


def matched_answers(
    questions: Sequence[Question],
    fields: Mapping[str, Mapping[str, FieldType]],
    answers: Mapping[str, Mapping[str, Any]],
    files: FileStore | None = None,
) -> dict[StepId, dict[str, Any]]:
    """The answer to each question that has one; answers name a node or a step. Raises AnswersRefused."""
    problems: list[str] = []
    found: dict[StepId, dict[str, Any]] = {}
    known = {name for question in questions for name in (question.step, question.node)}
    problems += [f"`{name}` asks nothing" for name in answers if name not in known]
    for question in questions:
        answer = answers.get(question.step, answers.get(question.node))
        if answer is None:
            continue
        wanted = fields[question.node]
        problems += [f"`{name}` is not asked for by {question.node}" for name in answer if name not in wanted]
        problems += [
            f"`{name}` is missing in the answer to {question.node}"
            for name, field in wanted.items()
            if name not in answer and not field.has_default
        ]
        filled = {
            name: answer.get(name, field.default)
            for name, field in wanted.items()
            if name in answer or field.has_default
        }
        values, misfits = _fitting(filled, wanted, files)
        problems += misfits
        found[question.step] = values
    if problems:
        raise AnswersRefused(problems)
    return found


def _fitting(
    values: Mapping[str, Any], fields: Mapping[str, FieldType], files: FileStore | None
) -> tuple[dict[str, Any], list[str]]:
    dressed = {name: fitted(value, fields[name]) for name, value in values.items()}
    problems = [problem for name, value in dressed.items() for problem in problems_of(value, fields[name], (name,))]
    return (dressed, problems) if problems or files is None else as_kept(dressed, fields, files)
