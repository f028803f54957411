"""The language's shape: its JSON Schema for editors and models, and what a document breaks of it."""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import islice
from typing import Any

from pydantic import ValidationError

from chat_app.workflow.diagnostics import Diagnostic, Path
from chat_app.workflow.document import LANGUAGE_VERSION, Workflow
from chat_app.workflow.migrations import MIGRATIONS, version_of
from chat_app.workflow.nodes import NODE_KINDS
from chat_app.workflow.shape import newer_version, odd_version, older_version, path_of, problems_in

SCHEMA_HEADER = "# yaml-language-server: $schema=../schemas/workflow.schema.json"
"""The first line of a workflow file: it tells editors where the schema is."""


MOST_ERRORS = 500
"""The most faults of shape that are told: nobody reads more, and a hostile text can't make more."""
_MOST_LISTED = 5_000
_MOST_ENTRIES = 1_000


@lru_cache(maxsize=1)
def _generated() -> dict[str, Any]:
    schema = _tidied(Workflow.model_json_schema(by_alias=True))
    kinds: dict[str, Any] = schema["$defs"]
    for kind, model in NODE_KINDS.items():
        about = {"description": kinds[model.__name__]["description"], "examples": [kind]}
        kinds[model.__name__]["properties"]["kind"] |= about
    # What the models leave to a rule, as an editor can only tell it by the schema.
    kinds["Edge"]["oneOf"] = [{"required": [form]} for form in ("to", "routes", "to_conditional")]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"workflow-chat workflow, version {LANGUAGE_VERSION}",
        **schema,
    }


def _tidied(schema: Any) -> Any:
    """Without what pydantic adds for itself: titles made from names, and `null` as a default."""
    if isinstance(schema, list):
        return [_tidied(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key != "title"}
    if "default" in kept and kept["default"] is None:
        del kept["default"]
    for key in ("items", "anyOf", "oneOf", "additionalProperties"):
        if key in kept:
            kept[key] = _tidied(kept[key])
    for key in ("properties", "$defs"):
        if key in kept:
            kept[key] = {name: _tidied(part) for name, part in kept[key].items()}
    return kept


def schema_text() -> str:
    """The JSON Schema as the text of the published file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a workflow file, generated from the models."""
    return dict(_generated())


def read_shape(data: Any) -> tuple[Workflow | None, list[Diagnostic]]:
    """The workflow in the data, or why there is none; problems carry paths, not places."""
    version = version_of(data)
    if version is not None and version > LANGUAGE_VERSION:
        return None, [newer_version(version)]
    try:
        workflow = Workflow.model_validate(data, strict=True)
        # `true` and `1.0` equal 1, so pydantic lets them pass.
        return (workflow, []) if version is not None else (None, [odd_version(data["version"])])
    except ValidationError as error:
        problems = problems_in(data, _first(_errors(data, error), data))
        if version in MIGRATIONS:
            older = older_version(version, "version" in data)
            problems = [older if found.path == older.path else found for found in problems]
        return None, problems


def _errors(data: Any, error: ValidationError) -> list[Any]:
    """Pydantic's errors; of a great many only those of the first entries of each long part, as each costs time."""
    if error.error_count() > _MOST_LISTED:
        try:
            Workflow.model_validate(_cut(data), strict=True)
        except ValidationError as first:
            error = first
    return list(error.errors(include_url=False))


def _cut(data: Any) -> Any:
    """The data with no part longer than so many entries."""
    if isinstance(data, dict):
        return {key: _cut(value) for key, value in islice(data.items(), _MOST_ENTRIES)}
    return [_cut(value) for value in data[:_MOST_ENTRIES]] if isinstance(data, list) else data


def _first(errors: list[Any], data: Any) -> list[Any]:
    """The errors at so many places as are told."""
    places: set[Path] = set()
    for number, error in enumerate(errors):
        places.add(path_of(error, data))
        if len(places) > MOST_ERRORS:
            return errors[:number]
    return errors


def shape_problems(data: Any) -> list[Diagnostic]:
    """What is wrong with the shape of the data."""
    return read_shape(data)[1]
