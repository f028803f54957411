"""What tools know of models that make or read pictures and sound: names that are set up, and calls bound to a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class MediaSetup:
    """The models that are used where a call names none."""

    image: str | None = None
    speech: str | None = None
    transcription: str | None = None
    vision: str | None = None
    embedding: str | None = None


class Made(Protocol):
    """What a model made; of `content`, `text` and `vectors`, the one that was asked for."""

    @property
    def content(self) -> bytes: ...
    @property
    def url(self) -> str | None:
        """Where the content is, if it was not sent."""

    @property
    def text(self) -> str: ...
    @property
    def vectors(self) -> tuple[tuple[float, ...], ...]: ...


class Media(Protocol):
    """The calls of one run: with its keys, told of and counted as its spending; they raise ToolError."""

    async def image(self, model: str, prompt: str, size: str | None, seconds: float) -> Made: ...

    async def speech(self, model: str, text: str, voice: str, form: str, seconds: float) -> Made: ...

    async def transcript(
        self, model: str, content: bytes, name: str, language: str | None, seconds: float
    ) -> Made: ...

    async def description(self, model: str | None, question: str, image: str, seconds: float) -> Made: ...

    async def vectors(self, model: str, texts: Sequence[str], seconds: float) -> Made: ...
