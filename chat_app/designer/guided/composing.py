"""Composes a recipe from steps: chained by what they give, for each item or at once, into one workflow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from chat_app.designer.guided.material import Material, is_telling
from chat_app.designer.guided.patterns import Pattern, Slot
from chat_app.designer.guided.plans import Plan, PlannedStep
from chat_app.designer.guided.rendering import example_of
from chat_app.designer.guided.steps import NewNode, Step, Taken, new_node, step_named
from chat_app.translation import joined, joint, language, mark, tr
from chat_app.translation.languages import ENGLISH
from chat_app.workflow.fields import FieldType

_ALL_TOGETHER = frozenset({"approve", "ask_person", "report", "merge"})
"""Steps that look at everything that was made before."""
_REALLY_WRITE = frozenset({"write_table", "write_document"})
"""Tools that tests call instead of being told what they return."""
_TEXT = FieldType(type="string")
_SAMPLE = mark(
    "Our new office opens on 4 May. Anna orders the desks until Friday. The old lease ends in June, "
    "which may be late."
)
_ITEMS = mark("The delivery came two weeks late.\nGreat service, thank you!\nHow can I change my address?")


_PLACE = re.compile(r"(?:\s*:|\s+into)?\s*<<.*?>>")
"""A place in a description, to be filled only once the answers are known."""


class Composition(Pattern):
    """A recipe that was put together from steps for one wish."""

    plan: dict[str, Any]

    def edit_data(self, names: Mapping[str, Any], shown: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The edits that build it; its steps tell themselves what is shown."""
        work = Composer(dict(names), rows=any(one.id == "spreadsheet" for one in Plan.of_recipe(self.plan).steps))
        for (each, at_once), group in groupby(
            Plan.of_recipe(self.plan).steps, key=lambda step: (step.each, step.at_once)
        ):
            steps = [found for one in group if (found := step_named(one.id))]
            if each:
                work.for_each(steps)
            elif at_once:
                work.at_once(steps)
            else:
                work.in_turn(steps)
        return work.finish(Plan.of_recipe(self.plan).each)


def compose(plan: Plan) -> Pattern:
    """The recipe of a plan."""
    steps = [(one, step) for one in plan.steps if (step := step_named(one.id))]
    slots = [_met(slot, step) for _, step in steps for slot in step.slots]
    title = _title(plan.steps)
    return Composition(
        id="_".join(step.id for _, step in steps)[:60].rstrip("_"),
        family=mark("Your own steps"),
        title=title,
        description=_description(plan),
        asks=[title],
        slots=[*slots, _sample(plan.each, next((step.sample for _, step in steps if step.sample), []))],
        styled=[step.id for _, step in steps if "<<style>>" in str(step.node)],
        unstyled=["language"] if "translate" in plan.ids else [],
        plan=plan.as_recipe(),
    )


def _description(plan: Plan) -> str:
    """What goes in and what the steps do, in the words of their nodes."""
    parts = []
    for one in plan.steps:
        step = step_named(one.id)
        told = _does(step) if step else ""
        if told and told not in parts:
            parts.append(told)
    first = tr("Takes a list of texts") if plan.each else tr("Takes a text")
    return joined((f"{part}{joint('.')}" for part in (first, *parts)), " ")


def _does(step: Step) -> str:
    """What a step does, as far as that is known before its questions are answered."""
    told = str(step.node.get("description", step.title))
    if not _PLACE.search(told):
        return tr(told)
    # Only English can be cut off where the place stands.
    return _PLACE.sub("", told) if language() == ENGLISH else tr(step.title)


def _met(slot: Slot, step: Step) -> Slot:
    return slot.model_copy(update={"met_by": [step.id]})


def _sample(each: bool, texts: list[str]) -> Slot:
    return Slot(
        id="sample",
        kind="items" if each else "sample",
        ask=mark("Paste a few items, one per line.") if each else mark("Paste a short text to try it with."),
        why=mark("It becomes the example in the run form and a test of the workflow."),
        default=("\n".join(map(tr, texts)) or _ITEMS) if each else next(iter(texts), _SAMPLE),
    )


def _title(steps: tuple[PlannedStep, ...]) -> str:
    parts = []
    for (each, at_once), group in groupby(steps, key=lambda step: (step.each, step.at_once)):
        titles = [_lower(tr(found.title)) for one in group if (found := step_named(one.id))]
        words = joined(titles, last=tr("and")) if at_once else tr(", then ").join(titles)
        if each:
            words = tr("for each item: {steps}", steps=words)
        elif at_once:
            words = tr("at the same time: {steps}", steps=words)
        parts.append(words)
    title = tr("; then ").join(parts)
    return title[:1].upper() + title[1:]


def _lower(title: str) -> str:
    """A title inside a sentence; German keeps its nouns' capitals."""
    return title if language() == "de" else title[:1].lower() + title[1:]


