"""Tools that other packages bring, by the entry point `workflow_chat.tools`.

An entry point names a `Tool`, or a list of them. A plug-in runs with all the rights of the app: installing one
is trusting it. One that does not load is told of and left out; the app goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from chat_app.tools.tool import Tool
from chat_app.workflow.fields import NAME_PATTERN

GROUP = "workflow_chat.tools"


@dataclass(frozen=True, slots=True)
class Plugins:
    """What was found: the tools, and what is wrong with the others."""

    tools: tuple[Tool, ...] = ()
    problems: tuple[str, ...] = ()


def installed() -> Iterable[EntryPoint]:
    """The entry points of the packages that are installed."""
    return entry_points(group=GROUP)


def load(points: Iterable[EntryPoint], taken: Iterable[str]) -> Plugins:
    """Loads the tools; a name that is taken already stays with who had it first."""
    found: dict[str, Tool] = {}
    problems: list[str] = []
    names = set(taken)
    for point in sorted(points, key=lambda one: (one.name, one.value)):
        try:
            loaded = point.load()
        except Exception as error:  # noqa: BLE001 - whatever a stranger's import raises must not stop the app
            problems.append(f"The plug-in {point.name} ({point.value}) cannot be loaded: {error!r}.")
            continue
        for tool in loaded if isinstance(loaded, list | tuple) else [loaded]:
            problem = _problem(tool, names)
            if problem:
                problems.append(f"The plug-in {point.name} ({point.value}) {problem}.")
            else:
                found[tool.name] = tool
                names.add(tool.name)
    return Plugins(tuple(found.values()), tuple(problems))


def _problem(tool: object, taken: set[str]) -> str | None:
    if not isinstance(tool, Tool):
        return f"gives a {type(tool).__name__}, not a Tool"
    if not re.fullmatch(NAME_PATTERN, tool.name):
        return f"has a tool named `{tool.name}`; names have small letters, digits and underscores"
    if tool.name in taken:
        return f"has a tool named `{tool.name}`, which is there already"
    return None
