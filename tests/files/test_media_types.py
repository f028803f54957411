"""Media types come from the content; a name that lies does not help."""

import gzip
import io
import json
import struct
import wave
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from chat_app.files.media_types import media_type_of


def zipped(**parts: str) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name, text in parts.items():
            # Of no moment: the names of tests are made of this, and two workers must find the same.
            archive.writestr(zipfile.ZipInfo(name), text)
    return kept.getvalue()


def office(part: str) -> bytes:
    return zipped(**{"[Content_Types].xml": "<Types/>", "_rels/.rels": "", part: "<x/>"})


def picture(form: str) -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(kept, form)
    return kept.getvalue()


def sound() -> bytes:
    kept = io.BytesIO()
    with wave.open(kept, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(struct.pack("<100h", *range(100)))
    return kept.getvalue()


OFFICE = "application/vnd.openxmlformats-officedocument."
CASES = [
    (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "a.txt", "application/pdf"),
    (b"\xef\xbb\xbf%PDF-1.7\n", "a", "application/pdf"),
    (office("word/document.xml"), "a.zip", OFFICE + "wordprocessingml.document"),
    (office("xl/workbook.xml"), "a.docx", OFFICE + "spreadsheetml.sheet"),
    (office("ppt/presentation.xml"), "a", OFFICE + "presentationml.presentation"),
    (zipped(mimetype="application/epub+zip", **{"META-INF/container.xml": ""}), "a.zip", "application/epub+zip"),
    (zipped(mimetype="application/vnd.oasis.opendocument.text"), "a", "application/vnd.oasis.opendocument.text"),
    (zipped(mimetype="text/html"), "a.html", "application/zip"),
    (zipped(**{"word/document.xml": "no document without its types"}), "a.docx", "application/zip"),
    (zipped(a="1"), "a.epub", "application/zip"),
    (b"PK\x03\x04" + b"\x00" * 100, "broken.docx", "application/zip"),
    (picture("PNG"), "a.jpg", "image/png"),
    (picture("JPEG"), "a.png", "image/jpeg"),
    (picture("GIF"), "a", "image/gif"),
    (picture("WEBP"), "a", "image/webp"),
    (picture("BMP"), "a", "image/bmp"),
    (picture("TIFF"), "a", "image/tiff"),
    (sound(), "a.mp3", "audio/wav"),
    (b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x00" * 50, "a.wav", "audio/mpeg"),
    (b"\xff\xfb\x90\x00" * 50, "a", "audio/mpeg"),
    (b"OggS" + b"\x00" * 24 + b"\x01vorbis" + b"\x00" * 60, "a", "audio/ogg"),
    (b"fLaC" + b"\x00" * 60, "a", "audio/flac"),
    (gzip.compress(b"hello" * 50, mtime=0), "a.csv", "application/gzip"),
    (b"PAR1" + b"\x00" * 50 + b"PAR1", "a.csv", "application/vnd.apache.parquet"),
    (b"MZ" + b"\x00\x90" * 100, "photo.png", None),
    (b"\x7fELF" + b"\x00\x02" * 100, "letter.txt", None),
    (b"", "empty.txt", "text/plain"),
    (b"Plain words, nothing more.", "a.pdf", "text/plain"),
    ("Grüße, 日本".encode(), "a.txt", "text/plain"),
    ("Grüße aus Köln".encode("cp1252"), "a.txt", "text/plain"),
    ("a;b\n1;2".encode("utf-16"), "a.csv", "text/csv"),
    (b"# Title\n\nText", "a.md", "text/markdown"),
    (b"a,b\n1,2\n", "a.csv", "text/csv"),
    (b"a,b\n1,2\n3,4\n", "a", "text/csv"),
    (b"a,b\n1,2\n3,4\n", "a.txt", "text/plain"),
    (b"Well, yes,\nand no.\nThat, that, and that.", "a", "text/plain"),
    (b"a\tb\n1\t2\n", "a.tsv", "text/tab-separated-values"),
    (b'{"a": [1, 2]}', "a.csv", "text/csv"),
    (b'{"a": [1, 2]}', "a.txt", "application/json"),
    (b'{"a": [1, 2', "a.json", "text/plain"),
    (b'{"a": 1}\n{"a": 2}\n', "a.jsonl", "application/x-ndjson"),
    (json.dumps(list(range(30_000))).encode(), "a", "application/json"),
    (b"<!DOCTYPE html><title>x</title>", "a.txt", "text/html"),
    (b"<!-- hi --><script>alert(1)</script>", "photo.png", "text/html"),
    (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "photo.png", "image/svg+xml"),
    (b'<?xml version="1.0"?>\n<!-- a --><svg xmlns="x"></svg>', "a.txt", "image/svg+xml"),
    (b'<?xml version="1.0"?><feed/>', "a.txt", "application/xml"),
    (b"{\\rtf1\\ansi hello}", "a.doc", "application/rtf"),
    (b"print('hi')\n", "a.py", "text/x-python"),
    (b"import os\nos.system('x')", "photo.png", "text/plain"),
    (b"text with a \x00 in it", "a.txt", None),
    (bytes(range(256)) * 4, "a.txt", "application/octet-stream"),
]


@pytest.mark.parametrize(("content", "name", "kind"), CASES, ids=lambda part: str(part)[:30])
def test_content_decides(tmp_path: Path, content: bytes, name: str, kind: str | None) -> None:
    path = tmp_path / "content"
    path.write_bytes(content)
    found = media_type_of(path, name)
    if kind is None:
        assert not found.startswith(("text/", "image/")), found
    else:
        assert found == kind


def test_an_archive_with_an_endless_directory_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65_535, 65_535, 2**31, 4, 0)
    path.write_bytes(b"PK\x03\x04" + b"\x00" * 1_000 + end)
    assert media_type_of(path, "a.docx") == "application/zip"
