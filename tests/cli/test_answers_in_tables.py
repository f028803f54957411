"""`batch` and `eval` with what people answer: for all rows from a file, for one from its column."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

FLOW = """\
version: 1
name: mail
inputs: {mail: {type: string}}
state:
  draft: {type: string}
  decision: {type: string, enum: [send, discard]}
  said: {type: string}
outputs: [said]
nodes:
  - {id: write, kind: llm, prompt: "Answer {{ state.mail }}", writes: [draft]}
  - {id: approve, kind: human, ask: "Send it?", writes: [decision]}
  - {id: tell, kind: template, template: "{{ state.decision }} {{ state.mail }}", writes: [said]}
"""
DISCARD = json.dumps({"approve": {"decision": "discard"}})
SEND = {"approve": {"decision": "send"}}


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    (tmp_path / "flow.yaml").write_text(FLOW, encoding="utf-8")
    (tmp_path / "send.json").write_text(json.dumps(SEND), encoding="utf-8")
    cases = [["mail", "answers", "said"], ["a", DISCARD, "discard a"], ["b", "", "send b"]]
    for name, columns in (("mails.csv", 2), ("cases.csv", 3)):
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(row[:columns] for row in cases)
    return tmp_path


def results(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8") as file:
        return [(row["_status"], row["said"]) for row in csv.DictReader(file)]


BATCH = ("batch", "flow.yaml", "--data", "mails.csv", "--out", "out.csv", "--model", "simulated")


def test_a_batch_goes_on_with_answers_given_later(command: Callable, flow: Path) -> None:
    said = command(*BATCH)
    assert said.status == 3 and "1 waiting" in said.err, said.err
    assert results(flow / "out.csv") == [("finished", "discard a"), ("waiting", "")]
    said = command(*BATCH, "--answers", "send.json")
    assert said.status == 0, said.err
    assert results(flow / "out.csv") == [("finished", "discard a"), ("finished", "send b")]


def test_an_answer_that_does_not_fit_is_told_and_the_row_waits(command: Callable, flow: Path) -> None:
    (flow / "send.json").write_text('{"approve": {"decision": "perhaps"}}', encoding="utf-8")
    said = command(*BATCH, "--answers", "send.json")
    assert said.status == 3 and "decision" in said.err and "perhaps" in said.err, said.err
    assert results(flow / "out.csv")[1] == ("waiting", "")


def test_an_evaluation_answers_each_case_and_says_what_is_missing(command: Callable, flow: Path) -> None:
    words = ("eval", "flow.yaml", "--data", "cases.csv", "--models", "simulated", "--no-mlflow", "--format", "json")
    without = command(*words)
    cases = json.loads(without.out)["models"][0]["cases"]
    assert without.status == 1 and cases[0]["passed"]
    assert "approve waits for a person" in str(cases[1]["does_not_hold"])
    assert "in a column `answers`, or with --answers" in without.err
    said = command(*words, "--answers", "send.json")
    assert said.status == 0, said.err
    assert [one["outputs"]["said"] for one in json.loads(said.out)["models"][0]["cases"]] == ["discard a", "send b"]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ('{"aprove": {"decision": "send"}}', "no node `aprove` asks a person; did you mean `approve`?"),
        ('{"approve": "send"}', "`approve` must hold an object {field: value}, found 'send'"),
        ("[]", "must hold a JSON object"),
    ],
)
def test_answers_for_nobody_are_misuse(command: Callable, flow: Path, answers: str, told: str) -> None:
    (flow / "send.json").write_text(answers, encoding="utf-8")
    for words in (BATCH, ("eval", "flow.yaml", "--data", "mails.csv", "--models", "simulated")):
        said = command(*words, "--answers", "send.json")
        assert said.status == 2 and told in said.err, said.err


def test_a_cell_that_is_no_answer_names_its_row(command: Callable, flow: Path) -> None:
    (flow / "mails.csv").write_text("mail,answers\na,send\n", encoding="utf-8")
    said = command(*BATCH)
    assert 'column `answers`: must be JSON such as {"approve": {"field": "value"}}, found \'send\'' in said.err


def test_a_field_named_answers_is_a_field(command: Callable, flow: Path) -> None:
    text = FLOW.replace("mail: {type: string}}", "mail: {type: string}, answers: {type: string}}")
    (flow / "flow.yaml").write_text(text.replace("{{ state.decision }} {{ state.mail }}", "{{ state.answers }}"))
    (flow / "mails.csv").write_text("mail,answers\na,send\n", encoding="utf-8")
    said = command(*BATCH, "--answers", "send.json")
    assert said.status == 0 and results(flow / "out.csv") == [("finished", "send")], said.err
