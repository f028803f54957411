"""What a file is, told from its content; among kinds of text, which content can't tell apart, the name helps."""

from __future__ import annotations

import codecs
import csv
import json
import re
from pathlib import Path

from chat_app.files.names import suffix_of
from chat_app.files.packages import PACKAGE_STARTS, package_type

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"
HEAD = 65_536
"""Bytes that are looked at."""
_MOST_JSON = 5_000_000
_NOT_IN_TEXT = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_HTML = re.compile(r"\s*(<!--.*?-->\s*)*<(!doctype html|html|head|body|script|iframe)\b", re.IGNORECASE | re.DOTALL)
_SVG = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<(\w+:)?svg\b", re.IGNORECASE | re.DOTALL)
_XML = re.compile(r"\s*<\?xml\b")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
BY_NAME = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".toml": "application/toml",
    ".jsonl": "application/x-ndjson",
    ".ndjson": "application/x-ndjson",
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".ts": "text/x-typescript",
    ".py": "text/x-python",
    ".ipynb": "application/x-ipynb+json",
    ".sql": "text/x-sql",
    ".sh": "text/x-shellscript",
    ".c": "text/x-c",
    ".h": "text/x-c",
    ".cpp": "text/x-c++",
    ".java": "text/x-java",
    ".go": "text/x-go",
    ".rs": "text/x-rust",
    ".rb": "text/x-ruby",
    ".php": "text/x-php",
    ".tex": "text/x-tex",
    ".ics": "text/calendar",
    ".vcf": "text/vcard",
    ".eml": "message/rfc822",
    ".mmd": "text/x-mermaid",
    ".dot": "text/x-graphviz",
}
_MPEG_FRAMES = (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa")
_JSON_NAMES = {".json", ".ipynb"}
# What the library calls by several names, or by one that nobody else uses.
_SAME = {
    "image/x-ms-bmp": "image/bmp",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/x-flac": "audio/flac",
    "application/x-gzip": "application/gzip",
    "application/x-pdf": "application/pdf",
    "audio/mp3": "audio/mpeg",
    "audio/mpeg3": "audio/mpeg",
}


def media_type_of(path: Path, name: str) -> str:
    """The media type of a file on the disk, known by this name to a person."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(PACKAGE_STARTS):
        return package_type(path)
    if b"%PDF-" in head[:1024]:
        return "application/pdf"
    if head.startswith(b"PAR1"):
        return "application/vnd.apache.parquet"
    if head.startswith(b"{\\rtf"):
        return "application/rtf"
    text = readable(head)
    return _binary(head, name) if text is None else _text(text, name, path, whole=len(head) < HEAD)


def encoding_of(head: bytes) -> str | None:
    """How a text is written, told from its beginning; None where it is none."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    try:
        # The last character may have been cut.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def readable(head: bytes) -> str | None:
    """The beginning of a file as text; None where it is no text."""
    encoding = encoding_of(head)
    assert encoding is not None
    errors = "replace" if encoding == "cp1252" else "ignore"
    text = head.decode(encoding, errors)
    if _NOT_IN_TEXT.search(text) or "\ufffd" in text:
        return None
    if encoding == "cp1252" and sum(one > "\x7f" for one in text) * 3 > len(text):
        return None  # Every byte is a letter in it; real text is mostly plain letters.
    return text


def _text(text: str, name: str, path: Path, *, whole: bool) -> str:
    if _SVG.match(text):
        return "image/svg+xml"
    if _HTML.match(text):
        return "text/html"
    if _XML.match(text):
        return "application/xml"
    suffix = suffix_of(name)
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in ("{", "[") and suffix not in BY_NAME.keys() - _JSON_NAMES and _is_json(path, text, suffix, whole):
        return BY_NAME.get(suffix, "application/json")
    if suffix in BY_NAME and suffix not in _JSON_NAMES:
        return BY_NAME[suffix]
    return "text/csv" if not suffix and _is_table(text, whole) else TEXT


def _is_json(path: Path, text: str, suffix: str, whole: bool) -> bool:
    try:
        if not whole:
            if path.stat().st_size > _MOST_JSON:
                return suffix in _JSON_NAMES
            content = path.read_bytes()
            text = content.decode(encoding_of(content) or "utf-8")
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_table(text: str, whole: bool) -> bool:
    """Whether the lines of a text without a name that helps all have as many cells, more than one."""
    lines = text.splitlines() if whole else text.splitlines()[:-1]
    for delimiter in (",", ";", "\t"):
        try:
            counts = {len(row) for row in csv.reader(lines[:50], delimiter=delimiter) if row}
        except csv.Error:
            continue
        if len(lines) >= 3 and len(counts) == 1 and counts.pop() > 1:
            return True
    return False


def _binary(head: bytes, name: str) -> str:
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return "image/bmp"
    if head[:2] in _MPEG_FRAMES:
        return "audio/mpeg"
    # Loaded here: its tables are of no use to whoever only checks a workflow.
    import puremagic

    try:
        found = puremagic.magic_string(head)
    except puremagic.PureError:
        return UNKNOWN
    named = [one for one in found if one.mime_type]
    best = max((one.confidence for one in named), default=0.0)
    likely = [one for one in named if one.confidence == best]
    if not likely or best < 0.3:
        return UNKNOWN
    # Of those that fit as well, the name may choose.
    chosen = next((one for one in likely if one.extension == suffix_of(name)), likely[0])
    return _SAME.get(chosen.mime_type, str(chosen.mime_type))
