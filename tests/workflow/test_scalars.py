"""Plain scalars as YAML 1.2 has them."""

from __future__ import annotations

import math
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from chat_app.workflow.scalars import scalar_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("No", "No"),
        ("12", 12),
        ("-3", -3),
        ("+4", 4),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("9" * 41, 1e41),
        ("9" * 61, "9" * 61),
        ("٣", "٣"),
        ("2026-11-22", "2026-11-22"),
        ("-", "-"),
        (".", "."),
    ],
)
def test_what_a_plain_scalar_means(text: str, value: object) -> None:
    found = scalar_value(text)

    assert found == value
    assert type(found) is type(value)


@settings(deadline=None)
@given(st.one_of(st.integers(-(10**12), 10**12).map(str), st.floats(allow_nan=False, allow_infinity=False).map(repr)))
def test_numbers_are_read_as_ruamel_reads_them(text: str) -> None:
    known = YAML(typ="safe").load(StringIO(f"a: {text}"))["a"]

    assert math.isclose(float(scalar_value(text)), float(known))  # type: ignore[arg-type]
