"""The Model tab's list: what is available here, what to do for the rest, and whether prices are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from chat_app.chat_models.models import Availability
from chat_app.chat_models.prices import Price
from chat_app.chat_models.simulated import SIMULATED
from chat_app.translation import joined, tr
from chat_app.ui.buttons import button
from chat_app.ui.markup import attribute, sentence

PriceOf = Callable[[str], Price | None]


def models_html(found: Sequence[Availability], price_of: PriceOf, in_use: str, keys: Iterable[str]) -> str:
    """The list, the model in use marked."""
    rows = "".join(_row(one, price_of, in_use) for one in found)
    held = joined(keys)
    forget = ""
    if held:
        told = tr("Keys of this session: {names}.", names=held)
        forget = (
            f'<div class="wc-buttons"><span class="wc-hint">{escape(told)}</span>'
            f"{button(tr('Forget them'), 'forget_keys', small=True)}</div>"
        )
    head = f'<h2 class="wc-h">{escape(tr("Found here"))}</h2>'
    return f'{forget}{head}<ul class="wc-rows" id="models-found">{rows}</ul>'


def _row(one: Availability, price_of: PriceOf, in_use: str) -> str:
    why = f"{sentence(one.why)}{'. ' + sentence(one.how) if one.how else ''}"
    price = f'<span class="wc-muted">{escape(price_words(one.name, price_of))}</span>' if one.ready else ""
    mark = f'<span class="wc-badge">{escape(tr("in use"))}</span>' if one.name == in_use else ""
    word = tr("ready") if one.ready else tr("not available")
    status = "done" if one.ready else "idle"
    return (
        f'<li data-model="{attribute(one.name)}"><span class="wc-dot" data-status="{status}" '
        f'aria-hidden="true"></span><span class="wc-hidden">{escape(word)}</span>'
        f'<span class="wc-grow"><b>{escape(one.name)}</b> <span class="wc-muted">{why}</span></span>'
        f"{mark}{price}</li>"
    )


def price_words(name: str, price_of: PriceOf) -> str:
    """What a million tokens cost; said plainly where that is not known."""
    if name == SIMULATED:
        return tr("costs nothing")
    price = price_of(name)
    if price is None:
        return tr("price unknown")
    if price.input == 0 and price.output == 0:
        return tr("costs nothing")
    return tr(
        "${given} in, ${got} out for a million tokens",
        given=f"{price.input * 1e6:,.2f}",
        got=f"{price.output * 1e6:,.2f}",
    )
