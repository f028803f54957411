"""All edits or none; what a later edit brings may be named by an earlier one; the layout of the file survives."""

from __future__ import annotations

import json

import pytest

from chat_app.workflow import typed_edits
from chat_app.workflow.check import check
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.edits.skeleton import edits_schema, new_workflow
from chat_app.workflow.source import read
from chat_app.workflow.typed_edits import DESIGN_EDITS

TEXT = """\
version: 1
name: mail
inputs:
  email: {type: string}
state:
  answer: {type: string}
outputs: [answer]
nodes:
  - id: reply
    kind: llm
    prompt: "Reply {{ state.email }}"   # politely
    writes: [answer]
"""
LOG = {"id": "log", "kind": "template", "template": "{{ state.answer }}", "writes": ["line"]}


def test_nothing_changes_when_one_edit_fails() -> None:
    result = apply_edits(TEXT, [typed_edits.SetInfo(description="new"), typed_edits.RemoveNode(id="gone")])
    assert result.text == TEXT
    assert not result.ok
    assert result.applied == ()
    assert result.repaired == ()
    assert [problem.path for problem in result.problems] == [("edits", 1)]


def test_all_problems_of_a_transaction_are_told() -> None:
    result = apply_edits(TEXT, [typed_edits.RemoveNode(id="gone"), typed_edits.SetOutputs(outputs=["nothing"])])
    assert [problem.code for problem in result.problems] == ["edit-unknown-node", "edit-unknown-field"]


def test_no_edits_change_nothing() -> None:
    assert apply_edits(TEXT, []).text == TEXT
    assert apply_edits(TEXT, []).ok


def test_a_later_edit_may_bring_what_an_earlier_one_names() -> None:
    result = apply_edits(TEXT, [typed_edits.SetOutputs(outputs=["line"]), typed_edits.AddNode(node=LOG)])
    assert result.ok
    assert check(result.text).valid


def test_a_near_name_is_taken_only_when_nothing_brings_the_name() -> None:
    near = apply_edits(TEXT, [typed_edits.SetPrompt(id="replly", prompt="Hi")])
    assert near.repaired == ("Took `replly` for `reply`, the name that exists.",)
    second = {**LOG, "id": "replly"}
    brought = apply_edits(
        TEXT, [typed_edits.SetKey(id="replly", key="description", value="Second"), typed_edits.AddNode(node=second)]
    )
    assert read(brought.text).data["nodes"][1]["description"] == "Second"
    assert brought.repaired == ("Declared the field `line` as string, as `replly` writes it.",)


def test_removing_twice_is_no_fault() -> None:
    text = apply_edits(TEXT, [typed_edits.AddNode(node=LOG)]).text
    result = apply_edits(
        text,
        [typed_edits.RemoveNode(id="log"), typed_edits.RemoveNode(id="log"), typed_edits.RemoveField(name="line")],
    )
    assert result.text == TEXT


def test_adding_and_removing_gives_the_text_back() -> None:
    there = apply_edits(
        TEXT, [typed_edits.AddNode(node=LOG, after="reply"), typed_edits.SetLimits(limits={"steps": 3})]
    )
    back = apply_edits(there.text, [typed_edits.RemoveNode(id="log"), typed_edits.SetLimits(limits={"steps": None})])
    assert back.text == TEXT


@pytest.mark.parametrize(
    "text",
    [
        TEXT.removesuffix("\n"),
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\r\n").removesuffix("\r\n"),
        "\ufeff" + TEXT,
        "---\n" + TEXT,
        TEXT + "\n\n# the end",
        TEXT.replace("\n  - id", "\n- id").replace("\n    ", "\n  "),
    ],
    ids=["no last break", "crlf", "crlf, no last one", "byte order mark", "marker", "last comment", "indentless"],
)
def test_the_layout_of_the_file_survives(text: str) -> None:
    edits = [typed_edits.AddNode(node=LOG, after="reply"), typed_edits.SetLimits(limits={"steps": 3})]
    result = apply_edits(text, edits)
    assert result.ok
    new = read(result.text)
    assert not new.problems
    assert [node["id"] for node in new.data["nodes"]] == ["reply", "log"]
    assert ("\r\n" in result.text) == ("\r\n" in text)
    assert "\n" not in result.text.replace("\r\n", "") or "\r\n" not in text
    assert result.text.endswith("\n") == text.endswith("\n")
    assert result.text.startswith("\ufeff") == text.startswith("\ufeff")
    assert "# politely" in result.text
    back = apply_edits(result.text, [typed_edits.RemoveNode(id="log"), typed_edits.SetLimits(limits={"steps": None})])
    assert back.text == text


