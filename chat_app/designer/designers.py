"""Which designer serves whom: the model-driven one where there is a model, the guided one elsewhere."""

from __future__ import annotations

from chat_app.chat_models.protocol import ChatModel
from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.agent.modes import Modes
from chat_app.designer.agent.turn import Check, DryRun
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
    ) -> None:
        self._check = check
        self._surroundings = surroundings
        self._dry_run = dry_run
        self._modes = Modes()
        self._guided = GuidedDesigner(check, surroundings.tools)

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
            fallback=guided,
            modes=self._modes,
        )
        return TakingOver(agent, self.take_over)

    def take_over(self, text: str) -> Imported:
        """The workflow in another program's file; raises NotAWorkflow."""
        return import_workflow(text, self._surroundings)
