"""`workflow-chat tools`: lists the tools that workflows can call, shows or tries one, asks MCP servers for theirs."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from chat_app.cli.building import settings_here
from chat_app.cli.checking import tools_of
from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.input_files import kept, named_files
from chat_app.cli.output_files import save_files
from chat_app.cli.texts import note, say, warn
from chat_app.cli.values import json_object
from chat_app.translation import tr, translated
from chat_app.workflow.fields import FieldType

if TYPE_CHECKING:
    from chat_app.files.store import FileStore
    from chat_app.tools.catalog import Catalog
    from chat_app.tools.mcp.listing import ListedTool
    from chat_app.tools.mcp.servers import McpServer
    from chat_app.tools.tool import Tool, ToolContext

T = TypeVar("T")

SECONDS = 60.0
"""What a tool that is tried may take."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("tools", help="list, show or try the tools", description=__doc__)
    actions = command.add_subparsers(metavar="ACTION", required=True)
    listed = actions.add_parser("list", help="list the tools")
    listed.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")
    listed.set_defaults(command=list_tools)
    shown = actions.add_parser("show", help="show a tool's arguments and result")
    shown.add_argument("name", metavar="NAME", help="the tool")
    shown.set_defaults(command=show_tool)
    tried = actions.add_parser("try", help="call a tool and print its result as JSON")
    tried.add_argument("name", metavar="NAME", help="the tool")
    tried.add_argument(
        "arguments",
        nargs="*",
        metavar="name=value",
        help="an argument: JSON where it reads as JSON, else text; a file as name=@FILE",
    )
    tried.add_argument("--arguments", dest="file", metavar="FILE", help="a JSON file with the arguments")
    tried.add_argument("--out-dir", metavar="DIR", type=Path, help="where to save the files that it makes")
    tried.set_defaults(command=try_tool)
    asked = actions.add_parser("refresh", help="ask MCP servers what tools they have")
    asked.add_argument("servers", nargs="*", metavar="SERVER", help="the servers (default: all that are declared)")
    asked.set_defaults(command=refresh_servers)


def list_tools(arguments: argparse.Namespace) -> Exit:
    """Prints every tool with what it does, and what it needs where something is missing."""
    found = _catalog()
    if arguments.format == "json":
        say(json.dumps({name: _as_json(tool) for name, tool in _by_name(found)}, indent=2, ensure_ascii=False))
        return Exit.DONE
    width = max(len(name) for name, _ in _by_name(found))
    for name, tool in _by_name(found):
        missing = tool.missing()
        lacking = " " + tr("[not ready: {why}]", why=translated(missing)) if missing else ""
        say(f"{name:<{width}}  {tool.description}{lacking}")
    for problem in found.problems:
        warn(problem)
    for server in found.mcp.unknown():
        ask = f"workflow-chat tools refresh {server.name}"
        unknown = tr("its tools are not known yet: `{command}` asks it.", command=ask)
        why = translated(server.off) if server.off else unknown
        note(tr("MCP server {name}: {why}", name=server.name, why=why))
    return Exit.DONE


def show_tool(arguments: argparse.Namespace) -> Exit:
    """Prints a tool's arguments, its result and an example for a workflow."""
    tool = _tool(arguments.name)
    schema = tool.parameters
    say(f"{tool.name}: {tool.description}")
    if tool.networked:
        say(tr("It contacts other machines; simulated runs make its result up."))
    missing = tool.missing()
    if missing:
        say(tr("It is not ready here: {why}", why=translated(missing)))
    say("\n" + tr("Arguments:"))
    for name, part in schema.get("properties", {}).items():
        default = json.dumps(part.get("default"))
        needed = tr("needed") if name in schema.get("required", ()) else tr("default {value}", value=default)
        say(f"  {name} ({_type(part)}, {needed}): {part.get('description', '')}")
    say("\n" + tr("Result: {what}", what=_result(tool)))
    say("\n" + tr("In a workflow:"))
    call = {"id": "use_it", "kind": "tool", "tool": tool.name, "arguments": dict(tool.example), "writes": ["result"]}
    say(f"  - {json.dumps(call, ensure_ascii=False)}")
    return Exit.DONE


def try_tool(arguments: argparse.Namespace) -> Exit:
    """Calls a tool as a run would and prints what it returns."""
    from chat_app.files.passing import passing_store
    from chat_app.tools.errors import ToolError

    files = passing_store()
    given = json_object(arguments.file) if arguments.file else {}
    given |= _arguments(arguments.arguments, _tool(arguments.name), files)
    try:
        result = asyncio.run(_with_context(lambda context: _catalog().call(arguments.name, given, context)))
    except ToolError as error:
        warn(f"{error.message}\n{error.help}")
        return Exit.FAILED
    say(json.dumps(result, indent=2, ensure_ascii=False))
    if arguments.out_dir is not None:
        for place in save_files({"result": result}, files, arguments.out_dir):
            note(tr("saved {place}", place=place))
    return Exit.DONE


