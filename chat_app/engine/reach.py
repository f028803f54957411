"""What the steps of a run may touch besides chat models: tools, the network, secrets. Or pretend to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from chat_app.chat_models.media import MediaModels, unaccounted
from chat_app.chat_models.media import Paying as PayingModels
from chat_app.chat_models.simulated_values import SchemaValues
from chat_app.chat_models.simulated_words import Prompt
from chat_app.engine.media import RunMedia
from chat_app.engine.spent import Spent
from chat_app.events.run import StepId
from chat_app.files.of_run import RunFiles
from chat_app.files.passing import passing_store
from chat_app.files.store import FileStore
from chat_app.sandbox.full.choice import Jails
from chat_app.tools.catalog import Catalog, catalog
from chat_app.tools.mcp.sessions import McpSessions
from chat_app.tools.network import Network
from chat_app.tools.secrets import Secrets, SecretStore
from chat_app.tools.tool import Paying, ToolContext, unpaid
from chat_app.workflow.fields import FieldType
from chat_app.workflow.values import object_schema, problems_of


@dataclass(frozen=True, slots=True)
class Act:
    """What a step is about to do outside."""

    step: StepId
    node: str
    topic: str
    """What it is about, in a few words."""
    fields: Mapping[str, FieldType]
    """What it writes."""
    contacts: bool
    """Whether it contacts other machines; code and tools that only compute do not."""
    likely: Mapping[str, Any] = field(default_factory=dict)
    """What is likely to come of it, where that is known."""


Pretend = Callable[[Act], Mapping[str, Any] | None]
"""The writes of an act, made up instead of done; None: it is really done."""


def for_real(act: Act) -> None:
    """Nothing is made up."""


def simulated(act: Act) -> Mapping[str, Any] | None:
    """What would contact other machines is made up, by the types of the written fields; the same each time."""
    if not act.contacts:
        return None
    rng = Random(hashlib.sha256(act.step.encode()).hexdigest())
    made: dict[str, Any] = SchemaValues(object_schema(act.fields), Prompt(act.topic), rng).value()
    fitting = {name: value for name, value in act.likely.items() if not problems_of(value, act.fields[name])}
    return made | fitting


@dataclass(frozen=True)
class Reach:
    """The tools, the network and the files as the operator set them up; shared by all runs."""

    network: Network = field(default_factory=Network)
    catalog: Callable[[], Catalog] = catalog
    secrets: SecretStore = field(default_factory=SecretStore)
    files: FileStore = field(default_factory=passing_store)
    server_secrets: SecretStore = field(default_factory=SecretStore)
    """What the declarations of MCP servers may name; they are the operator's, workflows get none of it."""
    media: MediaModels | None = None
    """Models that make or read pictures and sound."""
    jails: Jails = field(default_factory=Jails)
    """Where code of `runtime: full` runs."""
    tells_trace: bool = False
    """Whether requests of `http` nodes name the run's trace (W3C Trace Context), as somebody records it."""


@dataclass(frozen=True)
class Outside:
    """The reach of one run."""

    reach: Reach = field(default_factory=Reach)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What its session brought along; secrets may be among it."""
    pretend: Pretend = for_real
    text: str = ""
    """The workflow's YAML, so that a fault in code can be shown where it stands."""
    spent: Spent = field(default_factory=Spent)
    """What the run has used; the files that it makes are counted there."""
    mcp: McpSessions | None = None
    """Its sessions with MCP servers."""

    @property
    def files(self) -> RunFiles:
        """The files of the run."""
        return RunFiles(self.reach.files, self.spent)

    def secrets(self, names: frozenset[str]) -> Secrets:
        """The secrets of these names; raises SecretMissing."""
        return self.reach.secrets.take(names, self.keys)

    def tool_context(
        self,
        seconds: float,
        idempotency_key: str = "",
        models: PayingModels = unaccounted,
        services: Paying = unpaid,
    ) -> ToolContext:
        """What a tool may use in this run; `models` and `services` are what it pays those with."""
        media = None if self.reach.media is None else RunMedia(self.reach.media.paid_by(models), self.keys)
        return ToolContext(self.reach.network, seconds, self.files, idempotency_key, self.mcp, media, services)


def sessions_of(reach: Reach, keys: Mapping[str, str]) -> McpSessions:
    """The MCP sessions of one run: none is open yet."""
    return McpSessions(
        reach.network, lambda names: reach.server_secrets.take(names, keys), reach.catalog().mcp.listings
    )
