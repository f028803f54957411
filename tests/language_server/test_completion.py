"""Completion, asked of the real server: what is offered, also while the YAML is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.language_server.conftest import example
from tests.language_server.editor import Editor, Page

HEAD = """\
version: 1
name: sorter
inputs:
  mail: {type: string, description: What came}
  files: {type: array, items: {type: object, properties: {title: {type: string}, pages: {type: integer}}}}
state:
  mood: {type: string, enum: [calm, angry]}
  done: {type: boolean}
  notes: {type: array, items: {type: string}}
outputs: [mood]
nodes:
  - id: judge
    kind: classify
    text: "{{ state.mail }}"
    labels: {calm: polite, angry: rude}
    writes: [mood]
  - id: ask_boss
    kind: human
    ask: Is it done?
    writes: [done]
  - id: each
    kind: map
    over: "{{ state.files }}"
    item: file
    body:
      state: {note: {type: string}}
      nodes:
        - {id: inner, kind: template, template: "{{ file.title }}", writes: [note]}
      returns: note
    writes: [notes]
"""


def offered(editor: Editor, text: str) -> list[str]:
    """What is offered at the `|` of a text that follows the head."""
    whole = HEAD + text
    cursor = whole.rindex("|")
    page = editor.open(whole[:cursor] + whole[cursor + 1 :])
    return page.labels(page.place(cursor))


NODE = "  - id: more\n    kind: llm\n"


@pytest.mark.parametrize(
    ("text", "some", "none"),
    [
        pytest.param("|", ["edges", "limits", "tests"], ["nodes", "version"], id="keys of the workflow"),
        pytest.param(NODE + "    |", ["prompt", "writes", "retry"], ["id", "kind", "template"], id="keys of a node"),
        pytest.param(NODE + "    pro|: x\n    writes: [mood]", ["prompt"], ["writes", "kind"], id="half a key"),
        pytest.param("  - |", ["id", "kind", "prompt", "over"], [], id="keys of a node without a kind"),
        pytest.param("  - id: x\n    |\n    kind: http\n", ["url", "query"], ["prompt", "id"], id="keys above"),
        pytest.param(NODE + "    retry: {|}", ["attempts", "on"], ["prompt"], id="keys in braces"),
        pytest.param(NODE + "    retry: {attempts: 2, |", ["on"], ["attempts"], id="keys in open braces"),
        pytest.param("edges:\n  - {from: judge, |", ["to", "routes"], ["from"], id="keys of an edge"),
        pytest.param(
            "limits:\n  |\ntests: []\n", ["steps", "cost_usd"], ["prompt", "tests"], id="keys on an empty line"
        ),
        pytest.param("  - id: x\n    kind: |", ["llm", "human", "map"], [], id="kinds"),
        pytest.param(NODE + "    cache: |", ["true", "false"], [], id="true and false"),
        pytest.param(NODE + "    retry: {on: [timeout, |]}", ["rate_limit"], ["timeout"], id="values in a list"),
        pytest.param("  - {id: x, kind: http, method: |}", ["GET", "POST"], [], id="values in braces"),
        pytest.param(NODE + "    writes: [|]", ["mood", "done", "notes"], ["mail", "note"], id="fields to write"),
        pytest.param(NODE + "    writes:\n      - mood\n      - |", ["done"], ["mood"], id="fields below each other"),
        pytest.param(NODE + "    on_error: |", ["fail", "continue", "judge"], ["inner"], id="on_error"),
        pytest.param("edges:\n  - {from: |}", ["START", "judge", "each"], ["END", "inner"], id="from"),
        pytest.param("edges:\n  - {from: START, to: |}", ["judge", "END"], ["START"], id="to"),
        pytest.param("edges:\n  - {from: START, to: [judge, |]}", ["ask_boss"], ["judge"], id="to a list"),
        pytest.param("edges:\n  - from: judge\n    routes:\n      - to: |", ["each", "END"], [], id="to of a route"),
        pytest.param(
            "edges:\n  - {from: judge, to_conditional: {if_true: |}}", ["each", "END"], [], id="to of a condition"
        ),
        pytest.param("  - {id: p, kind: parallel, subtasks: [|]}", ["judge"], ["inner"], id="subtasks"),
        pytest.param("requirements:\n  - {id: r, text: t, met_by: [|]}", ["judge", "inner"], [], id="met_by"),
        pytest.param("tests:\n  - inputs: {|}", ["mail", "files"], ["mood"], id="inputs of a test"),
        pytest.param("tests:\n  - given: {|}", ["judge", "inner"], [], id="nodes of a test"),
        pytest.param("tests:\n  - answers: {|}", ["ask_boss"], ["judge"], id="people of a test"),
        pytest.param("tests:\n  - given: {judge: {|}}", ["mood"], ["done", "mail"], id="what a node gives"),
        pytest.param("tests:\n  - given: {judge: {mood: |}}", ["calm", "angry"], [], id="values a node gives"),
        pytest.param("tests:\n  - expect: [\"state.|\"]", ["mood", "mail"], ["note"], id="fields of an expectation"),
        pytest.param("  - {id: t, kind: tool, tool: |}", ["retrieve", "fetch_page"], [], id="tools"),
        pytest.param(
            "  - {id: t, kind: tool, tool: fetch_page, arguments: {|}}", ["url"], [], id="arguments of a tool"
        ),
        pytest.param(NODE + "    tools: [|]", ["retrieve"], [], id="tools of a model"),
        pytest.param(NODE + "    model: |", ["ollama_chat/qwen3"], [], id="models"),
    ],
)  # fmt: skip
def test_what_the_language_knows_is_offered(editor: Editor, text: str, some: list[str], none: list[str]) -> None:
    labels = offered(editor, text)
    assert set(some) <= set(labels)
    assert not set(none) & set(labels)


@pytest.mark.parametrize(
    ("text", "some", "none"),
    [
        pytest.param('prompt: "{{ |', ["state"], ["mood"], id="the state"),
        pytest.param('prompt: "Hello {{ state.|', ["mail", "mood"], ["note", "state"], id="open quotes"),
        pytest.param("prompt: Hello {{ state.|", ["mail", "mood"], [], id="no quotes"),
        pytest.param("prompt: {{ state.|", ["mail", "mood"], [], id="only braces"),
        pytest.param("prompt: |\n      Hello\n      {{ state.mo| }}\n    writes: [mood]", ["mood"], [], id="a block"),
        pytest.param('prompt: "{{ state.files[0].|', ["title", "pages"], ["mail"], id="parts of an item"),
        pytest.param('prompt: "{% for f in state.files %}{{ f.|', ["title", "pages"], ["mail"], id="parts in a loop"),
        pytest.param('prompt: "{{ state.mail | |', ["upper", "trim"], ["mail"], id="filters"),
        pytest.param('prompt: "{% if state.mood == |', ["'calm'", "'angry'"], [], id="values compared with"),
        pytest.param("prompt: \"{% if state.mood == '|", ["calm", "angry"], [], id="values in quotes"),
        pytest.param('prompt: "{% |', ["if", "for", "endif", "state"], ["mail"], id="words of blocks"),
        pytest.param('prompt: "state.|', [], ["mail"], id="outside the braces"),
        pytest.param("description: the {{ state.|", [], ["mail"], id="not in a template"),
    ],
)  # fmt: skip
def test_templates(editor: Editor, text: str, some: list[str], none: list[str]) -> None:
    labels = offered(editor, f"{NODE}    {text}\n  - id: last\n    kind: llm\n")
    assert set(some) <= set(labels)
    assert not set(none) & set(labels)


@pytest.mark.parametrize(
    ("text", "some"),
    [
        ('condition: "state.|', ["mood", "done"]),
        ("condition: state.|, to: END}", ["mood", "done"]),
        ("condition: \"state.mood == '|", ["calm", "angry"]),
        ('condition: "state.mood == |', ["'calm'"]),
        ('condition: "state.done == |', ["true", "false"]),
        ('condition: "|', ["state", "has", "size"]),
    ],
)
def test_conditions(editor: Editor, text: str, some: list[str]) -> None:
    labels = offered(editor, f"edges:\n  - from: judge\n    routes:\n      - {{{text}\n      - {{to: END}}\n")
    assert set(some) <= set(labels)


def test_inside_a_map_its_names_are_offered(editor: Editor) -> None:
    page = editor.open(HEAD)
    words = page.labels(page.at('template: "{{ |file'))
    assert {"state", "file", "index"} <= set(words)
    assert page.labels(page.at("{{ file.|title }}")) == ["title", "pages"]
    page.replace("{{ file.title }}", "{{ state. }}")
    assert "note" in page.labels(page.at("{{ state.| }}"))
    assert page.labels(page.at('kind: template, template: "{{ state. }}", writes: [|note]')) == ["note"]


def test_code_reads_the_state(editor: Editor) -> None:
    assert "files" in offered(editor, "  - id: c\n    kind: code\n    code: |\n      total = len(state.|)\n")


def test_an_item_replaces_the_word_that_is_there(triage: Page) -> None:
    items = triage.ask("completion", triage.at("to: dr|aft}"))
    item = next(item for item in items if item["label"] == "approve")
    assert "to: approve}" in triage.after([item["textEdit"]])
    assert triage.words(item["textEdit"]["range"]) == "draft"


def test_a_key_comes_with_its_colon_once(editor: Editor) -> None:
    page = editor.open("version: 1\nna")
    item = next(item for item in page.ask("completion", page.place(13)) if item["label"] == "name")
    assert page.after([item["textEdit"]]) == "version: 1\nname: "
    page = editor.open("version: 1\nna: x")
    item = next(item for item in page.ask("completion", page.place(13)) if item["label"] == "name")
    assert page.after([item["textEdit"]]) == "version: 1\nname: x"


def test_needed_keys_come_first_and_say_what_they_are(editor: Editor) -> None:
    page = editor.open("version: 1\nnodes:\n  - id: a\n    kind: llm\n    ")
    items = sorted(page.ask("completion", page.place(len(page.text))), key=lambda item: item["sortText"])
    assert items[0]["label"] == "prompt"
    assert items[0]["detail"] == "text"
    assert "What to ask." in items[0]["documentation"]["value"]


def test_names_outlive_the_line_that_breaks_them(editor: Editor) -> None:
    page = editor.open(example("support_triage"))
    page.findings()
    page.replace("inputs:\n  email:", "inputs: }}}\n  email\n")
    page.replace("state.mood }}", "state.")
    assert {"email", "mood", "answer"} <= set(page.labels(page.at("mood is {{ state.|")))


def test_columns_behind_wide_characters(editor: Editor) -> None:
    page = editor.open(HEAD + NODE + '    prompt: "😀 漢字 {{ state. }}"\n')
    place = page.at("漢字 {{ state.|")
    items = page.ask("completion", place)
    item = next(item for item in items if item["label"] == "mood")
    assert '"😀 漢字 {{ state.mood }}"' in page.after([item["textEdit"]])


def test_files_of_the_folder_are_offered(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text("version: 1\n", encoding="utf-8")
    text = "nodes:\n  - {id: a, kind: workflow, uses: }\n"
    page = editor.open(text, (tmp_path / "outer.yaml").as_uri())
    assert page.labels(page.at("uses: |}")) == ["./inner.yaml"]


@pytest.mark.parametrize("end", ["\r\n", "\r"], ids=["CRLF", "CR"])
def test_other_line_ends(editor: Editor, end: str) -> None:
    page = editor.open((HEAD + NODE + "    writes: [").replace("\n", end))
    place = {"line": (HEAD + NODE).count("\n"), "character": 13}
    assert set(page.labels(place)) == {"mood", "done", "notes"}


def test_within_the_indentation_a_line_is_read_as_it_stands(editor: Editor) -> None:
    page = editor.open(HEAD)
    at_start = page.labels(page.at("- id: ask_boss\n|    kind"))
    assert "ask" not in at_start  # it is there already
    assert "retry" in at_start


def test_the_inputs_of_the_file_that_a_node_runs(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text(example("support_triage"), encoding="utf-8")
    node = "  - {id: sub, kind: workflow, uses: ./inner.yaml, arguments: {}, writes: [mood]}\n"
    page = editor.open(HEAD + node, (tmp_path / "outer.yaml").as_uri())
    page.findings()
    assert page.labels(page.at("arguments: {|}")) == ["email"]
    page.replace("arguments: {}", "arguments: {em")
    assert page.labels(page.at("arguments: {em|")) == ["email"]


def test_a_folder_that_is_not_there_offers_no_files(editor: Editor, tmp_path: Path) -> None:
    page = editor.open("nodes:\n  - {id: a, kind: workflow, uses: }\n", (tmp_path / "gone" / "x.yaml").as_uri())
    assert page.labels(page.at("uses: |}")) == []
