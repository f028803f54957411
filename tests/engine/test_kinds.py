"""What each node kind does, run as a user would run it."""

from __future__ import annotations

import json

import pytest

from chat_app.chat_models.errors import RequestRefused
from chat_app.chat_models.protocol import ChatRequest
from chat_app.events.run import (
    ItemProgress,
    Question,
    RouteTaken,
    RunFailed,
    RunFinished,
    RunWaiting,
    StepFailed,
    StepFinished,
    StepStarted,
    Token,
    UsageReported,
)
from tests.engine.conftest import Make, ToldModel, of_type, run

WRITE = """
inputs: {topic: {type: string, default: bees}}
state: {text: {type: string}}
outputs: [text]
nodes:
  - {id: write, kind: llm, system: Be brief., prompt: "About {{ state.topic }}", writes: [text]}
"""

JUDGE = """
inputs: {mail: {type: string, default: Hello}}
state:
  mood: {type: string, enum: [calm, angry]}
  score: {type: integer, minimum: 0, maximum: 10}
outputs: [mood, score]
nodes:
  - {id: judge, kind: llm, prompt: "Judge {{ state.mail }}", writes: [mood, score]}
"""


async def test_llm_streams_one_text_field(make: Make) -> None:
    model = ToldModel([["Bees ", "dance."]])
    events = await run(make(model), WRITE, {"topic": "ants"})
    assert [token.text for token in of_type(events, Token)] == ["Bees ", "dance."]
    assert events[-1].outputs == {"text": "Bees dance."}
    request = model.asked[0]
    assert [message.content for message in request.messages] == ["Be brief.", "About ants"]
    assert request.schema is None
    assert request.purpose == "node:write"
    (usage,) = of_type(events, UsageReported)
    assert (usage.tokens_in, usage.tokens_out, usage.cost_usd, usage.model) == (10, 5, 0.001, "told")


async def test_llm_writes_several_fields_as_structured_output(make: Make) -> None:
    model = ToldModel(['{"mood": "angry", "score": 9}'])
    events = await run(make(model), JUDGE)
    assert events[-1].outputs == {"mood": "angry", "score": 9}
    assert model.asked[0].schema is not None
    assert model.asked[0].schema["properties"]["score"] == {"type": "integer", "minimum": 0, "maximum": 10}
    assert not of_type(events, Token)


async def test_llm_repairs_an_answer_that_does_not_fit(make: Make) -> None:
    model = ToldModel(["I can't say.", '{"mood": "furious", "score": 11}', '{"mood": "angry", "score": 10}'])
    events = await run(make(model), JUDGE)
    assert events[-1].outputs == {"mood": "angry", "score": 10}
    told = model.asked[2].messages[-1].content
    assert "`mood` must be one of" in told
    assert "at most 10" in told
    assert len(of_type(events, UsageReported)) == 3


async def test_llm_that_never_fits_fails_and_writes_nothing(make: Make) -> None:
    model = ToldModel(lambda request: '{"mood": "calm", "score": 50}')
    events = await run(make(model), JUDGE)
    assert len(model.asked) == 3
    assert isinstance(events[-1], RunFailed)
    assert events[-1].node == "judge"
    assert "at most 10" in events[-1].message
    assert not of_type(events, StepFinished)


async def test_llm_text_that_breaks_a_bound_is_asked_for_again(make: Make) -> None:
    text = WRITE.replace("{text: {type: string}}", "{text: {type: string, maxLength: 5}}")
    model = ToldModel(["Far too long", "Short"])
    events = await run(make(model), text)
    assert events[-1].outputs == {"text": "Short"}


CLASSIFY = """
inputs: {mail: {type: string, default: Hello}}
state: {mood: {type: string, enum: [calm, angry]}}
outputs: [mood]
nodes:
  - id: sort
    kind: classify
    text: "{{ state.mail }}"
    labels: {calm: polite, angry: upset}
    writes: [mood]
"""


