"""Names of files, cleaned: nothing in them leads elsewhere, hides their end or fails on another system."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
"""Characters, and never more bytes than a file system takes."""
_MOST_BYTES = 240
_FORBIDDEN = re.compile(r'[<>:"|?*\\/]')
_BLANKS = re.compile(r"\s+")
# Windows gives these names to devices, with any ending.
_DEVICES = frozenset({"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)})


def clean_file_name(name: str) -> str:
    """The name alone, without folders, control and direction characters; never empty."""
    last = re.split(r"[\\/]", name.encode("utf-8", "replace").decode())[-1]
    shown = "".join(" " if one.isspace() else one for one in unicodedata.normalize("NFC", last) if _is_shown(one))
    cleaned = _BLANKS.sub(" ", _FORBIDDEN.sub("_", shown)).strip(" .")
    if not cleaned:
        return "file"
    if cleaned.partition(".")[0].strip().lower() in _DEVICES:
        cleaned = f"_{cleaned}"
    return _shortened(cleaned)


def suffix_of(name: str) -> str:
    """The ending of a name in small letters, with its dot; empty where it has none."""
    stem, dot, ending = name.rpartition(".")
    return f".{ending.lower()}" if dot and stem and ending and len(ending) <= 16 else ""


def _is_shown(character: str) -> bool:
    # Whitespace of the control category is kept until it becomes a blank.
    return character.isspace() or unicodedata.category(character)[0] != "C"


def _shortened(name: str) -> str:
    if len(name) <= LONGEST and len(name.encode()) <= _MOST_BYTES:
        return name
    ending = suffix_of(name)
    stem = name[: len(name) - len(ending)][: LONGEST - len(ending)]
    while len((stem + ending).encode()) > _MOST_BYTES:
        stem = stem[:-1]
    return f"{stem.rstrip(' .')}{ending}"
