"""Builds the app for the commands that need all of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chat_app.cli.exits import Misuse
from chat_app.translation import translated

if TYPE_CHECKING:
    from chat_app.app import App
    from chat_app.settings import Settings


@contextmanager
def built(*, paced: bool = False) -> Iterator[App]:
    """The app, built from the environment; the caller closes it. What cannot start is told as misuse."""
    from chat_app.app import build
    from chat_app.engine.errors import StoreFailed
    from chat_app.settings import CannotStart

    settings = settings_here()
    try:
        yield build(settings, paced=paced)
    except CannotStart as problem:
        raise Misuse(str(problem)) from None
    except StoreFailed as problem:
        raise Misuse(f"{translated(problem.message)} {translated(problem.help)}") from None


def settings_here() -> Settings:
    """The settings of this process; one that makes no sense is told as misuse."""
    from chat_app.settings import CannotStart, Settings

    try:
        return Settings.from_environment(os.environ)
    except CannotStart as problem:
        raise Misuse(str(problem)) from None
