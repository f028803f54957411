"""Designs that an earlier version saved stand in the record beside those that are saved now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from chat_app.library import Library
from chat_app.tracing.designs import saved, take_in
from chat_app.tracing.run_store import RunStore
from chat_app.tracing.tables import DESIGNS, REVISIONS, TEXTS


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    made = RunStore(tmp_path / "runs.sqlite")
    yield made
    made.close()


def rows(store: RunStore) -> tuple[list[Any], list[Any]]:
    designs = select(DESIGNS.c.owner, DESIGNS.c.name, DESIGNS.c.revisions).order_by(DESIGNS.c.owner, DESIGNS.c.name)
    revisions = (
        select(REVISIONS.c.owner, REVISIONS.c.name, REVISIONS.c.number, REVISIONS.c.asked, TEXTS.c.text)
        .join(TEXTS, TEXTS.c.sha256 == REVISIONS.c.text_sha256)
        .order_by(REVISIONS.c.owner, REVISIONS.c.name, REVISIONS.c.number)
    )
    return store.read(
        lambda file: tuple([tuple(row) for row in file.execute(query)] for query in (designs, revisions)),  # type: ignore[arg-type,return-value]
        ([], []),
    )


def test_what_was_saved_before_is_brought_in_once(store: RunStore, tmp_path: Path) -> None:
    before = Library(tmp_path / "designs")
    before.save("a: 1\n", name="triage", asked="Sort mail")
    before.save("a: 2\n", name="triage", asked="Faster")
    before.save("b: 1\n", name="poem", owner="ann")
    assert take_in(before, store) == 3
    assert rows(store) == (
        [("ann", "poem", 1), ("local", "triage", 2)],
        [
            ("ann", "poem", 1, "", "b: 1\n"),
            ("local", "triage", 1, "Sort mail", "a: 1\n"),
            ("local", "triage", 2, "Faster", "a: 2\n"),
        ],
    )
    assert take_in(before, store) == 0


def test_what_is_saved_meanwhile_stays_the_newest(store: RunStore, tmp_path: Path) -> None:
    Library(tmp_path).save("a: 1\n", name="triage")
    now = Library(tmp_path, saved=lambda revision, owner, text: store.saved(saved(revision, owner, text)))
    now.save("a: 2\n", name="triage")
    store.flush()
    assert take_in(now, store) == 1
    designs, revisions = rows(store)
    assert designs == [("local", "triage", 2)]
    assert [number for _, _, number, _, _ in revisions] == [1, 2]


def test_nothing_is_made_where_there_are_no_designs(store: RunStore, tmp_path: Path) -> None:
    assert take_in(Library(tmp_path / "designs"), store) == 0
    assert not (tmp_path / "runs.sqlite").exists()