@pytest.mark.parametrize("answer", ['{"mood": "angry"}', "angry", "Angry.", '```json\n{"mood": "ANGRY"}\n```'])
async def test_classify_takes_a_label_in_any_dress(make: Make, answer: str) -> None:
    events = await run(make(ToldModel([answer])), CLASSIFY)
    assert events[-1].outputs == {"mood": "angry"}


async def test_template_keeps_the_type_of_a_single_value_and_renders_the_rest(make: Make) -> None:
    events = await run(
        make(ToldModel([])),
        """
inputs: {n: {type: integer, default: 3}, list: {type: array, items: {type: string}, default: [a, b]}}
state: {same: {type: array, items: {type: string}}, text: {type: string}}
outputs: [same, text]
nodes:
  - {id: keep, kind: template, template: "{{ state.list }}", writes: [same]}
  - {id: say, kind: template, template: "n is {{ state.n }}", writes: [text]}
""",
    )
    assert events[-1].outputs == {"same": ["a", "b"], "text": "n is 3"}


STRAIGHT = """
state:
  a: {type: string}
  all: {type: object}
  b: {type: string}
  n: {type: string, max_length: 2}
  c: {type: string}
outputs: [a, all, b, c]
nodes:
  - {id: first, kind: template, template: one, writes: [a]}
  - {id: whole, kind: template, template: "{{ state }}", writes: [all]}
  - {id: second, kind: template, template: "{{ state.a }} two", writes: [b]}
  - {id: wrong, kind: template, template: "{{ state.b }}", writes: [n], on_error: continue}
  - {id: last, kind: template, template: "{{ state.b }} three", writes: [c]}
edges:
  - {from: START, to: first}
  - {from: first, to: whole}
  - {from: whole, to: second}
  - {from: second, to: wrong}
  - {from: wrong, to: last}
  - {from: last, to: END}
"""


async def test_a_straight_run_of_templates_tells_each_step_and_keeps_apart_what_each_one_saw(make: Make) -> None:
    events = await run(make(ToldModel([])), STRAIGHT)
    assert events[-1].outputs == {"a": "one", "all": {"a": "one"}, "b": "one two", "c": "one two three"}
    told = [
        (type(event), getattr(event, "step", None) or getattr(event, "source", None))
        for event in events
        if isinstance(event, StepStarted | StepFinished | StepFailed | RouteTaken)
    ]
    assert told == [(RouteTaken, "START")] + [
        one
        for node in ("first", "whole", "second", "wrong", "last")
        for one in (
            (StepStarted, f"{node}#1"),
            (StepFailed if node == "wrong" else StepFinished, f"{node}#1"),
            (RouteTaken, node),
        )
    ]
    assert [event.writes for event in of_type(events, StepFinished)] == [
        {"a": "one"},
        {"all": {"a": "one"}},
        {"b": "one two"},
        {"c": "one two three"},
    ]


async def test_a_template_that_reads_an_unset_field_names_node_and_field(make: Make) -> None:
    text = """
state: {draft: {type: string}, text: {type: string}}
outputs: [text]
nodes:
  - {id: write, kind: llm, prompt: Write, writes: [draft]}
  - {id: show, kind: template, template: "Draft: {{ state.draft }}", writes: [text]}
"""
    events = await run(make(ToldModel([])), text, given={"write": {}})
    assert isinstance(events[-1], RunFailed)
    assert events[-1].node == "show"
    assert "state.draft" in events[-1].message


PARALLEL = """
state:
  a: {type: string}
  b: {type: string}
  found: {type: array, items: {type: string}, reduce: append}
outputs: [a, b, found]
nodes:
  - {id: both, kind: parallel, subtasks: [two, one]}
  - {id: one, kind: llm, prompt: First, writes: [a, found]}
  - {id: two, kind: llm, prompt: Second, writes: [b, found]}
edges:
  - {from: START, to: both}
  - {from: both, to: END}
"""


def both(request: ChatRequest) -> str:
    name = request.purpose[-3:]
    return json.dumps({"a" if name == "one" else "b": name, "found": [name]})


