"""Files that are zip archives inside: documents, books, and plain archives. Their directory alone is read."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

PACKAGE_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
ZIP = "application/zip"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
EPUB = "application/epub+zip"

_PARTS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX, "ppt/presentation.xml": PPTX}
_TOLD = frozenset(
    {EPUB} | {f"application/vnd.oasis.opendocument.{kind}" for kind in ("text", "spreadsheet", "presentation")}
)
_MOST_DIRECTORY = 4 * 1024 * 1024
"""Bytes of an archive's directory that are read; a document's are a few thousand."""
_END = struct.Struct("<4s4H2LH")


def package_type(path: Path) -> str:
    """What a zip archive is."""
    if _directory_size(path) > _MOST_DIRECTORY:
        return ZIP
    try:
        with zipfile.ZipFile(path) as archive:
            told = _told(archive)
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return ZIP
    if told in _TOLD:
        return told
    if "[Content_Types].xml" not in names:
        return ZIP
    return next((kind for part, kind in _PARTS.items() if part in names), ZIP)


def _told(archive: zipfile.ZipFile) -> str:
    """The type that a book or an open document names in its first entry."""
    first = next(iter(archive.infolist()), None)
    if first is None or first.filename != "mimetype" or first.file_size > 100:
        return ""
    with archive.open(first) as entry:
        return entry.read(100).decode("ascii", "replace").strip()


def _directory_size(path: Path) -> int:
    """The size of the directory as the archive's end tells it; more than any bound where it tells none."""
    with path.open("rb") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(max(0, size - _END.size - 65_535))
        tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or place + _END.size > len(tail):
        return size + _MOST_DIRECTORY
    return int(_END.unpack_from(tail, place)[5])
