"""What edits begin with: the text of a new workflow, and the schema of the edits themselves."""

from __future__ import annotations

from typing import Any

from chat_app.workflow.document import LANGUAGE_VERSION
from chat_app.workflow.edits.text.scalar_text import inline, quoted
from chat_app.workflow.names import as_name
from chat_app.workflow.typed_edits import DESIGN_EDITS

HEADER = "# yaml-language-server: $schema=../schemas/workflow.schema.json"


def new_workflow(name: str, description: str | None = None) -> str:
    """The text of a workflow without nodes; edits fill it."""
    lines = [HEADER, f"version: {LANGUAGE_VERSION}", f"name: {inline(as_name(name, 'workflow'), flow=False)}"]
    if description and description.strip():
        flat = " ".join(description.split())
        lines.append(f"description: {inline(flat, flow=False) if len(flat) <= 200 else quoted(flat)}")
    return "\n".join([*lines, ""])


def edits_schema() -> dict[str, Any]:
    """The JSON Schema of a list of edits, as a designer may give them."""
    return DESIGN_EDITS.json_schema(by_alias=True)
