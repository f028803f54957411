"""n8n's expressions as templates and paths of ours; of JavaScript in them, the first value that it reads is taken."""

from __future__ import annotations

import re
from collections.abc import Callable

_SEGMENT = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NODE = r"""(?:\$\(\s*['"](?P<call>[^'"]+)['"]\s*\)|\$node\[\s*['"](?P<index>[^'"]+)['"]\s*\])"""
_ITEM = r"(?:\s*\.\s*(?:item|first\(\)|last\(\)|itemMatching\(\w*\)|all\(\)(?:\[\d+\])?))?"
_REFERENCE = re.compile(
    rf"""(?:{_NODE}{_ITEM}\s*\.\s*json|\$input{_ITEM}\s*\.\s*json|\$json|\$fromAI)"""
    r"""(?P<path>(?:\s*(?:\?\.|\.)\s*[A-Za-z_]\w*(?!\w*\()|\s*\[\s*(?:'[^']*'|"[^"]*"|\d+)\s*\])*)"""
)
_GIVEN = re.compile(r"\$(?:env|vars)\.(\w+)|\$(now|today|execution|workflow)\b[^\s]*")
"""What n8n itself knows; a run of ours is given it."""
_PART = re.compile(r"""\.\s*([A-Za-z_]\w*)|\[\s*(?:'([^']*)'|"([^"]*)"|(\d+))\s*\]""")

Resolve = Callable[[str | None, list[str]], str]
"""Our path for a node's name (None: the node before; empty: no node) and the keys after it."""


def template(text: str, resolve: Resolve, note: Callable[[str], None]) -> str:
    """A parameter of n8n's as a template of ours."""
    if "{{" not in text:
        return text.removeprefix("=")

    def segment(found: re.Match[str]) -> str:
        inner = found.group(1).strip()
        path = one_reference(inner, resolve)
        if path is not None:
            return f"{{{{ {path} }}}}"
        given = _GIVEN.match(inner)
        if given is not None:
            note(f"`{given.group(0)}` of n8n is an input now.")
            return f"{{{{ {resolve('', [given.group(1) or given.group(2)])} }}}}"
        first = _REFERENCE.search(inner)
        if first is None:
            note(f"The expression `{inner[:80]}` is JavaScript: its text stands in its place.")
            return inner
        note(f"The expression `{inner[:80]}` is JavaScript: only the value that it reads is taken.")
        return f"{{{{ {_path(first, resolve)} }}}}"

    return _SEGMENT.sub(segment, text.removeprefix("="))


def one_reference(expression: str, resolve: Resolve) -> str | None:
    """Our path where an expression is a single reference; None where it is more."""
    inner = expression.strip().removeprefix("=").strip()
    whole = _SEGMENT.fullmatch(inner)
    inner = whole.group(1).strip() if whole else inner
    found = _REFERENCE.match(inner)
    if found is None:
        return None
    rest = inner[found.end() :].strip()
    if rest and not re.fullmatch(r"(?:\.(?:toString|trim|toLowerCase|toUpperCase)\(\)|\|\|\s*(?:''|\"\"))*", rest):
        return None
    return _path(found, resolve)


def _path(found: re.Match[str], resolve: Resolve) -> str:
    keys = [next(part for part in each if part) for each in _PART.findall(found.group("path") or "") if any(each)]
    return resolve(found.group("call") or found.group("index"), keys)
