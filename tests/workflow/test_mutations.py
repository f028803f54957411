"""A single mutation of a valid workflow is found by the checker, or its run does not break."""

from __future__ import annotations

import pytest

from chat_app.workflow.check import check
from tests.workflow.mutating import FOUND, MISSED, MUTATIONS, mutants


@pytest.fixture(scope="module")
def drawn() -> list:
    return list(mutants(seed=7, count=80))


def test_no_mutant_that_is_accepted_breaks_in_a_run(drawn: list) -> None:
    assert [(mutant.kind, mutant.path, mutant.why) for mutant in drawn if mutant.fate == MISSED] == []


@pytest.mark.parametrize("kind", MUTATIONS)
def test_most_mutants_are_found(drawn: list, kind: str) -> None:
    fates = [mutant.fate for mutant in drawn if mutant.kind == kind]

    assert fates.count(FOUND) / len(fates) >= 0.7


@pytest.mark.parametrize("version", ["true", "1.0"])
def test_what_only_equals_the_version_is_none(version: str) -> None:
    nodes = "nodes: [{id: a, kind: human, ask: A, writes: [t]}]"
    text = f"version: {version}\nname: x\nstate: {{t: {{type: string}}}}\n{nodes}\n"

    assert [found.code for found in check(text).faults if found.code == "bad-value"] == ["bad-value"]
