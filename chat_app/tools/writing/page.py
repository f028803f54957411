"""Markdown as a page of HTML that needs nothing else: styles, code in colours and pictures are inside."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from typing import Any

from markdown_it.token import Token

from chat_app.tools.writing.blocks import markdown
from chat_app.tools.writing.document import Document
from chat_app.tools.writing.pictures import Pictures

_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STYLE = """
:root { color-scheme: light; --ink: #1d2530; --soft: #5b6675; --line: #d9dfe7; --tint: #f4f6f9; --mark: #1f4e8c }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 46rem; padding: 3rem 1.5rem 5rem; color: var(--ink); background: #fff;
  font: 1.02rem/1.62 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", "PingFang SC",
  "Hiragino Sans", "Microsoft YaHei", sans-serif }
h1, h2, h3, h4 { line-height: 1.25; margin: 2.1em 0 .6em; text-wrap: balance }
h1 { font-size: 2rem; margin-top: 0; padding-bottom: .35em; border-bottom: 2px solid var(--mark) }
h2 { font-size: 1.4rem; color: var(--mark) } h3 { font-size: 1.15rem } h4 { font-size: 1rem }
a { color: var(--mark) }
img { display: block; max-width: 100%; height: auto; margin: 1.4rem auto }
figcaption { color: var(--soft); font-size: .9rem; text-align: center; margin-top: -.8rem }
table { border-collapse: collapse; margin: 1.4rem 0; width: 100%; font-size: .95rem;
  display: block; overflow-x: auto }
th, td { padding: .5em .8em; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
th { background: var(--tint); border-bottom: 2px solid var(--line); white-space: nowrap }
pre { background: var(--tint); border: 1px solid var(--line); border-radius: 6px; padding: .9em 1.1em;
  overflow-x: auto; font-size: .88rem; line-height: 1.5 }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace }
:not(pre) > code { background: var(--tint); border-radius: 4px; padding: .1em .35em; font-size: .9em }
blockquote { margin: 1.4rem 0; padding: .1em 1.1em; border-left: 4px solid var(--line); color: var(--soft) }
hr { border: 0; border-top: 1px solid var(--line); margin: 2.2rem 0 }
li { margin: .25em 0 }
@media print { body { max-width: none; padding: 0; font-size: 10.5pt } pre, table, img { break-inside: avoid } }
"""


def write_page(document: Document) -> bytes:
    """The page."""
    reader = markdown()
    reader.add_render_rule("image", _picture)
    reader.add_render_rule("fence", _code)
    reader.add_render_rule("code_block", _code)
    body = reader.render(document.markdown, {"pictures": document.pictures})
    body = body.replace("<p><figure>", "<figure>").replace("</figure></p>", "</figure>")
    return (
        "<!doctype html>\n"
        f'<html lang="{html.escape(document.language or "", quote=True)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_CSP}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(document.title)}</title>\n<style>{_STYLE}{_code_style()}</style>\n</head>\n"
        f"<body>\n{body}</body>\n</html>\n"
    ).encode()


def _picture(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    pictures: Pictures = env["pictures"]
    words = html.escape(token.content)
    found = pictures.get(str(token.attrGet("src") or ""))
    if found is None:
        return f"<em>[{words or 'picture'}]</em>"
    data = base64.b64encode(found.content).decode()
    image = f'<img src="data:{found.media_type};base64,{data}" alt="{words}">'
    return f"<figure>{image}<figcaption>{words}</figcaption></figure>" if words else image


def _code(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    language = token.info.strip().split(" ")[0]
    return f'<pre class="code"><code>{_coloured(token.content, language)}</code></pre>\n'


def _coloured(text: str, language: str) -> str:
    if not language:
        return html.escape(text)
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return html.escape(text)
    return str(highlight(text, lexer, HtmlFormatter(nowrap=True)))


def _code_style() -> str:
    from pygments.formatters.html import HtmlFormatter

    rules = HtmlFormatter(style="friendly").get_style_defs(".code").splitlines()
    return "\n".join(line for line in rules if "background" not in line)
