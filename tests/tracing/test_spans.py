"""Spans as a fold over the events of real runs: nested as it happened, each ended, nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_app.chat_models.errors import ServerFailed
from chat_app.engine.manager import RunManager
from chat_app.events.run import Recorded
from chat_app.events.trace_ids import span_id, trace_id
from chat_app.tracing.spans import Span, SpanFold
from chat_app.workflow.check import check
from tests.engine.conftest import KeptEvents, OneModel, Pauses, ToldModel

MAP = """
version: 1
name: notes
inputs: {texts: {type: array, items: {type: string}}}
state:
  notes: {type: array, items: {type: string}}
  total: {type: string}
outputs: [total]
nodes:
  - id: each
    kind: map
    over: "{{ state.texts }}"
    item: text
    body:
      state: {note: {type: string}}
      nodes:
        - {id: shorten, kind: llm, prompt: "Shorten: {{ text }}", writes: [note], retry: {attempts: 2}}
      returns: note
    writes: [notes]
  - {id: join, kind: template, template: "{{ state.notes | join(' ') }}", writes: [total]}
limits: {steps: 20}
"""

ASKS = """
version: 1
name: asks
state: {go: {type: boolean}, said: {type: string}}
outputs: [said]
nodes:
  - {id: ask, kind: human, ask: "Go on?", writes: [go]}
  - {id: say, kind: template, template: "Answer: {{ state.go }}", writes: [said]}
"""


def spans_of(entries: list[Recorded]) -> list[Span]:
    fold = SpanFold(entries[0].run_id)
    return [span for entry in entries for span in fold.after(entry)]


async def recorded(folder: Path, text: str, model: ToldModel, **inputs: object) -> list[Recorded]:
    kept = KeptEvents()
    runs = RunManager(OneModel(model), folder, kept, pause=Pauses())
    run_id = await runs.start(check(text), inputs)
    async for _ in runs.subscribe(run_id):
        pass
    await runs.close()
    return kept.entries


@pytest.fixture
async def spans(tmp_path: Path) -> list[Span]:
    """Of a run over two items, in which the first call fails once."""
    failed = iter([True])

    def reply(request: object) -> str | BaseException:
        return ServerFailed("It broke.", help="Wait.") if next(failed, False) else "short"

    return spans_of(await recorded(tmp_path, MAP, ToldModel(reply), texts=["a b", "c d"]))


def tree(spans: list[Span]) -> dict[str, list[str]]:
    names = {span.id: span.name for span in spans}
    found: dict[str, list[str]] = {}
    for span in sorted(spans, key=lambda span: span.start):
        found.setdefault(names.get(span.parent or "", ""), []).append(span.name)
    return found


async def test_spans_nest_as_the_run_did(spans: list[Span]) -> None:
    nested = tree(spans)
    assert nested[""] == ["notes"]
    assert nested["notes"] == ["each", "join"]
    assert sorted(nested["each"]) == ["item 0", "item 1"]
    assert nested["item 0"] == nested["item 1"] == ["shorten"]
    assert nested["shorten"] == ["told", "told", "told"]


async def test_each_span_lies_within_its_parent_and_has_an_id_of_its_own(spans: list[Span]) -> None:
    by_id = {span.id: span for span in spans}
    assert len(by_id) == len(spans)
    for span in spans:
        assert span.start <= span.end
        if span.parent is not None:
            around = by_id[span.parent]
            assert around.start <= span.start
            assert span.end <= around.end


async def test_parents_come_after_their_children(spans: list[Span]) -> None:
    seen: set[str] = set()
    for span in spans:
        assert span.parent not in seen
        seen.add(span.id)


async def test_a_model_call_holds_what_was_asked_answered_and_used(spans: list[Span]) -> None:
    calls = [span for span in spans if span.kind == "model"]
    assert [call.error for call in calls].count(None) == 2
    good = next(call for call in calls if call.error is None)
    assert good.inputs[-1]["content"].startswith("Shorten: ")
    assert good.outputs == {"text": "short", "tool_requests": []}
    facts = {name: good.facts[name] for name in ("tokens_in", "tokens_out", "cost_usd", "finish")}
    assert facts == {"tokens_in": 10, "tokens_out": 5, "cost_usd": 0.001, "finish": "stop"}
    broken = next(call for call in calls if call.error is not None)
    assert (broken.error, "tokens_in" in broken.facts) == ("It broke.", False)


async def test_the_run_holds_inputs_and_outputs_and_ids_that_a_request_can_name(spans: list[Span]) -> None:
    root = spans[-1]
    assert (root.inputs, root.outputs) == ({"texts": ["a b", "c d"]}, {"total": "short short"})
    run_id = root.facts["run_id"]
    assert {span.trace for span in spans} == {trace_id(run_id)}
    join = next(span for span in spans if span.name == "join")
    assert (join.id, join.outputs) == (span_id(run_id, "join#1"), {"total": "short short"})


async def test_what_waits_for_a_person_is_told_when_it_was_answered(tmp_path: Path) -> None:
    kept = KeptEvents()
    runs = RunManager(OneModel(ToldModel([])), tmp_path, kept)
    run_id = await runs.start(check(ASKS), {})
    async for _ in runs.subscribe(run_id):
        pass
    first = spans_of(kept.entries)
    assert [(span.name, span.facts["state"], span.facts["asks"]) for span in first] == [("asks", "waiting", ["ask"])]
    await runs.answer(run_id, {"ask": {"go": True}})
    async for _ in runs.subscribe(run_id, len(kept.entries)):
        pass
    await runs.close()
    second = spans_of(kept.entries)[1:]
    assert [span.name for span in second] == ["ask", "say", "asks"]
    assert second[0].parent == second[-1].id != first[0].id


async def test_a_run_that_fails_says_why_in_the_step_and_in_the_run(tmp_path: Path) -> None:
    model = ToldModel(lambda request: ServerFailed("It broke.", help="Wait."))
    spans = spans_of(await recorded(tmp_path, MAP, model, texts=["a"]))
    failed = {span.name: span.error for span in spans if span.error is not None}
    assert failed["shorten"] is not None and "It broke." in failed["shorten"]
    assert failed["notes"] is not None
