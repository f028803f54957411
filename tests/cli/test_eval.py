"""`eval` against a provider on a real socket: three models of different worth and price."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.openai_server import Asked, OpenAIServer, Says

TEXT = """\
version: 1
name: triage
inputs: {mail: {type: string}}
state: {mood: {type: string, enum: [calm, angry]}, answer: {type: string}}
outputs: [mood, answer]
nodes:
  - {id: judge, kind: llm, prompt: "Judge {{ state.mail }}", writes: [mood]}
  - {id: write, kind: llm, prompt: "Answer {{ state.mail }}, which is {{ state.mood }}", writes: [answer]}
limits: {steps: 9, cost_usd: 1}
"""
BIG, SMALL, DULL = "openai/gpt-4o", "openai/gpt-4o-mini", "openai/gpt-3.5-turbo"


def answer(asked: Asked) -> Says:
    """The dull model finds everybody calm; all write alike."""
    if "which is" in asked.text:
        return Says("We are sorry.", tokens_in=100, tokens_out=50)
    angry = "Money" in asked.text and "3.5" not in str(asked.body.get("model"))
    return Says(json.dumps({"mood": "angry" if angry else "calm"}), tokens_in=100, tokens_out=50)


@pytest.fixture
def cases(tmp_path: Path) -> str:
    (tmp_path / "triage.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "cases.csv").write_text(
        'mail,mood\nHello,calm\n"Money back!",angry\nMoney!!,angry \n', encoding="utf-8"
    )
    return "cases.csv"


def test_the_cheapest_model_that_passes_is_named_for_each_node(
    command: Callable, cases: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OpenAIServer(answer, key="sk-eval") as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-eval")
        monkeypatch.setenv("OPENAI_API_BASE", server.base_url)
        words = ["eval", "triage.yaml", "--data", cases, "--models", f"{BIG},{SMALL},{DULL}", "--no-mlflow"]
        said = command(*words, "--expect", "state.answer != ''", "--format", "json")
        assert said.status == 0, said.err
        found = json.loads(said.out)
        in_words = command(*words, "--limit", "2")
    passed = {one["model"]: round(one["passed"], 2) for one in found["models"]}
    assert passed == {BIG: 1.0, SMALL: 1.0, DULL: 0.33}
    # What a server of one's own costs is unknown, so the quickest is named of those that pass.
    assert found["cheapest"] in (BIG, SMALL) and found["cheapest_by_node"]["judge"] in (BIG, SMALL)
    assert {one["cost_usd"] for one in found["models"]} == {None}
    # In `write`, the dull one is good enough: only `judge` is beyond it.
    by_node = {node: {one["model"]: one["passed"] for one in trials} for node, trials in found["nodes"].items()}
    assert by_node["write"][DULL] == 1.0 and by_node["judge"][DULL] < 1
    dull = next(one for one in found["models"] if one["model"] == DULL)
    assert dull["cases"][1]["does_not_hold"] == {"mood": "'calm' is not 'angry'"}
    assert "case 2: mood: 'calm' is not 'angry'" in in_words.out and "for judge: openai/gpt-4o" in in_words.out
    assert "What it costs is unknown: of those that pass, the quickest is named." in in_words.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--models", ","], "name at least one model"),
        (["--models", BIG, "--pass", "2"], "--pass 2"),
        (["--models", BIG, "--judged", "x"], "needs a judge"),
        (["--models", BIG, "--expect", "state.nothing"], "--expect state.nothing"),
        (["--models", BIG, "--concurrency", "0"], "--concurrency 0"),
    ],
)
def test_misuse_says_what_to_do(command: Callable, cases: str, words: list[str], told: str) -> None:
    said = command("eval", "triage.yaml", "--data", cases, *words)
    assert said.status == 2 and told in said.err


def test_cases_that_do_not_fit_are_told(command: Callable, cases: str, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("mail,mood\nHello,furious\n", encoding="utf-8")
    said = command("eval", "triage.yaml", "--data", "bad.csv", "--models", BIG)
    assert said.status == 2 and "bad.csv, row 1, column `mood`" in said.err


@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(
    not os.environ.get("WORKFLOW_CHAT_NIGHTLY"), reason="MLflow takes a minute; set WORKFLOW_CHAT_NIGHTLY=1"
)
def test_the_comparison_stands_in_mlflow(
    command: Callable, cases: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKFLOW_CHAT_MLFLOW", "on")
    with OpenAIServer(answer, key="sk-eval") as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-eval")
        monkeypatch.setenv("OPENAI_API_BASE", server.base_url)
        said = command("eval", "triage.yaml", "--data", cases, "--models", f"{BIG},{DULL}")
    assert "It is in MLflow's experiment" in said.err, said.err
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{tmp_path / 'data' / 'mlflow' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("workflow-chat evaluations")
    runs = {run.info.run_name: run.data for run in client.search_runs([experiment.experiment_id])}
    assert set(runs) == {"triage", BIG, DULL}
    assert (runs[BIG].metrics["quality/mean"], runs[BIG].metrics["passed"]) == (1.0, 1.0)
    assert runs[DULL].metrics["passed"] < 1 and "cost_usd" not in runs[BIG].metrics
