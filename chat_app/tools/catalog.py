"""The catalog: every tool there is, called with arguments that were checked and results that were checked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from chat_app.files.samples import Sample
from chat_app.tools.built_in import BUILT_IN
from chat_app.tools.errors import (
    ArgumentsRefused,
    CallEnded,
    ResultRefused,
    ToolError,
    ToolFailed,
    ToolMissing,
    UnknownTool,
)
from chat_app.tools.mcp.servers import PREFIX
from chat_app.tools.mcp_tools import McpTools
from chat_app.tools.media_tools import media_tools
from chat_app.tools.network_errors import NetworkError
from chat_app.tools.plugins import installed, load
from chat_app.tools.retrieval import retrieve_tool
from chat_app.tools.search.tool import search_tool
from chat_app.tools.setup import NOTHING_SET_UP, ToolSetup
from chat_app.tools.tool import Tool, ToolContext
from chat_app.workflow.names import nearest
from chat_app.workflow.surroundings import ToolSignature


class Catalog:
    """Tools by name."""

    def __init__(
        self,
        tools: Iterable[Tool],
        problems: Iterable[str] = (),
        mcp: McpTools = McpTools(),  # noqa: B008 - frozen
    ) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self.mcp = mcp
        """The tools of MCP servers; what is known of them changes while the app runs."""
        self.problems = tuple(problems)
        """What is wrong with plug-ins that were left out."""

    def __iter__(self) -> Iterator[Tool]:
        yield from self._tools.values()
        yield from self.mcp.known()

    def get(self, name: str) -> Tool:
        """The tool of this name; raises UnknownTool."""
        if name.startswith(PREFIX):
            return self.mcp.get(name)
        found = self._tools.get(name)
        if found is None:
            near = nearest(name, list(self._tools))
            help = f"Did you mean `{near}`?" if near else f"There are: {', '.join(sorted(self._tools))}."
            raise UnknownTool(f"There is no tool named `{name}`.", help=help)
        return found

    def signatures(self) -> dict[str, ToolSignature]:
        """What a check needs to know of each tool."""
        return {tool.name: signature(tool) for tool in self}

    def signature(self, name: str) -> ToolSignature:
        """What a check needs to know of one tool; raises UnknownTool."""
        return self.mcp.signature(name) if name.startswith(PREFIX) else signature(self.get(name))

    def contacts(self, name: str, arguments: Mapping[str, Any]) -> bool:
        """Whether a call contacts others; raises UnknownTool. A server need not be declared for a rehearsal."""
        if name.startswith(PREFIX):
            return True
        tool = self.get(name)
        return tool.networked or bool(arguments.get(tool.networked_with or ""))

    def makes(self, name: str) -> Sample:
        """What kind of file stands for one that the tool would make."""
        return "text" if name.startswith(PREFIX) else self.get(name).makes

    async def call(self, name: str, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        """The tool's result as plain data; raises ToolError."""
        tool = self.get(name)
        missing = tool.missing()
        if missing and not arguments.get(tool.supplied_by or ""):
            raise ToolMissing(f"`{name}` cannot be used here.", help=missing)
        try:
            checked = tool.arguments.model_validate(dict(arguments))
        except ValidationError as error:
            problems = _problems(error)
            raise ArgumentsRefused(
                f"The arguments of `{name}` do not fit: {problems}.", help=_argument_help(tool)
            ) from error
        try:
            async with asyncio.timeout(context.seconds) as deadline:
                result = await tool.run(checked, context)
        except (ToolError, CallEnded):
            raise
        except NetworkError as error:
            raise ToolFailed(error.message, help=error.help) from error
        except Exception as error:
            if isinstance(error, TimeoutError) and deadline.expired():
                message = f"`{name}` took longer than {context.seconds:g} seconds."
                raise ToolFailed(message, help="Give it less to do, or more time.") from None
            # A plug-in may raise anything; it must not end more than its own call.
            message = f"`{name}` broke: {type(error).__name__}: {error}."
            raise ToolFailed(message, help="This is a fault of the tool; tell its author.") from error
        return _plain(tool, result)


@cache
def catalog(setup: ToolSetup = NOTHING_SET_UP) -> Catalog:
    """The tools of this installation: its own, those of its plug-ins, those of the declared MCP servers."""
    # What is set up takes the place of what needs no setting.
    own = (*BUILT_IN, search_tool(setup.search), *media_tools(setup.media), retrieve_tool(setup.media.embedding))
    plugins = load(installed(), {tool.name for tool in own})
    return Catalog([*own, *plugins.tools], plugins.problems, McpTools(setup.servers, setup.listings))


def signature(tool: Tool) -> ToolSignature:
    """A tool as a check sees it."""
    return ToolSignature(
        name=tool.name,
        description=tool.description,
        parameters=tool.parameters,
        result=tool.result_schema,
        missing=tool.missing(),
        supplied_by=tool.supplied_by,
    )


def _plain(tool: Tool, result: Any) -> Any:
    adapter = TypeAdapter[Any](tool.result)
    try:
        return adapter.dump_python(adapter.validate_python(result), mode="json")
    except ValidationError as error:
        message = f"`{tool.name}` returned what it promised not to: {_problems(error)}."
        raise ResultRefused(message, help="This is a fault of the tool; tell its author.") from error


def _problems(error: ValidationError) -> str:
    said = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False)[:5]:
        place = ".".join(str(part) for part in problem["loc"])
        said.append(f"`{place}`: {problem['msg']}" if place else problem["msg"])
    return "; ".join(said)


def _argument_help(tool: Tool) -> str:
    fields = tool.arguments.model_fields
    needed = [f"`{name}`" for name, field in fields.items() if field.is_required()]
    free = [f"`{name}`" for name, field in fields.items() if not field.is_required()]
    text = f"It needs {', '.join(needed)}" if needed else "It needs no argument"
    return f"{text} and may have {', '.join(free)}." if free else f"{text}."
