"""`split_text`: a long text in pieces that end where a reader would pause."""

from __future__ import annotations

import re

from pydantic import Field, model_validator

from chat_app.tools.tool import Arguments, ToolContext, tool

_PAUSES = (
    re.compile(r"\n\s*\n\s*"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…])[\"')\]»”]*\s+|(?<=[。！？])"),
    re.compile(r"(?<=[,;:])\s+|(?<=[，；：、])"),
    re.compile(r"\s+"),
)
"""Where a text may be cut, the best places first."""


class SplitArguments(Arguments):
    """What to split, and how."""

    text: str = Field(description="The text to split.")
    max_characters: int = Field(2_000, ge=20, le=1_000_000, description="The most characters of one piece.")
    overlap: int = Field(0, ge=0, description="How many characters of the piece before are repeated, at most.")

    @model_validator(mode="after")
    def _overlap_leaves_room(self) -> SplitArguments:
        if self.overlap > self.max_characters // 2:
            raise ValueError("overlap may be at most half of max_characters")
        return self


async def split_text(arguments: SplitArguments, context: ToolContext) -> list[str]:
    """The pieces in order; without overlap, every letter of the text is in exactly one."""
    text, most = arguments.text, arguments.max_characters
    pieces = []
    start = 0
    while start < len(text):
        end = _end(text, start, most)
        piece = text[start:end].strip()
        if piece:
            pieces.append(piece)
        if end >= len(text):
            break
        start = _next_start(text, start, end, arguments.overlap)
    return pieces


def _end(text: str, start: int, most: int) -> int:
    """Where a piece ends: at the last good pause in its second half, else where it is full."""
    if len(text) - start <= most:
        return len(text)
    full = start + most
    for pause in _PAUSES:
        ends = [found.end() for found in pause.finditer(text, start + most // 2, full) if found.end() > start]
        if ends:
            return ends[-1]
    return full


def _next_start(text: str, start: int, end: int, overlap: int) -> int:
    """A little before the end, at the beginning of a word, and always further than the start."""
    if not overlap:
        return end
    back = max(end - overlap, start + 1)
    word = re.compile(r"(?<=\s)\S").search(text, back, end)
    return word.start() if word else back


SPLIT_TEXT = tool(
    "split_text",
    "Splits a long text into pieces of bounded length that end at paragraphs or sentences where possible.",
    SplitArguments,
    list[str],
    split_text,
    example={"text": "One sentence. Another sentence. A third one.", "max_characters": 20},
)
