"""Models that make or read pictures and sound, as tools call them: with a run's keys, told in the words of tools."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field

from chat_app.chat_models.errors import ChatModelError
from chat_app.chat_models.media import MediaAnswer, MediaModels
from chat_app.tools.errors import ToolFailed


@dataclass(frozen=True)
class RunMedia:
    """The calls that tools make; implements `tools.media.Media`."""

    models: MediaModels
    keys: Mapping[str, str] = field(repr=False)

    async def image(self, model: str, prompt: str, size: str | None, seconds: float) -> MediaAnswer:
        """A picture."""
        return await _told(self.models.image(model, prompt, size=size, seconds=seconds, keys=self.keys))

    async def speech(self, model: str, text: str, voice: str, form: str, seconds: float) -> MediaAnswer:
        """A recording."""
        call = self.models.speech(model, text, voice=voice, form=form, seconds=seconds, keys=self.keys)
        return await _told(call)

    async def transcript(
        self, model: str, content: bytes, name: str, language: str | None, seconds: float
    ) -> MediaAnswer:
        """What is said in a recording."""
        call = self.models.transcript(model, content, name, language=language, seconds=seconds, keys=self.keys)
        return await _told(call)

    async def description(self, model: str | None, question: str, image: str, seconds: float) -> MediaAnswer:
        """What is to be seen."""
        return await _told(self.models.description(model, question, image, seconds=seconds, keys=self.keys))

    async def vectors(self, model: str, texts: Sequence[str], seconds: float) -> MediaAnswer:
        """Embeddings."""
        return await _told(self.models.vectors(model, list(texts), seconds=seconds, keys=self.keys))


async def _told(call: Awaitable[MediaAnswer]) -> MediaAnswer:
    try:
        return await call
    except ChatModelError as error:
        raise ToolFailed(error.message, help=error.help) from error
