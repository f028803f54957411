"""A workflow tried on a sample with a real model, within a bound; what lies outside it is made up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from chat_app.chat_models.errors import ChatModelError
from chat_app.chat_models.prices import Price
from chat_app.chat_models.protocol import ChatModel, ChatRequest, Finished, Piece
from chat_app.engine.compiler import compile_workflow
from chat_app.engine.context import Data
from chat_app.engine.errors import EngineError
from chat_app.engine.inputs import first_state
from chat_app.engine.rehearsal import Rehearsal
from chat_app.engine.samples import candidates
from chat_app.events.run import LimitReached, RunFailed, StepId
from chat_app.workflow.check import CheckResult
from chat_app.workflow.document import Workflow

MOST_CALLS = 24
MOST_SECONDS = 180.0
_LONGEST = 400
"""Characters of one output that are told."""


@dataclass(frozen=True, slots=True)
class TrialReport:
    """How one trial went."""

    problems: tuple[str, ...]
    told: tuple[str, ...]
    """What came of it, a line for each output."""
    calls: int
    tokens: int

    @property
    def ok(self) -> bool:
        """Whether the run came to its end."""
        return not self.problems


class _OutOfCalls(ChatModelError):
    """The trial's bound on model calls is reached."""


@dataclass
class _Counted:
    """The model, with its calls and tokens counted and bounded."""

    model: ChatModel
    most: int
    calls: int = 0
    tokens: int = 0

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def simulated(self) -> bool:
        return self.model.simulated

    @property
    def price(self) -> Price | None:
        return self.model.price

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        if self.calls >= self.most:
            raise _OutOfCalls(
                f"The trial is bounded to {self.most} model calls, and they are used up.",
                help="Bound the loops and lists, or run the workflow itself.",
            )
        self.calls += 1
        async with aclosing(self.model.stream(request)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Finished):
                    self.tokens += (piece.usage.tokens_in or 0) + (piece.usage.tokens_out or 0)
                yield piece


class Trials:
    """Tries workflows on samples with one model."""

    def __init__(self, model: ChatModel, *, calls: int = MOST_CALLS, seconds: float = MOST_SECONDS) -> None:
        self._model = model
        self._calls = calls
        self._seconds = seconds

    def bound(self, checked: CheckResult) -> str:
        """What one trial may use, in a sentence."""
        return (
            f"A trial asks {self._model.name} at most {self._calls} times and takes {self._seconds:g} seconds at "
            "most. Requests and tools are made up, and people's answers are samples: only prompts go out."
        )

    async def run(self, checked: CheckResult) -> TrialReport:
        """One run on a sample: the first test's inputs where there is one, else the inputs' examples."""
        workflow = checked.workflow
        assert workflow is not None
        counted = _Counted(self._model, self._calls)
        rehearsal = Rehearsal(compile_workflow(workflow, checked.used), text=checked.text)
        try:
            async with asyncio.timeout(self._seconds):
                rest = await rehearsal.run(
                    first_state(workflow, sample(workflow)), counted, answer=_answers(workflow)
                )
        except TimeoutError:
            return self._report(counted, (f"The trial did not end within {self._seconds:g} seconds.",))
        except EngineError as error:
            return self._report(counted, (f"{error.message} {error.help}",))
        match rest.event:
            case RunFailed(message=message, node=node):
                return self._report(counted, (f"`{node}` fails: {message}" if node else message,))
            case LimitReached(message=message):
                return self._report(counted, (message,))
        told = tuple(f"{name}: {_short(rest.state[name])}" for name in workflow.outputs if name in rest.state)
        return self._report(counted, (), told)

    def _report(self, counted: _Counted, problems: tuple[str, ...], told: tuple[str, ...] = ()) -> TrialReport:
        return TrialReport(problems, told, counted.calls, counted.tokens)


def sample(workflow: Workflow) -> dict[str, Any]:
    """Inputs to try a workflow with."""
    if workflow.tests:
        return dict(workflow.tests[0].inputs)
    return {name: candidates(field)[0] for name, field in workflow.inputs.items() if not field.has_default}


def _answers(workflow: Workflow) -> Any:
    fields = {**workflow.inputs, **workflow.state}
    writes = {node.id: node.writes for node in workflow.nodes}

    def answer(step: StepId, node: str) -> Data:
        made: Mapping[str, Any] = {
            name: candidates(fields[name])[0] for name in writes.get(node, ()) if name in fields
        }
        return dict(made)

    return answer


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
