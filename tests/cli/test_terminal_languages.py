"""What the commands say to people is in the terminal's language; what they print for programs stays English."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from chat_app.cli.run_output import TerminalText, line_of
from chat_app.events.run import (
    ItemProgress,
    LimitReached,
    Logged,
    Recorded,
    RunEvent,
    RunFailed,
    RunStarted,
    RunStopped,
    StepRetried,
    StepSkipped,
    StepStarted,
    ToolCalled,
)
from chat_app.translation import LANGUAGES, speaking

FLOW = """\
version: 1
name: colours
inputs:
  many: {type: array, items: {type: string}}
  count: {type: integer, default: 1}
state:
  each: {type: array, items: {type: string}}
  colour: {type: string, enum: [red, blue]}
  told: {type: string}
outputs: [each, colour, told]
nodes:
  - id: every
    kind: map
    over: "{{ state.many }}"
    item: one
    body:
      state: {text: {type: string}}
      nodes: [{id: say, kind: llm, prompt: "{{ one }}", writes: [text]}]
      returns: text
    writes: [each]
  - {id: choose, kind: human, ask: "?", writes: [colour]}
  - {id: tell, kind: template, template: "{{ state.colour }} {{ state.count }}", writes: [told]}
edges:
  - {from: START, to: every}
  - {from: every, to: choose}
  - from: choose
    routes:
      - {condition: "state.colour == 'red'", to: tell}
      - {to: END}
  - {from: tell, to: END}
tests:
  - {name: "1", inputs: {many: [a]}, answers: {choose: {colour: red}}, expect: ["state.told == 'blue'"]}