@dataclass
class Composer:
    """A workflow in the making."""

    names: dict[str, Any]
    edits: list[dict[str, Any]] = field(default_factory=list)
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the workflow's own level has written so far."""
    given: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    rows: bool = False
    """Whether a table is made of the results."""
    material: Material = field(default_factory=lambda: Material({"state.text": _TEXT}))

    def in_turn(self, steps: list[Step]) -> None:
        """Steps one after another."""
        for step in steps:
            node = self._node(step, self._material_for(step), {"text", "items", *self.fields})
            self.edits.append({"op": "add_node", "node": node.spec, "fields": node.fields})
            self._wrote(step, node)

    def at_once(self, steps: list[Step]) -> None:
        """Steps that run at the same time, on the same material."""
        material, nodes = self.material, []
        for step in steps:
            node = self._node(step, material, {"text", "items", *self.fields})
            self.fields |= node.fields
            nodes.append(node)
        ids = [node.id for node in nodes]
        self.edits.append({"op": "add_node", "node": {"id": "together", "kind": "parallel", "subtasks": ids}})
        self.ids.add("together")
        self.edits += [
            {"op": "add_node", "inside": "together", "node": node.spec, "fields": node.fields} for node in nodes
        ]
        self._read_next({name: kind for node in nodes for name, kind in node.fields.items()})

    def for_each(self, steps: list[Step]) -> None:
        """Steps inside a map over the list."""
        over = next((name for name, kind in self.material.fields.items() if kind.type == "array"), "state.items")
        local: dict[str, dict[str, Any]] = {}
        material, nodes = Material({"item": _TEXT}), []
        for step in steps:
            node = self._node(step, material, {"text", "items", "item", *self.fields, *local})
            local |= node.fields
            nodes.append(node.spec)
            told = _telling(node.fields)
            material = Material({f"state.{name}": kind for name, kind in told.items()}) if told else material
        # Rows of a table are records even where they have one column.
        single = len(local) == 1 and not self.rows
        kind = next(iter(local.values())) if single else {"type": "object", "properties": local}
        collected = "results"
        self.fields[collected] = {
            "type": "array",
            "items": {key: part for key, part in kind.items() if key != "description"},
        }
        body = {"state": local, "nodes": nodes, "returns": next(iter(local)) if single else list(local)}
        self.ids.add("for_each")
        self.edits.append(
            {
                "op": "add_node",
                "node": {
                    "id": "for_each",
                    "kind": "map",
                    "over": f"{{{{ {over} }}}}",
                    "item": "item",
                    "max_concurrency": 4,
                    "body": body,
                    "writes": [collected],
                },
                "fields": {collected: self.fields[collected]},
            }
        )
        self.material = Material({f"state.{collected}": FieldType.model_validate(self.fields[collected])})

    def finish(self, each: bool) -> list[dict[str, Any]]:
        """All edits, with the input before them and the contract and a test behind them."""
        sample = self.names["sample"]
        given: dict[str, Any] = {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "description": tr("The list to go through"),
        }
        if not each:
            given = {"type": "string", "minLength": 1, "description": tr("The text to work on")}
        name = "items" if each else "text"
        expected = [f"has(state.{output})" for output in self.fields]
        if "results" in self.fields:
            expected.append("size(state.results) == size(state.items)")
        test = {
            "name": tr("every step hands its result on"),
            "inputs": {name: sample},
            "given": self.given,
            "answers": self.answers,
            "expect": expected,
        }
        return [
            {"op": "add_input", "name": name, "type": {**given, "examples": [sample]}},
            *self.edits,
            {"op": "set_outputs", "outputs": list(self.fields)},
            *([{"op": "set_limits", "limits": {"map_items": 200}}] if each else []),
            {"op": "add_test", "test": {key: value for key, value in test.items() if value}},
        ]

    def _node(self, step: Step, material: Material, taken: set[str]) -> NewNode:
        node = new_node(step, self.names, material, Taken(self.ids, taken), style=str(self.names["style"]))
        self.ids.add(node.id)
        values = {name: example_of(kind) for name, kind in node.fields.items()}
        if node.spec["kind"] == "human":
            self.answers[node.id] = values
        elif node.spec.get("tool") not in _REALLY_WRITE:
            self.given[node.id] = values
        return node

    def _material_for(self, step: Step) -> Material:
        if step.id == "spreadsheet" and self.fields:
            columns = {name: FieldType.model_validate(kind) for name, kind in self.fields.items()}
            listed = {name: kind for name, kind in columns.items() if name == "results"}
            return Material({f"state.{name}": kind for name, kind in (listed or columns).items()})
        if step.id not in _ALL_TOGETHER or not self.fields:
            return self.material
        return Material({f"state.{name}": FieldType.model_validate(kind) for name, kind in self.fields.items()})

    def _wrote(self, step: Step, node: NewNode) -> None:
        self.fields |= node.fields
        if step.gives not in ("decision", "label", "score"):
            self._read_next(node.fields)

    def _read_next(self, fields: dict[str, dict[str, Any]]) -> None:
        told = _telling(fields)
        if told:
            self.material = Material({f"state.{name}": kind for name, kind in told.items()})


def _telling(fields: Mapping[str, Mapping[str, Any]]) -> dict[str, FieldType]:
    kinds = {name: FieldType.model_validate(kind) for name, kind in fields.items()}
    return {name: kind for name, kind in kinds.items() if is_telling(kind)}
