"""Where things stand in a text."""

from __future__ import annotations

import pytest

from chat_app.workflow.diagnostics import Location, Path
from chat_app.workflow.source import read

TEXT = """\
# a comment
name: greeting   # behind it
nodes:
  - id: "größe 😀 x"
    prompt: |
      one

      two

  - {id: b, to: [END, 2.5]}
# the end
"""


@pytest.mark.parametrize(
    ("path", "written"),
    [
        (("name",), "greeting"),
        (("nodes", 0, "id"), '"größe 😀 x"'),
        (("nodes", 0, "prompt"), "|\n      one\n\n      two"),
        (("nodes", 0), 'id: "größe 😀 x"\n    prompt: |\n      one\n\n      two'),
        (("nodes", 1), "{id: b, to: [END, 2.5]}"),
        (("nodes", 1, "to", 1), "2.5"),
        (("nodes", 2), None),
        (("name", "x"), None),
    ],
)
def test_a_span_is_the_value_as_it_is_written(path: Path, written: str | None) -> None:
    source = read(TEXT)
    span = source.span(path)

    assert (span and source.text[slice(*span)]) == written


def test_spans_hold_behind_a_byte_order_mark_and_windows_line_ends() -> None:
    source = read("\ufeff" + TEXT.replace("\n", "\r\n"))

    for path in [("name",), ("nodes", 0, "id"), ("nodes", 1, "to", 0)]:
        span = source.span(path)
        assert span is not None
        assert source.text[slice(*span)] in ("greeting", '"größe 😀 x"', "END")


@pytest.mark.parametrize(
    ("path", "key", "location"),
    [
        (("name",), False, Location(2, 7, 2, 15)),
        (("name",), True, Location(2, 1, 2, 5)),
        (("nodes", 0, "id"), False, Location(4, 9, 4, 20)),
        (("nodes", 0, "prompt"), False, Location(5, 5, 5, 11)),
        (("nodes", 0, "missing"), False, Location(4, 5, 4, 20)),
        (("nodes", 1, "to", 7), False, Location(10, 13, 10, 15)),
        (("nowhere",), False, Location(2, 1, 2, 29)),
        ((), False, Location(2, 1, 2, 29)),
    ],
)
def test_a_location_is_where_a_person_would_point(path: Path, key: bool, location: Location) -> None:
    assert read(TEXT).location(path, key=key) == location


def test_a_text_without_data_has_no_locations() -> None:
    assert read("").location(("name",)) is None


def test_lines_are_told_without_their_ends() -> None:
    source = read("a: 1\r\nb: 2\r\n")

    assert (source.line(1), source.line(2), source.line(3), source.line(9)) == ("a: 1", "b: 2", "", "")


def test_keys_are_read_as_they_are_written() -> None:
    assert read("{yes: 1, 2: b, null: c, 'x y': d}").data == {"yes": 1, "2": "b", "null": "c", "x y": "d"}
