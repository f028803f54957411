"""Pydantic's findings as diagnostics: one for each fault, the deepest cause, with the nearest valid thing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from chat_app.workflow.diagnostics import Diagnostic, Fix, Path, Severity
from chat_app.workflow.document import LANGUAGE_VERSION, Limits, Requirement, Workflow, WorkflowTest
from chat_app.workflow.edges import Edge, Route, ToConditional
from chat_app.workflow.fields import FieldType, InputField, Part, StateField
from chat_app.workflow.loanwords import TYPES, advice, our_key
from chat_app.workflow.misformed import other_form, sample
from chat_app.workflow.names import as_name, nearest
from chat_app.workflow.nodes import NODE_KINDS, MapBody, NodeBase, Retry
from chat_app.workflow.typed_edits import Migrate, RenameKey, ReplaceValue
from chat_app.workflow.values import found

_QUOTED = re.compile(r"'([^']*)'")
_EXPECTS = {
    "string_type": "text",
    "list_type": "a list",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}
_INSIDE: dict[str, type[Part]] = {
    "inputs": InputField,
    "state": StateField,
    "properties": FieldType,
    "edges": Edge,
    "routes": Route,
    "requirements": Requirement,
    "tests": WorkflowTest,
}
"""What the entries of these keys are."""
_BELOW: dict[str, type[Part]] = {
    "body": MapBody,
    "items": FieldType,
    "to_conditional": ToConditional,
    "retry": Retry,
    "limits": Limits,
}
"""What the values of these keys are."""


def problems_in(data: Any, errors: Iterable[Any]) -> list[Diagnostic]:
    """The diagnostics of pydantic's errors on the data."""
    by_path: dict[Path, list[Any]] = {}
    for error in errors:
        by_path.setdefault(path_of(error, data), []).append(error)
    misspelt = _misspelt(by_path, data)
    folded = {(*path[:-1], key) for path, key in misspelt.items()}
    declared = {_name_at(path, group) for path, group in by_path.items() if _is_declared(path, group)}
    return [
        _unknown_key(path, data, misspelt.get(path))
        if group[0]["type"] == "extra_forbidden"
        else _problem(path, group, data)
        for path, group in by_path.items()
        if not (group[0]["type"] == "missing" and path in folded)
        and not _overshadowed(path, group, by_path)
        and not (_is_name(group) and not _is_declared(path, group) and _name_at(path, group) in declared)
    ]


def _is_name(group: list[Any]) -> bool:
    return bool(group[0]["type"] == "string_pattern_mismatch")


def _is_declared(path: Path, group: list[Any]) -> bool:
    """Whether a bad name is told where it is given; where it is used it is not told again."""
    return _is_name(group) and (path[-1] == "id" or path[-2:-1] in (("inputs",), ("state",), ("properties",)))


def _name_at(path: Path, group: list[Any]) -> str:
    return str(group[0]["input"])


def _misspelt(by_path: Mapping[Path, list[Any]], data: Any) -> dict[Path, str]:
    """What each unknown key was probably meant to be: the nearest key, or the only one that is missing there."""
    unknown = [path for path, group in by_path.items() if group[0]["type"] == "extra_forbidden"]
    missing: dict[Path, list[str]] = {}
    for path, group in by_path.items():
        if group[0]["type"] == "missing":
            missing.setdefault(path[:-1], []).append(str(path[-1]))
    meant = {path: near for path in unknown if (near := _near_key(path, data))}
    for path in unknown:
        lacking = missing.get(path[:-1], [])
        open_ = bool(lacking) and path not in meant and not _advice(path, data)
        alone = open_ and sum(other[:-1] == path[:-1] for other in unknown) == 1
        if alone and len(lacking) == 1:
            meant[path] = lacking[0]
    return meant


def path_of(error: Any, data: Any) -> Path:
    """The path of an error in the data: pydantic's also names the branch of a union."""
    path: list[str | int] = []
    here = data
    location = error["loc"]
    for position, part in enumerate(location):
        in_list = len(path) > 1 and path[-2] == "nodes" and isinstance(path[-1], int)
        if (
            in_list
            and part in NODE_KINDS
            and location[position - 1] == path[-1]
            and isinstance(location[position - 1], int)
        ):
            continue
        if (isinstance(here, Mapping) and part in here) or (
            isinstance(here, list) and isinstance(part, int) and part < len(here)
        ):
            path.append(part)
            here = here[part]
        elif error["type"] == "missing" and position == len(location) - 1:
            path.append(part)
    return tuple(path)


def _overshadowed(path: Path, group: list[Any], by_path: Mapping[Path, Any]) -> bool:
    """Whether a union's other branch failed deeper: that is the cause."""
    if group[0]["type"] not in ("string_type", "list_type") or len(group) > 1:
        return False
    return any(len(other) > len(path) and other[: len(path)] == path for other in by_path)


