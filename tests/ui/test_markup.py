from __future__ import annotations

import pytest

from chat_app.ui import markup, values_html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "![x](https://evil.example/track.png)",
        "[click](javascript:alert(1))",
        '<a href="data:text/html,x">y</a>',
        '<https://a.example/?x="onmouseover=alert(1)>',
        "| a |\n|---|\n| <b onclick=x> |",
        "```html\n<script>\n```",
    ],
)
def test_markdown_lets_no_markup_through(text: str) -> None:
    drawn = markup.markdown(text)
    for bad in ("<script", "<img", 'onerror="', 'href="javascript:', 'href="data:', "<b onclick"):
        assert bad not in drawn


def test_a_sentence_sets_code_and_nothing_else() -> None:
    drawn = markup.sentence("There is no model `foo/<b>`. Write *it* as [x](y).")
    assert drawn == "There is no model <code>foo/&lt;b&gt;</code>. Write *it* as [x](y)."


def test_markdown_draws_what_one_expects() -> None:
    drawn = markup.markdown("# Head\n\n- one\n- **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[x](https://a.example)")
    for part in ("<h1>Head</h1>", "<li>one</li>", "<strong>two</strong>", "<td>1</td>", 'rel="noopener'):
        assert part in drawn


def test_chat_text_shows_tags_and_keeps_code() -> None:
    told = markup.in_chat("a <img src=x> `<b>` ![p](https://e.example/p.png)\n```\n<i>\n```")
    assert "&lt;img" in told
    assert "`<b>`" in told
    assert "```\n<i>\n```" in told
    assert "![" not in told


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ("**bold**", "<strong>bold</strong>"),
        (["a", "b"], "<ol"),
        ([{"a": 1, "b": "<x>"}, {"a": 2, "b": "y"}], "<td>&lt;x&gt;</td>"),
        ({"a": {"b": 1}}, "wc-json"),
        ([{"a": [1]}], "wc-json"),
        (3.5, "3.5"),
        (True, "true"),
        (None, "null"),
        ("", "empty text"),
        ([], "[]"),
    ],
)
def test_values_are_drawn_by_their_shape(data: object, part: str) -> None:
    assert part in values_html.value(data)


def test_what_is_too_long_says_so() -> None:
    assert "1,000 more characters" in markup.shortened("x" * 1_100, 100)
    assert markup.one_line("a\n b  c", 4) == "a b…"
