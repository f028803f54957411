"""The body of an answer, read and unpacked within bounds, and read as text or JSON."""

from __future__ import annotations

import codecs
import json
import zlib
from collections.abc import AsyncIterator
from email.message import Message
from typing import Any

from chat_app.tools.network_errors import AnswerRefused

ACCEPTED_ENCODINGS = "gzip, deflate"
"""Only what can be unpacked piece by piece within a bound; others can blow up a thousandfold in one step."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TEXT_TYPES = ("json", "xml", "javascript", "x-www-form-urlencoded", "yaml", "x-ndjson", "csv", "toml", "graphql")


async def read_body(pieces: AsyncIterator[bytes], encoding: str, most: int) -> bytes:
    """The unpacked body; raises AnswerRefused when it is larger than `most`, packed or unpacked."""
    unpack = _unpacker(encoding)
    body = bytearray()
    packed = 0
    async for piece in pieces:
        packed += len(piece)
        body += unpack(piece, most + 1 - len(body))
        if packed > most or len(body) > most:
            raise AnswerRefused(
                f"The answer is larger than {most:,} bytes.", help="Ask for less, or for a smaller page of it."
            )
    return bytes(body)


class _Plain:
    def __call__(self, piece: bytes, most: int) -> bytes:
        return piece


class _Zlib:
    """Gzip and deflate, with or without their headers; never makes more than it is asked for."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._first = True

    def __call__(self, piece: bytes, most: int) -> bytes:
        try:
            return self._unpack(piece, most)
        except zlib.error:
            if not self._first:
                raise _garbage() from None
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            return self._unpack(piece, most)
        except zlib.error:
            raise _garbage() from None

    def _unpack(self, piece: bytes, most: int) -> bytes:
        out = bytearray()
        while piece and len(out) < most:
            if self._inflate.eof:
                # Several packed parts one after the other are one body.
                self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
            out += self._inflate.decompress(piece, most - len(out))
            self._first = False
            piece = self._inflate.unused_data or self._inflate.unconsumed_tail
        return bytes(out)


def _unpacker(encoding: str) -> _Plain | _Zlib:
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return _Plain()
    if name in {"gzip", "x-gzip", "deflate"}:
        return _Zlib()
    raise AnswerRefused(
        f"The server packed its answer as `{encoding[:40]}`, which was not asked for.",
        help="Ask another address; this server does not keep to what it is asked.",
    )


def _garbage() -> AnswerRefused:
    return AnswerRefused("The packed answer is damaged.", help="Try again.")


def media_type(content_type: str) -> tuple[str, str | None]:
    """The media type and the character set in a Content-Type header."""
    message = Message()
    message["content-type"] = content_type
    charset = message.get_param("charset")
    return message.get_content_type() if "/" in content_type else "", charset if isinstance(charset, str) else None


def text_of(body: bytes, kind: str, charset: str | None) -> str:
    """The body as text; empty for what is no text."""
    if not _is_text(kind, body):
        return ""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body.decode(name, "replace")
    try:
        return body.decode(charset or "utf-8", "replace")
    except (LookupError, UnicodeError):
        return body.decode("utf-8", "replace")


def json_of(text: str, kind: str) -> Any:
    """The body as JSON where it says that it is; None where it is not."""
    if kind != "application/json" and not kind.endswith("+json"):
        return None
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _is_text(kind: str, body: bytes) -> bool:
    if not kind or kind == "application/octet-stream":
        return b"\x00" not in body[:1024]
    return kind.startswith("text/") or any(word in kind for word in _TEXT_TYPES)
