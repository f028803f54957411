"""`fetch_page`: a page of the web as readable Markdown, where its site lets programs read it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from chat_app.tools.errors import ToolFailed
from chat_app.tools.hosts import host_in
from chat_app.tools.network_errors import NetworkError
from chat_app.tools.policy import USER_AGENT
from chat_app.tools.processes import isolated
from chat_app.tools.tool import Arguments, ToolContext, tool

if TYPE_CHECKING:
    from chat_app.tools.network import HttpAnswer, Network

MOST_CHARACTERS = 200_000
MOST_HTML = 3_000_000
READING_SECONDS = 15.0


class FetchArguments(Arguments):
    """Which page."""

    url: str = Field(max_length=2_000, description="The page's address.")
    max_characters: int = Field(50_000, ge=100, le=MOST_CHARACTERS, description="The most text to return.")


class FetchedPage(BaseModel):
    """What a page says."""

    url: str = Field(description="Where it was found in the end.")
    title: str
    text: str = Field(description="The readable part, as Markdown.")
    cut: bool = Field(description="Whether there was more.")


async def fetch_page(arguments: FetchArguments, context: ToolContext) -> FetchedPage:
    """The page, when its site allows it and it is text."""
    network = context.network
    await _ask_robots(network, arguments.url)
    answer = await _get(network, arguments.url, "text/html,application/xhtml+xml,text/*;q=0.8,*/*;q=0.1")
    if answer.status >= 400:
        raise ToolFailed(
            f"{arguments.url} answered with status {answer.status}.", help="Check the address in a browser."
        )
    if answer.url != arguments.url and urlsplit(answer.url).netloc != urlsplit(arguments.url).netloc:
        await _ask_robots(network, answer.url)
    title, text = await _readable(answer)
    if not text:
        raise ToolFailed(
            f"{arguments.url} holds no readable text ({answer.media_type or 'no media type'}).",
            help="It may be made by scripts in the browser, or be a picture or a document.",
        )
    most = arguments.max_characters
    return FetchedPage(url=answer.url, title=title, text=text[:most], cut=len(text) > most)


async def _readable(answer: HttpAnswer) -> tuple[str, str]:
    if "html" in answer.media_type or answer.text[:100].lstrip().lower().startswith(("<!doctype html", "<html")):
        job = {"html": answer.text[:MOST_HTML], "base": answer.url}
        page = await isolated("html_page.py", job, seconds=READING_SECONDS, megabytes=1024)
        return str(page["title"]), str(page["markdown"])
    return "", answer.text.strip()


async def _ask_robots(network: Network, url: str) -> None:
    """Raises ToolFailed where the site's robots.txt forbids the page."""
    parts = urlsplit(url)
    answer = await _get(network, f"{parts.scheme}://{parts.netloc}/robots.txt", "text/plain")
    if answer.status >= 500:
        # The standard asks to keep away while a site cannot say what it allows (RFC 9309).
        message = f"{parts.netloc} cannot say what programs may read (robots.txt: status {answer.status})."
        raise ToolFailed(message, help="Try again later.")
    if answer.status >= 400:
        return
    # It brings a whole client along, which is not wanted where tools are only listed.
    from urllib.robotparser import RobotFileParser

    rules = RobotFileParser()
    rules.parse(answer.text.splitlines())
    if not rules.can_fetch(USER_AGENT, url):
        raise ToolFailed(
            f"{parts.netloc} does not let programs read this page (robots.txt).",
            help="Read it yourself, or use its API.",
        )


async def _get(network: Network, url: str, accept: str) -> HttpAnswer:
    try:
        return await network.request("GET", url, headers={"Accept": accept})
    except NetworkError as error:
        raise ToolFailed(error.message, help=error.help) from error


FETCH_PAGE = tool(
    "fetch_page",
    "Fetches a web page and returns what it says as Markdown; pages that forbid programs are not read.",
    FetchArguments,
    FetchedPage,
    fetch_page,
    networked=True,
    hosts=lambda arguments: (host_in(str(arguments.get("url", "{{ url }}"))),),
    example={"url": "https://example.com/"},
)
