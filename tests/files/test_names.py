"""Cleaned names: they lead nowhere, hide nothing and can be saved anywhere."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.files.names import clean_file_name, suffix_of


@pytest.mark.parametrize(
    ("told", "cleaned"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\report.pdf", "report.pdf"),
        ("/", "file"),
        ("..", "file"),
        ("", "file"),
        (".env", "env"),
        ("a\x00b\nc\td.txt", "ab c d.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("what? <this> is: 1|2*.md", "what_ _this_ is_ 1_2_.md"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("lpt1 .txt", "_lpt1 .txt"),
        ("trailing. . ", "trailing"),
        ("Übersicht 日本語.docx", "Übersicht 日本語.docx"),
        ("e\u0301te\u0301.txt", "été.txt"),
        ("bad\ud800name.txt", "bad_name.txt"),
    ],
)
def test_names_are_cleaned(told: str, cleaned: str) -> None:
    assert clean_file_name(told) == cleaned


def test_a_long_name_keeps_its_ending() -> None:
    assert clean_file_name("a" * 500 + ".docx").endswith("a.docx")
    assert len(clean_file_name("日" * 500 + ".docx").encode()) <= 240
    assert clean_file_name("日" * 500 + ".docx").endswith("日.docx")


@given(st.text(max_size=300))
def test_any_name_becomes_one_that_can_be_used(told: str) -> None:
    name = clean_file_name(told)
    assert name
    assert Path("folder", name).parent == Path("folder")
    assert len(name.encode()) <= 255
    assert not any(character in name for character in '/\\\0<>:"|?*\n\r\u202e')
    assert name == name.strip(" .")
    assert clean_file_name(name) == name


def test_the_ending_of_a_name() -> None:
    assert [suffix_of(name) for name in ("a.PDF", "a", ".env", "a.tar.gz", "a.", "x." + "y" * 20)] == [
        ".pdf",
        "",
        "",
        ".gz",
        "",
        "",
    ]
