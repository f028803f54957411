"""Where a model can't be reached, the operator's next one is asked; never for a fault of the workflow's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chat_app.chat_models.errors import NotReachable, RateLimited, RequestRefused
from chat_app.chat_models.protocol import ChatModel
from chat_app.engine.manager import RunManager
from chat_app.events.run import Logged, RunFailed, RunFinished, StepRetried, UsageReported
from tests.engine.conftest import Pauses, Reply, ToldModel, checked, events_of, of_type

TEXT = """
model: first
state: {a: {type: string}}
outputs: [a]
nodes: [{id: one, kind: llm, prompt: One, writes: [a], retry: {attempts: 2}}]
"""
GONE = NotReachable("first can't be reached.", help="Start it.")


@dataclass
class Many:
    """Models by name."""

    models: dict[str, ToldModel] = field(default_factory=dict)

    def add(self, name: str, *replies: Reply) -> ToldModel:
        self.models[name] = ToldModel(list(replies), name=name)
        return self.models[name]

    def get(self, name: str | None, keys: Mapping[str, str] = {}) -> ChatModel:
        return self.models[name or "first"]


async def run(many: Many, folder: Path, **more: str) -> list[object]:
    manager = RunManager(many, folder, pause=Pauses(), fallbacks=("second", "third"))
    run_id = await manager.start(checked(TEXT), {}, **more)
    events = await events_of(manager, run_id)
    await manager.close()
    return list(events)


async def test_the_next_model_is_asked_after_the_tries_of_the_first(tmp_path: Path) -> None:
    many = Many()
    many.add("first", GONE, GONE)
    many.add("second", RateLimited("second is busy.", help="", retry_after=1_000.0))
    many.add("third", "answer")
    events = await run(many, tmp_path)
    assert isinstance(events[-1], RunFinished) and events[-1].outputs == {"a": "answer"}
    assert [one.model for one in of_type(events, UsageReported)] == ["third"]
    told = [one.text for one in of_type(events, Logged) if one.level == "warning"]
    assert told == ["first can't be reached. second is asked instead.", "second is busy. third is asked instead."]
    assert len(of_type(events, StepRetried)) == 1


async def test_when_none_answers_the_last_failure_is_told(tmp_path: Path) -> None:
    many = Many()
    for name in ("first", "second", "third"):
        many.add(name, *[NotReachable(f"{name} can't be reached.", help="") for _ in range(2)])
    events = await run(many, tmp_path)
    assert isinstance(events[-1], RunFailed) and events[-1].message == "third can't be reached."


async def test_a_refused_request_goes_nowhere_else(tmp_path: Path) -> None:
    many = Many()
    many.add("first", RequestRefused("too long", help=""))
    second = many.add("second", "answer")
    events = await run(many, tmp_path)
    assert isinstance(events[-1], RunFailed) and not second.asked
