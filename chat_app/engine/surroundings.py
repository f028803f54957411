"""What a check on this machine may know of the world: one list of facts for the page, the commands and editors."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from chat_app.engine.capabilities import RUNNABLE_KINDS
from chat_app.sandbox.full.choice import Jails, Runtimes
from chat_app.tools.signatures import Signatures
from chat_app.workflow.surroundings import ModelDoubt, Surroundings

if TYPE_CHECKING:
    from chat_app.chat_models.known import KnownModels
    from chat_app.tools.catalog import Catalog


def surroundings_here(
    folder: Path | None,
    *,
    files: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    jails: Jails = Jails(),  # noqa: B008 - frozen, and looks at nothing before it is asked
    tools: Callable[[], Catalog] | None = None,
) -> Surroundings:
    """The surroundings of a text in this folder (None: of a text that is no file); loads nothing heavy.

    `files` are texts that can be run besides those in the folder; `environment` tells which providers of models
    have an address of their own (None: this process's); `jails` are the sandboxes for `runtime: full`,
    `tools` gives the tools that are set up here (None: those that need no setting).
    """
    signatures = Signatures(tools or _tools)
    return Surroundings(
        runnable_kinds=RUNNABLE_KINDS,
        code_runtimes=Runtimes(jails),
        tools=signatures,
        unknown_tool=signatures.why_not,
        models=_LateModels(os.environ if environment is None else environment),
        folder=folder,
        files=files,
    )


@dataclass(frozen=True)
class _LateModels:
    """The names of models, looked up when the first one is judged: most workflows name none."""

    environment: Mapping[str, str]

    def doubt(self, name: str) -> ModelDoubt | None:
        return self._known.doubt(name)

    def takes_images(self, name: str) -> bool | None:
        return self._known.takes_images(name)

    @cached_property
    def _known(self) -> KnownModels:
        from chat_app.chat_models.known import KnownModels

        return KnownModels(self.environment)


def _tools() -> Catalog:
    from chat_app.tools.catalog import catalog

    return catalog()
