"""`search_web`: what the web says about a question, by the engine that is set up."""

from __future__ import annotations

from contextlib import nullcontext

from pydantic import BaseModel, Field

from chat_app.tools.search.engines import SearchSetup, ask
from chat_app.tools.tool import Arguments, Tool, ToolContext, tool


class SearchArguments(Arguments):
    """What to look for."""

    query: str = Field(min_length=1, max_length=400, description="What to look for, in words as one would type them.")
    most: int = Field(5, ge=1, le=20, description="The most results to return.")


class SearchResult(BaseModel):
    """A page that was found."""

    title: str
    url: str = Field(description="The page's address; `fetch_page` reads it.")
    text: str = Field(description="What the engine shows of it.")


def search_tool(setup: SearchSetup) -> Tool:
    """The tool, for one engine."""

    async def search_web(arguments: SearchArguments, context: ToolContext) -> list[SearchResult]:
        async with context.paying(setup.pays, setup.usd) if setup.pays else nullcontext():
            hits = await ask(setup, context.network, arguments.query, arguments.most)
        return [SearchResult(title=hit.title, url=hit.url, text=hit.text) for hit in hits]

    return tool(
        "search_web",
        "Searches the web and returns titles, addresses and extracts of pages.",
        SearchArguments,
        list[SearchResult],
        search_web,
        networked=True,
        pays=lambda arguments: setup.pays,
        missing=lambda: setup.missing,
        hosts=lambda arguments: (setup.host,) if setup.host else (),
        example={"query": "how bees find flowers", "most": 3},
    )
