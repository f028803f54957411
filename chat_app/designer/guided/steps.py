"""Steps: single nodes that commands add and compositions chain, each a small file of data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import yaml
from pydantic import Field

from chat_app.designer.guided.interview import names_of, shown_names
from chat_app.designer.guided.material import Material
from chat_app.designer.guided.patterns import FOLDER, Slot
from chat_app.designer.guided.rendering import render
from chat_app.designer.guided.telling import told_in, turns
from chat_app.designer.guided.toolbox import usable
from chat_app.designer.guided.words import harmless, name_of, unique
from chat_app.translation import tr
from chat_app.workflow.fields import Name, Part

Gives = Literal["text", "list", "label", "score", "record", "decision", "file"]


class Step(Part):
    """One thing that can be done with a material."""

    id: Name
    title: str
    verbs: list[str]
    """How people ask for it."""
    weak: bool = False
    """Whether another step that is named beside it is meant instead: "draft a title"."""
    gives: Gives
    needs: list[Name] = Field(default=[])
    """Tools that it is built with; where one is missing it is not known."""
    slots: list[Slot] = Field(default=[])
    sample: list[str] = Field(default=[])
    """Texts to try it with, where not any text will do; the first for one that takes a single text."""
    node: dict[str, Any]
    writes: Any
    """State fields by name, or a place that gives them."""


@dataclass(frozen=True, slots=True)
class NewNode:
    """A node ready to be added, with the state fields it writes."""

    spec: dict[str, Any]
    fields: dict[str, dict[str, Any]]

    @property
    def id(self) -> str:
        """The node's id."""
        return str(self.spec["id"])


@dataclass(frozen=True, slots=True)
class Named:
    """A step found in a text, and where."""

    step: Step
    start: int
    end: int
    turn: bool = False
    """Whether a whole turn of phrase asks for it, which no thing that is spoken of does."""


@cache
def load_steps() -> tuple[Step, ...]:
    """Every step that is shipped."""
    found = []
    for file in sorted((FOLDER / "steps").glob("*.yaml")):
        data = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        found.append(Step.model_validate({"id": file.stem} | data))
    return tuple(found)


def step_named(name: str) -> Step | None:
    """The shipped step with this id."""
    return _by_name().get(name)


@cache
def _by_name() -> dict[str, Step]:
    return {step.id: step for step in load_steps()}


@cache
def _verbs() -> tuple[tuple[re.Pattern[str], Step], ...]:
    return tuple(
        (re.compile(rf"(?<![\w-]){re.escape(verb)}(?![\w-])", re.IGNORECASE), step)
        for step in load_steps()
        for verb in step.verbs
    )


def steps_in(text: str) -> list[Named]:
    """Every step that a text names, in order; of two in one place the longer wins."""
    found = [
        Named(step, match.start(), match.end())
        for verb, step in _verbs()
        if usable(step.needs)
        for match in verb.finditer(text)
    ]
    told = told_in(text)
    found += [
        Named(step, start, end, turn=True)
        for name, phrase in turns()
        if (step := step_named(name)) and usable(step.needs)
        for start, end in phrase.places(told)
    ]
    found.sort(key=lambda each: (each.start, -each.end))
    kept: list[Named] = []
    for each in found:
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept


def step_in(text: str) -> Step | None:
    """The step that a phrase asks for: the first it names, a weak one only where it stands alone."""
    found = steps_in(text)
    strong = next((each.step for each in found if not each.step.weak), None)
    return strong or (found[0].step if found else None)


@dataclass(frozen=True, slots=True)
class Taken:
    """The names that are in use: nodes and fields may share one."""

    ids: set[str]
    fields: set[str]


def new_node(
    step: Step,
    values: dict[str, Any],
    material: Material,
    taken: Taken,
    *,
    style: str = "",
    id_: str | None = None,
) -> NewNode:
    """The node that a step makes on a material."""
    names = {**names_of(step.slots, values), "material": material.template, "rows": material.rows, "style": style}
    names["tongue"] = values.get("tongue", names["tongue"])
    shown = {**names, **shown_names(step.slots, values)}
    spec = render(step.node, names, shown)
    fields = render(step.writes, names, shown)
    renamed = {name: unique(name, taken.fields) for name in fields}
    return NewNode(
        {"id": unique(id_ or step.id, taken.ids), **spec, "writes": list(renamed.values())},
        {renamed[name]: field for name, field in fields.items()},
    )


def own_words_node(words: str, material: str, taken: Taken, *, id_: str | None = None) -> NewNode:
    """A model step whose prompt is what a person wrote."""
    task = harmless(words.strip().rstrip("."))
    node_id = id_ or unique("_".join(name_of(task, "step").split("_")[:3]), taken.ids)
    field = unique(f"{node_id}_result", taken.fields)
    spec = {
        "id": node_id,
        "kind": "llm",
        "description": task[:1].upper() + task[1:80],
        "prompt": f"{task[:1].upper()}{task[1:]}.\n\n{material}\n",
        "writes": [field],
    }
    return NewNode(spec, {field: {"type": "string", "description": tr("What came out of: {task}", task=task[:80])}})