def model_at(path: Path, data: Any) -> type[Part] | None:
    """The model that describes the object at a path; None where the language has no say."""
    model: type[Part] | None = Workflow
    here, key = data, ""
    for part in path:
        here = _inside(here, part)
        if isinstance(part, int) or key in ("inputs", "state", "properties"):
            kind = here.get("kind") if isinstance(here, Mapping) else None
            model = NODE_KINDS.get(str(kind)) if key == "nodes" else _INSIDE.get(key)
            key = ""
        else:
            key = part
            model = _BELOW.get(part)
    return model


def _inside(here: Any, part: str | int) -> Any:
    if isinstance(here, Mapping):
        return here.get(part)
    return here[part] if isinstance(here, list) and isinstance(part, int) and part < len(here) else None


def _keys_at(path: Path, data: Any) -> list[str]:
    model = model_at(path, data)
    if model is None:
        return []
    keys = [field.alias or name for name, field in model.model_fields.items()]
    shared = set(NodeBase.model_fields) if issubclass(model, NodeBase) else set()
    return sorted(keys, key=lambda key: key in shared)


def _about(path: Path, data: Any) -> str | None:
    """What the language says of a key."""
    model = model_at(path[:-1], data)
    for name, field in (model.model_fields if model else {}).items():
        if (field.alias or name) == path[-1]:
            return field.description
    return None


def _meaning(description: str | None) -> str | None:
    return f"What it means: {description}" if description else None


def _near_key(path: Path, data: Any) -> str | None:
    """Our key for one of others' words, or the nearest one; none where only advice helps."""
    present = _inside_path(path[:-1], data)
    offered = [key for key in _keys_at(path[:-1], data) if not isinstance(present, Mapping) or key not in present]
    ours = our_key(model_at(path[:-1], data), str(path[-1]), present)
    if ours is not None:
        return ours if ours in offered else None
    return None if _advice(path, data) else nearest(str(path[-1]), offered)


def _advice(path: Path, data: Any) -> str | None:
    return advice(model_at(path[:-1], data), str(path[-1]), _inside_path(path[:-1], data))


def _inside_path(path: Path, data: Any) -> Any:
    for part in path:
        data = _inside(data, part)
    return data


def _problem(path: Path, group: list[Any], data: Any) -> Diagnostic:
    error = group[0]
    kind = error["type"]
    if kind == "missing":
        return _missing_key(path, data)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _unknown_kind(path, error)
    if kind == "string_pattern_mismatch":
        return _bad_name(path, error)
    if kind == "literal_error":
        return _bad_choice(path, error)
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        bound = error["ctx"][name]
        shown = int(bound) if float(bound).is_integer() else bound
        text = f"must be {words} {shown}, found {error['input']}"
        return _wrong("bad-value", path, text, _meaning(_about(path, data)))
    if kind == "too_short":
        what = "entry" if error["ctx"]["min_length"] == 1 else "entries"
        text = f"needs at least {error['ctx']['min_length']} {what}"
        return _wrong("bad-value", path, text, _meaning(_about(path, data)))
    return _wrong_type(path, group)


def _wrong(code: str, path: Path, text: str, help: str | None = None, fix: Fix | None = None) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, f"{name_of(path)} {text}.", path, help=help, fix=fix)


def name_of(path: Path) -> str:
    """The last part of a path in words: `` `prompt` `` or `entry 2 of \\`subtasks\\``."""
    if not path:
        return "The document"
    if isinstance(path[-1], int):
        return f"Entry {path[-1] + 1} of `{path[-2]}`" if len(path) > 1 else f"Entry {path[-1] + 1}"
    return f"`{path[-1]}`"


def owner_of(path: Path, data: Any) -> str:
    """What a key stands in, in words: ` of node \\`draft\\``."""
    for length in range(len(path) - 1, 0, -1):
        part, above = path[length - 1], path[length - 2] if length > 1 else ""
        if isinstance(part, int) and above == "nodes":
            node = _inside_path(path[:length], data)
            name = node.get("id") if isinstance(node, Mapping) else None
            return f" of node `{name}`" if isinstance(name, str) else f" of entry {part + 1} of `nodes`"
        if isinstance(part, int):
            return f" of entry {part + 1} of `{above}`"
        if above in ("inputs", "state", "properties"):
            return f" of `{above}.{part}`"
    return f" of `{path[-2]}`" if len(path) > 1 else ""


def _unknown_key(path: Path, data: Any, near: str | None) -> Diagnostic:
    key = path[-1]
    keys = _keys_at(path[:-1], data)
    text = f"is no key{owner_of(path, data) or ' of a workflow'}"
    if near:
        fix = Fix(f"Rename `{key}` to `{near}`", (RenameKey(path=list(path), key=near),))
        return _wrong("unknown-key", path, text, f"Did you mean `{near}`?", fix)
    listed = f"Keys here are: {', '.join(f'`{each}`' for each in keys)}."
    return _wrong("unknown-key", path, text, _advice(path, data) or listed)


