"""One more of what a step already has several of: a category, an angle, a field to read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chat_app.designer.guided.commands.outcome import Change, Outcome, Unsure
from chat_app.designer.guided.values import fields, labels
from chat_app.designer.guided.view import View
from chat_app.designer.guided.words import unique
from chat_app.translation import tr
from chat_app.workflow.edges import END
from chat_app.workflow.nodes import ClassifyNode, LlmNode, ParallelNode
from chat_app.workflow.typed_edits import (
    AddField,
    AddNode,
    Branch,
    DesignEdit,
    SetKey,
    SetOutputs,
    SetPrompt,
)

_MORE = re.compile(
    r"^(?:add|include|insert|append|i need|also (?:extract|read|look at)|extract|read)\s+(?:an?|"
    r"another|one more|the|a new|a further|more)?\s*"
    r"(?:new\s+|further\s+|extra\s+|additional\s+)*(?P<what>categor(?:y|ies)|labels?|class(?:es)?|"
    r"angles?|perspectives?|viewpoints?|aspects?|"
    r"channels?|languages?|sides?|fields?|columns?)\s*(?:called|named|:|for|"
    r"of)?\s+(?P<names>.+?)(?:\s+(?:too|as well|also))?$",
    re.IGNORECASE,
)
_ALSO = re.compile(
    r"^(?:extract|read|pull out|capture)\s+(?:also\s+|additionally\s+)?(?:the\s+)?(?P<names>.+)$", re.IGNORECASE
)


def read(clause: str, view: View) -> Outcome | None:
    """Reads a wish for one more member."""
    found = _MORE.match(clause)
    also = _ALSO.match(clause) if not found else None
    if also and _extractor(view):
        return _more_fields(also["names"], view)
    if not found:
        return None
    what = found["what"].lower()
    if what.startswith(("categ", "label", "class")):
        return _more_labels(found["names"], view)
    if what.startswith(("field", "column")):
        return _more_fields(found["names"], view)
    return _more_subtasks(found["names"], view)


def _raw(view: View, node_id: str) -> dict[str, Any]:
    """A node as it is written."""
    return next(dict(node) for node in view.data["nodes"] if isinstance(node, Mapping) and node.get("id") == node_id)


def _extractor(view: View) -> LlmNode | None:
    """The node that reads several fields, as an extraction does."""
    found = [node for node in view.workflow.nodes if isinstance(node, LlmNode) and len(node.writes) > 1]
    return found[0] if len(found) == 1 else None


def _more_fields(words: str, view: View) -> Outcome | None:
    node = _extractor(view)
    if node is None:
        return None
    new = fields(words, sorted(view.names)) or []
    if not new:
        return Unsure(tr("I did not understand which field."))
    names = [field["name"] for field in new]
    lines = "".join(f"- {field['name']}: {field['description']}\n" for field in new)
    last = re.search(r"(?:^- .*\n)+", node.prompt, re.MULTILINE)
    at = last.end() if last else len(node.prompt)
    prompt = f"{node.prompt[:at]}{lines}{node.prompt[at:]}" if last else f"{node.prompt.rstrip()}\n\n{lines}"
    edits: list[DesignEdit] = [
        *(
            AddField(name=field["name"], type={key: value for key, value in field.items() if key != "name"})
            for field in new
        ),
        SetKey(id=node.id, key="writes", value=[*node.writes, *names]),
        SetPrompt(id=node.id, prompt=prompt),
        SetOutputs(outputs=[*view.workflow.outputs, *names]),
    ]
    return Change(tuple(edits), node.id)


def _more_labels(words: str, view: View) -> Outcome | None:
    nodes = [node for node in view.workflow.nodes if isinstance(node, ClassifyNode)]
    if len(nodes) != 1 or len(nodes[0].writes) != 1:
        return Unsure(tr("There is no one step that chooses a category.")) if not nodes else None
    node, field = nodes[0], nodes[0].writes[0]
    new = labels(f"{words}; other_placeholder", [*node.labels])
    added = [label for label in new or [] if label["name"] != "other_placeholder"]
    if not added or field not in view.data.get("state", {}):
        return Unsure(tr("I did not understand which category."))
    kind = dict(view.data["state"][field])
    all_labels = {**node.labels, **{label["name"]: label["text"] for label in added}}
    edits: list[DesignEdit] = [
        AddField(name=field, type={**kind, "enum": list(all_labels)}),
        SetKey(id=node.id, key="labels", value=all_labels),
    ]
    for label in added:
        edits += _handler(view, node, field, label)
    return Change(tuple(edits), node.id)


def _handler(view: View, node: ClassifyNode, field: str, label: dict[str, Any]) -> list[DesignEdit]:
    """A way of its own for a new category, modelled on one that is there."""
    for way in view.main.ways(node.id):
        known = re.fullmatch(rf"state\.{field} == '(\w+)'", way.condition or "")
        if known and len(way.targets) == 1 and way.targets[0] != END:
            text = node.labels.get(known[1], known[1])
            spec = _swapped(_raw(view, way.targets[0]), {text: label["text"], known[1]: label["name"]})
            if spec["id"] in view.ids:
                spec["id"] = f"handle_{label['name']}"
            condition = f"state.{field} == '{label['name']}'"
            behind = view.main.successors.get(way.targets[0], (END,))
            if behind != (END,):
                return [Branch(after=node.id, condition=condition, then=behind[0])]
            return [Branch(after=node.id, condition=condition, then=spec["id"], otherwise=None, add=[spec])]
    return []


def _more_subtasks(words: str, view: View) -> Outcome | None:
    nodes = [node for node in view.workflow.nodes if isinstance(node, ParallelNode)]
    if len(nodes) != 1:
        return Unsure(tr("There is no one step that does several things at once.")) if not nodes else None
    owner = nodes[0]
    sibling = view.places[owner.subtasks[-1]].node
    if not isinstance(sibling, LlmNode) or len(sibling.writes) != 1:
        return Unsure(tr("`{node}` is no model that I could copy.", node=sibling.id))
    written = sibling.writes[0]
    old_text = (sibling.description or "").partition(": ")[2]
    edits: list[DesignEdit] = []
    for label in (labels(f"{words}; other_placeholder", sorted(view.names)) or [])[:-1]:
        field = written.replace(_stem(sibling.id, written), label["name"])
        spec = _swapped(_raw(view, sibling.id), {old_text: label["text"], _stem(sibling.id, written): label["name"]})
        if spec["id"] in view.ids:
            spec = _of_its_own(view, sibling, label)
            field = label["name"]
        spec["writes"] = [field]
        kind = _swapped(dict(view.data["state"][written]), {old_text: label["text"]})
        edits.append(AddNode(node=spec, fields={field: kind}, inside=owner.id))
        edits += _shown_to_readers(view, written, field, label["text"])
        if written in view.workflow.outputs:
            edits.append(SetOutputs(outputs=[*view.workflow.outputs, field]))
    return Change(tuple(edits), owner.id) if edits else None


def _of_its_own(view: View, sibling: LlmNode, label: dict[str, Any]) -> dict[str, Any]:
    """A subtask beside others that have no words in common to copy: it reads what its sibling reads."""
    read = "\n".join(dict.fromkeys(re.findall(r"\{\{.*?\}\}", sibling.prompt)))
    return {
        "id": unique(f"look_at_{label['name']}", view.ids),
        "kind": "llm",
        "description": tr("Looks at: {what}", what=label["text"]),
        "prompt": f"Look at this from one angle only: {label['text']}.\n\n{read}\n",
    }


def _stem(node_id: str, field: str) -> str:
    """What a subtask's id and field have in common: `law` in `look_at_law` and `law`."""
    words = [word for word in re.split(r"_", field) if word in node_id.split("_")]
    return "_".join(words) or field


def _shown_to_readers(view: View, written: str, field: str, heading: str) -> list[DesignEdit]:
    """The step that reads the siblings reads the new one too."""
    for place in view.places.values():
        prompt = getattr(place.node, "prompt", None)
        if isinstance(prompt, str) and f"state.{written}" in prompt:
            return [
                SetPrompt(id=place.node.id, prompt=f"{prompt.rstrip()}\n\n## {heading}\n{{{{ state.{field} }}}}\n")
            ]
    return []


def _swapped(value: Any, words: Mapping[str, str]) -> Any:
    """Plain data with some words replaced by others, the longest first."""
    if isinstance(value, str):
        for old in sorted(filter(None, words), key=len, reverse=True):
            value = re.sub(
                rf"(?<![a-z]){re.escape(old)}(?![a-z])" if "_" not in old else re.escape(old), words[old], value
            )
        return value
    if isinstance(value, Mapping):
        return {key: _swapped(part, words) for key, part in value.items()}
    return [_swapped(part, words) for part in value] if isinstance(value, list) else value