def _arguments(pairs: list[str], tool: Tool, files: FileStore) -> dict[str, Any]:
    """The arguments by name; `file=@paper.pdf` gives a file, said twice a list of files."""
    offered = tool.arguments.model_json_schema().get("properties", {})
    given: dict[str, Any] = {}
    for pair in pairs:
        name, value = _argument(pair)
        if isinstance(value, str) and value.startswith("@") and '"format": "file"' in json.dumps(offered.get(name)):
            named = kept({name: named_files(value, _FILES)}, files)[name]
            before = given.get(name, [])
            found = [*(before if isinstance(before, list) else [before]), *named]
            value = found if len(found) > 1 or offered[name].get("type") == "array" else found[0]
        given[name] = value
    return given


_FILES = FieldType.model_validate({"type": "array", "items": {"type": "file"}})


def refresh_servers(arguments: argparse.Namespace) -> Exit:
    """Asks MCP servers for their tools, and keeps what they say for checks and lists."""
    from chat_app.tools.errors import ToolError

    known = _catalog().mcp
    try:
        servers = [known.server(name) for name in arguments.servers] or list(known.servers)
    except ToolError as error:
        raise Misuse(f"{error.message} {error.help}") from None
    if not servers:
        say(tr("No MCP server is declared; WORKFLOW_CHAT_MCP declares some."))
    failed = False
    for server in servers:
        try:
            tools = asyncio.run(_with_context(partial(_tools_of, server)))
        except ToolError as error:
            warn(f"{error.message}\n{error.help}")
            failed = True
            continue
        say(f"{server.name}: {', '.join(tool.name for tool in tools) or tr('no tools')}")
    return Exit.FAILED if failed else Exit.DONE


async def _with_context(use: Callable[[ToolContext], Awaitable[T]]) -> T:
    """What a tool may use when it is tried; its sessions with servers end with it."""
    from chat_app.chat_models.media import MediaModels
    from chat_app.chat_models.models import ChatModels
    from chat_app.engine.reach import Outside, Reach, sessions_of
    from chat_app.tools.network import Network

    settings = settings_here()
    models = ChatModels(settings.environment, preferred=settings.model, hosted=settings.hosted)
    reach = Reach(
        network=Network(settings.network),
        catalog=_catalog,
        secrets=settings.secrets,
        server_secrets=settings.server_secrets,
        media=MediaModels(models),
    )
    sessions = sessions_of(reach, {})
    try:
        return await use(Outside(reach, mcp=sessions).tool_context(SECONDS))
    finally:
        await sessions.close()
        await models.close()


async def _tools_of(server: McpServer, context: ToolContext) -> tuple[ListedTool, ...]:
    assert context.mcp is not None
    return await context.mcp.tools(server)


def _catalog() -> Catalog:
    return tools_of(settings_here())


def _tool(name: str) -> Tool:
    from chat_app.tools.errors import UnknownTool

    try:
        return _catalog().get(name)
    except UnknownTool as error:
        raise Misuse(f"{error.message} {error.help}") from None


def _argument(pair: str) -> tuple[str, Any]:
    name, equals, text = pair.partition("=")
    if not equals:
        raise Misuse(tr("{pair}: write name=value", pair=pair))
    try:
        return name, json.loads(text)
    except ValueError:
        return name, text


def _by_name(tools: Any) -> list[tuple[str, Tool]]:
    return sorted((tool.name, tool) for tool in tools)


def _type(part: Mapping[str, Any]) -> str:
    if part.get("format") == "file":
        return "file"
    if "enum" in part:
        return "one of " + ", ".join(json.dumps(value) for value in part["enum"])
    if "anyOf" in part:
        return " or ".join(_type(one) for one in part["anyOf"])
    kind = str(part.get("type", "any"))
    return f"array of {_type(part['items'])}" if kind == "array" and "items" in part else kind


def _result(tool: Tool) -> str:
    from chat_app.tools.catalog import signature

    schema = signature(tool).result
    parts = {**schema.get("$defs", {}), "": schema}
    described = [
        f"{name}: {_type(part)}" + (f", {part['description']}" if "description" in part else "")
        for one in parts.values()
        for name, part in one.get("properties", {}).items()
    ]
    kind = "array" if schema.get("type") == "array" else str(schema.get("type", "object"))
    items = " of objects" if kind == "array" and described else ""
    return f"{kind}{items}" + (f" with {'; '.join(described)}" if described else "")


def _as_json(tool: Tool) -> dict[str, Any]:
    from chat_app.tools.catalog import signature

    found = signature(tool)
    return {
        "description": found.description,
        "parameters": found.parameters,
        "result": found.result,
        "networked": tool.networked,
        "missing": found.missing,
    }
