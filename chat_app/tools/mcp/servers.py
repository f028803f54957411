"""MCP servers as the operator declares them: in settings, never in a workflow, in the form other programs use."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chat_app.tools.secrets import Secrets
from chat_app.workflow.fields import NAME_PATTERN
from chat_app.workflow.names import nearest

PREFIX = "mcp:"
KEYS = ("command", "args", "env", "cwd", "url", "headers", "tools", "seconds")
FORM = '{"mcpServers": {"docs": {"command": "uvx", "args": ["docs-server"]}, "web": {"url": "https://host/mcp"}}}'
_SECRET = re.compile(r"\{\{\s*secret\.([A-Za-z_]\w*)\s*\}\}")

Pairs = tuple[tuple[str, str], ...]


class ServersWrong(ValueError):
    """The declaration of MCP servers makes no sense; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class McpServer:
    """One server: a program that is started (stdio), or an address (streamable HTTP)."""

    name: str
    command: str | None = None
    args: tuple[str, ...] = ()
    env: Pairs = ()
    cwd: str | None = None
    url: str | None = None
    headers: Pairs = ()
    tools: frozenset[str] | None = None
    """The only tools that workflows may call; None: all."""
    seconds: float = 60.0
    """The most that starting it, or one call, may take."""
    off: str | None = field(default=None, compare=False)
    """Why it may not be used here."""

    @property
    def secrets(self) -> frozenset[str]:
        """The secrets that its declaration names."""
        texts = [*self.args, *(value for _, value in (*self.env, *self.headers))]
        return frozenset(name for text in texts for name in _SECRET.findall(text))

    @property
    def fingerprint(self) -> str:
        """Changes when the declaration does; holds no secret's value."""
        told = {**asdict(self), "tools": None, "off": None}
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()

    @property
    def host(self) -> str | None:
        """The host that it is contacted at; None for a program."""
        return None if self.url is None else urlsplit(self.url).hostname

    def offers(self, tool: str) -> bool:
        """Whether the operator lets workflows call this tool of it."""
        return self.tools is None or tool in self.tools


def with_secrets(text: str, secrets: Secrets) -> str:
    """The text with `{{ secret.NAME }}` replaced by the secret."""
    return _SECRET.sub(lambda found: secrets.values[found[1]], text)


def split_name(name: str) -> tuple[str, str] | None:
    """`mcp:server/tool` in its parts; None for any other name."""
    if not name.startswith(PREFIX):
        return None
    server, _, tool = name.removeprefix(PREFIX).partition("/")
    return server, tool


def read_servers(told: str, *, hosted: bool = False) -> tuple[McpServer, ...]:
    """The servers in a setting: JSON, or the path of a file with JSON; raises ServersWrong."""
    if not told.strip():
        return ()
    text, where = (told, "WORKFLOW_CHAT_MCP") if told.lstrip().startswith("{") else _file(told.strip())
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ServersWrong(f"{where} holds no JSON ({error}); write it as {FORM}") from None
    declared = data.get("mcpServers") if isinstance(data, dict) else None
    if not isinstance(declared, dict):
        raise ServersWrong(f"{where} has no object `mcpServers`; write it as {FORM}")
    return tuple(_server(where, name, parts, hosted) for name, parts in declared.items())


def _file(path: str) -> tuple[str, str]:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8"), path
    except (OSError, UnicodeError) as error:
        raise ServersWrong(
            f"WORKFLOW_CHAT_MCP names the file {path}, which cannot be read ({error}); "
            "give it JSON or the path of a file with JSON"
        ) from None


def _server(where: str, name: str, parts: Any, hosted: bool) -> McpServer:
    place = f"{where}: the server `{name}`"
    if not re.fullmatch(NAME_PATTERN, name):
        raise ServersWrong(f"{place}: names have small letters, digits and underscores")
    if not isinstance(parts, dict):
        raise ServersWrong(f"{place} must be an object with `command` or `url`")
    for key in parts:
        if key not in KEYS:
            near = nearest(key, KEYS)
            raise ServersWrong(
                f"{place} has an unknown key `{key}`" + (f"; did you mean `{near}`?" if near else f"; known: {KEYS}")
            )
    if ("command" in parts) == ("url" in parts):
        raise ServersWrong(f"{place} needs either `command` (a program) or `url` (an address)")
    off = "It is a program, and programs are not started on a hosted page." if hosted and "command" in parts else None
    return McpServer(
        name=name,
        command=_text(place, parts, "command"),
        args=tuple(_texts(place, parts, "args")),
        env=tuple(_pairs(place, parts, "env")),
        cwd=_text(place, parts, "cwd"),
        url=_address(place, _text(place, parts, "url")),
        headers=tuple(_pairs(place, parts, "headers")),
        tools=frozenset(_texts(place, parts, "tools")) if "tools" in parts else None,
        seconds=_seconds(place, parts.get("seconds", 60)),
        off=off,
    )


def _text(place: str, parts: Mapping[str, Any], key: str) -> str | None:
    value = parts.get(key)
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise ServersWrong(f"{place}: `{key}` must be a text")
    return value


def _texts(place: str, parts: Mapping[str, Any], key: str) -> Iterator[str]:
    value = parts.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ServersWrong(f"{place}: `{key}` must be a list of texts")
    return iter(value)


def _pairs(place: str, parts: Mapping[str, Any], key: str) -> Iterator[tuple[str, str]]:
    value = parts.get(key, {})
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise ServersWrong(f"{place}: `{key}` must be an object of texts")
    return iter(sorted(value.items()))


def _address(place: str, url: str | None) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ServersWrong(f"{place}: `url` must be http://host/path or https://host/path, keys go into `headers`")
    return url


def _seconds(place: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 3600:
        raise ServersWrong(f"{place}: `seconds` must be a number up to 3600")
    return float(value)
