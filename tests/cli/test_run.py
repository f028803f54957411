import json
from collections.abc import Callable
from pathlib import Path

import pytest

LOOP = """\
version: 1
name: hello
inputs:
  who: {type: string}
  times: {type: integer, default: 1}
state:
  text: {type: string}
outputs: [text]
nodes:
  - {id: greet, kind: template, template: "Hello {{ state.who }} {{ state.times }}", writes: [text]}
"""


@pytest.fixture
def hello(tmp_path: Path) -> str:
    file = tmp_path / "hello.yaml"
    file.write_text(LOOP, encoding="utf-8")
    return str(file)


def test_json_is_alone_on_standard_output(command: Callable, hello: str) -> None:
    said = command("run", hello, "--input", "who=Ada", "--input", "times=3", "--format", "json")
    assert said.status == 0
    result = json.loads(said.out)
    assert list(result) == ["run_id", "status", "outputs", "usage"]
    assert (result["status"], result["outputs"]) == ("done", {"text": "Hello Ada 3"})
    assert result["run_id"]


def test_events_are_one_json_a_line_in_order(command: Callable, hello: str) -> None:
    said = command("run", hello, "--input", "who=Ada", "--format", "events")
    assert said.status == 0
    entries = [json.loads(line) for line in said.out.splitlines()]
    assert [entry["offset"] for entry in entries] == list(range(len(entries)))
    assert entries[0]["event"] == "run_started"
    assert entries[-1]["event"] == "run_finished"


def test_text_streams_and_says_that_it_is_simulated(command: Callable, example: Callable) -> None:
    said = command("run", example("write_and_review"), "--input", "topic=Salt", "--model", "simulated")
    assert said.status == 0
    assert "SIMULATED" in said.out
    assert "[write]" in said.out
    assert "score:" in said.out


def test_inputs_from_a_file(command: Callable, hello: str, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text('{"who": "Bo", "times": 2}', encoding="utf-8")
    said = command("run", hello, "--inputs", "in.json", "--format", "json")
    assert json.loads(said.out)["outputs"] == {"text": "Hello Bo 2"}


@pytest.fixture
def ask(tmp_path: Path) -> str:
    file = tmp_path / "ask.yaml"
    file.write_text(
        """\
version: 1
name: ask
state: {colour: {type: string, enum: [red, blue]}}
outputs: [colour]
nodes:
  - {id: choose, kind: human, ask: Which colour?, writes: [colour]}
""",
        encoding="utf-8",
    )
    return str(file)


def test_a_run_that_waits_for_a_person_exits_3(command: Callable, ask: str, tmp_path: Path) -> None:
    waiting = command("run", ask, "--format", "json")
    assert waiting.status == 3
    assert json.loads(waiting.out)["status"] == "waiting"
    assert json.loads(waiting.out)["questions"][0]["node"] == "choose"
    (tmp_path / "answers.json").write_text('{"choose": {"colour": "red"}}', encoding="utf-8")
    answered = command("run", ask, "--answers", "answers.json", "--format", "json")
    assert answered.status == 0
    assert json.loads(answered.out)["outputs"] == {"colour": "red"}


@pytest.mark.parametrize("answers", ['{"choose": {"colour": "green"}}', '{"choose": {}}', '{"choose": {"shade": 1}}'])
@pytest.mark.parametrize("format", ["json", "text", "events"])
def test_wrong_answers_fail_with_the_reason(
    command: Callable, ask: str, tmp_path: Path, answers: str, format: str
) -> None:
    (tmp_path / "answers.json").write_text(answers, encoding="utf-8")
    said = command("run", ask, "--answers", "answers.json", "--format", format)
    assert said.status == 1
    told = json.loads(said.out)["error"]["message"] if format == "json" else said.err
    assert "colour" in told


def test_answers_by_step_and_answers_that_nobody_asked_for(command: Callable, ask: str, tmp_path: Path) -> None:
    (tmp_path / "answers.json").write_text('{"choose#1": {"colour": "blue"}}', encoding="utf-8")
    assert command("run", ask, "--answers", "answers.json").status == 0
    (tmp_path / "answers.json").write_text('{"chose": {"colour": "red"}}', encoding="utf-8")
    said = command("run", ask, "--answers", "answers.json", "--format", "json")
    assert said.status == 3
    assert json.loads(said.out)["status"] == "waiting"
    assert "chose" in said.err


def test_an_invalid_file_is_not_run(command: Callable, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("version: 1\nname: bad\nnodes: []\n", encoding="utf-8")
    said = command("run", "bad.yaml", "--format", "json")
    assert said.status == 1
    result = json.loads(said.out)
    assert (result["status"], result["run_id"]) == ("invalid", None)
    assert result["diagnostics"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--input", "whoo=Ada"], "who"),
        (["--input", "who"], "name=value"),
        (["--input", "times=many", "--input", "who=x"], "times"),
        (["--inputs", "nowhere.json"], "nowhere.json"),
    ],
)
def test_wrong_inputs_are_misuse_with_a_hint(command: Callable, hello: str, words: list[str], hint: str) -> None:
    said = command("run", hello, *words)
    assert said.status == 2
    assert hint in said.err


def test_a_missing_input_fails_with_its_name(command: Callable, hello: str) -> None:
    said = command("run", hello, "--format", "json")
    assert said.status == 1
    assert "who" in said.out + said.err


def test_an_unknown_model_says_what_to_do(command: Callable, example: Callable) -> None:
    said = command(
        "run", example("write_and_review"), "--input", "topic=Salt", "--model", "nosuch/model", "--format", "json"
    )
    assert said.status == 1
    error = json.loads(said.out)["error"]
    assert "nosuch/model" in error["message"]
    assert error["help"]
