"""Small files that stand for those that a simulated run does not make: a text, a picture, a sound."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from typing import Literal

Sample = Literal["text", "picture", "sound"]

_WIDTH, _HEIGHT = 320, 200


def sample_file(kind: Sample) -> tuple[bytes, str]:
    """The content and the name; always the same."""
    match kind:
        case "picture":
            return _grey_png(), "simulated.png"
        case "sound":
            return _silence(), "simulated.wav"
        case "text":
            return b"[simulated] This file was made up: nothing was asked for it.\n", "simulated.txt"


def _grey_png() -> bytes:
    """A light grey picture with a darker frame."""
    frame, inner = b"\x9a" * 3, b"\xe6" * 3
    edge = b"\0" + frame * _WIDTH
    line = b"\0" + frame * 4 + inner * (_WIDTH - 8) + frame * 4
    head = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    dots = zlib.compress(edge * 4 + line * (_HEIGHT - 8) + edge * 4)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", dots) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _silence() -> bytes:
    kept = io.BytesIO()
    with wave.open(kept, "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes(bytes(8_000))
    return kept.getvalue()
