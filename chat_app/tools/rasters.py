"""SVG to PNG, offline and in a process of its own; what an SVG would fetch or run is taken out of it first."""

from __future__ import annotations

import asyncio
import base64
import re
from xml.etree import ElementTree

from chat_app.tools.errors import ToolFailed
from chat_app.tools.fonts import font_folders
from chat_app.tools.processes import isolated

MOST_SVG = 5_000_000
MOST_SIDE = 5_000
"""Dots; what is larger is drawn smaller."""
SECONDS = 20.0
MEMORY_MB = 1_500
_DROPPED = frozenset({"script", "foreignObject", "iframe", "object", "embed", "audio", "video"})
_INNER_LINK = re.compile(r"\s*(#|data:image/(png|jpeg|gif|webp);)", re.IGNORECASE)
_OUTER_STYLE = re.compile(r"@import|url\(\s*['\"]?(?!#|data:image/)", re.IGNORECASE)
_NAMESPACES = {"": "http://www.w3.org/2000/svg", "xlink": "http://www.w3.org/1999/xlink"}
_LENGTH = re.compile(r"\s*([\d.]+(?:e[+-]?\d+)?)\s*(px|pt|pc|mm|cm|in|em|ex)?\s*", re.IGNORECASE)
_DOTS = {
    "": 1.0,
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "in": 96.0,
    "em": 16.0,
    "ex": 8.0,
}


async def svg_to_png(svg: str, scale: float = 2.5) -> bytes:
    """The picture in dots; raises ToolFailed."""
    clean, side = await asyncio.to_thread(self_contained, svg)
    job = {"svg": clean, "scale": min(scale, MOST_SIDE / side), "fonts": font_folders()}
    answer = await isolated("svg.py", job, seconds=SECONDS, megabytes=MEMORY_MB)
    if "problem" in answer:
        raise ToolFailed(f"The SVG can't be drawn: {answer['problem']}.", help="Look for tags that are not closed.")
    return base64.b64decode(answer["drawn"])


def self_contained(svg: str) -> tuple[str, float]:
    """The SVG without scripts and without links to files and to the network, and its longer side in dots.

    Raises ToolFailed.
    """
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
    return ElementTree.tostring(root, encoding="unicode"), _longer_side(root)


def _longer_side(root: ElementTree.Element) -> float:
    box = [float(part) for part in re.findall(r"-?[\d.]+(?:e[+-]?\d+)?", root.get("viewBox", ""))[2:4]]
    told = [_dots(root.get(name)) for name in ("width", "height")]
    sides = [side for side in (*told, *(box if None in told else ())) if side is not None]
    return max(sides, default=1.0) or 1.0


def _dots(length: str | None) -> float | None:
    """A length in dots; None for a share of what is around."""
    found = _LENGTH.fullmatch(length or "")
    return None if found is None else float(found[1]) * _DOTS[(found[2] or "").lower()]


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
