"""Runs that cost nothing and leave nothing behind: on the simulated model, without a checkpoint, nothing awaited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from chat_app.chat_models.protocol import ChatModel
from chat_app.engine.channels import starting
from chat_app.engine.compiler import Compiled
from chat_app.engine.context import Answer, Data, MemoryJournal, RunContext
from chat_app.engine.drive import Graph, Rest, drive
from chat_app.engine.errors import StepProblem
from chat_app.engine.log import Emit
from chat_app.engine.meter import Meter, merged
from chat_app.engine.reach import Outside, Pretend, Reach, simulated
from chat_app.events.run import StepId
from chat_app.workflow.document import Limits

NOTHING_GIVEN: Mapping[str, Data] = {}


@dataclass
class Rehearsal:
    """A workflow made ready once for many rehearsals."""

    compiled: Compiled
    limits: Limits = field(default_factory=Limits)
    """Laid over the workflow's own."""
    text: str = ""
    """The workflow's YAML, where it is at hand."""
    pretend: Pretend = simulated
    """Nothing outside is touched: what would be is made up."""
    reach: Reach = field(default_factory=Reach)

    @cached_property
    def _graph(self) -> Graph:
        graph: Graph = self.compiled.graph.compile()
        return graph

    async def run(
        self,
        state: dict[str, Any],
        model: ChatModel,
        *,
        answer: Answer,
        given: Mapping[str, Data] = NOTHING_GIVEN,
        emit: Emit = lambda event: None,
    ) -> Rest:
        """One run from a first state to its rest."""
        context = RunContext(
            emit=emit,
            meter=Meter(merged(self.compiled.workflow.limits, self.limits)),
            model=lambda name, /, default=None: model,
            journal=MemoryJournal(),
            pause=_no_pause,
            saved=False,
            keyed=False,
            answer=answer,
            given=given,
            outside=Outside(self.reach, pretend=self.pretend, text=self.text),
        )
        return await drive(lambda: self._graph, self.compiled, context, starting(state), "rehearsal")


def answers_of(answers: Mapping[str, Data]) -> Answer:
    """Answers by node; a question without one fails its node, as nobody is there to ask."""

    def answer(step: StepId, node: str) -> Data:
        if node not in answers:
            raise StepProblem(
                f"{node} asks a person, and no answer is given.", help=f"Give an answer for {node} under `answers`."
            )
        return answers[node]

    return answer


async def _no_pause(seconds: float) -> None:
    """Rehearsals never wait before another try."""