async def test_parallel_runs_subtasks_at_once_and_joins_them_in_file_order(make: Make) -> None:
    model = ToldModel(both)
    events = await run(make(model), PARALLEL)
    assert model.most_running == 2
    assert events[-1].outputs == {"a": "one", "b": "two", "found": ["one", "two"]}
    started = {event.step: event.parent for event in of_type(events, StepStarted)}
    assert started == {"both#1": None, "both#1/one#1": "both#1", "both#1/two#1": "both#1"}


async def test_parallel_keeps_to_its_concurrency(make: Make) -> None:
    model = ToldModel(both)
    await run(make(model), PARALLEL.replace("subtasks: [two, one]", "subtasks: [two, one], max_concurrency: 1"))
    assert model.most_running == 1


async def test_a_failing_subtask_fails_the_group_and_says_which(make: Make) -> None:
    model = ToldModel(lambda request: RequestRefused("no such model", help="Choose another."))
    events = await run(make(model), PARALLEL)
    assert isinstance(events[-1], RunFailed)
    assert events[-1].node == "both"
    assert "no such model" in events[-1].message


MAP = """
inputs: {files: {type: array, items: {type: string}, default: [x, y, z]}}
state: {sums: {type: array, items: {type: string}}}
outputs: [sums]
nodes:
  - id: each
    kind: map
    over: "{{ state.files }}"
    item: file
    max_concurrency: 2
    on_item_error: POLICY
    body:
      state: {sum: {type: string}}
      nodes:
        - {id: shorten, kind: llm, prompt: "{{ index }}:{{ file }}", writes: [sum]}
      returns: sum
    writes: [sums]
"""


def shorten(request: ChatRequest) -> str | Exception:
    text = request.messages[-1].content
    return RequestRefused("bad item", help="") if text == "1:y" else text.upper()


async def test_map_keeps_order_and_concurrency(make: Make) -> None:
    model = ToldModel(lambda request: request.messages[-1].content)
    events = await run(make(model), MAP.replace("POLICY", "fail"))
    assert events[-1].outputs == {"sums": ["0:x", "1:y", "2:z"]}
    assert model.most_running == 2
    assert [(event.done, event.total) for event in of_type(events, ItemProgress)] == [(1, 3), (2, 3), (3, 3)]
    assert [event.step for event in of_type(events, StepStarted)][1] == "each#1[0]/shorten#1"


async def test_map_skips_items_that_fail(make: Make) -> None:
    events = await run(make(ToldModel(shorten)), MAP.replace("POLICY", "skip"))
    assert events[-1].outputs == {"sums": ["0:X", "2:Z"]}
    assert of_type(events, ItemProgress)[-1].failed == 1


async def test_map_collects_errors_in_their_place(make: Make) -> None:
    events = await run(make(ToldModel(shorten)), MAP.replace("POLICY", "collect"))
    assert events[-1].outputs == {"sums": ["0:X", {"error": "bad item", "index": 1}, "2:Z"]}


async def test_map_fails_with_its_item(make: Make) -> None:
    events = await run(make(ToldModel(shorten)), MAP.replace("POLICY", "fail"))
    assert isinstance(events[-1], RunFailed)
    assert "Item 1 failed: bad item" in events[-1].message


async def test_map_over_nothing_writes_an_empty_list(make: Make) -> None:
    events = await run(make(ToldModel([])), MAP.replace("POLICY", "fail"), {"files": []})
    assert events[-1].outputs == {"sums": []}


async def test_human_asks_with_the_types_of_its_fields(make: Make) -> None:
    events = await run(
        make(ToldModel([])),
        """
inputs: {text: {type: string, default: Hi}}
state: {verdict: {type: string, enum: [send, discard]}}
outputs: [verdict]
nodes:
  - {id: approve, kind: human, ask: "Send {{ state.text }}?", writes: [verdict]}
""",
    )
    assert events[-1] == RunWaiting(
        (Question("approve#1", "approve", "Send Hi?", {"verdict": {"type": "string", "enum": ["send", "discard"]}}),)
    )


