"""Which designer serves whom: the model-driven one where there is a model, the guided one elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from chat_app.chat_models.protocol import ChatModel
from chat_app.designer.agent.checkpoints import Checkpoints
from chat_app.designer.agent.costs import RunTests
from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.agent.modes import Modes
from chat_app.designer.agent.probe import ContextOf, Through, probe
from chat_app.designer.agent.trying import TryRun
from chat_app.designer.agent.turn import Check, DryRun
from chat_app.designer.agent.verdict import Verdict, verdict_of
from chat_app.designer.conversation import Designer
from chat_app.designer.guided.designer import GuidedDesigner
from chat_app.designer.takeover import TakingOver
from chat_app.workflow.foreign.imports import Imported, import_workflow
from chat_app.workflow.surroundings import Surroundings


class Designers:
    """Makes designers; what was learnt of each model is shared by all of them."""

    def __init__(
        self,
        check: Check,
        *,
        surroundings: Surroundings = Surroundings(),  # noqa: B008 - frozen
        dry_run: DryRun | None = None,
        run_tests: RunTests | None = None,
        trials: Callable[[ChatModel], TryRun] | None = None,
        folder: Path | None = None,
    ) -> None:
        """`folder` is where unfinished turns and what was learnt of models outlive the process."""
        self._check = check
        self._surroundings = surroundings
        self._dry_run = dry_run
        self._guided = GuidedDesigner(check, surroundings.tools)
        self._run_tests = run_tests
        self._trials = trials
        self._modes = Modes(folder / "design_models.json" if folder else None)
        self._probing: dict[str, asyncio.Lock] = {}
        self._checkpoints = Checkpoints(folder / "design_turns.sqlite" if folder else None)

    def warm_up(self) -> None:
        """Loads what the first wish would wait for: the patterns and their ranker."""
        self._guided.warm_up()

    def of(self, model: ChatModel | None) -> Designer:
        """The designer for a model; the guided one for none and for the simulated one."""
        guided = self._guided
        if model is None or model.simulated:
            return TakingOver(guided, self.take_over)
        agent = AgentDesigner(
            model,
            self._check,
            surroundings=self._surroundings,
            dry_run=self._dry_run,
            run_tests=self._run_tests,
            starts=guided.starts,
            trial=self._trials(model) if self._trials else None,
            fallback=guided,
            modes=self._modes,
            checkpoints=self._checkpoints,
        )
        return TakingOver(agent, self.take_over)

    async def probe(
        self,
        model: ChatModel,
        *,
        again: bool = True,
        context: ContextOf | None = None,
        through: Through = lambda designer: designer,
    ) -> Verdict:
        """Whether a model can design, by three small tasks; remembered. Raises ChatModelError.

        Without `again`, a model that was asked before is not asked; two that come at once ask it once.
        """
        async with self._probing.setdefault(model.name, asyncio.Lock()):
            if not again and self._modes.probed(model.name):
                return self.verdict(model.name)
            return await probe(model, self._modes, self._check, self._surroundings, context=context, through=through)

    def probed(self, name: str) -> bool:
        """Whether a model was probed before."""
        return self._modes.probed(name)

    def verdict(self, name: str) -> Verdict:
        """What is known of a model as a designer, without asking it."""
        return verdict_of(name, self._modes)

    def take_over(self, text: str) -> Imported:
        """The workflow in another program's file; raises NotAWorkflow."""
        return import_workflow(text, self._surroundings)
