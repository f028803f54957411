"""Forms made from types, for a run's inputs and for what a human node asks: values to HTML and back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from jsonschema import Draft202012Validator

from chat_app.events.run import Question
from chat_app.translation import joined, tr
from chat_app.ui.file_html import file_control
from chat_app.ui.markup import attribute, one_line
from chat_app.ui.table_field import table_control, table_rows, table_text
from chat_app.workflow.document import Workflow
from chat_app.workflow.fields import FieldType
from chat_app.workflow.values import problems_of

FORM = "inputs"
"""The name of the run form."""
LONGEST_VALUE = 2_000_000
_LONG_TEXT = 60
_MOST_COLUMNS = 12
"""A text field whose default or examples are longer gets several lines."""


@dataclass(frozen=True)
class FormField:
    """One field of a form; `schema` is its JSON Schema."""

    name: str
    schema: Mapping[str, Any]
    required: bool = True
    type: FieldType | None = None
    """The field of the workflow, where it is one: its own words say what is wrong."""

    @property
    def kind(self) -> str:
        """Which control serves it."""
        if "enum" in self.schema:
            return "choice"
        kind = str(self.schema.get("type", "string"))
        items = self.schema.get("items") or {}
        if kind == "array" and items.get("type") in ("string", "number", "integer"):
            return "choices" if "enum" in items else "lines"
        if kind == "array" and items.get("type") == "file":
            return "files"
        if kind == "array" and _columns(items):
            return "table"
        return {"array": "json", "object": "json"}.get(kind, kind)


@dataclass
class Reading:
    """What a form held: values by name, and what is wrong with the others."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def input_fields(workflow: Workflow) -> list[FormField]:
    """The form of a run."""
    return [
        FormField(name, found.model_dump(by_alias=True, exclude_unset=True), not found.has_default, found)
        for name, found in workflow.inputs.items()
    ]


def question_fields(question: Question) -> list[FormField]:
    """The form of what a human node asks."""
    return [FormField(name, schema, required="default" not in schema) for name, schema in question.fields.items()]


def samples(workflow: Workflow) -> list[tuple[str, dict[str, Any]]]:
    """Values that fill the form with one click: the examples of the inputs, then those of the tests."""
    found: list[tuple[str, dict[str, Any]]] = []
    lists = {name: given.examples for name, given in workflow.inputs.items() if given.examples}
    for place in range(min(max(map(len, lists.values()), default=0), 3)):
        values = {name: examples[place % len(examples)] for name, examples in lists.items()}
        found.append((tr("Example {number}", number=place + 1) if place else tr("Example"), values))
    seen = [values for _, values in found]
    found.extend(
        (one_line(tr(test.name), 40), dict(test.inputs))
        for test in workflow.tests
        if test.inputs and test.inputs not in seen
    )
    return found[:6]


def first_values(workflow: Workflow) -> dict[str, Any]:
    """What a form that nobody touched holds, as its controls hold it: an example of what is needed."""
    return {
        name: as_typed(FormField(name, given.model_dump(by_alias=True, exclude_unset=True)), given.examples[0])
        for name, given in workflow.inputs.items()
        if given.examples and not given.has_default
    }


def form_html(
    form: str,
    fields: Iterable[FormField],
    *,
    typed: Mapping[str, Any] | None = None,
    problems: Mapping[str, str] | None = None,
    buttons: str,
    above: str = "",
    round: int = 0,
) -> str:
    """The form as HTML; `typed` holds values as `read_form` takes them, and wins over defaults.

    What a person types survives a redrawing of the form within one `round`.
    """
    controls = "".join(
        _row(form, given, (typed or {}).get(given.name), (problems or {}).get(given.name)) for given in fields
    )
    return (
        f'<form class="wc-form" data-form="{attribute(form)}" data-round="{round}" '
        f'novalidate autocomplete="off">{controls}{above}<div class="wc-buttons">{buttons}</div></form>'
    )


