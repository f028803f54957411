"""Who is acted on can tell a repetition: one key for one step of one run, whatever happened in between."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chat_app.engine.manager import RunManager
from chat_app.engine.reach import Reach
from chat_app.events.run import RunFailed, RunFinished
from chat_app.tools.catalog import Catalog, catalog
from chat_app.tools.errors import ToolError
from chat_app.tools.network import Network
from chat_app.tools.policy import NetworkPolicy
from chat_app.tools.tool import ToolContext
from tests.engine.conftest import SILENT, Make, OneModel, checked, events_of, run
from tests.engine.outside import http
from tests.engine.victim import forked
from tests.tools.web_server import Asked, WebServer

KEY = "idempotency-key"


def two_orders(url: str) -> str:
    return f"""
state: {{first: {{type: string}}, second: {{type: string}}}}
outputs: [first, second]
nodes:
  - {{id: one, kind: http, method: POST, url: {url}/one, writes: [first]}}
  - {{id: two, kind: http, method: POST, url: {url}/two, writes: [second]}}
edges:
  - {{from: START, to: one}}
  - {{from: one, to: two}}
  - {{from: two, to: END}}
"""


def own_reach() -> Reach:
    return Reach(network=Network(NetworkPolicy(allowed=frozenset({"127.0.0.1"}), seconds=30)))


def order(folder: Path, url: str) -> None:
    """Runs both orders, in a process that is killed meanwhile."""

    async def live() -> None:
        manager = RunManager(OneModel(SILENT), folder, reach=own_reach())
        run_id = await manager.start(checked(two_orders(url)), {})
        async for _ in manager.subscribe(run_id):
            pass

    asyncio.run(live())


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET", "HEAD"])
async def test_what_changes_something_carries_a_key(make: Make, reach: Reach, web: WebServer, method: str) -> None:
    web.says("/x", "done")
    await run(make(SILENT, reach=reach), http(f"{web.url}/x", f"    method: {method}"))
    assert web.asked[0].method == method
    assert (KEY in web.asked[0].headers) == (method not in ("GET", "HEAD"))


async def test_a_key_of_the_nodes_own_stands(make: Make, reach: Reach, web: WebServer) -> None:
    web.says("/x", "done")
    await run(
        make(SILENT, reach=reach), http(f"{web.url}/x", "    method: POST\n    headers: {IDEMPOTENCY-KEY: mine}")
    )
    assert web.asked[0].headers[KEY] == "mine"


async def test_another_try_has_the_same_key_and_another_run_another(make: Make, reach: Reach, web: WebServer) -> None:
    web.says("/x", status=503)
    text = http(f"{web.url}/x", "    method: POST\n    retry: {attempts: 2, backoff_seconds: 0.01}")
    await run(make(SILENT, reach=reach), text)
    await run(make(SILENT, reach=reach), text)
    keys = [asked.headers[KEY] for asked in web.asked]
    assert len(keys) == 4
    assert keys[0] == keys[1] != keys[2] == keys[3]


async def test_a_resumed_run_sends_the_key_that_the_killed_process_sent(tmp_path: Path, web: WebServer) -> None:
    arrived, dead = asyncio.Event(), asyncio.Event()

    async def hang(asked: Asked, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await dead.wait()

    web.says("/one", "first")
    web.answers["/two"] = hang
    process = forked().Process(target=order, args=(tmp_path, web.url))
    process.start()
    await asyncio.wait_for(arrived.wait(), 60)
    process.kill()
    await asyncio.to_thread(process.join, 60)
    dead.set()
    web.says("/two", "second")
    manager = RunManager(OneModel(SILENT), tmp_path, reach=own_reach())
    (found,) = manager.runs()
    await manager.resume(found.run_id)
    events = await events_of(manager, found.run_id)
    await manager.close()
    assert isinstance(events[-1], RunFinished)
    assert events[-1].outputs == {"first": "first", "second": "second"}
    assert [asked.target for asked in web.asked] == ["/one", "/two", "/two"]
    first, killed, resumed = (asked.headers[KEY] for asked in web.asked)
    assert killed == resumed != first


READS = """
state: {first: {type: array, items: {type: object}}, second: {type: array, items: {type: object}}}
outputs: [first, second]
nodes:
  - {id: one, kind: tool, tool: read_table, arguments: {text: "a\\n1\\n"}, writes: [first]}
  - {id: two, kind: tool, tool: read_table, arguments: {text: "a\\n1\\n"}, writes: [second]}
"""


async def test_tools_find_the_key_in_their_context(make: Make) -> None:
    """The second call is made again after a failure, by a run that is resumed."""
    table = catalog().get("read_table")
    keys: list[str] = []

    async def noting(arguments: Any, context: ToolContext) -> Any:
        keys.append(context.idempotency_key)
        if len(keys) == 2:
            raise ToolError("The server went away.", help="")
        return await table.run(arguments, context)

    manager = make(SILENT, reach=Reach(catalog=lambda: Catalog([replace(table, run=noting)])))
    run_id = await manager.start(checked(READS), {})
    assert isinstance((await events_of(manager, run_id))[-1], RunFailed)
    await manager.resume(run_id)
    assert isinstance((await events_of(manager, run_id))[-1], RunFinished)
    first, failed, again = keys
    assert first and failed == again != first
