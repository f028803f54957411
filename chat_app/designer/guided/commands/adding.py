"""Adds steps: `add a translation step after the summary`, `summarise the answer at the end`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from chat_app.designer.guided.answer_language import spoken
from chat_app.designer.guided.commands.cases import answered, pinned
from chat_app.designer.guided.commands.outcome import Change, Outcome, Unsure, node_for
from chat_app.designer.guided.interview import assumption, default_of
from chat_app.designer.guided.material import Material
from chat_app.designer.guided.reading import language_in, length_in, read_wish, tone_in
from chat_app.designer.guided.scope import refusals_in
from chat_app.designer.guided.steps import NewNode, Step, new_node, own_words_node, step_in, steps_in
from chat_app.designer.guided.view import View
from chat_app.designer.guided.words import items, name_of, quoted, unique
from chat_app.translation import joined, mark, tr
from chat_app.workflow.edges import END, START
from chat_app.workflow.nodes import MapNode
from chat_app.workflow.typed_edits import AddNode, DesignEdit, SetOutputs, SetPrompt

_ADD = re.compile(
    r"^(?:add|insert|include|append|attach|put in|put|build in|plug in|throw in|introduce|have|i need|"
    r"there should be)\s+(.+)$",
    re.IGNORECASE | re.DOTALL,
)
_OWN = re.compile(
    r"^(?:an?|another|one more|some)?\s*(?:new\s+|extra\s+|further\s+|additional\s+|llm\s+|"
    r"model\s+)*(?:step|node|stage|task|prompt)\s+"
    r"(?:that|which|to|where (?:it|the model)|for|:|called \w+ (?:that|to))\s*:?\s*(.+)$",
    re.IGNORECASE | re.DOTALL,
)
_NAMED = re.compile(
    r"^(?:an?|another)?\s*(?:new\s+)?(?:step|node)\s+(?:called\s+|named\s+)?[\"“'`](?P<name>[^\"”'`]+)[\"”'`]\s*"
    r"(?:(?:that|which|to|:)\s*(?P<does>.+))?$",
    re.IGNORECASE | re.DOTALL,
)
"""A step whose name is put in quotes; without more it does what its name says."""
_REWORKS = frozenset({"translate", "rewrite", "simplify", "proofread", "improve", "expand", "anonymise"})
"""Steps whose result takes the place of what they read."""

_PLACES: tuple[tuple[str, str], ...] = (
    ("between", r"\s*,?\s*\bbetween\s+(.+?)\s+and\s+(.+)$"),
    (
        "parallel_to",
        r"\s*,?\s*\b(?:in parallel (?:to|with)|parallel to|beside|besides|next to|alongside|"
        r"at the same time as)\s+(.+)$",
    ),
    ("inside", r"\s*,?\s*\b(?:inside|within|into the loop|in the loop|to the loop)\s+(.+)$"),
    (
        "after",
        r"\s*,?\s*\b(?:right |directly |immediately |just )?(?:after|behind|following|"
        r"once)\s+(.+?)(?:\s+(?:is|are) (?:done|ready|finished|written))?$",
    ),
    ("before", r"\s*,?\s*\b(?:right |directly |immediately |just )?(?:before|ahead of|in front of|prior to)\s+(.+)$"),
)
_AT_END = re.compile(
    r"\s*,?\s*\b(?:(?:at|to|in) the (?:very )?end|as the (?:very )?last step|last|finally)\s*$", re.IGNORECASE
)
_AT_START = re.compile(
    r"\s*,?\s*\b(?:(?:at|to|in) the (?:very )?(?:start|beginning|front)|as the (?:very )?first step|first)\s*$",
    re.IGNORECASE,
)


_OBJECT = re.compile(
    r"^\s*(?:step\s+)?(?:of|for|to|on)?\s*(?:the|that|this|its|my)\s+([a-z][\w ]*?)"
    r"(?=\s*(?:$|,|\.|\b(?:into|to|in|as|from|with|by|after|before|at|and|for|so|until|if|first|finally|again)\b))",
    re.IGNORECASE,
)
_ANYTHING = frozenset(
    ["it", "text", "result", "results", "this", "that", "everything", "all", "step", "whole", "output", "end"]
)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a new step goes, and the words that are left."""

    rest: str
    after: str | None = None
    before: str | None = None
    between: tuple[str, str] | None = None
    parallel_to: str | None = None
    inside: str | None = None

    @property
    def given(self) -> bool:
        """Whether a place was named at all."""
        return any((self.after, self.before, self.between, self.parallel_to, self.inside))


