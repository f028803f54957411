"""secret-in-text: keys and passwords do not belong into a file that is shared."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chat_app.workflow.diagnostics import Diagnostic, Severity
from chat_app.workflow.rules.context import Context

_SECRETS = re.compile(
    r"""(?x)
    (?P<openai>\bsk-(?:proj-|ant-)?[A-Za-z0-9_-]{20,}) |
    (?P<github>\b(?:ghp|gho|ghs|ghu)_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{30,}) |
    (?P<aws>\bAKIA[0-9A-Z]{16}\b) |
    (?P<google>\bAIza[0-9A-Za-z_-]{35}\b) |
    (?P<hugging_face>\bhf_[A-Za-z0-9]{30,}) |
    (?P<slack>\bxox[abpr]-[A-Za-z0-9-]{20,}) |
    (?P<private_key>-----BEGIN[ ](?:[A-Z]+[ ])?PRIVATE[ ]KEY-----) |
    (?P<token>\bBearer[ ]+[A-Za-z0-9_\-.=]{20,}) |
    (?P<password>://[^/\s:@{]{1,64}:(?P<word>[^/\s:@{]{3,64})@)
    """
)
_WORDS = {
    "openai": "a model key", "github": "a GitHub token", "aws": "an AWS key", "google": "a Google key",
    "hugging_face": "a Hugging Face token", "slack": "a Slack token", "private_key": "a private key",
    "token": "a token", "password": "a password in an address",
}  # fmt: skip


_MARKS = (
    "sk-",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "AKIA",
    "AIza",
    "hf_",
    "xox",
    "-----BEGIN",
    "Bearer",
    "://",
)
"""Without one of these the text needs no closer look."""


def check_secrets(context: Context) -> Iterator[Diagnostic]:
    """What looks like a secret, anywhere in the text, comments included."""
    text = context.source.text
    if not any(mark in text for mark in _MARKS):
        return
    for found in _SECRETS.finditer(text):
        kind = next(name for name, value in found.groupdict().items() if value and name != "word")
        yield Diagnostic(
            "secret-in-text",
            Severity.ERROR,
            f"This looks like {_WORDS[kind]}; secrets do not belong into a workflow.",
            location=context.source.at(*found.span()),
            help="Write `{{ secret.NAME }}` in the headers of an `http` node, and have a new one made: "
            "this one may have been seen.",
        )
