"""How wide the columns of a table become."""

from __future__ import annotations

import pytest

from chat_app.tools.writing.blocks import LINE, Table, blocks_of, shares

LONG = "a sentence that goes on and on, as they do in tables of demands and offers, for quite a while"


@pytest.mark.parametrize(
    "row",
    [
        ("3.1", LONG, "must", "unclear", LONG, "-"),
        ("1", "2"),
        (LONG, LONG),
        ("x" * 60, "y" * 60, "z" * 60, LONG),
    ],
)
def test_no_word_is_broken_where_there_is_room(row: tuple[str, ...]) -> None:
    lines = [" | ".join(["head"] * len(row)), " | ".join(["---"] * len(row)), " | ".join(row)]
    (table,) = blocks_of("\n".join(f"| {line} |" for line in lines))
    assert isinstance(table, Table)
    widths = shares(table)
    assert sum(widths) == pytest.approx(1)
    longest = [max(len(word) for word in [*cell.split(), "head"]) for cell in row]
    if sum(longest) + 2 * len(row) <= LINE:
        assert all(share * LINE >= most for share, most in zip(widths, longest, strict=True))