def test_json_stays_json() -> None:
    text = json.dumps(read(TEXT).data, indent=2)
    result = apply_edits(
        text, [typed_edits.AddNode(node=LOG), typed_edits.AddTest(test={"name": "t", "expect": ["true"]})]
    )
    assert json.loads(result.text) == read(result.text).data


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "not YAML"),
        ("- a\n", "holds no workflow"),
        ("", "empty"),
        (TEXT + "name: twice\n", "second time"),
        ("a: &x 1\nb: *x\n", "anchor"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused(text: str, said: str) -> None:
    result = apply_edits(text, [typed_edits.SetInfo(description="x")])
    assert result.text == text
    assert [problem.code for problem in result.problems] == ["edit-broken-text"]
    assert said in result.problems[0].message
    assert result.problems[0].help


@pytest.mark.parametrize(
    "spec",
    [
        {}, {"id": "a"}, {"kind": "llm"}, {"id": "a", "kind": "agent"}, {"id": "Big One", "kind": "llm"},
        {"id": "reply", "kind": "llm"}, {"id": "x" * 10_000, "kind": "llm"}, {"id": 5, "kind": "llm"},
        {"id": "START", "kind": "llm"}, {"id": ["a"], "kind": {"b": 1}},
        {"id": "m", "kind": "map", "body": {"nodes": [{"id": "reply", "kind": "llm"}]}},
        {"id": "m", "kind": "map", "body": {"nodes": [{"id": "m", "kind": "llm"}]}},
    ],
)  # fmt: skip
def test_a_node_that_cannot_be_is_refused(spec: dict[str, object]) -> None:
    result = apply_edits(TEXT, [typed_edits.AddNode(node=spec)])
    assert result.text == TEXT
    assert len(result.problems) == 1
    assert len(result.problems[0].message) < 300
    assert result.problems[0].help


def test_strange_characters_are_written_so_that_they_can_be_read() -> None:
    strange = 'tab\tbell\x07 nul\x00 line\u2028 bom\ufeff emoji 😀 quote" back\\ {{ state.email }}'
    result = apply_edits(TEXT, [typed_edits.SetPrompt(id="reply", prompt=strange)])
    assert result.ok
    assert read(result.text).data["nodes"][0]["prompt"] == strange


def test_the_skeleton_begins_with_the_schema_for_editors() -> None:
    text = new_workflow("Mail Helper!", 'Says: "hello"\nto all')
    assert text.startswith("# yaml-language-server: $schema=")
    assert read(text).data == {"version": 1, "name": "mail_helper", "description": 'Says: "hello" to all'}


@pytest.mark.parametrize("name", ["", "…", "on", "1", "null", "a" * 200, "yes"])
def test_a_skeleton_of_any_name_is_readable(name: str) -> None:
    source = read(new_workflow(name))
    assert not source.problems
    assert isinstance(source.data["name"], str)


def test_a_workflow_grows_from_the_skeleton() -> None:
    ask = {"id": "ask", "kind": "llm", "prompt": "Say {{ state.topic }}", "writes": ["said"]}
    check_it = {"id": "check", "kind": "human", "ask": "Fine?", "writes": ["fine"]}
    text = new_workflow("talk", "Talks")
    result = apply_edits(
        text,
        [
            typed_edits.AddInput(name="topic", type={"type": "string"}),
            typed_edits.AddNode(node=ask),
            typed_edits.AddNode(node=check_it, fields={"fine": {"type": "boolean"}}),
            typed_edits.SetOutputs(outputs=["said", "fine"]),
        ],
    )
    assert check(result.text).valid
    assert list(read(result.text).data) == [
        "version", "name", "description", "inputs", "state", "outputs", "nodes", "edges",
    ]  # fmt: skip
    assert read(result.text).data["edges"][1] == {"from": "ask", "to": "check"}


def test_the_schema_of_edits_is_that_of_the_union() -> None:
    schema = edits_schema()
    assert schema["type"] == "array"
    ops = set(schema["items"]["discriminator"]["mapping"])
    assert {"add_node", "rename", "wrap_in_map"} <= ops
    assert not {"replace_value", "rename_key", "remove_key"} & ops
    assert DESIGN_EDITS.validate_python([{"op": "connect", "from": "a", "to": "b"}])
