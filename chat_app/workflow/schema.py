"""The language's shape: its JSON Schema for editors and models, and what a document breaks of it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from chat_app.workflow.diagnostics import Diagnostic
from chat_app.workflow.document import LANGUAGE_VERSION, Workflow
from chat_app.workflow.shape import newer_version, problems_in

SCHEMA_HEADER = "# yaml-language-server: $schema=../schemas/workflow.schema.json"
"""The first line of a workflow file: it tells editors where the schema is."""


@lru_cache(maxsize=1)
def _generated() -> dict[str, Any]:
    schema = Workflow.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"workflow-chat workflow, version {LANGUAGE_VERSION}",
        **{key: value for key, value in schema.items() if key != "title"},
    }


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a workflow file, generated from the models."""
    return dict(_generated())


def read_shape(data: Any) -> tuple[Workflow | None, list[Diagnostic]]:
    """The workflow in the data, or why there is none; problems carry paths, not places."""
    version = data.get("version") if isinstance(data, dict) else None
    if isinstance(version, int) and not isinstance(version, bool) and version > LANGUAGE_VERSION:
        return None, [newer_version(version)]
    try:
        return Workflow.model_validate(data, strict=True), []
    except ValidationError as error:
        return None, problems_in(data, error.errors(include_url=False, include_context=True))


def shape_problems(data: Any) -> list[Diagnostic]:
    """What is wrong with the shape of the data."""
    return read_shape(data)[1]
