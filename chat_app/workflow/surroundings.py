"""What a check may know of the world outside the text: which kinds run here, which tools and models exist."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

ALL_KINDS = frozenset({"llm", "classify", "template", "code", "http", "tool", "map", "parallel", "workflow", "human"})


@dataclass(frozen=True, slots=True)
class ToolSignature:
    """A tool's arguments and result as JSON Schemas."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    result: Mapping[str, Any]
    missing: str | None = None
    """What the tool needs and does not have here, with what to do; None when it is ready."""
    supplied_by: str | None = None
    """An argument of a call with which nothing is missing."""


@dataclass(frozen=True, slots=True)
class ModelDoubt:
    """What speaks against the name of a model."""

    message: str
    certain: bool
    """Whether a run would be refused; else the name is only not known."""
    nearest: str | None = None
    """What was most likely meant."""


class ModelNames(Protocol):
    """What is known of the names of models."""

    def doubt(self, name: str) -> ModelDoubt | None:
        """Why a name may name no chat model; None where nothing speaks against it."""

    def takes_images(self, name: str) -> bool | None:
        """Whether the model sees; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The default knows nothing of models and says so by not judging them."""

    runnable_kinds: frozenset[str] = ALL_KINDS
    code_runtimes: Collection[str] = frozenset({"mini", "full"})
    """The sandboxes that there are for code nodes."""
    tools: Mapping[str, ToolSignature] = field(default_factory=dict)
    unknown_tool: Callable[[str], str | None] = lambda name: None
    """What to do about a tool that is not there, where more can be said than which ones are."""
    models: ModelNames | None = None
    """What is known of models; None: they are not judged."""
    folder: Path | None = None
    """Where `workflow` nodes find other files; None: they can't be followed."""
    files: Mapping[str, str] | None = None
    """Texts by path of files that are not in the folder, such as those that a run has kept."""
