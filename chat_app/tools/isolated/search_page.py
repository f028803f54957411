"""The results in a page of a search engine, from its HTML. Started by `start.py`; a job is `{"html": ...}`."""

from __future__ import annotations

import json
import sys
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

MOST = 50


class Results(HTMLParser):
    """Collects links of class `result__a` with the `result__snippet` that follows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.hits: list[dict[str, str]] = []
        self._into: str | None = None
        self._tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag == "a" and "result__a" in classes and len(self.hits) < MOST:
            self.hits.append({"title": "", "url": target(given.get("href", "")), "text": ""})
            self._into, self._tag = "title", tag
        elif "result__snippet" in classes and self.hits:
            self._into, self._tag = "text", tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._tag:
            self._into = None

    def handle_data(self, data: str) -> None:
        if self._into is not None and self.hits:
            self.hits[-1][self._into] += data


def target(href: str) -> str:
    """Where a link leads; the engine wraps it in an address of its own, in `uddg`."""
    wrapped = parse_qs(urlsplit(href).query).get("uddg")
    return wrapped[0] if wrapped else href


if __name__ == "__main__":
    page = Results()
    page.feed(json.loads(sys.stdin.read())["html"])
    # Advertisements lead back to the engine itself.
    hits = [hit for hit in page.hits if not urlsplit(hit["url"]).path.endswith("/y.js")]
    sys.stdout.write(json.dumps({"hits": hits}))