ON_ERROR = """
state: {text: {type: string, default: none}, note: {type: string}}
outputs: [text, note]
nodes:
  - {id: write, kind: llm, prompt: Write, writes: [text], on_error: POLICY}
  - {id: show, kind: template, template: "got {{ state.text }}", writes: [note]}
  - {id: sorry, kind: template, template: sorry, writes: [note]}
edges:
  - {from: START, to: write}
  - {from: write, to: [show]}
  - {from: show, to: END}
  - {from: sorry, to: END}
"""


async def test_on_error_continue_goes_on_without_the_writes(make: Make) -> None:
    model = ToldModel([RequestRefused("no", help="")])
    text = ON_ERROR.replace("POLICY", "continue").replace(
        "  - {id: sorry, kind: template, template: sorry, writes: [note]}\n", ""
    )
    events = await run(make(model), text.replace("  - {from: sorry, to: END}\n", ""))
    assert events[-1].outputs == {"text": "none", "note": "got none"}
    assert [event.continues for event in of_type(events, StepFailed)] == [True]


async def test_on_error_goes_to_the_node_it_names(make: Make) -> None:
    events = await run(make(ToldModel([RequestRefused("no", help="")])), ON_ERROR.replace("POLICY", "sorry"))
    assert events[-1].outputs == {"text": "none", "note": "sorry"}
    assert [event.targets for event in of_type(events, RouteTaken)] == [("write",), ("sorry",), ("END",)]


async def test_a_condition_that_cannot_be_judged_fails_its_node(make: Make) -> None:
    events = await run(
        make(ToldModel(['{"list": []}'])),
        """
state: {list: {type: array, items: {type: integer}}, note: {type: string, default: ""}}
outputs: [note]
nodes:
  - {id: count, kind: llm, prompt: Count, writes: [list]}
  - {id: show, kind: template, template: big, writes: [note]}
edges:
  - {from: START, to: count}
  - {from: count, routes: [{condition: "state.list[0] > 3", to: show}, {to: END}]}
  - {from: show, to: END}
""",
    )
    assert isinstance(events[-1], RunFailed)
    assert events[-1].node == "count"
    assert "state.list[0] > 3" in events[-1].message


async def test_conditions_see_what_the_node_itself_has_written(make: Make) -> None:
    events = await run(
        make(ToldModel(['{"n": 7}'])),
        """
state: {n: {type: integer, default: 0}, note: {type: string, default: small}}
outputs: [note]
nodes:
  - {id: count, kind: llm, prompt: Count, writes: [n]}
  - {id: show, kind: template, template: big, writes: [note]}
edges:
  - {from: START, to: count}
  - {from: count, routes: [{condition: "state.n > 3", to: show}, {to: END}]}
  - {from: show, to: END}
""",
    )
    assert events[-1] == RunFinished({"note": "big"}, events[-1].seconds)
    (taken,) = [event for event in of_type(events, RouteTaken) if event.source == "count"]
    assert (taken.route, taken.condition, taken.targets) == (0, "state.n > 3", ("show",))


async def test_errors_that_were_collected_before_do_not_fail_the_next_write(make: Make) -> None:
    """The same array is written again, by the map in a loop and by a node that collects nothing."""
    text = """
inputs: {names: {type: array, items: {type: string}, default: [good, bad]}}
state: {found: {type: array, items: {type: string}, reduce: append}}
outputs: [found]
nodes:
  - id: each
    kind: map
    over: "{{ state.names }}"
    item: name
    on_item_error: collect
    body:
      state: {one: {type: string}}
      nodes: [{id: look, kind: llm, prompt: "{{ name }}", writes: [one]}]
      returns: one
    writes: [found]
  - {id: end, kind: llm, prompt: The end, writes: [found]}
edges:
  - {from: START, to: each}
  - {from: each, routes: [{to: each, max_times: 1}, {to: end}]}
  - {from: end, to: END}
"""
    said = {"good": "yes", "bad": RequestRefused("no", help=""), "The end": '{"found": ["end"]}'}
    model = ToldModel(lambda request: said[request.messages[-1].content])
    events = await run(make(model), text)
    assert isinstance(events[-1], RunFinished), events[-1]
    bad = {"error": "no", "index": 1}
    assert events[-1].outputs == {"found": ["yes", bad, "yes", bad, "end"]}
