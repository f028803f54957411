"""What a visitor can do with models and keys, as functions of their workspace."""

from __future__ import annotations

from chat_app.chat_models.errors import ChatModelError
from chat_app.chat_models.simulated import SIMULATED
from chat_app.translation import tr, translated
from chat_app.ui.api_keys import key_variable
from chat_app.ui.keeping import keep
from chat_app.ui.workspace import Notice, Workspace

SIGNED_IN = "HF_TOKEN"
"""The variable under which the token of a signed-in visitor is handed to models."""


async def find_models(place: Workspace) -> None:
    """Looks which models there are; the page is there by now, and what waited for that begins."""
    await place.find_models()
    place.services.entered()


async def choose_model(place: Workspace, name: str | None) -> None:
    """Takes a model for designing and running; nothing chosen means the default."""
    chosen = (name or "").strip()
    if chosen == (place.model or ""):
        return  # the list tells its value again when it loses the focus: what is on show stays
    place.notice = None
    if not chosen:
        place.model = None
        return
    try:
        place.services.models.get(chosen, place.keys)
    except ChatModelError as error:
        place.notice = Notice(error.message, error.help, bad=True)
    place.model = chosen
    await keep(place)


async def take_key(place: Workspace, key: str) -> None:
    """Keeps a key for this session, in memory only."""
    if not key.strip():
        place.notice = Notice(
            tr("No key was typed."), tr("Paste the provider's API key, then press Use key."), bad=True
        )
        return
    variable = key_variable(place.model_in_use)
    if variable is None:
        place.notice = Notice(tr("Choose the model first."), tr("The key belongs to its provider."), bad=True)
        return
    place.keys[variable] = key.strip()
    await place.find_models()
    told = tr("The key is kept as {variable} for this session, in memory only.", variable=variable)
    place.notice = Notice(told, tr("It is never stored, and forgotten when the server restarts."))


async def before_probe(place: Workspace) -> None:
    """Says that the model is being asked: a local one may have to be loaded first."""
    place.notice = Notice(
        tr("Asking {model} for one word, then for three small designs …", model=place.model_in_use),
        tr("A local model may take a minute to load."),
    )


async def probe(place: Workspace) -> None:
    """Asks the chosen model for one word; one that answers, for three small designs."""
    name = place.model_in_use
    found = await place.services.models.probe(name, place.keys)
    told = translated(found.why)
    place.notice = Notice(tr("{model}: {told}", model=found.name, told=told), found.how, bad=not found.ready)
    if not found.ready or place.services.probe is None or name == SIMULATED:
        return
    try:
        verdict = await place.services.probe(name, place.keys, True)
    except ChatModelError as error:
        place.notice = Notice(error.message, error.help, bad=True)
        return
    place.trusted.discard(name)
    told = tr("{model}: {told}. {more}", model=found.name, told=told, more=verdict.why)
    place.notice = Notice(told, verdict.how, bad=verdict.fitness == "unfit")


async def forget_keys(place: Workspace) -> None:
    """Drops the keys of this session at once."""
    place.keys.clear()
    await place.find_models()
    place.notice = Notice(tr("The keys of this session are forgotten."))


def sign_in(place: Workspace, token: str | None) -> None:
    """Takes the token of an account at the hosting service as a key of this session; none: signed out."""
    if token:
        place.keys[SIGNED_IN] = token
    elif place.signed_in:
        place.keys.pop(SIGNED_IN, None)
    place.signed_in = bool(token)
