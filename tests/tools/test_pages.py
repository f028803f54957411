"""`fetch_page`: pages become readable, rules of sites are kept, bad pages harm nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.tools import pages
from chat_app.tools.errors import ToolFailed
from chat_app.tools.isolated.html_page import read_page
from chat_app.tools.network import Network
from chat_app.tools.pages import FetchArguments, FetchedPage, fetch_page
from chat_app.tools.tool import ToolContext
from tests.tools.web_server import WebServer

LONG = "This sentence is long enough to make the article the readable part of the page. " * 4


async def fetch(network: Network, url: str, **more: int) -> FetchedPage:
    return await fetch_page(FetchArguments(url=url, **more), ToolContext(network))


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<h1>A &amp; B</h1><p>one<br>two</p>", "# A & B\n\none  \ntwo"),
        ("<p>some <b>bold</b>, <i>thin</i> and <code>code</code></p>", "some **bold**, *thin* and `code`"),
        ("<a href='/x?a=1'>link</a> <a href='javascript:x()'>none</a>", "[link](https://e.com/x?a=1) none"),
        ("<ul><li>one<li>two<ol><li>in</ol><li><p>three</p></ul>", "- one\n- two\n  1. in\n- three"),
        ("<pre><code>def f():\n    return 1</code></pre>", "```\ndef f():\n    return 1\n```"),
        ("<table><tr><th>A<th>B<tr><td>1|2<td>x<br>y</table>", "| A | B |\n| --- | --- |\n| 1\\|2 | x y |"),
        ("<table><tr><td>only a frame</td></tr></table>", "only a frame"),
        ("<blockquote><p>said</p><p>more</p></blockquote>after", "> said\n>\n> more\n\nafter"),
        ("<img src=a.png alt='A picture'><img src=b.png>", "![A picture](https://e.com/d/a.png)"),
        ("<nav>menu</nav><p>text</p><script>alert(1)</script><footer>foot</footer>", "text"),
        ("<p hidden>a</p><p style='display: none'>b</p><p aria-hidden=true>c</p><p>d</p>", "d"),
        (f"<p>around</p><article><h2>In</h2><p>{LONG}</p></article><p>after</p>", f"## In\n\n{LONG.strip()}"),
        ("<p>around</p><article>short</article>", "around\n\nshort"),
        ("plain text, no tags at all", "plain text, no tags at all"),
        ("<p>中文 <b>粗体</b></p>", "中文 **粗体**"),
        ("<p>before</p><![bad declaration", "before"),
        ("", ""),
    ],
)
def test_html_becomes_markdown(html: str, markdown: str) -> None:
    assert read_page(f"<body>{html}", "https://e.com/d/")[1] == markdown


def test_the_title_is_found() -> None:
    assert read_page("<head><title>My\n page &amp; more</title></head><p>x")[0] == "My page & more"


async def test_a_page_is_fetched_and_read(web: WebServer, network: Network) -> None:
    web.leads("/old", "/new")
    web.says("/new", "<title>T</title><h1>Hi</h1><p>there</p>", Content_Type="text/html; charset=utf-8")
    page = await fetch(network, f"{web.url}/old")
    assert page == FetchedPage(url=f"{web.url}/new", title="T", text="# Hi\n\nthere", cut=False)
    assert "text/html" in web.asked[-1].headers["accept"]


async def test_text_is_taken_as_it_is_and_cut_where_asked(web: WebServer, network: Network) -> None:
    web.says("/t", "x" * 500, Content_Type="text/plain")
    page = await fetch(network, f"{web.url}/t", max_characters=100)
    assert (page.text, page.cut) == ("x" * 100, True)


@pytest.mark.parametrize(
    ("robots", "status", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /private", 200, "/private/x", False),
        ("User-agent: *\nDisallow: /private", 200, "/public", True),
        ("User-agent: workflow-chat\nDisallow: /\n\nUser-agent: *\nAllow: /", 200, "/public", False),
        ("", 404, "/public", True),
        ("", 403, "/public", True),
        ("", 503, "/public", False),
    ],
)
async def test_what_a_site_forbids_is_not_read(
    web: WebServer, network: Network, robots: str, status: int, path: str, allowed: bool
) -> None:
    web.says("/robots.txt", robots, status=status)
    web.says(path, "text", Content_Type="text/plain")
    if allowed:
        assert (await fetch(network, web.url + path)).text == "text"
    else:
        with pytest.raises(ToolFailed, match="robots"):
            await fetch(network, web.url + path)
        assert [asked.target for asked in web.asked] == ["/robots.txt"]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("/gone", "status 404"),
        ("/picture", "no readable text"),
        ("http://169.254.169.254/latest", "may not be contacted"),
        ("file:///etc/passwd", "http"),
        ("not a url", "http"),
    ],
)
async def test_what_cannot_be_read_is_told(web: WebServer, network: Network, url: str, says: str) -> None:
    web.says("/picture", b"\x89PNG\x00", Content_Type="image/png")
    with pytest.raises(ToolFailed, match=says) as raised:
        await fetch(network, web.url + url if url.startswith("/") else url)
    assert raised.value.help


async def test_a_page_written_to_be_slow_is_given_up(
    web: WebServer, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Less than any process needs to start: however fast the machine, the reader is not done by then.
    monkeypatch.setattr(pages, "READING_SECONDS", 0.005)
    web.says("/slow", "<b></i>" * 10_000, Content_Type="text/html")
    with pytest.raises(ToolFailed, match=r"longer than|broke off"):
        await fetch(Network(network.policy), f"{web.url}/slow")


TAGS = (
    "<p> </p> <li> <ul> </ul> <ol> <table> </table> <tr> <td> <th> <a </a> <b> </b> <pre> </pre> <blockquote> "
    "</blockquote> <script> </script> <main> </main> <title> </title> <br> <img <![ <!-- --> <svg> </svg> & < >"
)


@given(
    st.lists(st.sampled_from(TAGS.split()) | st.text(alphabet="ab <>&\n|*`", max_size=5), max_size=40).map("".join)
)
def test_no_page_is_too_broken(html: str) -> None:
    title, markdown = read_page(html, "https://e.com/")
    assert "<script" not in title + markdown
    assert "\n\n\n" not in markdown.replace("```", "") or "```" in markdown
