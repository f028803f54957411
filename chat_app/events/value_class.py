"""Values that are made by the thousand: frozen for the type checker, quick to make when the program runs.

A frozen dataclass sets each field by a call of its own, so making one costs three times as much; with six events in
the shortest step, that shows. mypy sees the dataclass as it is written, and holds that nobody changes one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as value_class
else:
    from dataclasses import dataclass

    def value_class(*, frozen, slots):
        """A dataclass whose values never change; they are equal and hash by their fields."""
        assert frozen
        return dataclass(slots=slots, unsafe_hash=True)


__all__ = ["value_class"]
