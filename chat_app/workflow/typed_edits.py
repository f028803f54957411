"""Typed edits: the one language in which designers, buttons and fixes change a workflow."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from chat_app.workflow.fields import Name, Part

NodeSpec = dict[str, Any]
"""A node as it stands in YAML (`id`, `kind`, its own keys)."""

FieldSpecs = dict[str, dict[str, Any]]
"""Fields by name, each as it stands in YAML."""


class AddNode(Part):
    """Adds a node. Say where with one of `after`, `before`, `between`, `parallel_to`; none of them: at the end."""

    op: Literal["add_node"] = "add_node"
    node: NodeSpec = Field(description="The node as it stands in YAML: id, kind and its own keys.")
    fields: FieldSpecs = Field(default={}, description="State fields it writes that are not there yet.")
    after: str | None = Field(None, description="The node (or START) it follows; its ways out move to the new node.")
    before: str | None = Field(None, description="The node (or END) it precedes; all ways in move to the new node.")
    between: tuple[str, str] | None = Field(None, description="The two neighbours it is put between.")
    parallel_to: str | None = Field(None, description="The node it runs beside: same ways in, same ways out.")
    inside: str | None = Field(None, description="The map whose body, or the parallel whose subtasks, it joins.")


class RemoveNode(Part):
    """Removes a node; its ways in are joined to its ways out.

    Fields that only it wrote and no one reads go too. Routes that chose by what it wrote are dropped.
    """

    op: Literal["remove_node"] = "remove_node"
    id: str
    orphans: bool = Field(False, description="Also removes the nodes that nothing leads to any more.")


class ReplaceNode(Part):
    """Puts another node in the place of one; the edges stay."""

    op: Literal["replace_node"] = "replace_node"
    id: str
    node: NodeSpec
    fields: FieldSpecs = Field(default={}, description="State fields it writes that are not there yet.")


class SetKey(Part):
    """Sets one key of a node (`model`, `temperature`, `tools`, …); null takes the key away."""

    op: Literal["set_key"] = "set_key"
    id: str
    key: str
    value: Any = None


class SetPrompt(Part):
    """Sets the text that a node works with: prompt, template, text, ask or code, whichever its kind has."""

    op: Literal["set_prompt"] = "set_prompt"
    id: str
    prompt: str


class Rename(Part):
    """Renames a node, a field (input or state) or the workflow, everywhere it is named."""

    op: Literal["rename"] = "rename"
    what: Literal["node", "field", "workflow"]
    old: str
    new: Name


class SetInfo(Part):
    """Sets the workflow's description or model; null takes it away, leaving out keeps it."""

    op: Literal["set_info"] = "set_info"
    description: str | None = None
    model: str | None = None


class AddInput(Part):
    """Adds an input, or changes its type."""

    op: Literal["add_input"] = "add_input"
    name: Name
    type: dict[str, Any] = Field(description="The field's type as it stands in YAML.")


class AddField(Part):
    """Adds a state field, or changes its type."""

    op: Literal["add_field"] = "add_field"
    name: Name
    type: dict[str, Any]
    inside: str | None = Field(None, description="The map whose body holds the field.")


class RemoveField(Part):
    """Removes an input or a state field that nothing names any more."""

    op: Literal["remove_field"] = "remove_field"
    name: str


class SetOutputs(Part):
    """Says which fields a run returns."""

    op: Literal["set_outputs"] = "set_outputs"
    outputs: list[str]


class Branch(Part):
    """After a node, goes one way when a condition holds and another when not.

    `then` and `otherwise` name nodes or END; left out, `otherwise` is where the node went before, or, where
    that is `then` itself, where `then` goes. Nodes in `add` are new; a way that starts at a new node ends
    where the old way went. A node that branches already gets one more route before its last one.
    """

    op: Literal["branch"] = "branch"
    after: str
    condition: str
    then: str
    otherwise: str | None = None
    add: list[NodeSpec] = Field(default=[], description="New nodes that stand on the ways.")
    fields: FieldSpecs = Field(default={}, description="State fields it writes that are not there yet.")