def spot_in(text: str, view: View, clause: str) -> Spot:
    """The place that a phrase names, looked for from its end."""
    if _AT_END.search(text):
        return Spot(_AT_END.sub("", text))
    if _AT_START.search(text):
        return Spot(_AT_START.sub("", text), after=START)
    for kind, pattern in _PLACES:
        found = re.search(r"^(.*?)" + pattern, text, re.IGNORECASE | re.DOTALL)
        if found is None:
            continue
        if kind == "between":
            return Spot(found[1], between=(node_for(view, found[2], clause), node_for(view, found[3], clause)))
        words = found[2].strip(" .")
        if kind == "before" and re.fullmatch(
            r"(?:the )?(?:end|output|result is returned|it ends|returning)", words, re.IGNORECASE
        ):
            return Spot(found[1])
        if kind == "after" and re.fullmatch(r"(?:the )?(?:start|beginning|input)", words, re.IGNORECASE):
            return Spot(found[1], after=START)
        return Spot(found[1], **{kind: node_for(view, words, clause)})  # type: ignore[arg-type]
    return Spot(text)


_LISTED = re.compile(
    r"^(?:add|insert|include|append)\s+(?P<steps>.+?)"
    r"(?P<place>\s+(?:(?:right |directly )?(?:after|behind|before|ahead of|in front of)\s.+|"
    r"at the (?:end|start|beginning)))?$",
    re.IGNORECASE,
)


def each_step(clause: str) -> list[str]:
    """A wish for several steps as one wish for each, where every part of the list is a step."""
    found = _LISTED.match(clause)
    parts = items(found["steps"]) if found and not quoted(clause) else []
    named = [step_in(part) for part in parts]
    if found is None or len(parts) < 2 or not all(named) or len({step.id for step in named if step}) < len(parts):
        return [clause]
    place = found["place"] or ""
    behind = bool(re.match(r"\s+(?:right |directly )?(?:after|behind)\b", place, re.IGNORECASE))
    return [f"add {part}{' after it' if behind and at else place}" for at, part in enumerate(parts)]


def read(clause: str, view: View) -> Outcome | None:
    """Reads a wish for one more step."""
    asked = _ADD.match(clause)
    wanted = asked[1] if asked else clause
    if asked is None and not _starts_with_step(clause):
        return None
    refusals = refusals_in(clause)
    if refusals:
        return Unsure(tr(refusals[0].says))
    spot = spot_in(wanted, view, clause)
    if named := _NAMED.match(spot.rest.strip()):
        does = named["does"] or named["name"]
        step = step_in(does) if named["does"] and _is_step(does) else None
        return add_step(view, step, spot, does, id_=unique(name_of(named["name"], "step"), view.ids))
    own = _OWN.match(spot.rest)
    step = None if own and not _is_step(own[1]) else step_in(spot.rest)
    if step is None and own is None:
        known = "add a step that " + re.sub(r"^(?:an?|the|another)\s+", "", spot.rest.strip())
        return Unsure(
            tr('I know no step for "{words}". A step of your own words is possible.', words=spot.rest.strip()),
            (known,),
        )
    doubt = _half_understood(view, step, spot.rest) if step is not None else None
    return doubt or add_step(view, step, spot, own[1] if own else spot.rest)


