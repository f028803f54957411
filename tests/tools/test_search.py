"""`search_web` against a real HTTP server that speaks each engine's protocol."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat_app.tools.catalog import Catalog
from chat_app.tools.errors import ToolError, ToolFailed, ToolMissing
from chat_app.tools.network import Network
from chat_app.tools.policy import NetworkPolicy
from chat_app.tools.search.engines import EngineName, SearchSetup
from chat_app.tools.search.tool import search_tool
from chat_app.tools.tool import ToolContext
from tests.tools.web_server import WebServer

KEY = "canary-search-81c2"

DUCK = """<html><body>
<div class="result"><h2><a rel="nofollow" class="result__a"
 href="//duckduckgo.com/l/?uddg=https%3A%2F%2Fbees.example%2Fdance%3Fa%3D1&amp;rut=9f">How <b>bees</b> &amp; wasps dance</a></h2>
 <a class="result__snippet" href="//duckduckgo.com/l/?uddg=x">They <b>waggle</b>.</a></div>
<div class="result"><a class="result__a" href="https://duckduckgo.com/y.js?ad_domain=x">Buy bees</a></div>
<div class="result"><a class="result__a" href="javascript:alert(1)">Odd</a></div>
<div class="result"><a class="result__a" href="https://ants.example/">Ants</a><div class="result__snippet">March.</div></div>
</body></html>"""  # noqa: E501
JSON: dict[str, Any] = {
    "searxng": {"results": [{"title": "T", "url": "https://a.example/", "content": "C"}, {"title": "no address"}]},
    "tavily": {"results": [{"title": "T", "url": "https://a.example/", "content": "C", "score": 0.9}]},
    "brave": {"web": {"results": [{"title": "T", "url": "https://a.example/", "description": "<strong>C</strong>"}]}},
}
PATHS = {"searxng": "/search", "tavily": "/tavily", "brave": "/brave", "duckduckgo": "/html"}


def setup_of(engine: EngineName, web: WebServer, key: str = KEY) -> SearchSetup:
    url = web.url if engine == "searxng" else web.url + PATHS[engine]
    return SearchSetup(engine, url, key)


async def search(setup: SearchSetup, network: Network, query: str = "bees", most: int = 5) -> Any:
    return await Catalog([search_tool(setup)]).call(
        "search_web", {"query": query, "most": most}, ToolContext(network)
    )


@pytest.mark.parametrize("engine", sorted(JSON))
async def test_engines_with_an_api(engine: EngineName, web: WebServer, network: Network) -> None:
    web.says(PATHS[engine], json.dumps(JSON[engine]), Content_Type="application/json")
    found = await search(setup_of(engine, web), network, "bees & wasps", 3)
    assert found == [{"title": "T", "url": "https://a.example/", "text": "C"}]
    (asked,) = web.asked
    if engine == "tavily":
        assert json.loads(asked.body) == {"query": "bees & wasps", "max_results": 3}
        assert asked.headers["authorization"] == f"Bearer {KEY}"
    else:
        assert "q=bees+%26+wasps" in asked.target or "q=bees%20%26%20wasps" in asked.target
        assert KEY not in asked.target
    assert asked.headers.get("x-subscription-token") == (KEY if engine == "brave" else None)


async def test_without_a_key_a_page_is_read(web: WebServer, network: Network) -> None:
    web.says("/html", DUCK, Content_Type="text/html; charset=utf-8")
    found = await search(setup_of("duckduckgo", web, ""), network)
    assert found == [
        {"title": "How bees & wasps dance", "url": "https://bees.example/dance?a=1", "text": "They waggle."},
        {"title": "Ants", "url": "https://ants.example/", "text": "March."},
    ]
    assert len(await search(setup_of("duckduckgo", web, ""), network, most=1)) == 1


@pytest.mark.parametrize(
    ("engine", "status", "body", "says", "helps"),
    [
        ("duckduckgo", 202, "<html>are you a robot</html>", "status 202", "WORKFLOW_CHAT_SEARCH"),
        ("brave", 401, json.dumps({"error": f"bad {KEY}"}), "status 401", "BRAVE_API_KEY"),
        ("searxng", 403, "no", "status 403", "JSON is on"),
        ("tavily", 500, "", "status 500", "later"),
        ("tavily", 200, "not json", "no list of results", "address"),
    ],
)
async def test_refusals_are_told_without_the_key(
    engine: EngineName, status: int, body: str, says: str, helps: str, web: WebServer, network: Network
) -> None:
    web.says(PATHS[engine], body, status=status, Content_Type="application/json" if "{" in body else "text/html")
    with pytest.raises(ToolError) as refused:
        await search(setup_of(engine, web), network)
    assert says in refused.value.message
    assert helps in refused.value.help
    assert KEY not in f"{refused.value.message}{refused.value.help}"


async def test_the_policy_holds_for_engines_too(web: WebServer) -> None:
    strict = Network(NetworkPolicy())
    with pytest.raises(ToolFailed, match="may not be contacted"):
        await search(setup_of("searxng", web), strict)
    only = Network(NetworkPolicy(only=frozenset({"other.example"})))
    with pytest.raises(ToolFailed, match="operator does not let"):
        await search(SearchSetup("brave", key=KEY), only)
    assert web.asked == []


async def test_what_is_lacking_is_told(network: Network) -> None:
    for setup, says in (
        (SearchSetup("tavily"), "TAVILY_API_KEY"),
        (SearchSetup("brave"), "BRAVE_API_KEY"),
        (SearchSetup("searxng"), "SEARXNG_URL"),
    ):
        with pytest.raises(ToolMissing) as missing:
            await search(setup, network)
        assert says in missing.value.help
    assert search_tool(SearchSetup()).missing() is None
    assert search_tool(SearchSetup()).hosts({}) == ("html.duckduckgo.com",)
    assert KEY not in repr(SearchSetup("brave", key=KEY))
