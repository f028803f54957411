"""Where the trace of a run is: a link while MLflow's page is served, else how to see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from urllib.parse import urlsplit

from chat_app.tracing.traces import TraceLink
from chat_app.translation import tr
from chat_app.ui.markup import attribute, sentence

TraceOf = Callable[[str], TraceLink | None]


def trace_html(trace_of: TraceOf, run_id: str) -> str:
    """What the view of one run tells of its trace."""
    address = _address(trace_of(run_id))
    return f'<p class="wc-hint">{_anchor(address)}</p>' if address else untold_html()


def trace_links(trace_of: TraceOf, run_ids: Sequence[str]) -> dict[str, str]:
    """A link for each run whose trace can be looked at now."""
    found: dict[str, str] = {}
    for run_id in run_ids:
        link = trace_of(run_id)
        if link is None:
            continue
        address = _address(link)
        if address is None:
            # Nobody serves the page, so no other run has an address either.
            break
        found[run_id] = _anchor(address)
    return found


def untold_html() -> str:
    """How to see traces while nobody serves them."""
    return f'<p class="wc-hint">{sentence(tr("`workflow-chat traces` shows the trace of each run in MLflow."))}</p>'


def _address(link: TraceLink | None) -> str | None:
    address = link.address if link is not None else None
    return address if address and urlsplit(address).scheme in ("http", "https") else None


def _anchor(address: str) -> str:
    opens = 'target="_blank" rel="noopener noreferrer"'
    return f'<a class="wc-trace" href="{attribute(address)}" {opens}>{escape(tr("Trace in MLflow"))}</a>'
