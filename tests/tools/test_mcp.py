"""MCP: a real server as a program and over HTTP, under the settings' declarations and the network policy."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chat_app.files.of_run import RunFiles
from chat_app.files.store import FileStore
from chat_app.tools.catalog import Catalog
from chat_app.tools.errors import ArgumentsRefused, ToolFailed, ToolMissing, UnknownTool
from chat_app.tools.mcp.arguments import check_arguments
from chat_app.tools.mcp.listing import Listings
from chat_app.tools.mcp.servers import McpServer, ServersWrong, read_servers
from chat_app.tools.mcp.sessions import McpSessions
from chat_app.tools.mcp_tools import McpTools
from chat_app.tools.network import Network
from chat_app.tools.policy import NetworkPolicy
from chat_app.tools.secrets import SecretStore
from chat_app.tools.tool import ToolContext
from tests.tools.web_server import WebServer

PROGRAM = Path(__file__).with_name("mcp_server.py")
KEY = "canary-mcp-5d1f"
LEAKS = "import sys; sys.exit('broken: {{ secret.NOTES_KEY }}')"
HERE = NetworkPolicy(allowed=frozenset({"127.0.0.1"}), answer_bytes=2_000_000)


@pytest.fixture(scope="module")
def web_server() -> Iterator[str]:
    """The server at a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(PROGRAM), "--port", str(port)], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if "running on" in line:
                break
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.kill()
        process.communicate()


def declared(**parts: Any) -> McpServer:
    return read_servers(json.dumps({"mcpServers": {"notes": parts}}))[0]


def program(**more: Any) -> McpServer:
    return declared(command=sys.executable, args=[str(PROGRAM)], **more)


@asynccontextmanager
async def opened(
    server: McpServer, folder: Path, policy: NetworkPolicy = HERE, secrets: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[Catalog, ToolContext]]:
    """A catalog with the server, and what a call of a run has."""
    network, store = Network(policy), SecretStore({"NOTES_KEY": KEY} if secrets is None else secrets)
    listings = Listings(folder / "mcp")
    sessions = McpSessions(network, store.take, listings)
    catalog = Catalog([], mcp=McpTools((server,), listings))
    try:
        yield catalog, ToolContext(network, 20, RunFiles(FileStore(folder / "files")), mcp=sessions)
    finally:
        await sessions.close()


@pytest.fixture(params=["stdio", "http"])
def server(request: pytest.FixtureRequest) -> McpServer:
    if request.param == "stdio":
        return program(env={"NOTES_KEY": "{{ secret.NOTES_KEY }}"})
    url = request.getfixturevalue("web_server")
    return declared(url=url, headers={"Authorization": "Bearer {{ secret.NOTES_KEY }}"})


async def test_a_real_server_is_called(server: McpServer, tmp_path: Path) -> None:
    async with opened(server, tmp_path) as (catalog, context):
        assert await catalog.call("mcp:notes/add", {"a": 2, "b": 3}, context) == 5
        assert await catalog.call("mcp:notes/find", {"words": "bees", "most": 2}, context) == ["note about bees"] * 2
        picture = await catalog.call("mcp:notes/picture", {}, context)
        assert (picture["files"][0]["media_type"], picture["files"][0]["size"]) == ("image/png", 70)
        with pytest.raises(ToolFailed, match="Error executing tool fail"):
            await catalog.call("mcp:notes/fail", {}, context)
        with pytest.raises(ArgumentsRefused, match=r"`a`.*integer"):
            await catalog.call("mcp:notes/add", {"a": "two", "b": 3}, context)
        with pytest.raises(ArgumentsRefused) as wrong:
            await catalog.call("mcp:notes/find", {"word": "x"}, context)
        assert "Did you mean `words`?" in wrong.value.help
        with pytest.raises(UnknownTool) as near:
            await catalog.call("mcp:notes/ad", {}, context)
        assert "`mcp:notes/add`" in near.value.help or "`add`" in near.value.help
        short = ToolContext(context.network, 0.5, context.files, mcp=context.mcp)
        with pytest.raises(ToolFailed, match="took longer"):
            await catalog.call("mcp:notes/wait", {"seconds": 60}, short)
        assert await catalog.call("mcp:notes/add", {"a": 1, "b": 1}, context) == 2
    assert {tool.name for tool in catalog} >= {"mcp:notes/add", "mcp:notes/find"}
    signature = catalog.signature("mcp:notes/add")
    assert (signature.missing, sorted(signature.parameters["properties"])) == (None, ["a", "b"])


