"""The pictures of a document, found by name and brought into forms that documents take."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from chat_app.files.names import clean_file_name
from chat_app.files.of_run import RunFiles
from chat_app.files.reference import FileRef
from chat_app.tools.errors import ToolFailed
from chat_app.tools.processes import isolated
from chat_app.tools.rasters import svg_to_png

MOST_PIXELS = 60_000_000
MOST_SIDE = 4_000
SECONDS = 20.0
_KEPT = {"PNG": "png", "JPEG": "jpg"}
DOTS = 96
"""For each inch, where a picture does not say."""


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture of dots: PNG or JPEG."""

    content: bytes
    suffix: str
    width: int
    height: int

    @property
    def media_type(self) -> str:
        """As data URLs name it."""
        return "image/png" if self.suffix == "png" else "image/jpeg"

    def inches(self, most_width: float, most_height: float) -> tuple[float, float]:
        """How large it is shown: as it is, or as large as there is room."""
        width, height = self.width / DOTS, self.height / DOTS
        factor = min(1.0, most_width / width, most_height / height)
        return width * factor, height * factor


class Pictures:
    """Pictures by the names that a text may give them."""

    def __init__(self, kept: Mapping[str, Raster]) -> None:
        self._kept = kept

    def get(self, name: str) -> Raster | None:
        """The picture of this name; None where it was not given."""
        return self._kept.get(_key(name))


def same_picture(one: str, other: str) -> bool:
    """Whether two names mean one picture."""
    return _key(one) == _key(other)


async def rasters(refs: Sequence[FileRef], files: RunFiles) -> Pictures:
    """Every picture made ready; raises ToolFailed or FileError."""
    return Pictures({_key(ref.name): _raster(ref, await _dots(ref, files)) for ref in refs})


async def _dots(ref: FileRef, files: RunFiles) -> bytes:
    """The picture as PNG or JPEG; others are read in a process of their own."""
    content = await files.read(ref)
    if ref.media_type == "image/svg+xml":
        return await svg_to_png(content.decode("utf-8", "replace"))
    if ref.media_type in ("image/png", "image/jpeg"):
        return content
    job = {"path": str(files.path(ref)), "kind": "image", "most": MOST_SIDE}
    answer = await isolated("picture.py", job, seconds=SECONDS, megabytes=2_048)
    if "problem" in answer:
        raise ToolFailed(f"{ref.name} is no picture that can be read.", help="Give PNG, JPEG or SVG.")
    return base64.b64decode(answer["png"])


def _key(name: str) -> str:
    return clean_file_name(PurePosixPath(unquote(name)).name).casefold()


def _raster(ref: FileRef, content: bytes) -> Raster:
    from PIL import Image

    try:
        # Only its head is read here.
        with Image.open(io.BytesIO(content), formats=tuple(_KEPT)) as image:
            if image.width * image.height <= MOST_PIXELS:
                return Raster(content, _KEPT[str(image.format)], *image.size)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ToolFailed(f"{ref.name} is no picture that can be read.", help="Give PNG, JPEG or SVG.") from error
    raise ToolFailed(f"{ref.name} has too many dots for a document.", help="Give a smaller picture.")
