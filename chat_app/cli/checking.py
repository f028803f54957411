"""Checks workflow files for the commands, without loading anything heavy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chat_app.cli.building import settings_here
from chat_app.cli.texts import read_bytes
from chat_app.engine.surroundings import surroundings_here
from chat_app.workflow.check import CheckResult, check
from chat_app.workflow.surroundings import Surroundings

if TYPE_CHECKING:
    from chat_app.settings import Settings
    from chat_app.tools.catalog import Catalog


def check_file(name: str) -> CheckResult:
    """Checks one file (`-`: standard input); raises Misuse where it cannot be read."""
    return check(read_bytes(name), surroundings_of(name))


def surroundings_of(name: str) -> Surroundings:
    """What a check of this file may know of the world: its folder, the kinds, tools, models there are."""
    return surroundings_in(Path.cwd() if name == "-" else Path(name).absolute().parent)


def surroundings_in(folder: Path | None) -> Surroundings:
    """What a check of a file in this folder may know; None: of a text that is no file."""
    settings = settings_here()
    return surroundings_here(folder, jails=settings.jails, tools=lambda: tools_of(settings))


def tools_of(settings: Settings) -> Catalog:
    """The tools that are set up here."""
    from chat_app.tools.catalog import catalog

    return catalog(settings.tools)
