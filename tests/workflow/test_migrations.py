"""Older files are brought to the present version, and keep every other byte."""

from __future__ import annotations

import pytest

from chat_app.workflow.check import check
from chat_app.workflow.document import LANGUAGE_VERSION
from chat_app.workflow.edits.fixers import apply_fix
from chat_app.workflow.mend import mend
from chat_app.workflow.migrations import FIRST, MIGRATIONS, migrate

HEADER = "# yaml-language-server: $schema=../schemas/workflow.schema.json\n"
REST = """\
# What it is called.
name: "greeting"   # odd   spacing stays
state: {text: {type: string}}
outputs: [text]
nodes:
  - {id: greet, kind: template, template: 'Hello',   writes: [text]}
"""
BEFORE_AND_AFTER = [
    (REST, REST.replace('name: "g', 'version: 1\nname: "g')),
    (HEADER + REST, HEADER + "version: 1\n" + REST),
    (HEADER + "---\n" + REST, HEADER + "---\n" + REST.replace('name: "g', 'version: 1\nname: "g')),
    ("%YAML 1.2\n---\n" + REST, "%YAML 1.2\n---\n" + REST.replace('name: "g', 'version: 1\nname: "g')),
    ("\ufeff" + REST[21:], "\ufeffversion: 1\n" + REST[21:]),
    ((HEADER + REST).replace("\n", "\r\n"), (HEADER + "version: 1\n" + REST).replace("\n", "\r\n")),
    (REST + "version: 0  # old\n", REST + "version: 1  # old\n"),
    (
        "{name: x, state: {t: {type: string}}, nodes: [{id: a, kind: human, ask: A, writes: [t]}]}",
        "{version: 1, name: x, state: {t: {type: string}}, nodes: [{id: a, kind: human, ask: A, writes: [t]}]}",
    ),
]


@pytest.mark.parametrize(("before", "after"), BEFORE_AND_AFTER)
def test_an_older_file_keeps_every_other_byte(before: str, after: str) -> None:
    assert migrate(before) == after
    assert check(after).workflow is not None


@pytest.mark.parametrize(("before", "after"), BEFORE_AND_AFTER)
def test_the_fix_is_the_migration(before: str, after: str) -> None:
    [found] = [found for found in check(before).faults if found.code == "older-version"]

    assert found.fix is not None
    assert apply_fix(before, found.fix) == after
    assert mend(before).text == after


def test_what_else_is_wrong_is_told_with_it() -> None:
    codes = [found.code for found in check(REST.replace("[text]\nnodes", "[texd]\nnodes")).faults]

    assert sorted(codes) == ["older-version", "unknown-name"]


@pytest.mark.parametrize(
    "text", ["version: 1\n" + REST, "version: 2\n" + REST, "version: x\n" + REST, "- a\n", "", "a: [\n"]
)
def test_what_is_not_older_stays_as_it_is(text: str) -> None:
    assert migrate(text) == text


def test_a_step_leads_from_every_older_version() -> None:
    assert list(MIGRATIONS) == list(range(FIRST, LANGUAGE_VERSION))
