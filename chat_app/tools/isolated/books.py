"""An EPUB as Markdown, in the order of its spine; read by `document.py`."""

from __future__ import annotations

import posixpath
import runpy
import zipfile
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

_CONTAINER = "META-INF/container.xml"
_MOST_PART = 20 * 1024 * 1024


class Told(Exception):
    """What is wrong, and what to do."""


def read(path: Path, most: int) -> str:
    """The book's title and chapters."""
    read_page = runpy.run_path(str(Path(__file__).with_name("html_page.py")), run_name="html_page")["read_page"]
    with zipfile.ZipFile(path) as book:
        place = _package_place(book)
        package = ElementTree.fromstring(_part(book, place))
        title = next((one.text or "" for one in package.iter() if _name(one) == "title"), "").strip()
        shown = [f"# {title}"] if title else []
        for chapter in _chapters(package, posixpath.dirname(place)):
            if chapter not in book.NameToInfo:
                continue
            text = str(read_page(_part(book, chapter).decode("utf-8", "replace"))[1])
            shown += [text] if text else []
            if sum(map(len, shown)) > most:
                break
    return "\n\n".join(shown)


def _package_place(book: zipfile.ZipFile) -> str:
    container = ElementTree.fromstring(_part(book, _CONTAINER))
    place = next((one.get("full-path") for one in container.iter() if _name(one) == "rootfile"), None)
    if not place:
        raise Told("the book does not say where it begins", "Make the EPUB again.")
    return place


def _chapters(package: ElementTree.Element, folder: str) -> list[str]:
    files = {one.get("id"): one.get("href", "") for one in package.iter() if _name(one) == "item"}
    order = [one.get("idref") for one in package.iter() if _name(one) == "itemref"]
    return [posixpath.normpath(posixpath.join(folder, unquote(files[name]))) for name in order if name in files]


def _part(book: zipfile.ZipFile, name: str) -> bytes:
    with book.open(name) as part:
        return part.read(_MOST_PART)


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
