"""SVG to PNG, offline; what an SVG would fetch or run is taken out of it first."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from chat_app.tools.errors import ToolFailed
from chat_app.tools.fonts import font_folders

MOST_SVG = 5_000_000
_DROPPED = frozenset({"script", "foreignObject", "iframe", "object", "embed", "audio", "video"})
_INNER_LINK = re.compile(r"\s*(#|data:image/(png|jpeg|gif|webp);)", re.IGNORECASE)
_OUTER_STYLE = re.compile(r"@import|url\(\s*['\"]?(?!#|data:image/)", re.IGNORECASE)
_NAMESPACES = {"": "http://www.w3.org/2000/svg", "xlink": "http://www.w3.org/1999/xlink"}


def svg_to_png(svg: str, scale: float = 2.0) -> bytes:
    """The picture in dots; raises ToolFailed."""
    import vl_convert

    for folder in font_folders():
        vl_convert.register_font_directory(folder)
    try:
        return bytes(vl_convert.svg_to_png(self_contained(svg), scale=scale, ppi=96))
    except ValueError as error:
        raise ToolFailed("The SVG can't be drawn.", help="Look for tags that are not closed.") from error


def self_contained(svg: str) -> str:
    """The SVG without scripts, and without links to files and to the network; raises ToolFailed."""
    if len(svg) > MOST_SVG:
        raise ToolFailed("The SVG is too large to be drawn.", help=f"It may have {MOST_SVG:,} characters.")
    # An entity may stand for a file, or for gigabytes.
    if "<!ENTITY" in svg or "<!entity" in svg:
        raise ToolFailed("The SVG declares entities.", help="Write out what they stand for.")
    try:
        root = ElementTree.fromstring(svg)
    except (ElementTree.ParseError, ValueError) as error:
        raise ToolFailed(f"The SVG can't be read: {error}.", help="Look for tags that are not closed.") from error
    _clean(root)
    for prefix, space in _NAMESPACES.items():
        ElementTree.register_namespace(prefix, space)
    return ElementTree.tostring(root, encoding="unicode")


def _clean(root: ElementTree.Element) -> None:
    for element in list(root.iter()):
        for child in list(element):
            if isinstance(child.tag, str) and _name(child.tag) in _DROPPED:
                element.remove(child)
        for name, value in list(element.attrib.items()):
            bare = _name(name).lower()
            outer = (bare in ("href", "src") and not _INNER_LINK.match(value)) or _OUTER_STYLE.search(value)
            if bare.startswith("on") or outer:
                del element.attrib[name]
        if isinstance(element.tag, str) and _name(element.tag) == "style" and _OUTER_STYLE.search(element.text or ""):
            element.text = ""


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]
