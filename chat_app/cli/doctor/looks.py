"""What the doctor looks at: versions, data, models, sandboxes, tools, MCP servers, the network policy."""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Literal

from chat_app.files.sizes import shown_size
from chat_app.sandbox.contract import CodeLimits
from chat_app.sandbox.errors import CodeError
from chat_app.sandbox.full.jail import Jail
from chat_app.sandbox.full.trial import try_jail
from chat_app.tools.catalog import catalog
from chat_app.translation import mark

if TYPE_CHECKING:
    from chat_app.app import App

PARTS = ("langgraph", "litellm", "gradio", "mcp", "duckdb", "pydantic-monty")
LITTLE_DISK = 1024**3
"""Less free room than this is told as a fault."""

State = Literal["good", "note", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    state: State
    text: str
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What belongs together."""

    title: str
    findings: tuple[Finding, ...]


async def look(app: App) -> list[Part]:
    """Everything; asks no model, starts no MCP server, contacts nobody but servers of models on this machine."""
    return [
        Part(mark("Program"), tuple(_program())),
        Part(mark("Data"), tuple(_data(app))),
        Part(mark("Models"), tuple(await _models(app))),
        Part(mark("Code"), tuple(await _sandboxes(app))),
        Part(mark("Tools"), tuple(_tools(app))),
        Part(mark("MCP servers"), tuple(_servers(app))),
        Part(mark("Network and secrets"), tuple(_policy(app))),
    ]


def _program() -> Iterator[Finding]:
    yield Finding("good", f"workflow-chat {_version()}, Python {platform.python_version()} on {sys.platform}")
    yield Finding("good", ", ".join(f"{name} {version(name)}" for name in PARTS))


def _version() -> str:
    try:
        return version("workflow-chat")
    except PackageNotFoundError:
        return "from a checkout"


def _data(app: App) -> Iterator[Finding]:
    folder = app.settings.data
    try:
        with tempfile.TemporaryFile(dir=folder):
            yield Finding("good", f"the data folder {folder} can be written to")
    except OSError as error:
        yield Finding("bad", f"the data folder {folder} cannot be written to: {error.strerror}")
        return
    free = shutil.disk_usage(folder).free
    state: State = "good" if free >= LITTLE_DISK else "bad"
    yield Finding(state, f"{shown_size(free)} are free on its disk")
    usage = app.files.usage()
    yield Finding("good", f"{usage.files} files of runs are kept, {shown_size(usage.bytes)} in all")


async def _models(app: App) -> list[Finding]:
    found = await app.models.available()
    default = await app.model_for(None)
    ready = [one for one in found if one.ready]
    return [
        Finding("good", f"{default} is used where a workflow names no model"),
        *(Finding("good", f"{one.name}: {one.why}") for one in ready[:8]),
        *(Finding("note", f"{one.name}: {one.why}", (one.how,) if one.how else ()) for one in found if not one.ready),
    ]


async def _sandboxes(app: App) -> list[Finding]:
    from chat_app.sandbox.mini import run_mini

    findings: list[Finding] = []
    try:
        await run_mini("x = 6 * 7", {}, ["x"], CodeLimits())
        findings.append(Finding("good", "runtime: mini works (the small interpreter, everywhere)"))
    except CodeError as error:
        findings.append(Finding("bad", f"runtime: mini is broken: {error.message}", (error.help,)))
    jails = app.settings.jails
    chosen = jails.chosen
    if isinstance(chosen, Jail):
        findings.append(await _tried(chosen))
    else:
        findings.append(Finding("note", f"runtime: full is refused: {chosen.why}", (chosen.help,)))
    for name, jail in jails.all.items():
        if jail is not chosen:
            told = f"{name}: is here, and not in use" if isinstance(jail, Jail) else f"{name}: {jail.why}"
            findings.append(Finding("note", told, () if isinstance(jail, Jail) else (jail.help,)))
    return findings


async def _tried(jail: Jail) -> Finding:
    trial = await try_jail(jail)
    if trial.leaks:
        return Finding("bad", f"runtime: full runs in {jail.about}, and leaks: {', '.join(trial.leaks)}")
    if not trial.works:
        return Finding("bad", f"runtime: full should run in {jail.about}, and does not", (trial.why,))
    tried = "tried just now: reading and writing outside, a connection, the environment; nothing got out"
    return Finding("good", f"runtime: full runs in {jail.about}; it stops or bounds:", (*jail.stops, tried))


def _tools(app: App) -> Iterator[Finding]:
    tools = catalog(app.settings.tools)
    ready = [tool.name for tool in tools if tool.missing() is None]
    yield Finding("good", f"ready: {', '.join(sorted(ready))}")
    for tool in tools:
        missing = tool.missing()
        if missing is not None:
            yield Finding("note", f"{tool.name}: {missing}")
    for problem in tools.problems:
        yield Finding("bad", problem)


def _servers(app: App) -> Iterator[Finding]:
    known = catalog(app.settings.tools).mcp
    if not known.servers:
        yield Finding("note", "none is declared (WORKFLOW_CHAT_MCP)")
    for server in known.servers:
        how = "a program" if server.command is not None else f"at {server.host}"
        tools = known.listings.of(server)
        if server.off is not None:
            yield Finding("note", f"{server.name}: {server.off}")
        elif tools is None:
            ask = f"`workflow-chat tools refresh {server.name}` asks it"
            yield Finding("note", f"{server.name} ({how}): its tools are not known yet", (ask,))
        else:
            yield Finding("good", f"{server.name} ({how}): {len(tools)} tools")


def _policy(app: App) -> Iterator[Finding]:
    policy, secrets = app.settings.network, app.settings.secrets
    if policy.only is not None:
        yield Finding("good", f"workflows may contact only: {', '.join(sorted(policy.only)) or 'nobody'}")
    else:
        yield Finding("good", "workflows may contact any public host")
    private = ", ".join(sorted(policy.allowed))
    yield Finding("good", f"private hosts that may be contacted: {private or 'none'}")
    if policy.denied:
        yield Finding("good", f"denied: {', '.join(sorted(policy.denied))}")
    offered = "any variable of the environment" if secrets.offered is None else ", ".join(sorted(secrets.offered))
    yield Finding("good", f"workflows may use as secrets: {offered or 'none'}")
