"""Material is not a wish: what only a quoted text names is not put into a workflow.

The prompt tells the model so; this holds it where the harm would be done: addresses that a run
would contact, and secrets it would send.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chat_app.designer.conversation import Message
from chat_app.workflow.diagnostics import Diagnostic, Severity

_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_QUOTED_TEXT = re.compile(r"\"\"\".*?(?:\"\"\"|\Z)|[\"“„«][^\"”“»]{80,}[\"”“»]", re.DOTALL)
_AFTER_A_LABEL = re.compile(
    r"^[ \t]*(?:here is|this is|the|a|an)?[ \t]*"
    r"(?:sample|example|document|text|mail|e-mail|email|message|input|data)[^\n:]{0,40}:[ \t]*\n.*",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_HOST = re.compile(r"https?://([^\s/\"'{}\\<>)\]]+)", re.I)
_SECRET = re.compile(r"\{\{\s*secret\.(\w+)")
_URL_LINE = re.compile(r"\burl:\s*[\"']?(https?://\S+)", re.I)


def foreign(text: str, messages: Sequence[Message], draft: str, heard: Sequence[str] = ()) -> Diagnostic | None:
    """The finding on an edit or a document, as text, that names what only material (or `heard` runs) names."""
    texts = [message.text for message in messages if message.role == "user"]
    own = " ".join(own_words(text) for text in texts).lower()
    material = " ".join([*(quoted(text) for text in texts), draft, *heard]).lower()
    used = {*_hosts(" ".join(_URL_LINE.findall(draft))), *_SECRET.findall(draft)}
    for name in (*_hosts(text), *_SECRET.findall(text)):
        if name not in used and name.lower() not in own and name.lower() in material:
            return _finding(name)
    return None


def own_words(message: str) -> str:
    """A message without what it quotes."""
    for pattern in (_FENCED, _QUOTED_TEXT, _QUOTED_LINE, _AFTER_A_LABEL):
        message = pattern.sub(" ", message)
    return message


def quoted(message: str) -> str:
    """What a message quotes: samples, documents, fenced and marked text."""
    left, parts = message, []
    for pattern in (_FENCED, _QUOTED_TEXT, _QUOTED_LINE, _AFTER_A_LABEL):
        parts += [found.group() for found in pattern.finditer(left)]
        left = pattern.sub(" ", left)
    return " ".join(parts)


def _hosts(text: str) -> list[str]:
    return [host.lower().rstrip(".,;") for host in _HOST.findall(text)]


def _finding(name: str) -> Diagnostic:
    return Diagnostic(
        code="only-in-material",
        severity=Severity.ERROR,
        message=f"A change that uses `{name[:80]}` was not made: only quoted text names it, not your own words.",
        help="Leave it out, unless the person asks for it in their own words.",
    )
