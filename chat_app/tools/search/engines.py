"""Search engines: how each is asked and what its answers look like. All of them through the one network client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import urlsplit

from chat_app.tools.errors import ResultRefused, ToolFailed
from chat_app.tools.processes import isolated
from chat_app.tools.secrets import Secrets

if TYPE_CHECKING:
    from chat_app.tools.network import HttpAnswer, Network

EngineName = Literal["duckduckgo", "searxng", "tavily", "brave"]
ENGINES: tuple[str, ...] = get_args(EngineName)

ADDRESSES: Mapping[str, str] = {
    "duckduckgo": "https://html.duckduckgo.com/html/",
    "searxng": "",
    "tavily": "https://api.tavily.com/search",
    "brave": "https://api.search.brave.com/res/v1/web/search",
}
KEYS: Mapping[str, str] = {"tavily": "TAVILY_API_KEY", "brave": "BRAVE_API_KEY"}
READING_SECONDS = 10.0
SEARCH = "/search"
"""Ends the name by which a search is billed, as models are: `tavily/search`."""


@dataclass(frozen=True, slots=True)
class SearchSetup:
    """Which engine is asked, where, with which key."""

    engine: EngineName = "duckduckgo"
    url: str = ""
    """Left out, the engine's own; SearXNG has none, as everybody runs their own."""
    key: str = field(default="", repr=False)
    usd: float | None = None
    """What a search costs; None where that is unknown."""

    @property
    def pays(self) -> str | None:
        """Who is paid for a search; an engine without a key bills nobody."""
        return f"{self.engine}{SEARCH}" if self.engine in KEYS else None

    @property
    def address(self) -> str:
        """Where it is asked."""
        if self.engine == "searxng" and self.url and not self.url.rstrip("/").endswith("/search"):
            return f"{self.url.rstrip('/')}/search"
        return self.url or ADDRESSES[self.engine]

    @property
    def host(self) -> str:
        """The host that a search contacts."""
        return urlsplit(self.address).hostname or ""

    @property
    def missing(self) -> str | None:
        """What is lacking, with what to do."""
        if self.engine in KEYS and not self.key:
            return f"Set {KEYS[self.engine]}, or choose another engine with WORKFLOW_CHAT_SEARCH."
        if self.engine == "searxng" and not self.url:
            return "Set SEARXNG_URL to the address of your SearXNG, or another engine in WORKFLOW_CHAT_SEARCH."
        return None


@dataclass(frozen=True, slots=True)
class Hit:
    """One result."""

    title: str
    url: str
    text: str


async def ask(setup: SearchSetup, network: Network, query: str, most: int) -> list[Hit]:
    """The results, the best first; raises ToolFailed."""
    secrets = Secrets({KEYS.get(setup.engine, "key"): setup.key} if setup.key else {})
    answer = await _asked(setup, network, query, most)
    if answer.status >= 400 or (setup.engine == "duckduckgo" and answer.status != 200):
        raise ToolFailed(secrets.scrub(_refusal(setup, answer)), help=_help(setup, answer.status))
    hits = await _read(setup, answer)
    wanted = [hit for hit in hits if hit.url.startswith(("http://", "https://"))]
    return [Hit(*(secrets.scrub(part) for part in (hit.title, hit.url, hit.text))) for hit in wanted[:most]]


async def _asked(setup: SearchSetup, network: Network, query: str, most: int) -> HttpAnswer:
    match setup.engine:
        case "duckduckgo":
            return await network.request("GET", setup.address, query={"q": query}, headers={"Accept": "text/html"})
        case "searxng":
            return await network.request("GET", setup.address, query={"q": query, "format": "json"})
        case "tavily":
            headers = {"Authorization": f"Bearer {setup.key}"}
            return await network.request(
                "POST", setup.address, headers=headers, json_body={"query": query, "max_results": most}
            )
        case "brave":
            headers = {"X-Subscription-Token": setup.key, "Accept": "application/json"}
            return await network.request("GET", setup.address, query={"q": query, "count": most}, headers=headers)


async def _read(setup: SearchSetup, answer: HttpAnswer) -> list[Hit]:
    if setup.engine == "duckduckgo":
        job = {"html": answer.text[:2_000_000]}
        page = await isolated("search_page.py", job, seconds=READING_SECONDS, megabytes=512)
        return list(_hits(page.get("hits"), "text"))
    data: Any = answer.json
    if not isinstance(data, Mapping):
        raise ResultRefused(
            f"{setup.host} answered with something that is no list of results.",
            help="Check the address in a browser.",
        )
    if setup.engine == "brave":
        web = data.get("web")
        return list(_hits(web.get("results") if isinstance(web, Mapping) else [], "description"))
    return list(_hits(data.get("results"), "content"))


def _hits(found: Any, text: str) -> Iterator[Hit]:
    for one in found if isinstance(found, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("url"), str):
            yield Hit(_plain(one.get("title")), one["url"][:2_000], _plain(one.get(text)))


def _plain(text: Any) -> str:
    """A line without markup: some engines mark the words that were looked for."""
    said = text if isinstance(text, str) else ""
    return " ".join(said.replace("<strong>", "").replace("</strong>", "").split())[:2_000]


def _refusal(setup: SearchSetup, answer: HttpAnswer) -> str:
    said = " ".join(answer.text.split())[:200] if answer.media_type == "application/json" else ""
    return f"{setup.host} answered the search with status {answer.status}" + (f": {said}" if said else ".")


def _help(setup: SearchSetup, status: int) -> str:
    if setup.engine == "duckduckgo":
        return "It may have had enough for now: wait a while, or set up another engine (WORKFLOW_CHAT_SEARCH)."
    if status in (401, 403):
        return "Check its key" + (f" in {KEYS[setup.engine]}." if setup.engine in KEYS else ", and that JSON is on.")
    return "Try again later, or set up another engine (WORKFLOW_CHAT_SEARCH)."
