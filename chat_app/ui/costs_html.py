"""What this month has cost, in a line; what is not known is told as unknown."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from chat_app.translation import joined, tr, tr_count
from chat_app.ui.run_html import money

if TYPE_CHECKING:
    from chat_app.tracing.costs import Cost
    from chat_app.tracing.own_record import Budget


def month_html(cost: Cost | None, budget: Budget | None) -> str:
    """The visitor's own model calls of this month, and the budget of all where there is one."""
    parts = [] if cost is None else [_spent(cost)]
    spent = ""
    if budget is not None:
        told = tr(
            "Budget: {spent} of {allowed} spent.", spent=money(budget.spent_usd), allowed=money(budget.allowed_usd)
        )
        parts.append(told)
        if budget.spent_usd >= budget.allowed_usd:
            spent = ' data-spent="true"'
            parts.append(tr("No run that asks a paid model starts before next month, or before it is raised."))
    if not parts:
        return ""
    return f'<p class="wc-hint" id="month-costs"{spent}>{escape(joined(parts, " "))}</p>'


def _spent(cost: Cost) -> str:
    asked = cost.calls - cost.simulated
    if not asked:
        return tr_count(
            "This month: {count} simulated call, which cost nothing.",
            "This month: {count} simulated calls, which cost nothing.",
            cost.simulated,
        )
    calls = tr_count("{count} model call", "{count} model calls", asked)
    if cost.unknown == asked:
        return tr("This month: {calls}, cost unknown.", calls=calls)
    if cost.unknown:
        return tr_count(
            "This month: {calls}, at least {cost}: the cost of {count} call is unknown.",
            "This month: {calls}, at least {cost}: the cost of {count} calls is unknown.",
            cost.unknown,
            calls=calls,
            cost=money(cost.known_usd),
        )
    return tr("This month: {calls}, {cost}.", calls=calls, cost=money(cost.known_usd))
