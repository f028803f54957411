"""How tools take and give files: in workflows as references, in their own code as `FileRef`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from chat_app.files.errors import NotAFile
from chat_app.files.reference import FileRef
from chat_app.workflow.fields import FieldType
from chat_app.workflow.values import value_schema


def _reference(value: Any) -> FileRef:
    try:
        return FileRef.of(value)
    except NotAFile as error:
        raise ValueError(f"no file: {error.help}") from None


_SCHEMA = value_schema(FieldType(type="file"))

FileArgument = Annotated[FileRef, BeforeValidator(_reference), WithJsonSchema(_SCHEMA)]
"""One file; in a workflow a field of `type: file`."""
FileResult = Annotated[FileRef, WithJsonSchema(_SCHEMA, mode="serialization")]
"""A file that the tool made."""
