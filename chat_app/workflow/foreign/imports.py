"""Takes a workflow of any program that we read, and makes one of ours that checks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chat_app.workflow.check import CheckResult
from chat_app.workflow.edits.fixers import repair_text
from chat_app.workflow.foreign.building import Foreign, as_text
from chat_app.workflow.foreign.configurable_agents import from_configurable_agents, is_configurable_agents
from chat_app.workflow.foreign.dify import from_dify, is_dify
from chat_app.workflow.foreign.n8n import from_n8n, is_n8n
from chat_app.workflow.foreign.settling import settle
from chat_app.workflow.mend import mend
from chat_app.workflow.source import read
from chat_app.workflow.surroundings import Surroundings

LARGEST = 5_000_000
"""Characters of a file that is read."""

_READERS: tuple[tuple[Callable[[Any], bool], Callable[[dict[str, Any], frozenset[str]], Foreign]], ...] = (
    (is_dify, from_dify),
    (is_n8n, from_n8n),
    (is_configurable_agents, from_configurable_agents),
)


@dataclass(frozen=True, slots=True)
class Imported:
    """A workflow of ours made from another program's, with all that was decided on the way."""

    program: str
    """Whose file it was; empty where it was one of ours already."""
    checked: CheckResult
    notes: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def text(self) -> str:
        """The workflow's YAML."""
        return self.checked.text

    def lines(self) -> list[str]:
        """What a person should know, a line each."""
        told = [f"Read a workflow of {self.program}."] if self.program else []
        told += self.notes
        told += [f"Not taken over: {line}" for line in self.left_out]
        return told


class NotAWorkflow(ValueError):
    """The text is no workflow of a program that we know; the message says what was found."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


def import_workflow(text: str, surroundings: Surroundings | None = None) -> Imported:
    """The workflow in a text, whichever program wrote it; raises NotAWorkflow."""
    known = surroundings or Surroundings()
    if len(text) > LARGEST:
        raise NotAWorkflow("The file is larger than 5 MB.", "Take a smaller part of it.")
    data = _data(text)
    for is_theirs, reader in _READERS:
        if is_theirs(data):
            return _taken_over(_read(reader, data, frozenset(known.tools)), known)
    repaired, lines = repair_text(text)
    found = read(repaired).data
    if not isinstance(found, dict) or not isinstance(found.get("nodes"), list):
        raise NotAWorkflow(
            "This is no workflow of workflow-chat, configurable-agents, Dify or n8n.",
            "Take the file that the program exports: Dify's DSL as YAML, n8n's workflow as JSON.",
        )
    mended = mend(repaired, known)
    fixes = [each.fix.title for each in mended.fixed if each.fix is not None]
    return Imported("", mended.result, (*lines, *fixes), ())


def is_foreign(text: str) -> bool:
    """Whether a text is another program's workflow."""
    data = _data(text)
    return any(is_theirs(data) for is_theirs, _ in _READERS)


def _read(reader: Callable[[dict[str, Any], frozenset[str]], Foreign], data: Any, tools: frozenset[str]) -> Foreign:
    try:
        return reader(data, tools)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise NotAWorkflow(
            f"The file looks like another program's workflow, but a part of it is written otherwise ({error}).",
            "Export it again from the program, unchanged.",
        ) from error


def _taken_over(foreign: Foreign, known: Surroundings) -> Imported:
    if not foreign.document["nodes"]:
        raise NotAWorkflow(
            f"The workflow of {foreign.program} has no step that does anything.", "Export another one."
        )
    text, _ = repair_text(as_text(foreign.document))
    checked, notes, given_up = settle(text, known)
    told = tuple(dict.fromkeys([*foreign.notes, *notes]))
    return Imported(foreign.program, checked, told, tuple(dict.fromkeys([*foreign.left_out, *given_up])))


def _data(text: str) -> Any:
    bare = text.lstrip("\ufeff \t\r\n")
    if bare.startswith("{"):
        try:
            return json.loads(bare)
        except (ValueError, RecursionError):
            return None
    return read(text).data
