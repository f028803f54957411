"""The types of fields: a small, closed subset of JSON Schema, plus `file`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

NAME_PATTERN = r"^[a-z][a-z0-9_]{0,63}$"

Name = Annotated[
    str,
    StringConstraints(pattern=NAME_PATTERN),
    Field(
        description="Lower-case letters, digits and underscores; starts with a letter.",
        examples=["summary"],
    ),
]

TypeName = Literal["string", "integer", "number", "boolean", "object", "array", "file"]
Reducer = Literal["append", "merge", "last"]


class Part(BaseModel):
    """Base of every part of a workflow document: unknown keys are refused, values are frozen."""

    # Built when first used: a command that only reads must not pay for every edit there is.
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


class FieldType(Part):
    """What values a field may hold."""

    type: TypeName = Field(description="The kind of value.", examples=["string"])
    description: str | None = Field(
        None, description="What the field means, for people and models.", examples=["A summary in one line."]
    )
    enum: list[str | int | float | bool] | None = Field(
        None, description="The only values allowed.", examples=[["calm", "angry"]], min_length=1
    )
    minimum: float | None = Field(None, description="The least number allowed.", examples=[0])
    maximum: float | None = Field(None, description="The greatest number allowed.", examples=[1])
    min_length: int | None = Field(
        None, alias="minLength", ge=0, description="The least number of characters.", examples=[1]
    )
    max_length: int | None = Field(
        None, alias="maxLength", ge=0, description="The greatest number of characters.", examples=[280]
    )
    min_items: int | None = Field(
        None, alias="minItems", ge=0, description="The least number of items of an array.", examples=[1]
    )
    max_items: int | None = Field(
        None, alias="maxItems", ge=0, description="The greatest number of items of an array.", examples=[10]
    )
    items: FieldType | None = Field(
        None, description="The type of each item of an array.", examples=[{"type": "string"}]
    )
    properties: dict[str, FieldType] | None = Field(
        None, description="The parts of an object, by name.", examples=[{"total": {"type": "number"}}]
    )
    required: list[str] | None = Field(
        None, description="The parts an object must have; left out, all of them.", examples=[["total"]]
    )
    default: Any = Field(None, description="The value where none is given.", examples=["en"])

    @property
    def has_default(self) -> bool:
        """Whether `default` stands in the document (it may be null)."""
        return "default" in self.model_fields_set


class InputField(FieldType):
    """A field that the user gives when a run starts; one without a default must be given."""

    examples: list[Any] | None = Field(
        None, description="Sample values, offered in the run form.", examples=[["My order never came."]]
    )


class StateField(FieldType):
    """A field that nodes write."""

    reduce: Reducer | None = Field(
        None,
        description=(
            "How writes are joined: `append` adds to an array, `merge` merges objects, `last` keeps the "
            "write of the node that stands last in the file. Needed where two branches may write at once."
        ),
        examples=["append"],
    )
