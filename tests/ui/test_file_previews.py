"""Files that a browser can't show itself are shown in little: in a frame that runs and loads nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from chat_app.files.store import FileStore
from chat_app.ui.file_html import file_html
from chat_app.ui.file_route import preview_url_of, routes


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path)


@pytest.fixture
def client(store: FileStore) -> TestClient:
    return TestClient(Starlette(routes=routes(store)))


@pytest.mark.parametrize(
    ("content", "name", "shows"),
    [
        (b"city,n\n<b>Ulm</b>,7\n", "a.csv", "<td>&lt;b&gt;Ulm&lt;/b&gt;</td><td class=n>7</td>"),
        (b"# Hi <script>x</script>\n\n![p](https://evil.example/p.png)", "a.md", "<h1>Hi &lt;script&gt;"),
        (b"x = '<b>'", "a.py", "<pre>x = &#x27;&lt;b&gt;&#x27;</pre>"),
        (b"<html><script>alert(1)</script><p>Words</p></html>", "a.html", "<p>Words</p>"),
    ],
)
def test_a_preview_escapes_what_is_in_the_file(
    client: TestClient, store: FileStore, content: bytes, name: str, shows: str
) -> None:
    answer = client.get(preview_url_of(store.put(content, name)))
    assert answer.status_code == 200
    assert shows in answer.text
    assert "<script" not in answer.text
    assert 'src="http' not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_address_that_was_changed_shows_nothing(client: TestClient, store: FileStore) -> None:
    url = preview_url_of(store.put(b"secret", "a.txt"))
    assert client.get(url.replace("a.txt", "b.txt")).status_code == 403


def test_the_page_frames_previews_and_says_what_is_cut(client: TestClient, store: FileStore) -> None:
    ref = store.put(b"x" * 20_000, "a.txt")
    assert 'class="wc-preview"' in file_html(ref)
    assert "sandbox" in file_html(ref)
    assert "Only the beginning is shown." in client.get(preview_url_of(ref)).text
    assert "wc-preview" not in file_html(store.put(b"\x7fELF" + bytes(100), "a.bin"))
