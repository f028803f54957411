"""Random workflows: the engine must do what the reference interpreter says is right."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, event, given, settings
from langgraph.checkpoint.memory import InMemorySaver

from chat_app.chat_models.errors import RequestRefused
from chat_app.chat_models.protocol import ChatRequest, Finished, ModelUsage, Piece
from chat_app.engine.channels import starting
from chat_app.engine.compiler import all_nodes, compile_workflow
from chat_app.engine.context import MemoryJournal, RunContext
from chat_app.engine.drive import Rest, drive
from chat_app.engine.inputs import first_state
from chat_app.engine.live import steps_around
from chat_app.engine.meter import Meter, merged
from chat_app.engine.rehearsal import Rehearsal, answers_of
from chat_app.engine.rerun import TakenOver, taken_over
from chat_app.events.rebuilt import rebuilt
from chat_app.events.run import (
    Recorded,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    RunWaiting,
    StepFailed,
    StepStarted,
)
from chat_app.workflow.nodes import HumanNode
from tests.engine.drawing import Drawn, workflows
from tests.engine.reference import Interpreter, RunFails

GRAPHS = int(os.environ.get("WORKFLOW_CHAT_GRAPHS", "300"))
"""How many graphs are drawn; the nightly run draws more."""

SIDE_BY_SIDE = {"map": "[", "parallel": "/"}
"""The kinds whose parts run at once, and how the ids of their parts go on."""


@dataclass
class Told:
    """A chat model that says what the drawn workflow tells it to."""

    drawn: Drawn
    asked: list[str] = field(default_factory=list)
    name: str = "told"
    simulated: bool = True
    price: None = None

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        node = request.purpose.removeprefix("node:").rpartition("/")[2]
        self.asked.append(node)
        assert request.schema is not None
        answer = self.drawn.says(node, request.messages[-1].content, list(request.schema["properties"]))
        await asyncio.sleep(0)
        if answer is None:
            raise RequestRefused("told to fail", help="")
        yield Finished(json.dumps(answer), (), ModelUsage(1, 1, 0.0))


@dataclass
class Ran:
    """A run on the engine: interrupted and resumed as often as people are asked."""

    drawn: Drawn
    events: list[RunEvent] = field(default_factory=list)
    before: TakenOver | None = None
    asked: list[str] = field(default_factory=list)

    async def whole(self) -> Rest:
        workflow = self.drawn.workflow
        compiled = compile_workflow(workflow, self.drawn.results)
        graph = compiled.graph.compile(checkpointer=InMemorySaver())
        journal, answers = MemoryJournal(), dict[str, Any]()
        rest: Rest | None = None
        start = starting(first_state(workflow, {}))
        while rest is None or isinstance(rest.event, RunWaiting):
            context = RunContext(
                emit=self.events.append,
                meter=Meter(merged(workflow.limits)),
                model=lambda name, /, default=None: Told(self.drawn, self.asked),
                journal=journal,
                pause=asyncio.sleep,
                answer=lambda step, node: answers.get(step),
                asked=steps_around(answers),
                reuse=self.before,
            )
            rest = await drive(graph, workflow, context, start, "run")
            start = None
            if isinstance(rest.event, RunWaiting):
                for question in rest.event.questions:
                    node = question.node.rpartition("/")[2]
                    answers[question.step] = self.drawn.says(node, question.text, list(question.fields))
        return rest


@settings(
    max_examples=GRAPHS, deadline=None, derandomize="WORKFLOW_CHAT_GRAPHS" not in os.environ, database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink], report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)  # fmt: skip
@given(workflows())
def test_engine_does_what_the_reference_says(drawn: Drawn) -> None:
    interpreter = Interpreter(drawn.workflow, drawn.script, drawn.used)
    ran = Ran(drawn)
    try:
        expected: dict[str, Any] | None = interpreter.run({})
    except RunFails:
        expected = None
    rest = asyncio.run(ran.whole())
    event(type(rest.event).__name__)
    if expected is None:
        assert isinstance(rest.event, RunFailed), rest.event
        return
    assert isinstance(rest.event, RunFinished), rest.event
    assert as_failed(rest.state) == expected
    started = [happened.step for happened in ran.events if isinstance(happened, StepStarted)]
    kinds = {happened.step: happened.kind for happened in ran.events if isinstance(happened, StepStarted)}
    ended = [happened.step for happened in ran.events if isinstance(happened, StepFailed)]
    # How far the others had come when one made a map or a group fail is a matter of which was faster.
    failed = tuple(step + SIDE_BY_SIDE[kinds[step]] for step in ended if kinds[step] in SIDE_BY_SIDE)
    assert _without(started, failed) == _without(interpreter.steps, failed)
    if not any(isinstance(node, HumanNode) for node in all_nodes(drawn.workflow, drawn.results)):
        event("rehearsed too")
        assert as_failed(asyncio.run(rehearse(drawn)).state) == expected
    for place, rounds in interpreter.rounds.items():
        if not place.startswith(failed):
            assert _rounds(started, place, rounds) == [sorted(ids) for ids in rounds]
    assert as_failed(rebuilt(recorded(drawn, ran.events)).state) == expected
    again = Ran(drawn, before=taken_over(recorded(drawn, ran.events), None, simulated=True))
    assert as_failed(asyncio.run(again.whole()).state) == expected
    # What failed has no result that could be taken over, nor has what was cut off by a failing item beside it.
    assert set(again.asked) <= drawn.flaky or any(step.startswith(failed) for step in started)


def recorded(drawn: Drawn, events: list[RunEvent]) -> list[Recorded]:
    """The events as a manager would have recorded them."""
    start = RunStarted(
        "drawn", "", "told", True, {}, text=drawn.workflow.model_dump_json(by_alias=True, exclude_none=True)
    )
    return [Recorded("run", offset, 0.0, event=one) for offset, one in enumerate([start, *events])]


async def rehearse(drawn: Drawn) -> Rest:
    """The same run without checkpoints, where rounds need not be supersteps."""
    rehearsal = Rehearsal(compile_workflow(drawn.workflow, drawn.results))
    return await rehearsal.run(first_state(drawn.workflow, {}), Told(drawn), answer=answers_of({}))


def _without(steps: list[str], beginnings: tuple[str, ...]) -> Counter[str]:
    return Counter(step for step in steps if not step.startswith(beginnings))


def _rounds(started: list[str], place: str, rounds: list[list[str]]) -> list[list[str]]:
    """A level's own steps, cut where the reference says that a round ends."""
    own = iter(step for step in started if step.rpartition("/")[0] == place.removesuffix("/"))
    return [sorted(next(own, "") for _ in ids) for ids in rounds]


def as_failed(value: Any) -> Any:
    """A state without the words of items' errors: they are no matter of right and wrong."""
    if isinstance(value, Mapping):
        return {name: "" if name == "error" else as_failed(part) for name, part in value.items()}
    return [as_failed(one) for one in value] if isinstance(value, list) else value
