"""What code prints, kept up to a bound, as lines."""

from __future__ import annotations


class Printed:
    """Collects pieces of text; what does not fit is counted, not kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._pieces: list[str] = []
        self._kept = 0
        self._left_out = 0

    def __call__(self, stream: str, text: str) -> None:
        """Takes the next piece; both streams are one."""
        room = self._most - self._kept
        if room > 0:
            self._pieces.append(text[:room])
            self._kept += min(len(text), room)
        self._left_out += max(len(text) - max(room, 0), 0)

    def lines(self) -> tuple[str, ...]:
        """The lines so far, with a last one that says what was left out."""
        lines = "".join(self._pieces).splitlines()
        if self._left_out:
            lines.append(f"({self._left_out} more characters were printed and left out)")
        return tuple(lines)
