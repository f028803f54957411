"""The events of a run: a closed union of frozen values, in the order in which they happened."""

from __future__ import annotations

from typing import Any, Literal

from chat_app.events.value import EventBase, Value, field

StepId = str
"""Unique in a run: the node's place and how often it ran there, `each_file[3]/shorten#1`."""


class Place(Value, frozen=True):
    """From where a run goes on: what was told of it just before a kill may not have reached the record."""

    state: dict[str, Any]
    ran: dict[str, int]
    """How often each of the workflow's own nodes was started, those that are started now included."""
    done: dict[StepId, dict[str, Any]]
    """The writes of those that were done already, of several that run side by side now."""


class RunStarted(EventBase, frozen=True):
    workflow: str
    text_sha256: str
    model: str
    simulated: bool
    inputs: dict[str, Any]
    resumed: bool = False
    text: str = ""
    """The workflow's YAML: with it the events alone say what state and graph were."""
    files: dict[str, str] = field(default_factory=dict)
    """The texts of the files that it uses, by their path in its folder."""
    place: Place | None = None
    """Where it goes on from, where it is resumed and something was done."""


class RunFinished(EventBase, frozen=True):
    outputs: dict[str, Any]
    seconds: float


class RunFailed(EventBase, frozen=True):
    message: str
    help: str
    node: str | None = None


class RunStopped(EventBase, frozen=True):
    """Somebody pressed Stop; the run can be resumed from its last checkpoint."""

    reason: str


class Question(Value, frozen=True):
    """What a human node asks; `fields` holds the JSON Schema of each written field."""

    step: StepId
    node: str
    text: str
    fields: dict[str, dict[str, Any]]


class RunWaiting(EventBase, frozen=True):
    """The run is interrupted until every question is answered."""

    questions: tuple[Question, ...]


class LimitReached(EventBase, frozen=True):
    """A hard limit stopped the run at a checkpoint; it can be resumed with a higher one."""

    limit: str
    allowed: float
    message: str


class StepStarted(EventBase, frozen=True):
    step: StepId
    node: str
    kind: str
    parent: StepId | None = None
    round: int | None = None
    """Where several nodes of the workflow run side by side: the number that they share. Their writes are joined in
    file order, whichever ends first."""


class StepFinished(EventBase, frozen=True):
    step: StepId
    node: str
    writes: dict[str, Any]
    seconds: float
    simulated: bool = False
    key: str = ""
    """What the result followed from, as a hash: a rerun takes the result over where the same step has the same key.
    Empty where the work is done again, as it costs nothing, for nodes that run other nodes, and in rehearsals, of
    which nothing can be taken over."""


class StepFailed(EventBase, frozen=True):
    step: StepId
    node: str
    message: str
    help: str
    continues: bool = False
    """Whether `on_error` lets the run go on."""
    cause: str = "any"
    """As `retry.on` names causes; `any` where it is none of those."""


class StepRetried(EventBase, frozen=True):
    step: StepId
    node: str
    attempt: int
    cause: str
    message: str
    wait_seconds: float


class StepSkipped(EventBase, frozen=True):
    step: StepId
    node: str
    reason: str


class RouteTaken(EventBase, frozen=True):
    source: str
    targets: tuple[str, ...]
    route: int | None = None
    """Which of the source's ways out, from 0; None where there was no choice."""
    condition: str | None = None
    parent: StepId | None = None
    counted: str | None = None
    """The way by its name, where it is counted how often it was taken."""


class Token(EventBase, frozen=True):
    """A piece of text as the model streams it."""

    step: StepId
    node: str
    text: str


class ModelAsked(EventBase, frozen=True):
    """One model call begins."""

    step: StepId
    node: str
    model: str
    messages: tuple[dict[str, Any], ...]
    """Role and content of each; what was attached is named, not held."""


class ModelAnswered(EventBase, frozen=True):
    """What the model said, as it said it; a call that broke off has none."""

    step: StepId
    node: str
    model: str
    text: str
    tool_requests: tuple[dict[str, str], ...] = ()
    """The tool calls it asked for: id, name, and arguments as the model wrote them."""
    cut: bool = False
    """Whether it ended at the token limit."""


class ToolCalled(EventBase, frozen=True):
    step: StepId
    node: str
    tool: str
    arguments: dict[str, Any]
    result: Any = None
    error: str | None = None


class Answered(EventBase, frozen=True):
    """What a tool or a server answered, whole, or why there is no answer: a run is replayed from it.

    A model's answer is told by ModelAnswered; here it is only told how a call failed.
    """

    step: StepId
    node: str
    source: Literal["model", "tool", "http"]
    name: str
    """The model, the tool, or the method and address."""
    request: dict[str, Any]
    """What was asked, without secrets and keys; empty for a model, as ModelAsked has told it."""
    answer: dict[str, Any] | None
    error: dict[str, Any] | None = None
    """Why there is no answer: the error's class and its parts."""
    seconds: float = 0.0


class ItemProgress(EventBase, frozen=True):
    step: StepId
    node: str
    done: int
    failed: int
    total: int


class UsageReported(EventBase, frozen=True):
    """What one model call used; None where the provider does not say, never 0."""

    step: StepId
    node: str
    model: str
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    simulated: bool = False


class CheckpointSaved(EventBase, frozen=True):
    checkpoint: str


class Logged(EventBase, frozen=True):
    text: str
    level: str = "info"
    step: StepId | None = None
    node: str | None = None


RunEvent = (
    RunStarted
    | RunFinished
    | RunFailed
    | RunStopped
    | RunWaiting
    | LimitReached
    | StepStarted
    | StepFinished
    | StepFailed
    | StepRetried
    | StepSkipped
    | RouteTaken
    | Token
    | ModelAsked
    | ModelAnswered
    | ToolCalled
    | Answered
    | ItemProgress
    | UsageReported
    | CheckpointSaved
    | Logged
)

ENDINGS = (RunFinished, RunFailed, RunStopped, RunWaiting, LimitReached)
"""The events after which a run is at rest."""


class Recorded(Value, frozen=True, array_like=True):
    """An event with its place in its run's log."""

    offset: int
    """From 0, without gaps."""
    at: float
    """Seconds since the epoch."""
    event: RunEvent
    run_id: str