def as_typed(given: FormField, value: Any) -> Any:
    """A value as its control holds it."""
    match given.kind:
        case "boolean":
            return bool(value)
        case "choices":
            return [json.dumps(item) for item in value] if isinstance(value, list) else []
        case "choice":
            return json.dumps(value)
        case "lines" if isinstance(value, list):
            texts = [item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in value]
            # An item of several lines would come back as several items.
            return json.dumps(value, ensure_ascii=False) if any("\n" in text for text in texts) else "\n".join(texts)
        case "file" | "files":
            return json.dumps(value, ensure_ascii=False)
        case "json":
            return json.dumps(value, ensure_ascii=False, indent=2)
        case "table":
            return table_text(value, list(_columns(given.schema["items"])))
        case _:
            return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def read_form(fields: Iterable[FormField], raw: Mapping[str, Any]) -> Reading:
    """Turns what the controls hold into values of the right types."""
    reading = Reading()
    for given in fields:
        held = raw.get(given.name)
        if len(str(held)) > LONGEST_VALUE:
            reading.problems[given.name] = tr("At most {count} characters are taken.", count=f"{LONGEST_VALUE:,}")
            continue
        if _empty(held) and given.kind not in ("boolean", "choices"):
            if given.required:
                reading.problems[given.name] = tr("This is needed: fill it in.")
            continue
        try:
            value = _value(given, held)
        except ValueError as found:
            reading.problems[given.name] = str(found)
            continue
        wrong = _problem(given, value)
        if wrong:
            reading.problems[given.name] = wrong
        else:
            reading.values[given.name] = value
    return reading


def _empty(held: Any) -> bool:
    return held is None or (isinstance(held, str) and not held.strip())


def _value(given: FormField, held: Any) -> Any:
    match given.kind:
        case "boolean":
            return held is True
        case "choices":
            return [_json(item, tr("one of the choices")) for item in held or []]
        case "choice":
            return _json(held, tr("one of the choices"))
        case "integer":
            return _integer(str(held))
        case "number":
            return _number(str(held))
        case "lines":
            return _lines(str(held), given.schema["items"]["type"])
        case "table":
            return table_rows(str(held), _columns(given.schema["items"]))
        case "json":
            return _json(held, tr("JSON, such as {sample}", sample=_json_sample(given)))
        case "file" | "files":
            return _json(held, tr("a file: choose it again"))
        case _:
            return str(held)


def _integer(text: str) -> int:
    try:
        return int(text.strip())
    except ValueError:
        raise ValueError(tr("“{text}” is not a whole number, such as 3.", text=one_line(text, 30))) from None


def _number(text: str) -> float:
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        raise ValueError(tr("“{text}” is not a number, such as 2.5.", text=one_line(text, 30))) from None
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(tr("A finite number is needed, such as 2.5."))
    return number


def _lines(text: str, items: str) -> list[Any]:
    if text.lstrip().startswith("["):
        found = _json(text, tr("a list, one item on each line"))
        return found if isinstance(found, list) else [found]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    match items:
        case "integer":
            return [_integer(line) for line in lines]
        case "number":
            return [_number(line) for line in lines]
        case _:
            return lines


def _json(text: Any, wanted: str) -> Any:
    try:
        return json.loads(str(text))
    except ValueError as found:
        told = tr("This is not {wanted}.", wanted=wanted)
        if isinstance(found, json.JSONDecodeError):
            where = tr("Look at line {line}, column {column}.", line=found.lineno, column=found.colno)
            told = joined((told, where), " ")
        raise ValueError(told) from None


def _json_sample(given: FormField) -> str:
    names = list(given.schema.get("properties") or {})
    sample = dict.fromkeys(names[:3], "…") if given.schema.get("type") == "object" else ["…"]
    return json.dumps(sample, ensure_ascii=False)


def _problem(given: FormField, value: Any) -> str | None:
    """Why the value does not fit its type."""
    if given.type is not None:
        return next(iter(problems_of(value, given.type)), None)
    found = min(
        Draft202012Validator(dict(given.schema)).iter_errors(value),
        key=lambda error: list(error.path),
        default=None,
    )
    if found is None:
        return None
    place = ".".join(str(part) for part in found.path)
    message = one_line(found.message, 160)
    return f"{place}: {message}." if place else f"{message}."


def _row(form: str, given: FormField, typed: Any, problem: str | None) -> str:
    control_id = f"wc-{form}-{given.name}"
    described = [f"{control_id}-help"] if given.schema.get("description") else []
    described += [f"{control_id}-problem"] if problem else []
    common = f'id="{attribute(control_id)}" data-name="{attribute(given.name)}"'
    if described:
        common += f' aria-describedby="{attribute(" ".join(described))}"'
    if problem:
        common += ' aria-invalid="true"'
    held = typed if typed is not None else _initial(given)
    label = escape(given.name.replace("_", " "))
    optional = "" if given.required else ' <span class="wc-muted">' + escape(tr("optional")) + "</span>"
    help_text = (
        f'<p class="wc-hint" id="{attribute(control_id)}-help">{escape(tr(str(given.schema["description"])))}</p>'
        if given.schema.get("description")
        else ""
    )
    wrong = (
        f'<p class="wc-wrong" id="{attribute(control_id)}-problem" role="alert">{escape(problem)}</p>'
        if problem
        else ""
    )
    if given.kind == "boolean":
        checked = " checked" if held is True else ""
        head = f'<label class="wc-check"><input type="checkbox" {common}{checked}> {label}</label>'
        return f'<div class="wc-field">{head}{help_text}{wrong}</div>'
    head = f'<label for="{attribute(control_id)}">{label}{optional}</label>'
    return f'<div class="wc-field">{head}{help_text}{_control(given, common, held)}{wrong}</div>'


