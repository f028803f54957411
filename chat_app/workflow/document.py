"""The workflow document: the whole of a file as one frozen value."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from chat_app.workflow.edges import Edge
from chat_app.workflow.fields import InputField, Name, Part, StateField
from chat_app.workflow.nodes import Node

LANGUAGE_VERSION = 1


class Requirement(Part):
    """What the interview learnt, and the nodes that meet it."""

    id: Name = Field(description="The requirement's name.", examples=["angry_mail"])
    text: str = Field(description="What is wanted.", examples=["Angry mail is approved by a person"])
    met_by: list[Name] = Field(default=[], description="Ids of the nodes that meet it.", examples=[["approve"]])


class Limits(Part):
    """Hard limits; reaching one stops the run at a checkpoint. One left out has the app's default."""

    steps: int | None = Field(None, ge=1, description="The most node executions.", examples=[50])
    seconds: float | None = Field(None, gt=0, description="The most seconds.", examples=[300])
    tokens: int | None = Field(None, ge=1, description="The most tokens, in and out.", examples=[100_000])
    cost_usd: float | None = Field(None, ge=0, description="The most US dollars.", examples=[0.50])
    map_items: int | None = Field(None, ge=1, description="The most items of one map.", examples=[200])
    concurrency: int | None = Field(None, ge=1, description="The most nodes at once.", examples=[8])


DEFAULT_LIMITS = Limits(steps=200, seconds=900.0, tokens=500_000, cost_usd=1.0, map_items=1_000, concurrency=8)


class WorkflowTest(Part):
    """A case that must hold: inputs, what nodes and people return, what is expected."""

    name: str = Field(description="What the case shows.", examples=["an angry mail reaches a person"])
    inputs: dict[str, Any] = Field(
        default={}, description="Values of the inputs.", examples=[{"email": "Where is my money?!"}]
    )
    given: dict[Name, dict[str, Any]] = Field(
        default={},
        description="What these nodes return in this test, by node and field.",
        examples=[{"analyse": {"mood": "angry"}}],
    )
    answers: dict[Name, dict[str, Any]] = Field(
        default={},
        description="What people answer, by human node and field.",
        examples=[{"approve": {"decision": "send"}}],
    )
    expect: list[str] = Field(
        description="CEL expressions that must hold at the end.",
        min_length=1,
        examples=[["state.decision == 'send'"]],
    )
    judged: list[str] = Field(
        default=[],
        description="Statements about the results that a model shall find true, where one is named as judge.",
        examples=[["The answer is polite."]],
    )


class Workflow(Part):
    """A workflow: what it takes, what it keeps, what it does, what it returns."""

    version: Literal[1] = Field(description="The language's version.", examples=[1])
    name: Name = Field(description="The workflow's name.", examples=["support_triage"])
    description: str | None = Field(None, description="What it is for.", examples=["Sorts support mail."])
    model: str | None = Field(
        None, description="Any LiteLLM model; left out, the app's default.", examples=["ollama_chat/qwen3"]
    )
    requirements: list[Requirement] = Field(
        default=[],
        description="What the interview learnt.",
        examples=[[{"id": "short", "text": "At most one page", "met_by": ["summarise"]}]],
    )
    inputs: dict[Name, InputField] = Field(
        default={}, description="Fields that the user gives.", examples=[{"email": {"type": "string"}}]
    )
    state: dict[Name, StateField] = Field(
        default={}, description="Fields that nodes write.", examples=[{"answer": {"type": "string"}}]
    )
    outputs: list[Name] = Field(default=[], description="The fields that a run returns.", examples=[["answer"]])
    nodes: list[Node] = Field(
        description="What is done.",
        min_length=1,
        examples=[[{"id": "draft", "kind": "llm", "prompt": "Answer: {{ state.email }}", "writes": ["answer"]}]],
    )
    edges: list[Edge] | None = Field(
        None,
        description="Where a run goes; left out altogether, order follows the data.",
        examples=[[{"from": "START", "to": "draft"}, {"from": "draft", "to": "END"}]],
    )
    limits: Limits = Field(default=Limits(), description="Hard limits of a run.", examples=[{"steps": 50}])
    tests: list[WorkflowTest] = Field(
        default=[], description="Cases that must hold.", examples=[[{"name": "t", "expect": ["true"]}]]
    )