class Loop(Part):
    """Repeats the nodes from `first` to `last` until a condition holds, at most `max_times` more."""

    op: Literal["loop"] = "loop"
    first: str
    last: str
    until: str
    max_times: int = Field(3, ge=1, le=10_000)


class WrapInMap(Part):
    """Puts consecutive nodes into a map over a list; their fields become local to the item."""

    op: Literal["wrap_in_map"] = "wrap_in_map"
    nodes: list[str] = Field(min_length=1)
    id: Name
    over: str = Field(description="The list: a template such as `{{ state.files }}`.")
    item: Name = "item"
    replaces: str | None = Field(None, description="The field the nodes read that is now the item.")
    writes: Name = Field(description="The array field that collects the results.")


class MoveNode(Part):
    """Moves a node to another place; give one of `after`, `before`."""

    op: Literal["move"] = "move"
    id: str
    after: str | None = None
    before: str | None = None


class SetLimits(Part):
    """Sets limits by name; null takes one away."""

    op: Literal["set_limits"] = "set_limits"
    limits: dict[str, float | int | None]


class AddRequirement(Part):
    """Adds a requirement, or changes the one with this id."""

    op: Literal["add_requirement"] = "add_requirement"
    id: Name
    text: str
    met_by: list[str] = Field(default=[], description="Ids of the nodes that meet it.")


class RemoveRequirement(Part):
    """Removes a requirement."""

    op: Literal["remove_requirement"] = "remove_requirement"
    id: str


class AddTest(Part):
    """Adds a test, or changes the one with this name."""

    op: Literal["add_test"] = "add_test"
    test: dict[str, Any] = Field(description="The test as it stands in YAML.")


class RemoveTest(Part):
    """Removes a test."""

    op: Literal["remove_test"] = "remove_test"
    name: str


class Connect(Part):
    """Adds a way from one node to another, with a condition or a bound where wanted."""

    op: Literal["connect"] = "connect"
    from_: str = Field(alias="from")
    to: str
    condition: str | None = None
    max_times: int | None = Field(None, ge=1, le=10_000)


class Disconnect(Part):
    """Takes away the ways from one node to another."""

    op: Literal["disconnect"] = "disconnect"
    from_: str = Field(alias="from")
    to: str


class ReplaceValue(Part):
    """Puts a value at a path; only fixes use it, as designers address by id."""

    op: Literal["replace_value"] = "replace_value"
    path: list[str | int]
    value: Any = None


class RenameKey(Part):
    """Renames the key that a path ends in; only fixes use it."""

    op: Literal["rename_key"] = "rename_key"
    path: list[str | int]
    key: str


class RemoveKey(Part):
    """Removes the entry that a path ends in; only fixes use it."""

    op: Literal["remove_key"] = "remove_key"
    path: list[str | int]


class Migrate(Part):
    """Brings the text to the present version of the language; only fixes use it."""

    op: Literal["migrate"] = "migrate"


AnyDesignEdit: TypeAlias = (
    AddNode
    | RemoveNode
    | ReplaceNode
    | SetKey
    | SetPrompt
    | Rename
    | SetInfo
    | AddInput
    | AddField
    | RemoveField
    | SetOutputs
    | Branch
    | Loop
    | WrapInMap
    | MoveNode
    | SetLimits
    | AddRequirement
    | RemoveRequirement
    | AddTest
    | RemoveTest
    | Connect
    | Disconnect
)
DesignEdit = Annotated[AnyDesignEdit, Field(discriminator="op")]
"""What a designer may say: everything is addressed by id."""

Edit = Annotated[AnyDesignEdit | ReplaceValue | RenameKey | RemoveKey | Migrate, Field(discriminator="op")]
"""Every edit there is, those of the fixes too."""

DESIGN_EDITS: TypeAdapter[list[DesignEdit]] = TypeAdapter(list[DesignEdit])
