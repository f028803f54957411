"""Numbers of bytes, in words."""

from __future__ import annotations


def shown_size(size: int) -> str:
    """A number of bytes as a person reads it."""
    if size < 1000:
        return f"{size} bytes"
    number = float(size)
    for unit in ("kB", "MB", "GB"):
        number /= 1024
        if number < 1000 or unit == "GB":
            break
    return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"
