"""The same workflows as the documentation of LangGraph would write them, and on plain asyncio: the limit."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Annotated, Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

from benchmarks.measuring.workflows import ITEMS, NODES, ROUNDS, Stub
from chat_app.chat_models.protocol import ChatRequest, Finished

Graph = StateGraph[Any, Any, Any, Any]


async def asked() -> str:
    """What the stub says."""
    text = ""
    async for piece in Stub().stream(ChatRequest(())):
        assert isinstance(piece, Finished)
        text = piece.text
    return text


def chain(calls: Callable[[int], bool], nodes: int = NODES) -> Graph:
    """Nodes one after the other."""
    state = TypedDict("state", {f"f{n}": str for n in range(nodes)}, total=False)  # type: ignore[misc]
    graph = StateGraph(state)

    def node(n: int) -> Callable[[dict[str, str]], Any]:
        async def act(values: dict[str, str]) -> dict[str, str]:
            text = "start" if n == 0 else values[f"f{n - 1}"]
            return {f"f{n}": await asked() if calls(n) else text}

        return act

    for n in range(nodes):
        graph.add_node(f"n{n}", node(n))
        graph.add_edge(START if n == 0 else f"n{n - 1}", f"n{n}")
    graph.add_edge(f"n{nodes - 1}", END)
    return graph


class Over(TypedDict, total=False):
    items: list[str]
    item: str
    found: Annotated[list[str], operator.add]


def over_items() -> Graph:
    """A task for each item, by `Send`."""
    graph = StateGraph(Over)

    async def split(state: Over) -> Over:
        return {}

    async def spread(state: Over) -> list[Send]:
        return [Send("ask", {"item": item}) for item in state["items"]]

    async def ask(state: Over) -> Over:
        return {"found": [await asked()]}

    graph.add_node("split", split)
    graph.add_node("ask", ask)
    graph.add_edge(START, "split")
    graph.add_conditional_edges("split", spread, ["ask"])
    graph.add_edge("ask", END)
    return graph


class Again(TypedDict, total=False):
    last: str
    n: int


def loop(calls: bool) -> Graph:
    """A node with a conditional edge back to it."""
    graph = StateGraph(Again)

    async def again(state: Again) -> Again:
        return {"last": await asked() if calls else state.get("last", ""), "n": state.get("n", 0) + 1}

    async def on(state: Again) -> str:
        return "again" if state["n"] < ROUNDS and state["last"] != "enough" else END

    graph.add_node("again", again)
    graph.add_edge(START, "again")
    graph.add_conditional_edges("again", on, ["again", END])
    return graph


async def chain_on_asyncio(calls: Callable[[int], bool], nodes: int = NODES) -> None:
    """The same work without any engine."""
    state: dict[str, str] = {}
    for n in range(nodes):
        text = "start" if n == 0 else state[f"f{n - 1}"]
        state[f"f{n}"] = await asked() if calls(n) else text


ITEMS_GIVEN = [f"item {n}" for n in range(ITEMS)]
