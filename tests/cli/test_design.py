import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.designer.agent.samples import FIRST, answer, edit
from tests.designer.agent.test_modes import SUMMARY
from tests.servers.openai_server import OpenAIServer, Says, as_json

WISHES = [
    "answer questions about a document",
    "extract the name and the date from a letter",
    "classify support mail as billing or technical and answer each differently",
    "write a text, have it reviewed and improve it until it is good",
    "summarise each item of a list",
    "research a topic from several angles at once and merge the findings",
]


@pytest.mark.parametrize("wish", WISHES)
def test_a_wish_becomes_a_workflow_that_runs(command: Callable, wish: str, tmp_path: Path) -> None:
    said = command("design", "--guided", "--say", wish, "--out", "made.yaml", "--format", "json")
    assert said.status == 0
    result = json.loads(said.out)
    assert result["valid"]
    assert [one for one in result["diagnostics"] if one["severity"] == "error"] == []
    assert result["yaml"] == (tmp_path / "made.yaml").read_text(encoding="utf-8")
    assert command("validate", "made.yaml").status == 0
    assert command("dry-run", "made.yaml").status == 0
    assert command("test", "made.yaml").status == 0


def test_open_questions_take_their_defaults_as_assumptions(command: Callable) -> None:
    said = command("design", "--guided", "--say", WISHES[0], "--format", "json")
    result = json.loads(said.out)
    assert result["assumptions"]
    assert [turn["role"] for turn in result["transcript"]][:2] == ["user", "designer"]


def test_text_shows_the_yaml(command: Callable) -> None:
    said = command("design", "--guided", "--say", WISHES[3])
    assert said.status == 0
    assert "version: 1" in said.out
    assert "Assumed:" in said.out


def test_go_on_with_a_workflow_that_is_there(command: Callable, example: Callable) -> None:
    before = Path(example("write_and_review")).read_text(encoding="utf-8")
    said = command(
        "design", "--guided", "--from", example("write_and_review"),
        "--say", "ask me before the end", "--format", "json",
    )  # fmt: skip
    assert said.status == 0
    after = json.loads(said.out)["yaml"]
    assert "kind: human" in after
    kept = [line for line in before.splitlines() if "prompt" in line or line.strip().startswith("#")]
    assert [line for line in kept if line not in after.splitlines()] == []


def test_what_is_only_offered_does_not_replace_a_workflow_that_is_there(command: Callable, example: Callable) -> None:
    before = Path(example("write_and_review")).read_text(encoding="utf-8")
    said = command(
        "design", "--guided", "--from", example("write_and_review"), "--say", "at most 9 colours", "--format", "json"
    )
    result = json.loads(said.out)
    assert result["offered"]
    assert result["yaml"] == before


@pytest.mark.parametrize(
    "words",
    [
        ["--guided", "--model", "x"],
        ["--answers", "a.json"],
        ["--format", "json"],
        ["--from", "nowhere.yaml", "--say", "x"],
    ],
)
def test_misuse_exits_2(command: Callable, words: list[str]) -> None:
    assert command("design", *words).status == 2


def test_answers_are_written_and_build_the_same_workflow_again(command: Callable, tmp_path: Path) -> None:
    wish = "sort mails into billing, technical and sales and draft a reply in German"
    first = command("design", "--guided", "--say", wish, "--answers-out", "answers.json", "--out", "first.yaml")
    assert first.status == 0
    saved = json.loads((tmp_path / "answers.json").read_text(encoding="utf-8"))
    assert [label["name"] for label in saved["answers"]["labels"]] == ["billing", "technical", "sales"]
    again = command("design", "--guided", "--answers", "answers.json", "--out", "again.yaml", "--format", "json")
    assert again.status == 0
    assert json.loads(again.out)["questions"] == []
    assert (tmp_path / "again.yaml").read_text(encoding="utf-8") == (tmp_path / "first.yaml").read_text(
        encoding="utf-8"
    )


