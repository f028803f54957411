"""A workflow and the decisions that make it, for many tests."""

from __future__ import annotations

from typing import Any

DRAFT = """\
version: 1
name: mail_reply
# People wrote this comment by hand.
inputs:
  email: {type: string, description: "The customer's message"}   # kept
state:
  mood: {type: string, enum: [calm, angry]}
  answer: {type: string}
outputs: [answer]
nodes:
  - id: judge    # first
    kind: llm
    prompt: "Is the writer calm or angry? {{ state.email }}"
    writes: [mood]
  - id: reply
    kind: llm
    prompt: |
      Answer politely; the writer is {{ state.mood }}.

      {{ state.email }}
    writes: [answer]
edges:
  - {from: START, to: judge}
  - {from: judge, to: reply}
  - {from: reply, to: END}
"""


def edit(*edits: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A decision to edit."""
    return {"thought": "t", "action": "edit", "say": "", "edits": list(edits)} | more


def ask(
    text: str = "Which tone?", id: str = "tone", options: tuple[str, ...] = ("formal", "friendly")
) -> dict[str, Any]:
    """A decision to ask."""
    question = {
        "id": id,
        "text": text,
        "why": "It changes the prompt.",
        "options": list(options),
        "default": options[0],
    }
    return {"thought": "t", "action": "ask", "say": "One thing first.", "question": question}


def answer(say: str) -> dict[str, Any]:
    """A decision to answer."""
    return {"thought": "t", "action": "answer", "say": say}


FIRST = edit(
    {"op": "add_input", "name": "email", "type": {"type": "string", "description": "The customer's message"}},
    {
        "op": "add_node",
        "node": {"id": "reply", "kind": "llm", "prompt": "Answer politely: {{ state.email }}", "writes": ["answer"]},
        "fields": {"answer": {"type": "string"}},
    },
    {"op": "set_outputs", "outputs": ["answer"]},
    name="mail_reply",
    assumptions=["Answers are in English."],
)

REVIEW = edit(
    {
        "op": "add_node",
        "node": {
            "id": "review",
            "kind": "llm",
            "prompt": "Correct this answer: {{ state.answer }}",
            "writes": ["final"],
        },
        "fields": {"final": {"type": "string"}},
        "after": "reply",
    },
    {"op": "set_outputs", "outputs": ["final"]},
)
