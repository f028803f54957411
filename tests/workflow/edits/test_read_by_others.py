"""What edits write is read as the same data by YAML 1.2 (ruamel.yaml), by YAML 1.1 (PyYAML) and by us."""

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.source import read
from chat_app.workflow.typed_edits import AddNode, AddTest

START = """\
version: 1
name: base
inputs:
  topic: {type: string}
state:
  text: {type: string}
outputs: [text]
nodes:
  - {id: write, kind: llm, prompt: "Write about {{ state.topic }}", writes: [text]}
"""

# The key `on` is the language's own word and stays bare, which YAML 1.1 alone reads as true.
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=40).filter(
    lambda text: text != "on"
)
VALUES = WORDS | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()


@given(prompt=st.lists(WORDS, min_size=1, max_size=4).map("\n".join), label=WORDS, value=VALUES)
@example(prompt="yes", label="off", value="0x10")
@example(prompt="A tram?", label="- a: b # c", value="1_000")
@example(prompt="2026-11-22", label="~", value="12:30:45")
@settings(max_examples=150, deadline=None)
def test_three_readers_agree(prompt: str, label: str, value: object) -> None:
    node = {"id": "judge", "kind": "classify", "text": prompt, "labels": {label: "one", "other": label}, "writes": []}
    edits = [
        AddNode(node=node, after="write"),
        AddTest(test={"name": "drawn", "inputs": {"topic": value}, "expect": ["true"]}),
    ]
    result = apply_edits(START, edits)
    ours = read(result.text).data
    assert YAML(typ="safe", pure=True).load(result.text) == ours
    assert yaml.safe_load(result.text) == ours
    if result.ok:
        added = next(one for one in ours["nodes"] if one["id"] == "judge")
        assert added["text"] == prompt
        assert added["labels"] == {label: "one", "other": label}
        assert ours["tests"][0]["inputs"]["topic"] == value
