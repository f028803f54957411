"""One server process for all tests of this folder: each test opens a document of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.language_server.editor import ROOT, Editor, Page


@pytest.fixture(scope="session")
def editor() -> Iterator[Editor]:
    editor = Editor()
    editor.begin()
    yield editor
    assert editor.end() == 0
    assert editor.wire.stray == b""


@pytest.fixture
def triage(editor: Editor) -> Page:
    """An example, open."""
    return editor.open(example("support_triage"))


def example(name: str) -> str:
    return (ROOT / "generated_configs" / "examples" / f"{name}.yaml").read_text(encoding="utf-8")
