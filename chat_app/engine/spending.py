"""What the tools of a step spend at models: told, and counted against the run's limits."""

from __future__ import annotations

from chat_app.chat_models.media import MediaAnswer
from chat_app.engine.level import Step
from chat_app.engine.media import Spend
from chat_app.events.run import Logged, UsageReported


def spending_of(step: Step) -> Spend:
    """Tells what a call used, and counts it against the run's limits; what is unknown is told as that."""

    def spend(answer: MediaAnswer) -> None:
        usage = answer.usage
        if step.run.meter.paid(usage):
            text = f"What {answer.model} costs is unknown, so `cost_usd` can't stop this run."
            step.run.emit(Logged(text, "warning", step.id, step.name))
        step.run.emit(
            UsageReported(step.id, step.name, answer.model, usage.tokens_in, usage.tokens_out, usage.cost_usd)
        )

    return spend
