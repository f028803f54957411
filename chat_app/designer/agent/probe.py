"""Whether a model can design: three small tasks whose right answer is known, asked once and remembered."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from chat_app.chat_models.errors import ChatModelError
from chat_app.chat_models.protocol import ChatModel, ChatRequest, Piece
from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.agent.modes import Fitness, Modes
from chat_app.designer.agent.turn import Check
from chat_app.designer.conversation import Conversation
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the probe saw."""

    fitness: Fitness
    why: str
    calls: int = 0

    @property
    def warns(self) -> bool:
        """Whether a person should know before they design with it."""
        return self.fitness in ("weak", "unfit")


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


async def probe(model: ChatModel, modes: Modes, check: Check, surroundings: Surroundings) -> Verdict:
    """Asks the tasks and remembers the verdict; raises ChatModelError where the model can't be reached."""
    done = calls = 0
    for task in _TASKS:
        solved, asked = await _solved(task, model, modes, check, surroundings)
        done, calls = done + solved, calls + asked
        if done == 0 and task is _TASKS[1]:
            break
    fitness: Fitness = "good" if done == len(_TASKS) else "weak" if done else "unfit"
    verdict = Verdict(fitness, _WORDS[fitness].format(model=model.name, done=done, all=len(_TASKS)), calls)
    modes.judged(model.name, verdict.fitness, verdict.why)
    return verdict


_WORDS: dict[Fitness, str] = {
    "good": "{model} solved all {all} small design tasks.",
    "weak": "{model} solved {done} of {all} small design tasks: say large wishes in small steps.",
    "unfit": "{model} solved none of the small design tasks: design with another model, or with the guided designer.",
    "unknown": "",
}


async def _solved(
    task: _Task, model: ChatModel, modes: Modes, check: Check, surroundings: Surroundings
) -> tuple[bool, int]:
    counted = _Counting(model)
    designer = AgentDesigner(counted, check, surroundings=surroundings, modes=modes)
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
    return bool(edited and made.valid and made.workflow and task.holds(made.workflow)), counted.calls


class _Counting:
    """The model, with its calls counted and its last failure kept."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self.calls = self.answered = 0
        self.last: ChatModelError | None = None

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def simulated(self) -> bool:
        return self._model.simulated

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        self.calls += 1
        try:
            async with aclosing(self._model.stream(request)) as pieces:
                async for piece in pieces:
                    yield piece
            self.answered += 1
        except ChatModelError as error:
            self.last = error
            raise
