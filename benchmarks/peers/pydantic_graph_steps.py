"""pydantic-graph: 100 steps one after the other (its graphs are built, so a loop would be a decision more)."""

import asyncio
import itertools
from dataclasses import dataclass

from measured import STEPS, measured
from pydantic_graph import Graph, GraphBuilder, StepContext


@dataclass
class Counted:
    n: int = 0


def made() -> Graph:
    builder = GraphBuilder(state_type=Counted, output_type=int, auto_instrument=False)

    async def count(context: StepContext) -> int:
        context.state.n += 1
        return context.state.n

    steps = [builder.step(node_id=f"n{n}")(count) for n in range(STEPS)]
    builder.add(builder.edge_from(builder.start_node).to(steps[0]))
    for one, other in itertools.pairwise(steps):
        builder.add(builder.edge_from(one).to(other))
    builder.add(builder.edge_from(steps[-1]).to(builder.end_node))
    return builder.build()


GRAPH = made()


async def chain() -> None:
    assert await GRAPH.run(state=Counted()) == STEPS


asyncio.run(measured(chain=chain))
