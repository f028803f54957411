"""`split_text`: bounded pieces that lose nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.tools.catalog import Catalog
from chat_app.tools.errors import ArgumentsRefused
from chat_app.tools.network import Network
from chat_app.tools.splitting import SPLIT_TEXT, SplitArguments, split_text
from chat_app.tools.tool import ToolContext

CONTEXT = ToolContext(Network())
PROSE = st.text(alphabet=st.sampled_from("ab .!?\n,;。、中é\t"), max_size=600)


@given(PROSE, st.integers(20, 100))
async def test_every_letter_is_in_exactly_one_piece(text: str, most: int) -> None:
    pieces = await split_text(SplitArguments(text=text, max_characters=most), CONTEXT)
    assert all(0 < len(piece) <= most for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(PROSE, st.integers(20, 60), st.integers(0, 10))
async def test_overlap_repeats_and_comes_to_an_end(text: str, most: int, overlap: int) -> None:
    pieces = await split_text(SplitArguments(text=text, max_characters=most, overlap=overlap), CONTEXT)
    assert all(len(piece) <= most for piece in pieces)
    assert all(piece in text for piece in pieces)
    assert set("".join(text.split())) == set("".join("".join(pieces).split()))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("   \n ", []),
        ("Short.", ["Short."]),
        ("First paragraph here.\n\nSecond one is here.", ["First paragraph here.", "Second one is here."]),
        ("One sentence is here. Another sentence.", ["One sentence is here.", "Another sentence."]),
        (
            "这是第一句话，它很长很长很长很长。这是第二句话。",
            ["这是第一句话，它很长很长很长很长。", "这是第二句话。"],
        ),
        ("x" * 50, ["x" * 22, "x" * 22, "x" * 6]),
    ],
)
async def test_cuts_stand_where_a_reader_would_pause(text: str, pieces: list[str]) -> None:
    assert await split_text(SplitArguments(text=text, max_characters=22), CONTEXT) == pieces


async def test_too_much_overlap_is_refused() -> None:
    with pytest.raises(ArgumentsRefused, match="at most half"):
        await Catalog([SPLIT_TEXT]).call("split_text", {"text": "a", "max_characters": 20, "overlap": 15}, CONTEXT)
