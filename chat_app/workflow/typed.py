"""What can be said of a value before any run: the type of a part of it, or why there is no such part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chat_app.workflow.fields import FieldType, TypeName
from chat_app.workflow.names import nearest
from chat_app.workflow.values import FILE_PARTS, describe

Known = FieldType | None
"""A type, or None where nothing is known; what is not known is not judged."""


@dataclass(frozen=True, slots=True)
class TextProblem:
    """What is wrong inside a template or condition; `snippet` is the piece of text at fault."""

    code: str
    message: str
    help: str | None = None
    snippet: str | None = None
    offset: int | None = None
    """Where in the text, in characters; None where only the snippet tells."""
    instead: str | None = None
    """What to write in the snippet's place, where that is sure."""
    whole: str | None = None
    """What to write in the whole text's place, where that is sure."""


def simple(name: TypeName) -> FieldType:
    """A type without bounds."""
    return _SIMPLE[name]


def of_constant(value: object) -> Known:
    """The type of a constant written in a condition or a template; None for what has no type of ours."""
    match value:
        case bool():
            return simple("boolean")
        case int():
            return simple("integer")
        case float():
            return simple("number")
        case str():
            return simple("string")
        case _:
            return None


_SIMPLE: dict[str, FieldType] = {
    name: FieldType.model_construct(_fields_set={"type"}, type=name)
    for name in ("string", "integer", "number", "boolean", "object", "array", "file")
}


def array_of(items: Known) -> FieldType:
    """A list of a type."""
    return FieldType.model_construct(_fields_set={"type", "items"}, type="array", items=items)


def object_of(properties: Mapping[str, Known]) -> FieldType:
    """An object with these parts; the state of a level is one."""
    return FieldType.model_construct(
        _fields_set={"type", "properties"}, type="object", properties=dict[str, Any](properties)
    )


FILE = object_of({name: _SIMPLE[kind] for name, kind in FILE_PARTS.items()})


def part_of(whole: Known, part: str, text: str) -> Known | TextProblem:
    """The type of `whole.part`; `text` is how the whole is written, for the message."""
    if whole is None:
        return None
    if whole.type == "file":
        whole = FILE
    if whole.type == "object":
        if whole.properties is None:
            return None
        if part in whole.properties:
            return whole.properties[part]
        return unknown_part(part, whole.properties, text)
    return TextProblem(
        "unknown-part",
        f"`{text}` is {describe(whole)} and has no part `{part}`.",
        _part_help(whole, text, part),
        f"{text}.{part}",
    )


def unknown_part(part: str, offered: Mapping[str, object], text: str) -> TextProblem:
    """The problem of a part that an object does not have."""
    closest = near(part, offered)
    whole = "field" if text == "state" else "part"
    if closest:
        help = f"Did you mean `{text}.{closest}`?"
    elif offered:
        help = f"There are: {', '.join(f'`{name}`' for name in sorted(offered)[:12])}."
    else:
        help = "Declare it under `inputs` (the user gives it) or `state` (a node writes it)."
    if text == "state" and not closest:
        help = f"Declare `{part}` under `inputs` or `state`. {help}" if offered else help
    snippet = f"{text}.{part}"
    instead = f"{text}.{closest}" if closest else None
    return TextProblem("unknown-name", f"`{snippet}` names no {whole}.", help, snippet, instead=instead)


_BLOCK = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def rewritten(problem: TextProblem, text: str, template: bool) -> str | None:
    """The text without the problem; None where it is not sure how."""
    if problem.whole is not None or problem.instead is None or problem.snippet is None:
        return problem.whole
    snippet, instead = problem.snippet, problem.instead
    if problem.offset is not None:
        if not text.startswith(snippet, problem.offset):
            return None
        return f"{text[: problem.offset]}{instead}{text[problem.offset + len(snippet) :]}"
    piece = re.compile(rf"(?<![\w.]){re.escape(snippet)}(?![\w(])")
    if problem.code == "impossible-value" and len(piece.findall(text)) != 1:
        return None
    if not template:
        return piece.sub(lambda found: instead, text)
    return _BLOCK.sub(lambda block: piece.sub(lambda found: instead, block.group()), text)


def _part_help(whole: FieldType, text: str, part: str) -> str | None:
    if part in ("size", "length", "len", "count"):
        return f"Ask for its length: `size({text})` in a condition, `{{{{ {text} | length }}}}` in a template."
    if whole.type == "array":
        loop = f"{{% for x in {text} %}}{{{{ x.{part} }}}}{{% endfor %}}"
        return f"Take one item, `{text}[0].{part}`, or go through them: `{loop}`."
    return "Only objects have parts; declare the field as `type: object` with `properties` if it is one."


def item_of(whole: Known, text: str) -> Known | TextProblem:
    """The type of the items of a list."""
    if whole is None:
        return None
    if whole.type == "array":
        return whole.items
    return TextProblem(
        "not-a-list",
        f"`{text}` is {describe(whole)}, not a list.",
        "Only a field of `type: array` has items.",
        text,
    )


_MOST_OPTIONS = 200


def near(name: str, offered: Iterable[str]) -> str | None:
    """The nearest of the names offered; of very many only those are looked at that begin alike."""
    options = list(offered)
    if len(options) > _MOST_OPTIONS:
        options = [option for option in options if option[:1] == name[:1]]
        options.sort(key=lambda option: abs(len(option) - len(name)))
        del options[_MOST_OPTIONS:]
    return nearest(name, options)
