"""Before a model designs for the first time it is tried; one that can't design is not used without being told."""

from __future__ import annotations

from chat_app.chat_models.errors import ChatModelError
from chat_app.chat_models.simulated import SIMULATED
from chat_app.designer.agent.memory import handed_over
from chat_app.translation import tr
from chat_app.ui.signal import Signal
from chat_app.ui.turn_view import Choice, TurnView
from chat_app.ui.workspace import Workspace

_MOST_OTHERS = 3


async def acquainted(place: Workspace, model: str, view: TurnView, signal: Signal) -> bool:
    """Whether the model is to design now; what is known of it is told, and what to do where it can't."""
    known = place.services.verdict
    if known is None or model == SIMULATED or handed_over(place.conversation.memory) == model:
        return True
    first = sum(line.role == "user" for line in place.transcript) == 1
    if not place.services.probed(model):
        first = await _tried(place, model, view, signal) or first
    verdict = known(model)
    if verdict.fitness == "unfit" and model not in place.trusted:
        told = tr("Nothing was designed yet: choose how to go on.")
        view.paragraphs.append(f"**{verdict.why}** {told}")
        view.choices = _ways_out(place, model)
        return False
    if first and verdict.why:
        view.paragraphs.append(f"*{verdict.why} {verdict.how}*".replace(" *", "*"))
    return True


async def _tried(place: Workspace, model: str, view: TurnView, signal: Signal) -> bool:
    """Whether the model was tried now; while it is, the page says so."""
    if place.services.probe is None:
        return False
    view.stage = tr("Trying {model} on three small designs; this is done once", model=model)
    signal.set()
    try:
        await place.services.probe(model, place.keys, False)
    except ChatModelError:
        # The designer meets the same error: it tells it, and hands over to the guided one.
        return False
    finally:
        view.stage = ""
    return True


def _ways_out(place: Workspace, model: str) -> list[Choice]:
    """Who can design in the place of a model that can't."""
    known = place.services.verdict
    others = [one.name for one in place.found_models if one.ready and one.name not in (model, SIMULATED)]
    fit = [name for name in others if known is None or known(name).fitness != "unfit"]
    return [
        Choice(tr("Design with the guided designer"), "", act="design_with"),
        *(Choice(tr("Design with {model}", model=name), name, act="design_with") for name in fit[:_MOST_OTHERS]),
        Choice(tr("Use {model} all the same", model=model), model, quiet=True, act="design_with"),
    ]
