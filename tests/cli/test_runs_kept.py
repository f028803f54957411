"""Costs, budget, comparing, exporting and forgetting, on runs that were really made."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from chat_app.events.run import Recorded, RunFinished, RunStarted, StepFinished, StepStarted, UsageReported
from chat_app.tracing.run_store import RunStore

HELLO = """\
version: 1
name: hello
inputs:
  who: {type: string}
state:
  text: {type: string}
outputs: [text]
nodes:
  - {id: greet, kind: template, template: "Hello {{ state.who }}", writes: [text]}
"""
ASKS = """\
version: 1
name: asks
model: openai/gpt-4o-mini
state:
  text: {type: string}
outputs: [text]
nodes:
  - {id: write, kind: llm, prompt: "Write a line.", writes: [text]}
"""


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "data" / "runs.sqlite")


def made(store: RunStore, run_id: str, at: float, *usage: UsageReported) -> None:
    """A run of some time ago."""
    events = [
        RunStarted("hello", "ab" * 32, "openai/x", False, {"who": run_id}, text=HELLO),
        StepStarted("greet#1", "greet", "template"),
        *usage,
        StepFinished("greet#1", "greet", {"text": "x" * 5_000}, 0.1),
        RunFinished({"text": run_id}, 1.0),
    ]
    store.owned(run_id, "local")
    for place, event in enumerate(events):
        store.record(Recorded(place, at + place / 10, event, run_id))


def used(node: str, model: str, cost: float | None) -> UsageReported:
    return UsageReported(f"{node}#1", node, model, 100, 10, cost)


def test_costs_are_summed_and_unknown_stays_unknown(
    command: Callable, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    made(store, "r1", now, used("a", "openai/x", 0.25), used("b", "openai/y", None))
    made(store, "r2", now, used("a", "openai/x", 0.5))
    made(store, "old", now - 70 * 86_400, used("a", "openai/x", 100.0))
    store.close()
    found = json.loads(command("costs", "--by", "node", "--format", "json").out)
    assert [(one["group"], one["cost_usd"]) for one in found["groups"]] == [
        (["hello", "a"], 0.75),
        (["hello", "b"], None),
    ]
    assert (found["total"]["cost_usd"], found["total"]["known_usd"], found["total"]["calls"]) == (None, 0.75, 3)
    text = command("costs").out
    assert "openai/y  1 call, 100 tokens in, 10 out, cost unknown" in text
    assert "at least $0.7500; the cost of 1 call is unknown" in text
    monkeypatch.setenv("WORKFLOW_CHAT_LANGUAGE", "de")
    text = command("costs").out
    assert "openai/y   1 Aufruf, 100 Tokens hinein, 10 heraus, Kosten unbekannt" in text
    assert "insgesamt  3 Aufrufe" in text
    assert (
        "r1                " in (listed := command("runs", "list").out)
        and "finished" in listed
        and "Schritt" in listed
    )
    # What programs read stays English.
    assert json.loads(command("runs", "list", "--format", "json").out)[0]["state"] == "finished"
    assert json.loads(command("costs", "--month", "all", "--format", "json").out)["total"]["known_usd"] == 100.75
    for by in ("run", "design", "day"):
        assert json.loads(command("costs", "--by", by, "--format", "json").out)["groups"]
    assert command("costs", "--month", "soon").status == 2


def test_without_any_call(command: Callable) -> None:
    assert command("costs").out == "No model was asked.\n"


def test_a_spent_budget_starts_no_run(
    command: Callable, store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(store, "r1", time.time(), used("a", "openai/x", 2.5))
    store.close()
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    monkeypatch.setenv("WORKFLOW_CHAT_MONTHLY_USD", "2.50")
    (tmp_path / "asks.yaml").write_text(ASKS, encoding="utf-8")
    (tmp_path / "hello.yaml").write_text(HELLO, encoding="utf-8")
    said = command("run", "asks.yaml", "--format", "json")
    assert said.status == 1
    error = json.loads(said.out)["error"]
    assert "budget of $2.50 is spent" in error["message"] and "MONTHLY_USD" in error["help"]
    # What costs nothing still runs.
    assert command("run", "asks.yaml", "--model", "simulated", "--format", "json").status == 0
    assert command("run", "hello.yaml", "--input", "who=Ada", "--format", "json").status == 0
    (tmp_path / "items.csv").write_text("row\n1\n2\n", encoding="utf-8")
    said = command("batch", "asks.yaml", "--data", "items.csv", "--out", "out.csv")
    assert said.status == 1 and "2 rows: 2 refused" in said.err
    assert said.err.count("budget of $2.50 is spent") == 2 and "Raise WORKFLOW_CHAT_MONTHLY_USD" in said.err
    # Refused rows are no results: they are asked again once there is money.
    said = command("batch", "asks.yaml", "--data", "items.csv", "--out", "out.csv", "--model", "simulated")
    assert said.status == 0 and "2 rows: 2 finished" in said.err
    monkeypatch.setenv("WORKFLOW_CHAT_MONTHLY_USD", "much")
    said = command("run", "asks.yaml")
    assert said.status == 2 and "WORKFLOW_CHAT_MONTHLY_USD" in said.err


def test_two_runs_are_compared(command: Callable, tmp_path: Path) -> None:
    (tmp_path / "hello.yaml").write_text(HELLO, encoding="utf-8")
    said = [command("run", "hello.yaml", "--input", f"who={who}", "--format", "json") for who in ("Ada", "Ada", "Bo")]
    ids = [json.loads(one.out)["run_id"] for one in said]
    assert command("runs", "diff", ids[0], ids[1]).status == 0
    said = command("runs", "diff", ids[0], ids[2])
    assert said.status == 1
    assert "input who:\n  - Ada\n  + Bo" in said.out
    found = json.loads(command("runs", "diff", ids[0], ids[2], "--format", "json").out)
    assert [one["where"] for one in found["differences"]] == ["input who", "step greet#1 text", "output text"]
    (tmp_path / "hello.yaml").write_text(HELLO.replace("Hello", "Hi"), encoding="utf-8")
    command("run", "hello.yaml", "--input", "who=Ada")
    said = command("runs", "diff", ids[0], "last")
    assert '-  - {id: greet, kind: template, template: "Hello {{ state.who }}", writes: [text]}' in said.out


def test_events_are_exported(command: Callable, tmp_path: Path) -> None:
    (tmp_path / "hello.yaml").write_text(HELLO, encoding="utf-8")
    run_id = json.loads(command("run", "hello.yaml", "--input", "who=Ada", "--format", "json").out)["run_id"]
    assert command("runs", "export", "last", "--events", "out.jsonl").status == 0
    assert command("runs", "export", "last", "--events", "-").out == Path("out.jsonl").read_text()
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["run_id"] for line in lines] == [run_id] * len(lines)
    assert command("runs", "export", "last", "--events", "no/such/folder.jsonl").status == 2
    assert command("runs", "export", "last").status == 2


def test_a_capsule_is_replayed_and_an_edited_workflow_compared(command: Callable, tmp_path: Path) -> None:
    (tmp_path / "asks.yaml").write_text(ASKS, encoding="utf-8")
    assert command("run", "asks.yaml", "--model", "simulated", "--format", "json").status == 0
    assert command("runs", "export", "last", "--capsule", "run.zip").status == 0
    said = command("replay", "run.zip")
    assert said.status == 0 and "event for event" in said.out
    assert json.loads(command("replay", "run.zip", "--format", "json").out)["same"] is True
    assert '"run_finished"' in command("replay", "run.zip", "--format", "events").out
    assert command("replay", "run.zip", "--save", "saved.yaml").status == 0
    edited = (tmp_path / "saved.yaml").read_text(encoding="utf-8").replace("id: write", "id: author")
    (tmp_path / "saved.yaml").write_text(edited, encoding="utf-8")
    said = command("replay", "run.zip", "--workflow", "saved.yaml")
    assert said.status == 1 and "step author#1:\n  - (not there)\n  + finished" in said.out
    assert command("replay", "asks.yaml").status == 2
    (tmp_path / "saved.yaml").write_text("version: 1\nname: x\nnodes: []\n", encoding="utf-8")
    assert command("replay", "run.zip", "--workflow", "saved.yaml").status == 1


def test_old_runs_are_forgotten_by_age_and_their_costs_stay(command: Callable, store: RunStore) -> None:
    now = time.time()
    made(store, "old", now - 40 * 86_400, used("a", "openai/x", 1.0))
    made(store, "new", now)
    store.record(Recorded(0, now - 90 * 86_400, RunStarted("ask", "ab" * 32, "", False, {}), "asks"))
    store.close()
    assert command("runs", "prune").status == 2
    assert "0 runs" in command("runs", "prune", "--days", "100").out
    said = command("runs", "prune", "--days", "30", "--dry-run")
    assert "2 runs" in said.out
    said = command("runs", "prune", "--days", "30")
    assert said.status == 0 and "2 runs" in said.out
    assert [run["run_id"] for run in json.loads(command("runs", "list", "--format", "json").out)] == ["new"]
    assert command("runs", "show", "old").status == 2
    assert json.loads(command("costs", "--month", "all", "--format", "json").out)["total"]["known_usd"] == 1.0


def test_the_store_is_kept_small_by_forgetting_the_oldest(command: Callable, store: RunStore, tmp_path: Path) -> None:
    for number in range(60):
        made(store, f"r{number:02}", time.time() - 1_000 + number)
    store.close()
    file = tmp_path / "data" / "runs.sqlite"
    before = file.stat().st_size
    assert "Would be forgotten: 0 runs" not in command("runs", "prune", "--mb", "0.25", "--dry-run").out
    assert command("runs", "prune", "--mb", "0.25").status == 0
    kept = [run["run_id"] for run in json.loads(command("runs", "list", "--limit", "99", "--format", "json").out)]
    assert 0 < len(kept) < 60 and kept == [f"r{number:02}" for number in range(59, 59 - len(kept), -1)]
    assert file.stat().st_size < before
    with closing(sqlite3.connect(file)) as opened:
        assert opened.execute("SELECT count(DISTINCT run_id) FROM events").fetchone() == (len(kept),)


def test_a_forgotten_run_leaves_the_engine_too(command: Callable, tmp_path: Path) -> None:
    (tmp_path / "hello.yaml").write_text(HELLO, encoding="utf-8")
    command("run", "hello.yaml", "--input", "who=Ada Canary")
    assert command("runs", "prune", "--days", "0").status == 0
    with closing(sqlite3.connect(tmp_path / "data" / "engine.sqlite")) as opened:
        assert opened.execute("SELECT count(*) FROM runs").fetchone() == (0,)
    with closing(sqlite3.connect(tmp_path / "data" / "runs.sqlite")) as opened:
        assert opened.execute("SELECT count(*) FROM texts").fetchone() == (0,)
