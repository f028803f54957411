"""The world in which the golden cases are checked: one kind missing, one tool, a few models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chat_app.workflow.names import nearest
from chat_app.workflow.surroundings import ALL_KINDS, ModelDoubt, Surroundings, ToolSignature

READ_DOCUMENT = ToolSignature(
    "read_document",
    "Reads the text of a document.",
    {
        "type": "object",
        "properties": {
            "file": {
                "anyOf": [{"type": "object", "format": "file"}, {"type": "array"}],
                "description": "The document.",
            },
            "pages": {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "The most pages to read."},
        },
        "required": ["file"],
    },
    {"type": "string"},
)


class FewModels:
    """A provider `acme` with two models, one of them without eyes, and any other name with a slash."""

    names = ("acme/seeing-1", "acme/reading-1")

    def doubt(self, name: str) -> ModelDoubt | None:
        if "/" not in name:
            return ModelDoubt(
                f"No provider can be told from the model's name `{name}`", True, nearest(name, self.names)
            )
        if name.startswith("acme/") and name not in self.names:
            message = f"`{name[5:]}` is none of the models of Acme that this program knows"
            return ModelDoubt(message, False, nearest(name, self.names))
        return None

    def takes_images(self, name: str) -> bool | None:
        return {"acme/seeing-1": True, "acme/reading-1": False}.get(name)


SURROUNDINGS = Surroundings(
    runnable_kinds=ALL_KINDS - {"workflow"},
    code_runtimes=frozenset({"mini"}),
    tools={"read_document": READ_DOCUMENT},
    models=FewModels(),
)


def surroundings_of(case: Path) -> Surroundings:
    """The world of a case: where files lie beside it, `workflow` nodes find them there, unless it is not saved."""
    files = case.parent / "files"
    if not files.is_dir():
        return SURROUNDINGS
    folder = None if case.stem.endswith("_unsaved") else files
    return replace(SURROUNDINGS, runnable_kinds=ALL_KINDS, folder=folder)