async def test_one_program_serves_a_run_and_ends_with_it(tmp_path: Path) -> None:
    async with opened(program(env={"NOTES_KEY": "{{ secret.NOTES_KEY }}"}), tmp_path) as (catalog, context):
        calls = [catalog.call("mcp:notes/who", {}, context) for _ in range(5)]
        answers = await asyncio.gather(*calls)
        pids = {answer["process"] for answer in answers}
        assert len(pids) == 1
        # It was given its key, and what comes back is scrubbed of it; the app's environment stayed here.
        assert answers[0]["key"] == "[secret NOTES_KEY]"
        assert answers[0]["other"] == ""
        with pytest.raises(ToolFailed):
            await catalog.call("mcp:notes/die", {}, context)
        again = (await catalog.call("mcp:notes/who", {}, context))["process"]
        assert again not in pids
    for pid in {*pids, again}:
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


async def test_over_http_the_network_policy_holds(web_server: str, tmp_path: Path) -> None:
    async with opened(declared(url=web_server), tmp_path, NetworkPolicy()) as (catalog, context):
        with pytest.raises(ToolFailed) as refused:
            await catalog.call("mcp:notes/add", {"a": 1, "b": 1}, context)
        assert "may not be contacted" in refused.value.message
        assert "WORKFLOW_CHAT_ALLOWED_HOSTS" in refused.value.help
    async with opened(declared(url=web_server), tmp_path) as (catalog, context):
        with pytest.raises(ToolFailed, match="bytes that are allowed"):
            await catalog.call("mcp:notes/flood", {"megabytes": 3}, context)


async def test_redirects_packed_answers_and_changing_names_lead_nowhere(web: WebServer, tmp_path: Path) -> None:
    async def private(host: str, port: int) -> list[str]:
        return ["10.1.2.3"]

    web.leads("/away", "http://169.254.169.254/latest/meta-data/", 307)
    web.says("/packed", gzip.compress(b"x" * 1000), Content_Type="application/json", Content_Encoding="gzip")
    for url, network, says in (
        (f"{web.url}/away", Network(HERE), "not followed"),
        (f"{web.url}/packed", Network(HERE), "packs its answers"),
        ("http://rebound.example/mcp", Network(NetworkPolicy(), private), "10.1.2.3"),
        ("http://[::ffff:127.0.0.1]:1/mcp", Network(NetworkPolicy()), "may not be contacted"),
    ):
        sessions = McpSessions(network, SecretStore({}).take, Listings(tmp_path))
        with pytest.raises(ToolFailed) as failed:
            await sessions.tools(declared(url=url))
        await sessions.close()
        assert says in failed.value.message, failed.value.message


@pytest.mark.parametrize(
    ("server", "says"),
    [
        (declared(command="/no/such/program"), "could not be opened"),
        (
            declared(command=sys.executable, args=["-c", "import sys; sys.exit('broken: {{ secret.NOTES_KEY }}')"]),
            "broken",
        ),
        (declared(command=sys.executable, args=["-c", "import time; time.sleep(60)"], seconds=1), "within 1 seconds"),
        (declared(url="http://127.0.0.1:9/mcp"), "could not be opened"),
    ],
)
async def test_a_server_that_does_not_answer_is_told_of(server: McpServer, says: str, tmp_path: Path) -> None:
    async with opened(server, tmp_path) as (catalog, context):
        with pytest.raises(ToolFailed) as failed:
            await catalog.call("mcp:notes/add", {"a": 1, "b": 1}, context)
    assert says in failed.value.message
    assert KEY not in f"{failed.value.message} {failed.value.help} {failed.value.__cause__}"
    assert failed.value.help