def _half_understood(view: View, step: Step, rest: str) -> Unsure | None:
    """A second wish behind an "and" that names neither a step nor a field is not passed over."""
    parts = re.match(r"^(.*?)\s*,?\s+and\s+(?:then\s+|also\s+)?(\w+.*)$", rest, re.IGNORECASE)
    if parts is None or step.slots or steps_in(parts[2]) or tone_in(parts[2]):
        return None
    if view.fields_named_in(parts[2]) or language_in(parts[2]) or length_in(parts[2]):
        return None
    return Unsure(tr('I understood "{this}", but not "{that}".', this=parts[1], that=parts[2]), (f"add {parts[1]}",))


def _is_step(words: str) -> bool:
    found = steps_in(words)
    return bool(found) and found[0].start <= 3


def _starts_with_step(clause: str) -> bool:
    bare = re.sub(
        r"^(?:an?|the|another|make|do|create|generate|produce|give|get|have)\s+(?:it\s+|me\s+|an?\s+|the\s+)?",
        "",
        clause,
        flags=re.IGNORECASE,
    )
    found = steps_in(bare)
    return bool(found) and found[0].start == 0


def add_step(view: View, step: Step | None, spot: Spot, words: str, *, id_: str | None = None) -> Outcome:
    """The edits that add a step at a place."""
    spot = _behind_last_inside(view, spot)
    if _gives_too_much(view, step, spot):
        return Unsure(tr(INSIDE), ())
    material, named = _material(view, spot, words, step)
    if spot.after == START and step is not None and step.id in _REWORKS and not _one_text(material):
        return Unsure(tr("What comes in is no single text, so a step at the start cannot rework it."), ())
    node, assumed = make_node(view, step, words, material, id_=id_)
    edits: list[DesignEdit] = []
    reworked = _reworked(view, step, spot, material) if not named or spot.given else None
    if reworked:
        node = NewNode({**node.spec, "writes": [reworked]}, {})
        edits += pinned(view, node, reworked)
    add = AddNode(
        node=node.spec,
        fields=node.fields,
        after=spot.after,
        before=spot.before,
        between=spot.between,
        parallel_to=spot.parallel_to,
        inside=spot.inside,
    )
    edits.append(add)
    if spot.after == START and step is not None and step.id in _REWORKS and not reworked:
        edits += _readers_moved(view, material, next(iter(node.fields)))
    elif not reworked and _on_main(view, spot):
        edits.append(SetOutputs(outputs=[*view.workflow.outputs, *node.fields]))
    assumed += () if named else _misnamed(view, words, step, material)
    return Change((*edits, *answered(view, node)), node.id, assumed)


INSIDE = mark(
    "Inside a list step I can add only what reworks the text there, such as a translation or a correction. "
    'For more, say "add … for each item".'
)


def _one_text(material: Material) -> bool:
    return [kind.type for kind in material.fields.values()] == ["string"]


def _behind_last_inside(view: View, spot: Spot) -> Spot:
    """ "Inside a map" is behind the last step of its body."""
    node = view.places[spot.inside].node if spot.inside in view.places else None
    if not isinstance(node, MapNode):
        return spot
    last = [name for name in view.flow(node.body).predecessors(END) if name != START]
    return Spot(spot.rest, after=last[-1]) if last else spot


def _gives_too_much(view: View, step: Step | None, spot: Spot) -> bool:
    """Whether a step in a map would write something that the map does not return."""
    return _inner(view, spot) and (step is None or step.id not in _REWORKS)


def make_node(
    view: View, step: Step | None, words: str, material: Material, *, id_: str | None = None
) -> tuple[NewNode, tuple[str, ...]]:
    """The node for some words, and what was taken for granted on the way."""
    if step is None:
        return own_words_node(words, material.template, view.taken, id_=id_), ()
    values: dict[str, Any] = {}
    assumed = []
    for slot in step.slots:
        value = read_wish(slot, words)
        if value is None:
            value = default_of(slot)
            assumed.append(assumption(slot))
        values[slot.id] = value
    node = new_node(step, values, material, view.taken, style=_style(words, step), id_=id_)
    return node, tuple(assumed)