def _missing_key(path: Path, data: Any) -> Diagnostic:
    model = model_at(path[:-1], data)
    help = None
    for name, field in (model.model_fields if model else {}).items():
        if (field.alias or name) == path[-1]:
            example = field.examples[0] if field.examples else None
            like = f", such as `{path[-1]}: {sample(example)}`" if isinstance(example, str | int | float) else ""
            help = f"Add `{path[-1]}`{like}. {_meaning(field.description) or ''}".rstrip()
    where = owner_of(path, data)
    return Diagnostic("missing-key", Severity.ERROR, f"`{path[-1]}`{where} is missing.", path, help=help)


def _unknown_kind(path: Path, error: Any) -> Diagnostic:
    node = error["input"]
    if error["type"] == "union_tag_not_found" or not isinstance(node.get("kind"), str):
        text = f"`kind` of node `{node.get('id', '?')}` is missing." if "kind" not in node else "`kind` must be text."
        if "kind" not in node and isinstance(node.get("type"), str) and node["type"] in NODE_KINDS:
            edit = RenameKey(path=[*path, "type"], key="kind")
            told, place = "It stands here as `type`.", (*path, "type")
            as_kind = Fix("Rename `type` to `kind`", (edit,))
            return Diagnostic("unknown-kind", Severity.ERROR, text, place, help=told, fix=as_kind)
        return Diagnostic("unknown-kind", Severity.ERROR, text, (*path, "kind"), help=_kinds())
    kind = node["kind"]
    near = nearest(kind, NODE_KINDS)
    fix = Fix(f"Use `{near}`", (ReplaceValue(path=[*path, "kind"], value=near),)) if near else None
    help = f"Did you mean `{near}`?" if near else _kinds()
    return Diagnostic(
        "unknown-kind", Severity.ERROR, f"`{kind}` is no node kind.", (*path, "kind"), help=help, fix=fix
    )


def _kinds() -> str:
    return f"Kinds are: {', '.join(NODE_KINDS)}."


def _bad_name(path: Path, error: Any) -> Diagnostic:
    name = error["input"]
    near = as_name(name)
    is_key = error["loc"][-1] == "[key]"
    edit = RenameKey(path=list(path), key=near) if is_key else ReplaceValue(path=list(path), value=near)
    return Diagnostic(
        "bad-name",
        Severity.ERROR,
        f"`{name}` is no valid name.",
        path,
        help=f"Names have lower-case letters, digits and underscores, and begin with a letter: `{near}`.",
        fix=Fix(f"Use `{near}`", (edit,)) if path == ("name",) or path[-2:-1] == ("labels",) else None,
    )


def _bad_choice(path: Path, error: Any) -> Diagnostic:
    if path == ("version",):
        return odd_version(error["input"])
    options = _QUOTED.findall(error["ctx"]["expected"])
    value = error["input"]
    near = nearest(value, options) if isinstance(value, str) else None
    if path[-1:] == ("type",) and isinstance(value, str):
        near = TYPES.get(value.lower(), near)
    fix = Fix(f"Use `{near}`", (ReplaceValue(path=list(path), value=near),)) if near else None
    if not isinstance(value, str):
        text = f"must be one of {', '.join(options)}; found {found(value)}"
    else:
        text = f"can't be `{value}`"
    help = f"Did you mean `{near}`?" if near else f"It is one of: {', '.join(options)}."
    return _wrong("bad-value", path, text, help, fix)


def _wrong_type(path: Path, group: list[Any]) -> Diagnostic:
    expected = list(dict.fromkeys(_EXPECTS[error["type"]] for error in group if error["type"] in _EXPECTS))
    if not expected:
        return _wrong("wrong-type", path, f"is not right: {group[0]['msg']}")
    value = group[0]["input"]
    help, fix = other_form(path, expected, value)
    return _wrong("wrong-type", path, f"must be {' or '.join(expected)}, found {found(value)}", help, fix)


def odd_version(value: Any) -> Diagnostic:
    """The finding of a version that is no version."""
    fix = Fix(f"Write `version: {LANGUAGE_VERSION}`", (ReplaceValue(path=["version"], value=LANGUAGE_VERSION),))
    text = f"must be {LANGUAGE_VERSION}, found {found(value)}"
    return _wrong("bad-value", ("version",), text, f"Write `version: {LANGUAGE_VERSION}`.", fix)


def newer_version(version: int) -> Diagnostic:
    """The refusal of a file that a newer program wrote."""
    return Diagnostic(
        "newer-version",
        Severity.ERROR,
        f"The file is written in version {version} of the language; this program reads version {LANGUAGE_VERSION}.",
        ("version",),
        help="Update workflow-chat, or write the file in version 1.",
    )


def older_version(version: int, said: bool) -> Diagnostic:
    """The finding of a file that is written in a version from which a migration leads."""
    words = f"`version: {version}`" if said else "no `version`"
    return Diagnostic(
        "older-version",
        Severity.ERROR,
        f"The file says {words}; this program reads version {LANGUAGE_VERSION}.",
        ("version",),
        help=f"Write `version: {LANGUAGE_VERSION}` at the top, or let `workflow-chat validate --fix` do it.",
        fix=Fix(f"Bring the file to version {LANGUAGE_VERSION}", (Migrate(),)),
    )
