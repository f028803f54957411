"""Whether a model can design: three small tasks whose right answer is known, asked once and remembered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from chat_app.chat_models.context_length import ContextLength
from chat_app.chat_models.errors import ChatModelError
from chat_app.chat_models.prices import Price
from chat_app.chat_models.protocol import ChatModel, ChatRequest, Piece
from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.agent.modes import Fitness, Modes
from chat_app.designer.agent.turn import Check
from chat_app.designer.agent.verdict import NEEDED, TASKS, Verdict, verdict_of
from chat_app.designer.conversation import Conversation, Designer
from chat_app.events.design import Asked, Edited, Offered, TurnFailed
from chat_app.workflow.check import CheckResult
from chat_app.workflow.document import Workflow
from chat_app.workflow.surroundings import Surroundings

_DRAFT = """\
version: 1
name: mail_reply
inputs:
  email: {type: string}
state:
  answer: {type: string}
outputs: [answer]
nodes:
  - {id: reply, kind: llm, prompt: "Answer politely: {{ state.email }}", writes: [answer]}
"""


SECONDS = 90.0
"""The longest that anybody waits for a probe: a local model is slow, and the design is what was asked for."""
ContextOf = Callable[[], Awaitable[ContextLength | None]]
"""How much of a prompt the model's server reads now."""
Through = Callable[[Designer], Designer]
"""What the designer of a probe is wrapped in, such as what records its calls."""


@dataclass(frozen=True, slots=True)
class _Task:
    start: str
    message: str
    holds: Callable[[Workflow], bool]


_TASKS = (
    _Task(
        "",
        "Build it at once, ask nothing: a model summarises the input `text`, and `summary` is returned.",
        lambda made: "text" in made.inputs and made.outputs == ["summary"],
    ),
    _Task(
        _DRAFT,
        "Add a step `translate` after `reply` that puts the answer into German, as `german`. Return only `german`.",
        lambda made: [node.id for node in made.nodes] == ["reply", "translate"] and made.outputs == ["german"],
    ),
    _Task(
        _DRAFT,
        "After `reply`, let a person `approve` the answer, but only when it is longer than 500 characters.",
        lambda made: len(made.nodes) == 2 and any(len(edge.ways_out()) > 1 for edge in made.edges or []),
    ),
)


async def probe(
    model: ChatModel,
    modes: Modes,
    check: Check,
    surroundings: Surroundings,
    *,
    context: ContextOf | None = None,
    through: Through = lambda designer: designer,
    seconds: float = SECONDS,
) -> Verdict:
    """Asks the tasks and remembers the verdict; raises ChatModelError where the model can't be reached."""
    solved = 0
    try:
        async with asyncio.timeout(seconds):
            for task in _TASKS:
                solved += await _solved(task, model, modes, check, surroundings, through)
                if solved == 0 and task is _TASKS[1]:
                    break
    except TimeoutError:
        modes.judged(model.name, "unknown", solved)
        return verdict_of(model.name, modes)
    fitness: Fitness = "good" if solved == TASKS else "weak" if solved else "unfit"
    # Only now: a server tells the context of a model that it has loaded.
    served = await context() if context is not None else None
    if served is not None and served.tokens < NEEDED:
        fitness = "weak" if fitness == "good" else fitness
        modes.judged(model.name, fitness, solved, context=served.tokens, bound=served.bound)
    else:
        modes.judged(model.name, fitness, solved)
    return verdict_of(model.name, modes)


async def _solved(
    task: _Task, model: ChatModel, modes: Modes, check: Check, surroundings: Surroundings, through: Through
) -> bool:
    counted = _Counting(model)
    designer = through(AgentDesigner(counted, check, surroundings=surroundings, modes=modes))
    conversation = Conversation("probe", draft=task.start)
    message = task.message
    for _ in range(2):
        events = [event async for event in designer.turn(conversation, message)]
        if not any(isinstance(event, Asked | Offered) for event in events):
            break
        message = "Build it" if any(isinstance(event, Offered) for event in events) else "skip"
    failed = next((event for event in events if isinstance(event, TurnFailed)), None)
    if failed is not None and counted.answered == 0 and counted.last is not None:
        raise counted.last
    made: CheckResult = check(conversation.draft)
    edited = any(isinstance(event, Edited) for event in events)
    return bool(edited and made.valid and made.workflow and task.holds(made.workflow))


class _Counting:
    """The model, with its answers counted and its last failure kept."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self.answered = 0
        self.last: ChatModelError | None = None

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def simulated(self) -> bool:
        return self._model.simulated

    @property
    def price(self) -> Price | None:
        return self._model.price

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        try:
            async with aclosing(self._model.stream(request)) as pieces:
                async for piece in pieces:
                    yield piece
            self.answered += 1
        except ChatModelError as error:
            self.last = error
            raise
