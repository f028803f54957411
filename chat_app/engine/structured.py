"""Structured output: asked for by schema, always validated here, repaired a bounded number of times."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from itertools import islice
from typing import Any

from chat_app.chat_models.protocol import ChatMessage, ChatModel, ChatRequest, Finished
from chat_app.engine.asking import ask, made_of_answer
from chat_app.engine.errors import StepProblem
from chat_app.engine.fit import fitted
from chat_app.engine.level import Step
from chat_app.engine.turns import Turn
from chat_app.events.value import replace
from chat_app.workflow.fields import FieldType
from chat_app.workflow.values import object_schema, problems_of, takes_any_text

Asker = Callable[[Step, ChatModel, ChatRequest], Awaitable[dict[str, Any]]]
"""Asks a model for what a node writes."""

REPAIRS = 2
"""How often a model is told what was wrong, before the step fails."""

BRACKETS_TRIED = 50
"""Places in prose where JSON may begin; a model that writes brackets without end must not hold up a run."""

_FENCE = re.compile(r"```[a-zA-Z]*\s*\n(.*?)```", re.DOTALL)


def _no_number(word: str) -> Any:
    """`NaN` and `Infinity` are no JSON, and no value of any field."""
    raise ValueError(f"{word} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_number)


async def ask_structured(
    step: Step, model: ChatModel, request: ChatRequest, fields: Mapping[str, FieldType], turn: Turn | None = None
) -> dict[str, Any]:
    """Values for the fields, each fitting its type; the first answer is that of the turn, or of one call."""
    # Providers that drop the schema in silence still read the prompt.
    request = replace(_told(request, _instruction(fields)), schema=object_schema(fields), schema_name=step.node.id)
    for repair in range(REPAIRS + 1):
        if turn is None or repair:
            finished = await ask(step, model, request, stream=False)
        else:
            request, finished = await turn(step, model, request, False)
        values, problems = read_answer(finished.text, fields)
        if not problems:
            return values
        if repair < REPAIRS:
            request = _with_problems(request, finished.text, problems)
    raise StepProblem(
        f"{model.name} gave no answer of the wanted form in {REPAIRS + 1} tries: {'; '.join(problems)}.",
        help="Choose a stronger model, or make the prompt say more plainly what is wanted.",
        cause="invalid_output",
    )


def text_asker(name: str, field: FieldType, turn: Turn | None) -> Asker:
    """Asks for one text, streamed; where it breaks the field's bounds, the model is told and asked again."""

    def made(finished: Finished) -> dict[str, Any]:
        return {name: finished.text}

    def ask_any(step: Step, model: ChatModel, request: ChatRequest) -> Awaitable[dict[str, Any]]:
        return made_of_answer(step, model, request, made, stream=True)

    def ask_fitting(step: Step, model: ChatModel, request: ChatRequest) -> Awaitable[dict[str, Any]]:
        return _ask_text(step, model, request, name, field, turn)

    return ask_any if turn is None and takes_any_text(field) else ask_fitting


async def _ask_text(
    step: Step, model: ChatModel, request: ChatRequest, name: str, field: FieldType, turn: Turn | None
) -> dict[str, Any]:
    for repair in range(REPAIRS + 1):
        if turn is None or repair:
            finished = await ask(step, model, request, stream=True)
        else:
            request, finished = await turn(step, model, request, True)
        problems = problems_of(finished.text, field, (name,))
        if not problems:
            return {name: finished.text}
        if repair < REPAIRS:
            request = _with_problems(request, finished.text, problems)
    raise StepProblem(
        f"{model.name} gave no fitting text in {REPAIRS + 1} tries: {'; '.join(problems)}.",
        help="Widen the field's bounds, or make the prompt name them.",
        cause="invalid_output",
    )


def read_answer(text: str, fields: Mapping[str, FieldType]) -> tuple[dict[str, Any], list[str]]:
    """The values in a model's answer, and what is wrong with them."""
    found = find_json(text)
    if not isinstance(found, Mapping) or not set(found) & set(fields):
        found = _bare(found, text, fields)
    if found is None:
        return {}, ["there is no JSON object with the wanted parts in it"]
    values = {name: fitted(found[name], field) for name, field in fields.items() if name in found}
    problems = [f"`{name}` is missing" for name in fields if name not in found]
    for name, value in values.items():
        problems += problems_of(value, fields[name], (name,))
    return values, problems


def find_json(text: str) -> Any:
    """The JSON in a text: all of it, in a fence, or the first object or array in prose; None when there is none."""
    for candidate in (text.strip(), *(match.group(1).strip() for match in _FENCE.finditer(text))):
        try:
            return _DECODER.decode(candidate)
        except (ValueError, RecursionError):
            continue
    for match in islice(re.finditer(r"[{\[]", text), BRACKETS_TRIED):
        try:
            return _DECODER.raw_decode(text, match.start())[0]
        except (ValueError, RecursionError):
            continue
    return None


def _bare(found: Any, text: str, fields: Mapping[str, FieldType]) -> dict[str, Any] | None:
    """A value without its name around it, where only one is wanted."""
    if len(fields) != 1:
        return None
    ((name, field),) = fields.items()
    for value in (found, text.strip()):
        if value is not None and not problems_of(fitted(value, field), field):
            return {name: value}
    return None


def _instruction(fields: Mapping[str, FieldType]) -> str:
    parts = ", ".join(f'"{name}"' for name in fields)
    return f"Answer with one JSON object that has {parts}, and with nothing else."


def _told(request: ChatRequest, instruction: str) -> ChatRequest:
    first, *rest = request.messages
    if first.role == "system":
        return replace(request, messages=(replace(first, content=f"{first.content}\n\n{instruction}"), *rest))
    return replace(request, messages=(ChatMessage("system", instruction), first, *rest))


def _with_problems(request: ChatRequest, answer: str, problems: list[str]) -> ChatRequest:
    wanted = "" if request.schema is None else f" It must fit this JSON Schema: {json.dumps(request.schema)}"
    told = f"That does not fit: {'; '.join(problems)}. Answer again, in full, and with nothing else.{wanted}"
    return replace(
        request,
        messages=(*request.messages, ChatMessage("assistant", answer), ChatMessage("user", told)),
    )
