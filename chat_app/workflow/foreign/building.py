"""What a reader of a foreign workflow collects: fields, names, remarks; and the text that comes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chat_app.workflow.document import LANGUAGE_VERSION
from chat_app.workflow.edits.skeleton import new_workflow
from chat_app.workflow.edits.text.splice import write_back
from chat_app.workflow.edits.text.tree import fresh, load, places
from chat_app.workflow.flowchart import Box, Case, Folded
from chat_app.workflow.names import as_name, free_name

_MOST_NOTES = 40


@dataclass(frozen=True, slots=True)
class Foreign:
    """A workflow as it was read: the data of ours, and what was or was not taken over."""

    program: str
    document: dict[str, Any]
    notes: tuple[str, ...] = ()
    """What was decided while reading."""
    left_out: tuple[str, ...] = ()
    """What the other program does and ours does not; each is a person's step or gone."""


@dataclass
class Draft:
    """A foreign workflow while it is read."""

    program: str
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
    fields: dict[tuple[str, str], str] = field(default_factory=dict)
    """Our field by foreign node and variable."""
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        """Tells a decision, once."""
        if line not in self.notes:
            self.notes.append(line)

    def leave_out(self, line: str) -> None:
        """Tells what was not taken over, once."""
        if line not in self.left_out:
            self.left_out.append(line)

    def free(self, name: str) -> str:
        """A field's name that is not taken."""
        return free_name(as_name(name, "field"), [*self.inputs, *self.state])

    def input(self, source: str, variable: str, kind: dict[str, Any]) -> str:
        """Our input for a foreign variable; made when it is first named."""
        if (source, variable) not in self.fields:
            name = self.free(variable)
            self.inputs[name] = kind
            self.fields[source, variable] = name
        return self.fields[source, variable]

    def written(self, source: str, variable: str, wanted: str, kind: dict[str, Any]) -> str:
        """Our state field for what a foreign node returns; made when it is first named."""
        if (source, variable) not in self.fields:
            name = self.free(wanted)
            self.state[name] = kind
            self.fields[source, variable] = name
        return self.fields[source, variable]

    def document(
        self, name: str, description: str, folded: Folded, outputs: Iterable[str], model: str | None = None
    ) -> dict[str, Any]:
        """All of it as data in the order of our language."""
        for line in folded.told:
            self.note(line)
        made: dict[str, Any] = {"version": LANGUAGE_VERSION, "name": as_name(name, "workflow")}
        if description.strip():
            made["description"] = " ".join(description.split())[:500]
        if model:
            made["model"] = model
        if self.inputs:
            made["inputs"] = self.inputs
        if self.state:
            made["state"] = self.state
        known = {*self.inputs, *(name for node in folded.nodes for name in node.get("writes") or [])}
        made["outputs"] = [each for each in dict.fromkeys(outputs) if each in known]
        made["nodes"] = folded.nodes
        if folded.nodes:
            made["edges"] = folded.edges
        return made

    def done(self, document: dict[str, Any]) -> Foreign:
        """What was read, with its remarks."""
        return Foreign(self.program, document, tuple(self.notes[:_MOST_NOTES]), tuple(self.left_out[:_MOST_NOTES]))


def by_hand(draft: Draft, box: Box, what: str, title: str, writes: list[str]) -> dict[str, Any]:
    """The stand-in for a step that ours cannot do: a person does it and says what came of it."""
    draft.leave_out(f"{what} (“{title}”): a person does this step now; replace it by chat.")
    if not writes:
        writes = [draft.written(box.id, "", f"{as_name(title, 'step')}_done", {"type": "string"})]
    ask = f"Do by hand what “{title}” ({what} in {draft.program}) did, then give what came of it."
    return {"kind": "human", "ask": ask, "writes": writes}


def asked_choice(draft: Draft, source: str, title: str, cases: list[Case]) -> tuple[dict[str, Any], list[Case]]:
    """A choice whose conditions ours cannot judge: a person says which way to go."""
    draft.leave_out(f"The conditions of “{title}”: a person chooses the way now; say by chat what decides.")
    ways = [f"way_{number}" for number, _ in enumerate(cases, 1)]
    name = draft.written(source, "way", f"{as_name(title, 'choice')}_way", {"type": "string", "enum": ways})
    made = [Case(case.handle, f"state.{name} == '{way}'") for case, way in zip(cases, ways, strict=True)]
    made[-1] = Case(cases[-1].handle)
    ask = f"Which way does “{title}” go? The ways are in the order in which {draft.program} has them."
    return {"kind": "human", "ask": ask, "writes": [name]}, made


def as_text(document: dict[str, Any]) -> str:
    """The document as YAML in the house's layout."""
    text = new_workflow(str(document.get("name", "workflow")))
    root = places(text)
    data = load(root)
    for key, value in document.items():
        data[key] = fresh(value)
    return write_back(text, root, data)
