"""Answers of the interview become requirements of the workflow, whether the model thought of it or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chat_app.designer.agent.budget import shorten
from chat_app.designer.agent.memory import Memory, Slot
from chat_app.workflow.document import Workflow
from chat_app.workflow.names import as_name
from chat_app.workflow.typed_edits import AddRequirement

_WORDS = re.compile(r"\w{4,}")
_MOST_NODES = 3


def missing_requirements(memory: Memory, workflow: Workflow) -> list[AddRequirement]:
    """The edits that write down what the person answered and the workflow does not hold yet."""
    present = {requirement.id for requirement in workflow.requirements}
    return [
        AddRequirement(
            id=as_name(slot.id, "answer"),
            text=shorten(f"{slot.question} {slot.value}", 300),
            met_by=_met_by(slot, workflow),
        )
        for slot in memory.slots
        if slot.source == "user" and not slot.settled and as_name(slot.id, "answer") not in present
    ]


def settled(memory: Memory) -> Memory:
    """The memory once all answers stand in the workflow."""
    return memory.with_(slots=[slot.model_copy(update={"settled": True}) for slot in memory.slots])


def _met_by(slot: Slot, workflow: Workflow) -> list[str]:
    """The nodes that share most words with the answer; else those that write what is returned."""
    wanted = _words(f"{slot.question} {slot.value}")
    shared = [(len(wanted & _words(" ".join(_texts(node.model_dump())))), node.id) for node in workflow.nodes]
    most = max((count for count, _ in shared), default=0)
    if most:
        return [name for count, name in shared if count == most][:_MOST_NODES]
    returned = set(workflow.outputs)
    return [node.id for node in workflow.nodes if returned & set(node.writes)][:_MOST_NODES]


def _texts(value: Any) -> Iterator[str]:
    """All texts of a node, at any depth, without the keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORDS.findall(text))