async def test_what_may_not_be_used_is_not_started(tmp_path: Path, web_server: str) -> None:
    told = json.dumps({"mcpServers": {"notes": {"command": "touch", "args": [str(tmp_path / "made")]}}})
    (hosted,) = read_servers(told, hosted=True)
    only = declared(url=web_server, tools=["add"])
    async with opened(hosted, tmp_path) as (catalog, context):
        with pytest.raises(ToolMissing, match="cannot be used"):
            await catalog.call("mcp:notes/add", {}, context)
        assert "hosted" in str(catalog.signature("mcp:notes/add").missing)
    async with opened(only, tmp_path) as (catalog, context):
        assert await catalog.call("mcp:notes/add", {"a": 1, "b": 1}, context) == 2
        with pytest.raises(UnknownTool, match="do not offer"):
            await catalog.call("mcp:notes/who", {}, context)
    async with opened(program(env={"NOTES_KEY": "{{ secret.NOTES_KEY }}"}), tmp_path, secrets={}) as (
        catalog,
        context,
    ):
        with pytest.raises(ToolMissing, match="NOTES_KEY is not set"):
            await catalog.call("mcp:notes/add", {}, context)
    assert not (tmp_path / "made").exists()


def test_a_server_never_asked_is_told_of_as_that(tmp_path: Path) -> None:
    known = McpTools((program(),), Listings(tmp_path))
    signature = Catalog([], mcp=known).signature("mcp:notes/anything")
    assert "not known yet" in str(signature.missing)
    assert "tools refresh notes" in str(signature.missing)
    assert list(Catalog([], mcp=known)) == []
    (tmp_path / "notes.json").write_text("{damaged")
    assert "not known yet" in str(Catalog([], mcp=known).signature("mcp:notes/anything").missing)
    with pytest.raises(UnknownTool) as nobody:
        Catalog([], mcp=known).get("mcp:note/add")
    assert "`notes`" in nobody.value.help


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("{", "no JSON"),
        ('{"servers": {}}', "mcpServers"),
        ("/no/such/file.json", "cannot be read"),
        ('{"mcpServers": {"Notes": {"command": "x"}}}', "small letters"),
        ('{"mcpServers": {"a": {}}}', "either `command`"),
        ('{"mcpServers": {"a": {"command": "x", "url": "http://h/"}}}', "either `command`"),
        ('{"mcpServers": {"a": {"comand": "x"}}}', "did you mean `command`"),
        ('{"mcpServers": {"a": {"command": "x", "args": "y"}}}', "list of texts"),
        ('{"mcpServers": {"a": {"command": "x", "env": {"A": 1}}}}', "object of texts"),
        ('{"mcpServers": {"a": {"url": "file:///etc/passwd"}}}', "http"),
        ('{"mcpServers": {"a": {"url": "https://me:pw@h/"}}}', "headers"),
        ('{"mcpServers": {"a": {"command": "x", "seconds": 0}}}', "seconds"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_told(told: str, says: str) -> None:
    with pytest.raises(ServersWrong, match=says):
        read_servers(told)


def test_servers_are_read_from_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "servers.json"
    file.write_text('{"mcpServers": {"a": {"command": "x"}, "b": {"url": "https://h.example/mcp"}}}')
    assert [server.name for server in read_servers(str(file))] == ["a", "b"]
    assert read_servers("") == ()


async def test_a_hostile_schema_fetches_nothing_and_does_not_hang() -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(10))
        writer.close()

    canary = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = canary.sockets[0].getsockname()[1]
    async with canary:
        schemas: list[dict[str, Any]] = [
            {"properties": {"a": {"$ref": f"http://127.0.0.1:{port}/s"}}},
            {"properties": {"a": {"type": "no-such-type"}}},
            {"properties": 7},
            {"$ref": "#"},
        ]
        for schema in schemas:
            with pytest.raises(ArgumentsRefused):
                await asyncio.to_thread(check_arguments, "t", schema, {"a": "x"})
        slow = {"properties": {"a": {"type": "string", "pattern": "(a+)+$"}}}
        async with asyncio.timeout(5):
            await asyncio.to_thread(check_arguments, "t", slow, {"a": "a" * 40 + "b"})
    assert asked == []
