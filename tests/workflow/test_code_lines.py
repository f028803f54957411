"""Lines of code found again in the file."""

from __future__ import annotations

import pytest

from chat_app.workflow.code_lines import location_in_code
from chat_app.workflow.source import read

TEXT = """\
nodes:
  - id: a
    code: |  # a comment | with a bar

      x = 1
      y = a |
        z
  - {id: b, code: "x = 1"}
  - id: c
    code: >-
      abc
      def
  - id: d
    code: |2-
        x = 1
      y = 2
"""


@pytest.mark.parametrize(
    ("node", "line", "column", "expected", "shows"),
    [
        (0, 2, 1, (5, 7), "x = 1"),
        (0, 3, 5, (6, 11), "a |"),
        (0, 4, 3, (7, 9), "z"),
        (1, 1, 5, (8, 19), '"x = 1"'),
        (2, 1, 1, (10, 11), ">-"),
        (3, 1, 3, (15, 9), "x = 1"),
        (3, 2, 1, (16, 7), "y = 2"),
    ],
)
def test_a_line_of_code_is_found_in_the_file(
    node: int, line: int, column: int, expected: tuple[int, int], shows: str
) -> None:
    source = read(TEXT)
    assert not source.problems
    place = location_in_code(source, ("nodes", node, "code"), source.data["nodes"][node]["code"], line, column)
    assert place is not None
    assert (place.line, place.column) == expected
    assert source.line(place.line)[place.column - 1 :].startswith(shows)


def test_a_line_beyond_the_file_is_no_crash() -> None:
    assert location_in_code(read(TEXT), ("nodes", 3, "code"), "  x = 1\ny = 2", 99)
