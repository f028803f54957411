"""What every writer is given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from chat_app.tools.writing.blocks import Block, Heading, blocks_of, pictures_in, plain
from chat_app.tools.writing.pictures import Pictures

Paper = Literal["a4", "letter"]

_KANA = re.compile("[\u3040-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7af\u1100-\u11ff]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True)
class Document:
    """A text with its pictures, and how it is to look."""

    markdown: str
    title: str
    pictures: Pictures
    paper: Paper = "a4"

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The text in blocks."""
        return blocks_of(self.markdown)

    @property
    def language(self) -> str | None:
        """The language as far as its letters tell: ja, ko or zh; None for all others."""
        if _KANA.search(self.markdown):
            return "ja"
        if _HANGUL.search(self.markdown):
            return "ko"
        return "zh" if _HAN.search(self.markdown) else None


def first_heading(markdown: str) -> str | None:
    """The text of the first heading."""
    return next((plain(block.inside) for block in blocks_of(markdown) if isinstance(block, Heading)), None)


def names_of_pictures(markdown: str) -> set[str]:
    """The names that a text gives to its pictures."""
    return {picture.name for picture in pictures_in(blocks_of(markdown))}
