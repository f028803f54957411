"""The world in which the golden cases are checked: one kind missing, one tool, one model that only reads text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chat_app.workflow.surroundings import ALL_KINDS, Surroundings, ToolSignature

READ_DOCUMENT = ToolSignature(
    "read_document",
    "Reads the text of a document.",
    {
        "type": "object",
        "properties": {"file": {"type": "object", "description": "The document."}},
        "required": ["file"],
    },
    {"type": "string"},
)

SURROUNDINGS = Surroundings(
    runnable_kinds=ALL_KINDS - {"workflow"},
    code_runtimes=frozenset({"mini"}),
    unsupported_keys=frozenset({("llm", "files")}),
    tools={"read_document": READ_DOCUMENT},
    text_only_models=frozenset({"text_model"}),
)


def surroundings_of(case: Path) -> Surroundings:
    """The world of a case: where files lie beside it, `workflow` nodes find them there, unless it is not saved."""
    files = case.parent / "files"
    if not files.is_dir():
        return SURROUNDINGS
    folder = None if case.stem.endswith("_unsaved") else files
    return replace(SURROUNDINGS, runnable_kinds=ALL_KINDS, folder=folder)
