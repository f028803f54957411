"""What the steps of a run may touch besides chat models: tools, the network, secrets. Or pretend to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from chat_app.chat_models.simulated_values import SchemaValues
from chat_app.chat_models.simulated_words import Prompt
from chat_app.tools.catalog import Catalog, catalog
from chat_app.tools.network import Network
from chat_app.tools.secrets import Secrets, SecretStore
from chat_app.workflow.values import object_schema

if TYPE_CHECKING:
    from chat_app.engine.step import Step

Pretend = Callable[["Step", bool], Mapping[str, Any] | None]
"""The writes of a step that would touch something outside, made up instead; None: it is really done.

The flag says whether it would contact other machines; code and tools that only compute do not.
"""


def for_real(step: Step, contacts: bool) -> None:
    """Nothing is made up."""


def simulated(step: Step, contacts: bool) -> Mapping[str, Any] | None:
    """What would contact other machines is made up, by the types of the written fields; the same each time."""
    if not contacts:
        return None
    step.simulated = True
    rng = Random(hashlib.sha256(step.id.encode()).hexdigest())
    made: dict[str, Any] = SchemaValues(object_schema(step.node.fields), Prompt(_topic(step)), rng).value()
    return made


def _topic(step: Step) -> str:
    """What the made-up text speaks of."""
    return step.node.spec.description or step.node.id.replace("_", " ")


@dataclass(frozen=True)
class Reach:
    """The tools and the network as the operator set them up; shared by all runs."""

    network: Network = field(default_factory=Network)
    catalog: Callable[[], Catalog] = catalog
    secrets: SecretStore = field(default_factory=SecretStore)


@dataclass(frozen=True)
class Outside:
    """The reach of one run."""

    reach: Reach = field(default_factory=Reach)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What its session brought along; secrets may be among it."""
    pretend: Pretend = for_real
    text: str = ""
    """The workflow's YAML, so that a fault in code can be shown where it stands."""

    def secrets(self, names: frozenset[str]) -> Secrets:
        """The secrets of these names; raises SecretMissing."""
        return self.reach.secrets.take(names, self.keys)