def test_answers_may_be_written_by_hand(command: Callable, tmp_path: Path) -> None:
    data = {"recipe": {"pattern": "rule_route"}, "answers": {"low": "fifty"}}
    (tmp_path / "mine.json").write_text(json.dumps(data), encoding="utf-8")
    said = command("design", "--guided", "--answers", "mine.json", "--format", "json")
    result = json.loads(said.out)
    assert said.status == 0
    assert "state.amount <= 50" in result["yaml"]
    assert any("How many times that is large" in assumed for assumed in result["assumptions"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "cannot be read"),
        ("[]", "answers"),
        ('{"recipe": {"pattern": "nothing"}}', "There is no pattern 'nothing'"),
        ('{"recipe": {"steps": [{"di": "x"}]}}', "The steps of the recipe cannot be read"),
        ('{"recipe": {"pattern": "rule_route"}, "answers": {"hight": 1}}', "asks nothing called 'hight'"),
        ('{"recipe": {"pattern": "rule_route"}, "answers": {"low": "much"}}', "was not understood"),
        ('{"recipe": {"pattern": "rule_route"}, "answers": {"low": -1}}', "was not understood"),
        ('{"recipe": {"pattern": "classify_route"}, "answers": {"labels": [1, 2]}}', "was not understood"),
    ],
)
def test_answers_that_fit_nothing_say_why(command: Callable, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "bad.json").write_text(text, encoding="utf-8")
    said = command("design", "--guided", "--answers", "bad.json")
    assert said.status == 2
    assert told in said.err


@pytest.mark.parametrize(("model", "hint"), [("nosuch/model", "nosuch/model"), ("openai/x", "OPENAI_API_KEY")])
def test_a_model_that_cannot_be_used_is_told_with_what_to_do(command: Callable, model: str, hint: str) -> None:
    said = command("design", "--model", model, "--say", WISHES[0], "--format", "json")
    assert said.status == 2
    assert said.out == ""
    assert hint in said.err
    assert "--guided" in said.err


SHORT = edit({"op": "set_prompt", "id": "reply", "prompt": "Answer in one line: {{ state.email }}"})
NOTHING = as_json(answer("Done."))


def keyed(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.keys.items():
        monkeypatch.setenv(name, value)


def test_a_model_is_tried_once_before_it_designs_and_warned_of(
    command: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    design = ("design", "--model", "openai/m", "--say", "Answer mails")
    with OpenAIServer([as_json(SUMMARY), NOTHING, NOTHING], otherwise=as_json(FIRST)) as server:
        keyed(server, monkeypatch)
        first = command(*design)
        asked = len(server.requests)
        second = command(*design)
        assert len(server.requests) - asked == 1
    assert first.status == second.status == 0
    assert "Trying openai/m on three small designs" in first.err and "Trying" not in second.err
    for said in (first, second):
        assert "1 of 3" in said.err and "openai/llama3.2" in said.err and "--guided" in said.err


def test_a_model_that_can_not_design_says_so_before_anything_is_designed(
    command: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OpenAIServer(otherwise=Says("I am a poem.")) as server:
        keyed(server, monkeypatch)
        said = command("design", "--model", "openai/poet", "--say", "Answer mails")
        assert said.status == 1 and "solved none" in said.err
        before = len(server.requests)
        command("design", "--model", "openai/other", "--no-probe", "--say", "Answer mails")
        assert len(server.requests) - before < before


def test_undo_goes_back_to_the_workflow_that_was_given(
    command: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with OpenAIServer([as_json(FIRST), as_json(SHORT)], otherwise=as_json(answer("You asked for it."))) as server:
        keyed(server, monkeypatch)
        design = ("design", "--model", "openai/m", "--no-probe")
        assert command(*design, "--say", "Answer mails", "--out", "one.yaml").status == 0
        words = ("--say", "Shorter", "--say", "undo that", "--say", "Why did you do that?")
        said = command(*design, "--from", "one.yaml", *words, "--out", "two.yaml")
    assert "Undone." in said.out and "You asked for it." in said.out
    assert (tmp_path / "two.yaml").read_bytes() == (tmp_path / "one.yaml").read_bytes()
