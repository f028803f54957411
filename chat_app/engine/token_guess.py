"""Guesses at the tokens of what is sent: for limits alone, where a provider has not counted yet or never does."""

from __future__ import annotations

import json

from chat_app.chat_models.protocol import ChatMessage, ChatRequest

CHARACTERS_PER_TOKEN = 4
"""A guess for limits alone, where a provider does not count; what is reported stays unknown."""
IMAGE_TOKENS = 1_000
FILE_BYTES_PER_TOKEN = 30
"""Guesses of the same kind: a picture of ordinary size, and a page of a PDF that takes 50 kB and 2,000 tokens."""

MESSAGE_TOKENS = 16
"""What a message's role and frame take at most."""


def prompt_tokens(request: ChatRequest) -> int:
    """A guess at a prompt's tokens."""
    written = beside = 0
    for message in request.messages:
        written += len(message.content)
        if message.images or message.files:
            beside += _beside(message)
    return written // CHARACTERS_PER_TOKEN + beside


def most_prompt_tokens(request: ChatRequest) -> int:
    """What a prompt's text has at most: no tokenizer makes more tokens than bytes. Pictures and files are guessed."""
    written = sum(len(message.content.encode("utf-8", "replace")) + MESSAGE_TOKENS for message in request.messages)
    asked = sum(
        len(called.name) + len(called.arguments.encode("utf-8", "replace")) + MESSAGE_TOKENS
        for message in request.messages
        for called in message.tool_requests
    )
    told = [request.schema, *((tool.name, tool.description, tool.parameters) for tool in request.tools)]
    offered = sum(len(json.dumps(one)) for one in told if one is not None)
    return written + asked + offered + 2 * sum(map(_beside, request.messages))


def _beside(message: ChatMessage) -> int:
    sent = sum(len(part.url) for part in message.files)
    return len(message.images) * IMAGE_TOKENS + sent // FILE_BYTES_PER_TOKEN
