"""What has become a trace and what has not: each stretch and each turn once, whatever fails in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from chat_app.engine.manager import RunManager
from chat_app.events.design import DesignTurn, Said, TurnFinished
from chat_app.tracing.run_store import RunStore
from chat_app.tracing.spans import Span
from chat_app.tracing.trace_writer import TraceWriter, metrics
from chat_app.workflow.check import check
from tests.engine.conftest import OneModel, ToldModel

ASKS = """
version: 1
name: asks
state: {word: {type: string}, go: {type: boolean}}
outputs: [word, go]
nodes:
  - {id: think, kind: llm, prompt: A word, writes: [word]}
  - {id: ask, kind: human, ask: "Is {{ state.word }} good?", writes: [go]}
"""


class KeptTraces:
    """A sink in memory that can be down, or dislike what has a certain name."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, list[str], dict[str, str], dict[str, float]]] = []
        self.turns: list[str] = []
        self.down = False
        self.dislikes = ""

    def alive(self) -> bool:
        return not self.down

    def run(self, spans: Sequence[Span], texts: Mapping[str, str], metrics: Mapping[str, float]) -> str:
        self._take(spans[-1].facts["run_id"])
        self.runs.append((spans[-1].facts["state"], [span.name for span in spans], dict(texts), dict(metrics)))
        return f"trace-{len(self.runs)}"

    def turn(self, spans: Sequence[Span], turn: DesignTurn) -> str:
        self._take(turn.id)
        self.turns.append(f"{turn.message}: {spans[-1].outputs['said']}")
        return f"turn-{len(self.turns)}"

    def _take(self, name: str) -> None:
        if self.down or name == self.dislikes:
            raise ConnectionError("no answer")


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs.sqlite")


async def ran(store: RunStore, folder: Path, answer: bool = False) -> str:
    runs = RunManager(OneModel(ToldModel(["tea"])), folder, store)
    run_id = await runs.start(check(ASKS), {})
    async for _ in runs.subscribe(run_id):
        pass
    if answer:
        await runs.answer(run_id, {"ask": {"go": True}})
        async for _ in runs.subscribe(run_id):
            pass
    await runs.close()
    return run_id


def turn(identity: str = "t1") -> DesignTurn:
    events = ((2.0, Said("Hello")), (3.0, TurnFinished()))
    return DesignTurn(identity, "c1", 1, "ann", "guided", "", "hi", 1.0, 3.0, events)


async def test_each_stretch_is_written_once_with_texts_and_figures(tmp_path: Path, store: RunStore) -> None:
    sink = KeptTraces()
    writer = TraceWriter(store, sink, "here")
    run_id = await ran(store, tmp_path)
    assert (writer.write_all(), writer.write_all()) == (1, 0)
    runs = RunManager(OneModel(ToldModel([])), tmp_path, store)
    await runs.answer(run_id, {"ask": {"go": True}})
    async for _ in runs.subscribe(run_id):
        pass
    await runs.close()
    assert (writer.write_all(), writer.write_all()) == (1, 0)
    store.close()
    assert [(state, names) for state, names, _, _ in sink.runs] == [
        ("waiting", ["told", "think", "asks"]),
        ("finished", ["ask", "asks"]),
    ]
    assert [texts for _, _, texts, _ in sink.runs] == [{"": ASKS}, {"": ASKS}]
    figures = sink.runs[0][3]
    wanted = {"steps": 1, "model_calls": 1, "tokens_in": 10, "tokens_out": 5, "cost_usd": 0.001, "failed_steps": 0}
    assert {name: figures[name] for name in wanted} == wanted


async def test_another_target_gets_everything_again(tmp_path: Path, store: RunStore) -> None:
    await ran(store, tmp_path, answer=True)
    assert TraceWriter(store, KeptTraces(), "here").write_all() == 2
    other = KeptTraces()
    assert TraceWriter(store, other, "there").write_all() == len(other.runs) == 2
    store.close()


async def test_what_a_dead_target_missed_is_written_the_next_time(tmp_path: Path, store: RunStore) -> None:
    sink = KeptTraces()
    writer = TraceWriter(store, sink, "here")
    await ran(store, tmp_path)
    store.turned(turn())
    sink.down = True
    with pytest.raises(ConnectionError):
        writer.write_all()
    sink.down = False
    assert writer.write_all() == 2
    store.close()
    assert (len(sink.runs), sink.turns) == (1, ["hi: Hello"])


async def test_one_that_cannot_be_written_holds_up_no_other(tmp_path: Path, store: RunStore) -> None:
    sink = KeptTraces()
    sink.dislikes = await ran(store, tmp_path)
    await ran(store, tmp_path)
    writer = TraceWriter(store, sink, "here")
    assert (writer.write_all(), writer.write_all()) == (2, 0)
    store.close()
    assert len(sink.runs) == 1


def test_what_is_unknown_of_one_call_is_left_out_of_the_sums() -> None:
    def call(**facts: object) -> Span:
        return Span("model", "m", "t", "s", "r", 0, 1, facts=dict(facts))

    root = Span("run", "w", "t", "r", None, 0, 2, facts={"run_id": "r"})
    known, unknown = call(tokens_in=1, tokens_out=2, cost_usd=0.5), call(tokens_in=3)
    found = metrics([known, unknown, root])
    assert (found["model_calls"], found["tokens_in"]) == (2, 4)
    assert not {"tokens_out", "cost_usd"} & set(found)
    free = call(tokens_in=1, tokens_out=1, simulated=True)
    assert metrics([known, free, root])["cost_usd"] == 0.5
