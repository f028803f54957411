"""derived-order: what the checker worked out where `edges` are left out."""

from __future__ import annotations

from collections.abc import Iterator

from chat_app.workflow.diagnostics import Diagnostic
from chat_app.workflow.edges import START
from chat_app.workflow.graph import Flow
from chat_app.workflow.rules.context import Context

_MOST_NAMES = 40


def check_derived_order(context: Context) -> Iterator[Diagnostic]:
    """Tells the order of each level of several steps that has no `edges`."""
    for level in context.levels:
        flow = level.flow
        straight = flow.derived and level.sound and not flow.back_edges and flow.reachable.issuperset(flow.steps)
        if straight and len(flow.steps) > 1:
            yield context.info(
                "derived-order",
                f"The order follows the data: {told(flow)}.",
                (*level.path, "nodes"),
                "Write `edges` if you want another order.",
                key=True,
            )


def told(flow: Flow) -> str:
    """The order as chains; what parts and meets again stands in several."""
    chains = []
    names = 0
    for chain in _chains(flow):
        room = _MOST_NAMES - names
        if room < len(chain):
            chains.append(" -> ".join([*chain[: max(room, 1)], "…"]))
            break
        chains.append(" -> ".join(chain))
        names += len(chain)
    return "; ".join(chains)


def _chains(flow: Flow) -> Iterator[list[str]]:
    """Every way once, each chain as long as it gets."""
    left = {source: list(flow.successors.get(source, ())) for source in (START, *flow.steps)}
    for source in flow.order:
        while left.get(source):
            chain = [source]
            while following := left.get(chain[-1]):
                chain.append(following.pop(0))
            yield chain
