"""The node kinds of the language, one model each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from chat_app.workflow.edges import Edge
from chat_app.workflow.fields import Name, Part, StateField

ErrorCause = Literal["rate_limit", "server_error", "timeout", "connection", "invalid_output", "any"]
Template = str
ItemErrorPolicy = Literal["fail", "skip", "collect"]


class Retry(Part):
    """How often a failing node is tried again, and how long to wait."""

    attempts: int = Field(description="Tries in all, the first included.", ge=1, le=10, examples=[3])
    backoff_seconds: float = Field(
        1.0, description="Wait before the second try; doubled for each further one.", ge=0, le=300, examples=[2]
    )
    on: list[ErrorCause] = Field(
        default=["rate_limit", "server_error", "timeout", "connection"],
        description="Which causes are tried again.",
        min_length=1,
        examples=[["timeout", "rate_limit"]],
    )


class NodeBase(Part):
    """What every node has."""

    id: Name = Field(description="The node's name, unique in the whole file.", examples=["draft"])
    description: str | None = Field(
        None, description="What the node is for, in a few words.", examples=["Drafts the answer"]
    )
    writes: list[Name] = Field(default=[], description="The state fields this node fills.", examples=[["answer"]])
    retry: Retry | None = Field(None, description="Try again on failure.", examples=[{"attempts": 3}])
    timeout_seconds: float | None = Field(
        None, description="The node fails when it takes longer.", gt=0, le=86_400, examples=[60]
    )
    on_error: str = Field(
        "fail",
        description="On failure: `fail` the run, `continue` without its writes, or go to the node named.",
        examples=["continue"],
    )
    cache: bool = Field(False, description="Reuse the result for equal inputs, model and prompt.", examples=[True])


class LlmNode(NodeBase):
    """Asks a chat model; one written string field streams as text, anything else is structured output."""

    kind: Literal["llm"]
    prompt: Template = Field(description="What to ask.", examples=["Summarise: {{ state.text }}"])
    system: Template | None = Field(
        None, description="Standing instructions for the model.", examples=["You are a patient teacher."]
    )
    model: str | None = Field(
        None, description="A LiteLLM model name; left out, the workflow's.", examples=["ollama_chat/qwen3"]
    )
    temperature: float | None = Field(None, description="How freely the model writes.", ge=0, le=2, examples=[0.2])
    max_tokens: int | None = Field(
        None, description="The most tokens the model may answer with.", ge=1, examples=[800]
    )
    tools: list[str] | None = Field(
        None, description="Tools the model may call.", min_length=1, examples=[["search_web"]]
    )
    max_turns: int | None = Field(None, description="The most rounds of tool calls.", ge=1, le=50, examples=[6])
    images: list[Template] | None = Field(
        None, description="Image fields sent with the prompt.", examples=[["{{ state.photo }}"]]
    )
    files: list[Template] | None = Field(
        None, description="File fields sent with the prompt.", examples=[["{{ state.contract }}"]]
    )


class ClassifyNode(NodeBase):
    """Chooses one label, an enum field, for a text."""

    kind: Literal["classify"]
    text: Template = Field(description="The text to judge.", examples=["{{ state.email }}"])
    labels: dict[str, str] = Field(
        description="Each label with what it means.",
        min_length=2,
        examples=[{"calm": "polite or neutral", "angry": "upset or rude"}],
    )
    model: str | None = Field(
        None, description="A LiteLLM model name; left out, the workflow's.", examples=["ollama_chat/qwen3"]
    )


class TemplateNode(NodeBase):
    """Renders a template; no model is asked."""

    kind: Literal["template"]
    template: Template = Field(
        description="Text with `{{ state.x }}` in it; exactly one `{{ … }}` keeps the value's type.",
        examples=["# Report\n\n{{ state.summary }}"],
    )


class CodeNode(NodeBase):
    """Runs Python without files or network; reads `state`, assigns written fields by name at the top level."""

    kind: Literal["code"]
    code: str = Field(description="Python.", examples=["total = sum(state.prices)"])
    runtime: Literal["mini", "full"] = Field(
        "mini", description="`mini`: a small Python everywhere; `full`: CPython in a jail.", examples=["mini"]
    )


class HttpNode(NodeBase):
    """Makes one request; one written text field takes the body, others its JSON by name, `status` the status."""

    kind: Literal["http"]
    url: Template = Field(description="Where to.", examples=["https://example.com/items/{{ state.id }}"])
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] = Field(
        "GET", description="The HTTP method.", examples=["POST"]
    )
    headers: dict[str, Template] | None = Field(
        None,
        description="Headers by name; `{{ secret.NAME }}` is a secret of the environment.",
        examples=[{"Authorization": "Bearer {{ secret.API_KEY }}"}],
    )
    query: dict[str, Any] | None = Field(
        None, description="Query parameters by name.", examples=[{"q": "{{ state.topic }}"}]
    )
    json_body: Any = Field(
        None, alias="json", description="A body sent as JSON.", examples=[{"name": "{{ state.name }}"}]
    )
    body: Template | None = Field(None, description="A body sent as text.", examples=["{{ state.text }}"])


class ToolNode(NodeBase):
    """Calls one named tool; one written field takes the result, several take its parts by name."""

    kind: Literal["tool"]
    tool: str = Field(description="The tool's name.", examples=["read_document"])
    arguments: dict[str, Any] = Field(
        default={}, description="The tool's arguments by name.", examples=[{"file": "{{ state.paper }}"}]
    )


class MapBody(Part):
    """What a map does for one item; it has state of its own and reads the outer state and the item."""

    state: dict[Name, StateField] = Field(
        default={}, description="Fields local to one item.", examples=[{"summary": {"type": "string"}}]
    )
    nodes: list[Node] = Field(
        description="The nodes run for each item.",
        min_length=1,
        examples=[[{"id": "shorten", "kind": "llm", "prompt": "Shorten: {{ item }}", "writes": ["summary"]}]],
    )
    edges: list[Edge] | None = Field(
        None, description="Left out, order follows the data.", examples=[[{"from": "START", "to": "shorten"}]]
    )
    returns: Name | list[Name] = Field(
        description="The field returned for each item; several make an object.", examples=["summary"]
    )


class MapNode(NodeBase):
    """Runs its body once for each item and collects what it returns, in order."""

    kind: Literal["map"]
    over: Template = Field(description="The list to go through.", examples=["{{ state.files }}"])
    item: Name = Field("item", description="The name the body reads the item by.", examples=["file"])
    max_concurrency: int | None = Field(None, description="The most items at once.", ge=1, le=1_000, examples=[4])
    on_item_error: ItemErrorPolicy = Field(
        "fail",
        description="`fail` the map, `skip` the item, or `collect` an object with the error in its place.",
        examples=["skip"],
    )
    body: MapBody = Field(
        description="What is done for each item.",
        examples=[{"nodes": [{"id": "a", "kind": "template", "template": "x", "writes": ["t"]}], "returns": "t"}],
    )


class ParallelNode(NodeBase):
    """Runs the named subtasks at once and goes on when all are done."""

    kind: Literal["parallel"]
    subtasks: list[Name] = Field(
        description="Ids of nodes of this level that have no edges of their own.",
        min_length=1,
        examples=[["history", "market", "risks"]],
    )
    max_concurrency: int | None = Field(None, description="The most subtasks at once.", ge=1, le=1_000, examples=[3])


class WorkflowNode(NodeBase):
    """Runs another workflow file."""

    kind: Literal["workflow"]
    uses: str = Field(description="The file, inside the same folder.", examples=["./triage.yaml"])
    arguments: dict[str, Any] = Field(
        default={}, description="Its inputs by name.", examples=[{"email": "{{ state.mail }}"}]
    )


class HumanNode(NodeBase):
    """Interrupts the run until a person answers; the form comes from the written fields' types."""

    kind: Literal["human"]
    ask: Template = Field(description="What to ask the person.", examples=["Send this?\n\n{{ state.answer }}"])


Node = Annotated[
    LlmNode
    | ClassifyNode
    | TemplateNode
    | CodeNode
    | HttpNode
    | ToolNode
    | MapNode
    | ParallelNode
    | WorkflowNode
    | HumanNode,
    Field(discriminator="kind"),
]

NODE_KINDS: dict[str, type[NodeBase]] = {
    "llm": LlmNode,
    "classify": ClassifyNode,
    "template": TemplateNode,
    "code": CodeNode,
    "http": HttpNode,
    "tool": ToolNode,
    "map": MapNode,
    "parallel": ParallelNode,
    "workflow": WorkflowNode,
    "human": HumanNode,
}
