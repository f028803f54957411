"""What is known before a run of a tool that a workflow names: whom it contacts, and whom it pays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat_app.chat_models.media_prices import is_priced
from chat_app.chat_models.models import ChatModels
from chat_app.chat_models.prices import query_price
from chat_app.tools.catalog import Catalog
from chat_app.tools.errors import UnknownTool
from chat_app.tools.search.engines import SEARCH


def hosts_of(tools: Catalog, tool: str, arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """The hosts that a call contacts."""
    try:
        return tools.get(tool).hosts(arguments)
    except UnknownTool:
        return ()


def bills_of(
    tools: Catalog, models: ChatModels, tool: str, arguments: Mapping[str, Any]
) -> tuple[tuple[str, bool], ...]:
    """The model or service that a call pays, and whether its price is known before."""
    try:
        paid = tools.get(tool).pays(arguments)
    except UnknownTool:
        return ()
    if paid is None:
        return ()
    if paid.endswith(SEARCH):
        return ((paid, query_price(paid.removesuffix(SEARCH)) is not None),)
    return ((paid, models.at_home(paid) and is_priced(paid)),)
