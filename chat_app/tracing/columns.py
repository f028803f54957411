"""Rows that are written together, as columns of JSON in one value: `{"node":["a","b"],"seconds":[0.1,2.0]}`.

A value is written in a tenth of the time that the rows would take each by itself, and a question over millions of
rows reads such values faster than it could fetch the rows. Columns stand by their names, so one can come or go with a
later version; one in which every row has what is usual there is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from chat_app.tracing.run_row import plain_text

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, list[Any]]).decode


@dataclass(frozen=True)
class Columns:
    """Which columns rows have, and how their values are written and read."""

    kinds: Mapping[str, str]
    """Their names and DuckDB's types, in the order of a row."""
    usual: Mapping[str, Any]
    """What most rows have, of columns where nearly all have the same."""

    def packed(self, columns: Iterable[Sequence[Any]]) -> str:
        """The value for rows that are columns already, of which none is empty."""
        parts = dict(zip(self.kinds, columns, strict=True))
        for name, usual in self.usual.items():
            column = parts[name]
            if column.count(usual) == len(column):
                del parts[name]
        try:
            return _encode(parts).decode()
        except UnicodeEncodeError:
            clean = {
                name: [plain_text(one) if isinstance(one, str) else one for one in parts[name]] for name in parts
            }
            return _encode(clean).decode()

    def rows_in(self, data: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a value. Raises ValueError where it is none."""
        parts = _decode(data)
        count = max(map(len, parts.values()), default=0)
        return zip(*(parts.get(name) or [self.usual.get(name)] * count for name in self.kinds), strict=True)

    def select(self, table: str, beside: str) -> str:
        """DuckDB's question for the rows of all values in a table, with what stands there beside them."""
        form = json.dumps({name: [kind] for name, kind in self.kinds.items()})
        singly = ", ".join(self._singly(name) for name in self.kinds)
        return f"SELECT {beside}, {singly} FROM (SELECT *, from_json(data, '{form}') AS told FROM {table})"

    def _singly(self, name: str) -> str:
        usual = self.usual.get(name)
        if usual is None:
            return f"unnest(told.{name}) AS {name}"
        written = f"'{usual}'" if isinstance(usual, str) else usual
        return f"coalesce(unnest(told.{name}), {written}) AS {name}"
