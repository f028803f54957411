"""`test` from the command line: outcomes for people and for CI, coverage, and a judge on a real socket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.servers.openai_server import Asked, OpenAIServer, Says

TEXT = """\
version: 1
name: mail
inputs: {mail: {type: string}}
state: {mood: {type: string, enum: [calm, angry]}, answer: {type: string}}
outputs: [answer]
nodes:
  - {id: judge, kind: llm, prompt: "Judge {{ state.mail }}", writes: [mood]}
  - {id: soothe, kind: template, template: "Sorry!", writes: [answer]}
  - {id: thank, kind: template, template: "Thanks <&>", writes: [answer]}
edges:
  - {from: START, to: judge}
  - {from: judge, routes: [{condition: "state.mood == 'angry'", to: soothe}, {to: thank}]}
  - {from: soothe, to: END}
  - {from: thank, to: END}
limits: {steps: 9, cost_usd: 1}
tests:
  - name: a calm mail is <thanked> for
    inputs: {mail: Hello}
    given: {judge: {mood: calm}}
    expect: ["state.answer == 'Thanks <&>'"]
    judged: [The answer is polite.]
  - name: this one fails
    inputs: {mail: Hello}
    given: {judge: {mood: calm}}
    expect: ["state.answer == 'Sorry!'"]
"""


@pytest.fixture
def mail(tmp_path: Path) -> str:
    (tmp_path / "mail.yaml").write_text(TEXT, encoding="utf-8")
    return "mail.yaml"


def test_outcomes_are_written_as_junit(command: Callable, mail: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("version: 1\nname: bad\nnodes: []\n", encoding="utf-8")
    said = command("test", mail, "bad.yaml", "--junit", "out.xml")
    assert said.status == 1
    assert "1 passed, 2 failed" in said.out and "1 statement was not judged" in said.out
    top = ElementTree.parse(tmp_path / "out.xml").getroot()
    assert {name: top.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "3",
        "failures": "1",
        "errors": "1",
    }
    good, bad = top
    assert [case.get("name") for case in good] == ["a calm mail is <thanked> for", "this one fails"]
    (failure,) = good.iter("failure")
    assert "does not hold (answer = 'Thanks <&>')" in str(failure.get("message"))
    assert "nodes" in str(next(bad.iter("error")).text)
    assert command("test", mail, "--junit", "no/such/folder.xml").status == 2


def test_coverage_names_what_no_test_goes_through(command: Callable, mail: str) -> None:
    out = command("test", mail, "--coverage").out
    assert "The tests go through 2 of 3 nodes and 1 of 2 routes." in out
    assert "Not through: soothe, route 1 of `judge`." in out


@pytest.mark.parametrize("holds", [True, False])
def test_a_model_judges_what_it_is_named_for(
    command: Callable, mail: str, monkeypatch: pytest.MonkeyPatch, holds: bool
) -> None:
    def verdict(asked: Asked) -> Says:
        assert "Thanks <&>" in asked.text and "The answer is polite." in asked.text
        return Says(f'{{"reason": "It says thanks.", "holds": {str(holds).lower()}}}')

    with OpenAIServer(verdict, key="sk-judge") as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-judge")
        monkeypatch.setenv("OPENAI_API_BASE", server.base_url)
        said = command("test", mail, "--judge", "openai/any")
        assert len(server.requests) == 1
    assert ("pass  mail.yaml: a calm mail" in said.out) == holds
    assert ('does not find that "The answer is polite.": It says thanks.' in said.out) != holds
    assert "not judged" not in said.out


def test_a_judge_that_cannot_judge_fails_the_test(
    command: Callable, mail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OpenAIServer([Says("I would rather not say."), Says("No.")], key="sk-judge") as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-judge")
        monkeypatch.setenv("OPENAI_API_BASE", server.base_url)
        said = command("test", mail, "--judge", "openai/any")
    assert "gave no verdict in 2 tries" in said.out and said.status == 1
    # What another server asks is unknown, and unknown is not nothing.
    assert "The judge, openai/any: 2 calls, cost unknown." in said.err
