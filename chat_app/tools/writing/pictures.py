"""The pictures of a document, found by name and brought into forms that documents take."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from chat_app.files.names import clean_file_name
from chat_app.files.reference import FileRef
from chat_app.tools.errors import ToolFailed
from chat_app.tools.rasters import svg_to_png

MOST_PIXELS = 60_000_000
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


def rasters(given: Sequence[tuple[FileRef, bytes]]) -> Pictures:
    """Every picture made ready; raises ToolFailed."""
    return Pictures({_key(ref.name): _raster(ref, content) for ref, content in given})


def _key(name: str) -> str:
    return clean_file_name(PurePosixPath(unquote(name)).name).casefold()


def _raster(ref: FileRef, content: bytes) -> Raster:
    from PIL import Image

    if ref.media_type == "image/svg+xml":
        content = svg_to_png(content.decode("utf-8", "replace"))
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ToolFailed(f"{ref.name} has too many dots for a document.", help="Give a smaller picture.")
            if image.format in _KEPT:
                image.verify()
                return Raster(content, _KEPT[image.format], *image.size)
            kept = io.BytesIO()
            image.convert("RGBA" if image.has_transparency_data else "RGB").save(kept, "PNG")
            return Raster(kept.getvalue(), "png", *image.size)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ToolFailed(f"{ref.name} is no picture that can be read.", help="Give PNG, JPEG or SVG.") from error
