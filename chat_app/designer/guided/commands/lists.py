"""Work on every item of a list: `translate each result`, `for each topic: write a title`, `improve for each text`."""

from __future__ import annotations

import re
from typing import Any

from chat_app.designer.guided.commands.adding import make_node
from chat_app.designer.guided.commands.outcome import Change, Outcome, Unsure
from chat_app.designer.guided.material import Material
from chat_app.designer.guided.steps import step_in, steps_in
from chat_app.designer.guided.view import View
from chat_app.designer.guided.words import name_of, plural, singular, unique
from chat_app.translation import tr
from chat_app.workflow.edges import START
from chat_app.workflow.fields import FieldType
from chat_app.workflow.typed_edits import AddInput, AddNode, DesignEdit, RemoveField, SetOutputs, WrapInMap

_EACH_BEFORE = re.compile(
    r"^for (?:each|every|all)\s+(?:of\s+)?(?:the\s+)?(?P<item>[\w ]+?)(?:\s+(?:in|of|"
    r"from)\s+(?:the\s+)?(?P<list>[\w ]+?))?\s*[,:]\s*(?P<what>.+)$",
    re.IGNORECASE,
)
_EACH_AFTER = re.compile(
    r"^(?:do|run|repeat|apply|execute|map|make)?\s*(?P<what>.+?)\s+(?:for (?:each|"
    r"every)(?: one)?(?: of)?|over (?:each|every|all)?|on (?:each|"
    r"every))\s*(?:the\s+)?(?P<item>[\w ]+?)"
    r"(?:\s+(?:in|of|from)\s+(?:the\s+)?(?P<list>[\w ]+?))?$",
    re.IGNORECASE,
)
_EACH_INSIDE = re.compile(
    r"^(?P<what>[a-z]+(?: up| out)?)\s+(?:each|every(?: one of)?|all(?: of)?)\s+(?:the\s+|"
    r"one of the\s+)?(?P<item>[a-z]+)(?P<list>)(?P<rest>\b.*)$",
    re.IGNORECASE,
)


def read(clause: str, view: View) -> Outcome | None:
    """Reads a wish for something that is done for each item."""
    for pattern in (_EACH_BEFORE, _EACH_AFTER, _EACH_INSIDE):
        found = pattern.match(clause)
        outcome = _each(found, clause, view) if found else None
        if outcome is not None:
            return outcome
    return None


def _each(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    what, item_words, list_words = found["what"], found["item"], found["list"]
    what += found.groupdict().get("rest") or ""
    steps = steps_in(what)
    nodes = view.nodes_like(re.sub(r"^(?:do|run|repeat|apply)\s+", "", what, flags=re.IGNORECASE))
    array = _array(view, list_words or item_words)
    if nodes:
        return _wrap(view, [nodes[0]], array, item_words)
    if array and (steps or re.match(r"^(?:add|run|do)\b", what, re.IGNORECASE)):
        return _new_map(view, what, array, item_words)
    return None


def _array(view: View, words: str) -> str | None:
    name = view.fields_like(words)
    if name and view.type_of(name).type == "array":
        return name
    arrays = [
        field for field, kind in {**view.workflow.inputs, **view.workflow.state}.items() if kind.type == "array"
    ]
    return (
        arrays[0]
        if len(arrays) == 1
        and words.strip().lower() in ("item", "items", "one", "entry", "element", "of them", "list")
        else None
    )


def _wrap(view: View, nodes: list[str], array: str | None, item_words: str) -> Outcome:
    place = view.places[nodes[0]]
    if place.map is not None:
        return Unsure(tr("`{node}` already runs for each item of a list.", node=nodes[0]))
    written = [name for name in place.node.writes if name in view.workflow.state]
    if len(written) != 1:
        return Unsure(
            tr(
                "`{node}` writes several fields; only a step that writes one can be repeated for a list.",
                node=nodes[0],
            )
        )
    collected = unique(plural(written[0]), view.names)
    item = unique(singular(name_of(item_words, "item")), view.names)
    if array is not None:
        wrapped = WrapInMap(
            nodes=nodes,
            id=unique(f"each_{item}", view.ids),
            over=f"{{{{ state.{array} }}}}",
            item=item,
            writes=collected,
        )
        edits: list[DesignEdit] = [wrapped]
    else:
        inputs = [
            name
            for name, kind in view.workflow.inputs.items()
            if kind.type == "string" and f"state.{name}" in place.node.model_dump_json()
        ]
        if len(inputs) != 1:
            return Unsure(
                tr("There is no list to go through. Add one first."),
                (f"add an input called {name_of(item_words, 'items')}s of type list",),
            )
        edits = _from_one_to_many(view, nodes, inputs[0], item, collected)
    outputs = [collected if name == written[0] else name for name in view.workflow.outputs]
    edits.append(SetOutputs(outputs=outputs))
    return Change(tuple(edits), nodes[0])


def _from_one_to_many(view: View, nodes: list[str], old: str, item: str, collected: str) -> list[DesignEdit]:
    """A list takes the place of an input that held one text."""
    several = unique(plural(old), view.names)
    description = f"The list: {view.workflow.inputs[old].description or old}"
    type_ = {"type": "array", "items": {"type": "string"}, "minItems": 1, "description": description}
    edits: list[DesignEdit] = [
        AddInput(name=several, type=type_),
        WrapInMap(
            nodes=nodes,
            id=unique(f"each_{item}", view.ids),
            over=f"{{{{ state.{several} }}}}",
            item=item,
            replaces=old,
            writes=collected,
        ),
    ]
    others = (place.node for name, place in view.places.items() if name not in nodes)
    if not any(f"state.{old}" in node.model_dump_json() for node in others):
        edits.append(RemoveField(name=old))
    return edits


def _new_map(view: View, what: str, array: str, item_words: str) -> Outcome:
    words = re.sub(r"^(?:add|run|do)\s+", "", what, flags=re.IGNORECASE)
    step = step_in(words)
    item = unique(singular(name_of(item_words if item_words.lower() != "of them" else array, "item")), view.names)
    kind = view.type_of(array).items
    made, assumed = make_node(view, step, words, Material({item: kind or FieldType(type="string")}))
    [(name, field), *more] = made.fields.items()
    returned: Any = name if not more else [name, *(other for other, _ in more)]
    type_ = field if not more else {"type": "object", "properties": made.fields}
    map_id = unique(f"each_{item}", view.ids | {made.id})
    collected = unique(plural(name), view.names | set(made.fields))
    writer = next(
        (place.node.id for place in view.places.values() if array in place.node.writes and place.map is None), START
    )
    node = {
        "id": map_id, "kind": "map", "over": f"{{{{ state.{array} }}}}", "item": item, "max_concurrency": 4,
        "body": {"state": made.fields, "nodes": [made.spec], "returns": returned}, "writes": [collected],
    }  # fmt: skip
    plain = {key: value for key, value in type_.items() if key != "description"}
    edits: list[DesignEdit] = [
        AddNode(node=node, fields={collected: {"type": "array", "items": plain}}, after=writer),
        SetOutputs(outputs=[*view.workflow.outputs, collected]),
    ]
    return Change(tuple(edits), made.id, assumed)