def _style(words: str, step: Step) -> str:
    wishes = [
        (tone_in(words), "Write in a {} tone."),
        (None if step.id == "translate" else language_in(words) or spoken(), "Write in {}."),
        (length_in(words), "Write {}."),
    ]
    return "".join(f" {text.format(value)}" for value, text in wishes if value)


def _material(view: View, spot: Spot, words: str, step: Step | None) -> tuple[Material, bool]:
    """What the step works on: a field that the words name, or what flows by at the place."""
    named = None if spot.inside else _named_field(view, words, step)
    if named and not _inner(view, spot):
        return view.of_field(named), True
    if spot.after == START:
        return Material({f"state.{name}": kind for name, kind in view.workflow.inputs.items()}), False
    if spot.after or spot.between:
        return view.after(spot.after or (spot.between or ("",))[0]), False
    if spot.before or spot.parallel_to:
        return view.before(spot.before or spot.parallel_to or ""), False
    if spot.inside:
        return view.inside(spot.inside), False
    return view.at_end(), False


def _object(words: str, step: Step | None) -> str | None:
    """What a step is to work on, in words: `translate the summary`, `summary of the report`."""
    verbs = steps_in(words)
    rest = words[verbs[0].end :] if step is not None and verbs else ""
    found = _OBJECT.match(rest)
    return found[1] if found and found[1].lower() not in _ANYTHING else None


def _named_field(view: View, words: str, step: Step | None) -> str | None:
    """The field that a step is to work on, where the words name one."""
    named = _object(words, step)
    return view.fields_like(named) if named else None


def _misnamed(view: View, words: str, step: Step | None, material: Material) -> tuple[str, ...]:
    """The note that what was named is not there, and what is taken instead."""
    named = _object(words, step)
    if named is None or view.fields_like(named) or view.nodes_like(named):
        return ()
    works_on = joined([f"`{name}`" for name in material.fields], last=tr("and"))
    return (tr('There is no field "{named}"; the step works on {fields}.', named=named, fields=works_on),)


def _inner(view: View, spot: Spot) -> bool:
    near = spot.after or spot.before or spot.parallel_to or (spot.between or (None,))[0]
    return near in view.places and view.places[str(near)].map is not None


def _on_main(view: View, spot: Spot) -> bool:
    return (not _inner(view, spot) and spot.inside is None) or (
        spot.inside in view.places
        and view.places[str(spot.inside)].map is None
        and getattr(view.places[str(spot.inside)].node, "kind", "") == "parallel"
    )


def _reworked(view: View, step: Step | None, spot: Spot, material: Material) -> str | None:
    """The state field that the step writes over, so that everything behind it reads the new text."""
    if step is None or step.id not in _REWORKS or len(material.fields) != 1 or spot.parallel_to or spot.inside:
        return None
    name = next(iter(material.fields)).removeprefix("state.")
    if _inner(view, spot):
        near = view.places[str(spot.after or spot.before or (spot.between or ("",))[0])]
        return name if name in near.level.state and near.map is not None else None
    at_end = not spot.given or (spot.after is not None and view.main.successors.get(spot.after) == (END,))
    field = view.workflow.state.get(name)
    return name if field is not None and field.type == "string" and not at_end else None


def _readers_moved(view: View, material: Material, new: str) -> list[DesignEdit]:
    """The nodes that read the material now read what the new step writes."""
    edits: list[DesignEdit] = []
    for place in view.places.values():
        text = prompt_of(place.node)
        if text is None:
            continue
        moved = text
        for name in material.fields:
            moved = re.sub(rf"\b{re.escape(name)}\b", f"state.{new}", moved)
        if moved != text:
            edits.append(SetPrompt(id=place.node.id, prompt=moved))
    return edits


def prompt_of(node: Any) -> str | None:
    """The text that a node works with, whichever its kind has."""
    for key in ("prompt", "template", "text", "ask", "code"):
        if isinstance(found := getattr(node, key, None), str):
            return found
    return None
