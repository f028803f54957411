"""Answers to human nodes: from a file, or asked in the terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from chat_app.cli.exits import Misuse
from chat_app.cli.texts import say
from chat_app.events.run import Question
from chat_app.translation import question_words, translated
from chat_app.workflow.fields import FieldType
from chat_app.workflow.values import ValueProblem, parse_text


class Answers:
    """Knows what people answer; asks in the terminal where that is allowed."""

    def __init__(self, given: Mapping[str, Any], *, ask: bool) -> None:
        wrong = [node for node, fields in given.items() if not isinstance(fields, dict)]
        if wrong:
            raise Misuse(f"answers must look like {{node: {{field: value}}}}; {wrong[0]!r} holds no object")
        self._given = given
        self._ask = ask
        self._used: set[str] = set()

    async def to(self, questions: Sequence[Question]) -> dict[str, dict[str, Any]] | None:
        """Answers by node, or None where one is missing."""
        found: dict[str, dict[str, Any]] = {}
        for question in questions:
            name = question.step if question.step in self._given else question.node
            if name in self._given:
                self._used.add(name)
                found[question.step] = dict(self._given[name])
            elif self._ask:
                found[question.step] = await asyncio.to_thread(_ask_person, question)
            else:
                return None
        return found

    def unused(self) -> list[str]:
        """The names under which answers were given that nobody asked for."""
        return [name for name in self._given if name not in self._used]


def _ask_person(question: Question) -> dict[str, Any]:
    say(f"\n{question_words(question.text)}")
    return {name: _ask_field(name, schema) for name, schema in question.fields.items()}


def _ask_field(name: str, schema: dict[str, Any]) -> Any:
    field = FieldType.model_validate({key: schema[key] for key in schema if key in _FIELD_KEYS})
    choices = f" ({' / '.join(str(value) for value in field.enum)})" if field.enum else f" ({field.type})"
    while True:
        try:
            text = input(f"{name}{choices}: ")
        except EOFError:
            raise KeyboardInterrupt from None
        if not text and field.has_default:
            return field.default
        try:
            return parse_text(text, field)
        except ValueProblem as problem:
            say(f"  {translated(str(problem))}")


_FIELD_KEYS = {info.alias or name for name, info in FieldType.model_fields.items()}