def _initial(given: FormField) -> Any:
    return as_typed(given, given.schema["default"]) if given.schema.get("default") is not None else None


def _control(given: FormField, common: str, held: Any) -> str:
    text = "" if held is None else str(held)
    match given.kind:
        case "choice":
            return _select(given, common, held)
        case "choices":
            return _checks(given, common, held or [])
        case "integer" | "number":
            bounds = "".join(
                f' {name}="{attribute(given.schema[key])}"'
                for name, key in (("min", "minimum"), ("max", "maximum"))
                if given.schema.get(key) is not None
            )
            step = "1" if given.kind == "integer" else "any"
            return f'<input type="number" step="{step}"{bounds} {common} value="{attribute(text)}">'
        case "json" | "lines":
            hint = tr("One item on each line") if given.kind == "lines" else "JSON"
            return f'<textarea rows="4" placeholder="{hint}" {common}>{escape(text)}</textarea>'
        case "file" | "files":
            named = common.replace("data-name=", "data-for=")
            return file_control(given.name, named, held, many=given.kind == "files", accept=_accepted(given))
        case "table":
            return table_control(common, _columns(given.schema["items"]), text)
        case _:
            rows = _rows(given, text)
            return f'<textarea rows="{rows}" {common}>{escape(text)}</textarea>{_from_file() if rows > 1 else ""}'


# The browser reads the file; nothing is uploaded.
def _from_file() -> str:
    accept = 'accept="text/*,.md,.csv,.json,.yaml,.html"'
    large, no_text = tr("larger than 2 MB"), tr("not a text file: paste its text instead")
    return (
        f'<label class="wc-from-file">{escape(tr("or take a text file"))} <input type="file" data-text-file {accept}>'
        f'</label><span class="wc-wrong" data-told role="status" data-too-large="{attribute(large)}" '
        f'data-no-text="{attribute(no_text)}"></span>'
    )


def _columns(items: Mapping[str, Any]) -> dict[str, str]:
    """The columns of a list of flat objects, with their types; empty where it is none."""
    properties = items.get("properties") or {} if items.get("type") == "object" else {}
    types = {name: str(one.get("type", "string")) for name, one in properties.items()}
    flat = all(kind in ("string", "integer", "number", "boolean") for kind in types.values())
    return types if flat and len(types) <= _MOST_COLUMNS else {}


def _accepted(given: FormField) -> tuple[str, ...]:
    """Which files the browser offers first; the name of a field that speaks of pictures is a hint."""
    named = f"{given.name} {given.schema.get('description', '')}".lower()
    return ("image/*",) if re.search(r"\b(image|photo|picture|screenshot)", named.replace("_", " ")) else ()


def _rows(given: FormField, text: str) -> int:
    longest = max([len(text), *(len(str(example)) for example in given.schema.get("examples") or [])])
    limit = given.schema.get("maxLength")
    return 1 if longest <= _LONG_TEXT and (limit is None or limit <= 200) else 4


def _select(given: FormField, common: str, held: Any) -> str:
    chosen = held in [json.dumps(item) for item in given.schema["enum"]]
    empty = "" if chosen else '<option value="">' + escape(tr("Choose…")) + "</option>"
    options = "".join(
        f'<option value="{attribute(json.dumps(item))}"{" selected" if json.dumps(item) == held else ""}>'
        f"{escape(str(item))}</option>"
        for item in given.schema["enum"]
    )
    return f"<select {common}>{empty}{options}</select>"


def _checks(given: FormField, common: str, held: list[str]) -> str:
    boxes = "".join(
        f'<label class="wc-check"><input type="checkbox" data-item value="{attribute(json.dumps(item))}"'
        f"{' checked' if json.dumps(item) in held else ''}> {escape(str(item))}</label>"
        for item in given.schema["items"]["enum"]
    )
    return f'<div class="wc-checks" role="group" data-list {common}>{boxes}</div>'
