"""A reference to a file: what stands in a run's state instead of the file. Never a path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from chat_app.files.errors import NotAFile

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file by its content."""

    name: str
    """As a person knows it; cleaned, so that it can be shown and saved anywhere."""
    media_type: str
    """What the content is, whatever the name says."""
    sha256: str
    size: int
    """In bytes."""

    def as_value(self) -> dict[str, Any]:
        """The reference as it stands in state, events and JSON."""
        return asdict(self)

    @classmethod
    def of(cls, value: object) -> FileRef:
        """The reference in a value of the state; raises NotAFile."""
        if isinstance(value, FileRef):
            return value
        parts: Mapping[Any, Any] = value if isinstance(value, Mapping) else {}
        name, media_type, sha256, size = (parts.get(key) for key in ("name", "media_type", "sha256", "size"))
        whole = isinstance(size, int) and not isinstance(size, bool) and size >= 0
        if isinstance(name, str) and isinstance(media_type, str) and whole and is_digest(sha256):
            return cls(name, media_type, str(sha256), int(size or 0))
        raise NotAFile(
            "This is no reference to a file.",
            help="Give a field of `type: file`; a reference has name, media_type, sha256 and size.",
        )


def is_digest(value: object) -> bool:
    """Whether a value can be the sha256 of a file."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None