"""
WORDS = re.compile(r"[A-Za-z]{2,},? [a-z]{2,}")
THEIRS = ("SELECT", "[say", '"[simulated]', '  "[simulated]')
"""What is no text of ours: questions in SQL, and what the simulated model says."""
GIVEN = ["--answers", "red.json"]
SHAPES = {
    "run": 3,
    "show": 0,
    "resume": 0,
    "nobody": 3,
    "dry-run": 0,
    "test": 1,
    "batch": 1,
    "refused": 1,
    "estimate": 0,
    "validate": 0,
    "diff": 0,
    "prune": 0,
    "files": 0,
    "query": 0,
    "eval": 1,
}
"""What is asked of the command line, and the exit status."""


@pytest.fixture
def said(command: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """What is said in a language by one of the commands; the statuses are the same in all."""
    (tmp_path / "flow.yaml").write_text(FLOW, encoding="utf-8")
    (tmp_path / "red.json").write_text('{"choose": {"colour": "red"}}', encoding="utf-8")
    (tmp_path / "other.json").write_text('{"other": {"colour": "red"}}', encoding="utf-8")
    (tmp_path / "rows.csv").write_text('many,count,others\n"[""a""]",1,1\nb,many,2\n', encoding="utf-8")
    (tmp_path / "good.csv").write_text('many,told\n"[""a""]",blue\n', encoding="utf-8")
    run = ["run", "flow.yaml", "--input", 'many=["a", "b"]', "--model", "simulated"]
    words = {
        "run": run,
        "show": ["runs", "show", "last"],
        "resume": ["runs", "resume", "last", *GIVEN],
        "nobody": [*run, "--answers", "other.json"],
        "dry-run": ["dry-run", "flow.yaml"],
        "test": ["test", "--coverage", "flow.yaml"],
        "batch": ["batch", "flow.yaml", "--data", "rows.csv", "--out", "out.csv", "--model", "simulated", "--anew"],
        "refused": ["run", "flow.yaml"],
        "estimate": ["estimate", "flow.yaml", "--model", "simulated"],
        "validate": ["validate", "flow.yaml"],
        "diff": ["runs", "diff", "last", "last"],
        "prune": ["runs", "prune", "--days", "30", "--dry-run"],
        "files": ["files", "save", "last"],
        "query": ["query", "--examples"],
        "eval": ["eval", "flow.yaml", "--data", "good.csv", "--models", "simulated", *GIVEN, "--no-mlflow"],
    }

    def in_language(code: str, shape: str) -> str:
        monkeypatch.setenv("WORKFLOW_CHAT_LANGUAGE", code)
        found = command(*words[shape])
        assert found.status == SHAPES[shape], found.err
        return str(found.out + found.err)

    return in_language


@pytest.mark.parametrize("code", ["fr", "ja"])
def test_no_sentence_stays_english(said: Callable[[str, str], str], code: str) -> None:
    english = {line for shape in SHAPES for line in said("en", shape).splitlines()}
    ours = {line for line in english if WORDS.search(line) and not line.startswith(THEIRS)}
    assert len(ours) > 15
    for shape in SHAPES:
        assert not ours & set(said(code, shape).splitlines()), shape


def test_the_end_of_a_run_is_told(said: Callable[[str, str], str]) -> None:
    assert "\nattend une personne :\n  choose: ? [colour]\n" in said("fr", "run")
    assert re.search(r"\nfertig in \d+\.\d s\n", said("de", "resume"))
    assert re.search(r"2 filas: 1 (en espera, 1 rechazada|rechazada, 1 en espera)\.", said("es", "batch"))
    assert re.search(r"(?m)^失败 +flow\.yaml: 1\n", said("zh", "test"))


@pytest.mark.parametrize("code", ["de", "zh"])
def test_programs_read_english(command: Callable, said: Callable, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    said(code, "run")
    told = {}
    for one in ("en", code):
        monkeypatch.setenv("WORKFLOW_CHAT_LANGUAGE", one)
        shown = json.loads(command("runs", "show", "last", "--format", "json").out)
        refused = json.loads(command("run", "flow.yaml", "--format", "json").out)
        told[one] = (shown, command("runs", "show", "last", "--format", "events").out, refused)
    assert told["en"] == told[code]


EVENTS: list[RunEvent] = [
    StepRetried("a#1", "a", 1, "timeout", "The step took too long.", 0.5),
    StepSkipped("a#0", "a", "No way that was taken led here."),
    ToolCalled("a#1", "a", "read_document", {}, error="The file is empty."),
    ToolCalled("a#1", "a", "read_document", {}),
    ItemProgress("a#1", "a", 1, 1, 2),
    Logged("Reused the result of an earlier run.", "info", "a#1", "a"),
    RunStarted("flow", "0", "openai/gpt-4o", False, {}),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_what_happens_on_the_way_is_told(event: RunEvent) -> None:
    told = {code: _line(event, code) for code in LANGUAGES}
    assert len(set(told.values())) >= len(LANGUAGES) - 1, told  # "1 de 2" is two languages'
    assert all(told[code] != told["en"] for code in LANGUAGES if code != "en")


def _line(event: RunEvent, code: str) -> str:
    with speaking(code):
        line = line_of(event)
    assert line is not None
    return line


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (RunStopped("stopped"), "\ngestoppt\n"),
        (LimitReached("steps", 5, "The run reached its limit of 5 steps."), "an einer Grenze angehalten: "),
        (RunFailed("It is broken.", "Mend it.", "a"), "fehlgeschlagen: It is broken."),
    ],
)
def test_how_a_run_was_cut_short_is_told(event: RunEvent, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with speaking("de"):
        TerminalText().ended(Recorded(0, 0.0, event, "0"))
    assert told in capsys.readouterr().out


def test_what_code_prints_stays_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    text, printed = TerminalText(), Logged("Reused the result of an earlier run.", "info", "a#1", "a")
    with speaking("fr"):
        for event in (StepStarted("a#1", "a", "code"), printed):
            text.event(Recorded(0, 0.0, event, "0"))
    assert capsys.readouterr().out == "[a] Reused the result of an earlier run.\n"


MISTAKES = [
    (["run", "flow.yaml", "--input", "man=1"], "il n'y a pas d'entrée 'man' ; vouliez-vous dire 'many' ?"),
    (["run", "flow.yaml", "--input", "many"], "--input many : écrivez name=value"),
    (["run", "flow.yaml", "--input", "count=x"], "entrée count : doit être un nombre entier, trouvé : le texte 'x'"),
    (["run", "flow.yaml", "--inputs", "no.json"], "no.json ne peut pas être lu : aucun fichier ni dossier de ce nom"),
    (["runs", "show", "zzz"], "il n'y a pas d'exécution 'zzz' ; voir `workflow-chat runs list`"),
    (
        ["batch", "flow.yaml", "--data", "red.json", "--out", "o.csv"],
        "les lignes sont dans un fichier dont le nom finit par",
    ),
]


@pytest.mark.parametrize(("words", "told"), MISTAKES, ids=lambda part: part if isinstance(part, str) else part[0])
def test_a_mistake_is_told_in_the_terminals_language(
    said: Callable, command: Callable, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    monkeypatch.setenv("WORKFLOW_CHAT_LANGUAGE", "fr")
    found = command(*words)
    assert found.status == 2 and told in found.err


def test_what_a_run_may_use_is_told(said: Callable[[str, str], str]) -> None:
    assert said("de", "estimate").splitlines()[-1] == "Modelle: simulated"
    assert "modèles : simulated" in said("fr", "estimate")


def test_what_came_of_a_design_is_told(command: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKFLOW_CHAT_LANGUAGE", "es")
    said = command("design", "--guided", "--say", "Quiero resumir informes largos", "--out", "made.yaml")
    assert "Escrito en made.yaml. Para ejecutarlo: workflow-chat run made.yaml" in said.out
    assert "\nSupuesto: " in said.out and "Assumed" not in said.out
    undone = command("design", "--guided", "--from", "made.yaml", "--say", "deshazlo")
    assert "No hay nada que deshacer." in undone.out


def test_tools_are_told_around_their_own_words(command: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKFLOW_CHAT_LANGUAGE", "de")
    shown = command("tools", "show", "split_text").out
    assert "\nArgumente:\n" in shown and ", nötig): " in shown and "\nIn einem Workflow:\n" in shown


def test_what_the_doctor_finds_is_told(command: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKFLOW_CHAT_LANGUAGE", "de")
    told = command("doctor").out
    assert told.startswith("Programm\n") and "\nNetz und Geheimnisse\n" in told
    assert "simulated: braucht weder Schlüssel noch Netz" in told
    assert "Workflows dürfen jeden öffentlichen Rechner erreichen" in told
    found = json.loads(command("doctor", "--format", "json").out)
    assert found[0]["title"] == "Program"
    assert "workflows may contact any public host" in [one["text"] for one in found[-1]["findings"]]
