"""The interview: what a recipe still needs, in which order it is asked, what is taken for granted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chat_app.designer.guided.answer_language import STYLE, answer_in, has_prose, spoken
from chat_app.designer.guided.filing import FROM_FILES, files_named, from_files, reads_files
from chat_app.designer.guided.patterns import Choice, Pattern, Slot
from chat_app.designer.guided.reading import language_in, length_in, read_wish, tone_in
from chat_app.designer.guided.rendering import evaluate, render
from chat_app.designer.guided.values import option_value, read_answer
from chat_app.events.design import Asked, Option
from chat_app.translation import language, mark, tr
from chat_app.translation.data_texts import LISTED, SAMPLES
from chat_app.workflow.typed_edits import DESIGN_EDITS, AddRequirement, DesignEdit

_STYLE = {"tone": tone_in, "language": language_in, "length": length_in}
_STYLE_WORDS = {"tone": "Write in a {} tone.", "language": "Write in {}.", "length": "Write {}."}
_STYLE_WANTS = {
    "tone": mark("The text is {style} in tone"),
    "language": mark("The text is written in {style}"),
    "length": mark("The text has {style}"),
}


def read_slots(pattern: Pattern, wish: str) -> dict[str, Any]:
    """What the wish already says, by slot; tone, language and length where the pattern writes prose."""
    values = {slot.id: read_wish(slot, wish) for slot in pattern.slots}
    if pattern.styled:
        own = {*(slot.id for slot in pattern.slots), *pattern.unstyled}
        values |= {f"style_{name}": read(wish) for name, read in _STYLE.items() if name not in own}
    said = {name: value for name, value in values.items() if value is not None}
    if files_named(wish) and reads_files(pattern.edit_data(names_of(pattern.slots, said))):
        said[FROM_FILES] = True
    return said


def default_of(slot: Slot) -> Any:
    """The value that a skip takes."""
    value = read_answer(slot, _default_text(slot)) if slot.default else None
    return "" if value is None else value


def names_of(slots: Sequence[Slot], values: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that places may name: each slot's value or default, the style, and the language of answers."""
    names = {slot.id: values.get(slot.id, default_of(slot)) for slot in slots}
    wants = [
        words.format(values[f"style_{name}"]) for name, words in _STYLE_WORDS.items() if f"style_{name}" in values
    ]
    return {**names, "style": "".join(f" {want}" for want in wants), "tongue": answer_in(values.get(STYLE))}


def _in_tongue(pattern: Pattern, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values with the language of a pattern's prose: that of the conversation where the wish names none."""
    wanted = spoken() if has_prose(pattern) else None
    return {STYLE: wanted, **values} if wanted else values


def shown_names(slots: Sequence[Slot], values: Mapping[str, Any]) -> dict[str, Any]:
    """The same as a person reads it: what they called things, and options by what they say."""
    names = names_of(slots, values)
    if language() == "en":
        return names
    for slot in slots:
        value = names[slot.id]
        if slot.kind in LISTED and isinstance(value, list):
            key = "description" if slot.kind == "fields" else "text"
            names[slot.id] = [{**one, "name": one[key]} for one in value]
        elif slot.kind == "language":
            names[slot.id] = tr(value)
        elif slot.kind in ("text", "topic"):
            names[slot.id] = next((tr(one.label) for one in slot.options if one.value == value), value)
    return names


def is_open(pattern: Pattern, slot: Slot, values: Mapping[str, Any]) -> bool:
    """Whether a slot is still to be asked."""
    if slot.id in values or slot.ask is None:
        return False
    return slot.when is None or bool(evaluate(slot.when, names_of(pattern.slots, values)))


def next_slot(pattern: Pattern, values: Mapping[str, Any]) -> Slot | None:
    """The next slot to ask for."""
    return next((slot for slot in pattern.slots if is_open(pattern, slot, values)), None)


def question(slot: Slot) -> Asked:
    """A slot as a question to a person."""
    options = tuple(Option(tr(choice.label), _value(slot, choice)) for choice in slot.options)
    if slot.kind == "yes_no" and not options:
        options = (Option(tr("Yes"), "yes"), Option(tr("No"), "no"))
    return Asked(
        id=slot.id,
        text=tr(slot.ask) if slot.ask else "",
        why=tr(slot.why) if slot.why else "",
        options=options,
        default=_default_text(slot) or None,
        other=slot.other and slot.kind != "yes_no",
    )


def _value(slot: Slot, choice: Choice) -> str:
    """What choosing an option says: names that end up in the workflow are those that the person reads."""
    if slot.kind in LISTED and language() != "en":
        return tr(choice.label)
    return option_value(slot, choice)


def _default_text(slot: Slot) -> str:
    """What a skip says."""
    if slot.kind in SAMPLES:
        return tr(slot.default) if slot.default else ""
    named = next((choice for choice in slot.options if choice.value == slot.default), None)
    return _value(slot, named) if named else slot.default


def assumption(slot: Slot) -> str:
    """What a skipped question took for granted."""
    if slot.kind in SAMPLES:
        return tr("No sample was given, so the pattern's own stands in the test.")
    label = next((choice.label for choice in slot.options if choice.value == slot.default), slot.default)
    if slot.kind == "yes_no" and language() != "en":
        label = {"yes": mark("Yes"), "no": mark("No")}.get(label, label)
    asked = tr(slot.ask).strip("¿?.？。 ") if slot.ask else slot.id
    return tr("{question}: {answer}.", question=asked, answer=tr(label).rstrip(".。") if label else "")


def known_points(pattern: Pattern, values: Mapping[str, Any]) -> list[str]:
    """What a wish already said, in words."""
    names = shown_names(pattern.slots, values)
    points = [
        str(render(tr(slot.requirement), names)).strip()
        for slot in pattern.slots
        if slot.requirement and slot.id in values
    ]
    styles = [
        tr(words, style=values[f"style_{name}"]) for name, words in _STYLE_WANTS.items() if f"style_{name}" in values
    ]
    files = [tr("It reads files")] if values.get(FROM_FILES) else []
    return [point for point in (*points, *styles, *files) if point]


def design_edits(pattern: Pattern, values: Mapping[str, Any], origins: Mapping[str, str]) -> list[DesignEdit]:
    """The edits that build a recipe, and the requirements that the interview learnt."""
    names = names_of(pattern.slots, _in_tongue(pattern, values))
    data = pattern.edit_data(names, shown_names(pattern.slots, values))
    edits = DESIGN_EDITS.validate_python(from_files(data) if values.get(FROM_FILES) else data)
    return [*edits, *_requirements(pattern, values, origins, names)]


def _requirements(
    pattern: Pattern, values: Mapping[str, Any], origins: Mapping[str, str], names: Mapping[str, Any]
) -> list[AddRequirement]:
    wanted = []
    for slot in pattern.slots:
        if slot.requirement and slot.id in values and origins.get(slot.id) != "assumed":
            text = str(render(tr(slot.requirement), shown_names(pattern.slots, values))).strip()
            met_by = [str(node) for node in render(slot.met_by, names)]
            if text and met_by:
                wanted.append(AddRequirement(id=slot.id, text=text, met_by=met_by))
    for name, words in _STYLE_WANTS.items():
        if f"style_{name}" in values:
            text = tr(words, style=values[f"style_{name}"])
            wanted.append(AddRequirement(id=name, text=text, met_by=pattern.styled_nodes(names)))
    return wanted
