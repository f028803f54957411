"""Code and requests as steps of real runs; secrets go out and never come back."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from chat_app.engine.reach import Reach
from chat_app.events.run import (
    Logged,
    RunFailed,
    RunFinished,
    RunStopped,
    StepFailed,
    StepRetried,
)
from chat_app.events.wire import to_line
from tests.engine.conftest import SILENT, KeptEvents, Make, Pauses, checked, events_of, of_type, run
from tests.engine.outside import CANARY, http
from tests.tools.web_server import Asked, WebServer

CODE = """
inputs: {prices: {type: array, items: {type: number}, default: [1, 2.5]}}
state: {total: {type: number}, text: {type: string}}
outputs: [total, text]
nodes:
  - id: add
    kind: code
    code: |
      total = sum(state.prices)
      print("adding", len(state.prices), "prices")
      text = f"{total:.2f}"
    writes: [total, text]
"""


async def test_code_reads_the_state_writes_fields_and_logs_its_prints(make: Make) -> None:
    events = await run(make(SILENT), CODE, {"prices": [1, 2, 3.5]})
    assert events[-1].outputs == {"total": 6.5, "text": "6.50"}
    assert [(line.text, line.node) for line in of_type(events, Logged)] == [("adding 3 prices", "add")]


async def test_code_in_a_map_reads_the_item(make: Make) -> None:
    text = """
inputs: {words: {type: array, items: {type: string}, default: [a, bb]}}
state: {found: {type: array, items: {type: string}}}
outputs: [found]
nodes:
  - id: each
    kind: map
    over: "{{ state.words }}"
    item: word
    body:
      state: {out: {type: string}}
      nodes:
        - {id: shout, kind: code, code: "out = f'{index}:{word.upper()}'", writes: [out]}
      returns: out
    writes: [found]
"""
    assert (await run(make(SILENT), text))[-1].outputs == {"found": ["0:A", "1:BB"]}


FAULTY = """version: 1
name: faulty
inputs: {numbers: {type: array, items: {type: integer}, default: [0]}}
state: {found: {type: array, items: {type: number}}}
outputs: [found]
nodes:
  - id: each
    kind: map
    over: "{{ state.numbers }}"
    body:
      state: {x: {type: number}}
      nodes:
        - id: divide
          kind: code
          code: |
            print("so far")

            x = 1 / item
          writes: [x]
      returns: x
    writes: [found]
"""


async def test_a_fault_in_code_names_the_line_of_the_file(make: Make) -> None:
    events = await run(make(SILENT), FAULTY)
    line = FAULTY.splitlines().index("            x = 1 / item") + 1
    failed = of_type(events, StepFailed)[0]
    assert failed.node == "divide"
    assert failed.message == f"Line {line} (line 3 of the code): ZeroDivisionError: division by zero."
    assert failed.help
    assert [logged.text for logged in of_type(events, Logged)] == ["so far"]
    assert isinstance(events[-1], RunFailed)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("total = sum(state.prices)\n      text = 5", "`text`"),
        ("total = sum(state.prices)\n      if total > 99: text = 'x'", "without assigning `text`"),
        ("text = open('/etc/passwd').read()\n      total = 1", "Permission denied"),
        ("while True: total = 1\n      text = ''", "longer than"),
    ],
)
async def test_code_that_does_not_do_its_work_fails_its_node(make: Make, code: str, says: str) -> None:
    before = CODE.partition("total = sum(state.prices)")[0]
    text = f"{before}{code}\n    timeout_seconds: 1\n    writes: [total, text]\n"
    events = await run(make(SILENT), text)
    assert isinstance(events[-1], RunFailed)
    assert says in events[-1].message


async def test_stop_ends_endless_code_at_once(make: Make) -> None:
    text = CODE.replace("total = sum(state.prices)", "while True: total = 1").replace(
        "writes: [total, text]", "timeout_seconds: 60\n    writes: [total, text]"
    )
    manager = make(SILENT)
    run_id = await manager.start(checked(text), {})
    await asyncio.sleep(0.3)
    began = time.monotonic()
    await manager.stop(run_id)
    assert time.monotonic() - began < 10
    assert isinstance((await events_of(manager, run_id))[-1], RunStopped)


async def test_a_request_sends_what_the_node_says(make: Make, web: WebServer, reach: Reach) -> None:
    web.says("/items/bees", '{"names": ["a", "b"], "count": "2"}', Content_Type="application/json")
    more = """    method: POST
    query: {page: 2, q: "{{ state.topic }}"}
    headers: {X-Topic: "about {{ state.topic }}"}
    json: {topic: "{{ state.topic }}", deep: [1, "{{ state.topic }}"]}
"""
    fields = "names: {type: array, items: {type: string}}, count: {type: integer}"
    text = http(f'"{web.url}/items/{{{{ state.topic }}}}"', more, "names, count", fields)
    events = await run(make(SILENT, reach=reach), text)
    assert events[-1].outputs == {"names": ["a", "b"], "count": 2}
    (asked,) = web.asked
    assert (asked.method, asked.target) == ("POST", "/items/bees?page=2&q=bees")
    assert asked.headers["x-topic"] == "about bees"
    assert json.loads(asked.body) == {"topic": "bees", "deep": [1, "bees"]}
    assert any("/items/bees: 200" in line.text for line in of_type(events, Logged))


@pytest.mark.parametrize(
    ("body", "kind", "writes", "fields", "outputs"),
    [
        ("plain", "text/plain", "page", "page: {type: string}", {"page": "plain"}),
        ('{"a": 1}', "application/json", "page", "page: {type: string}", {"page": '{"a": 1}'}),
        ('{"a": 1}', "application/json", "data", "data: {type: object}", {"data": {"a": 1}}),
        ("[1, 2]", "text/plain", "list", "list: {type: array}", {"list": [1, 2]}),
        ('{"a": 1, "b": 2}', "application/json", "a", "a: {type: integer}", {"a": 1}),
        ("gone", "text/plain", "status, page", "status: {type: integer}, page: {type: string}", None),
    ],
)
async def test_the_body_becomes_the_written_fields(
    make: Make, web: WebServer, reach: Reach, body: str, kind: str, writes: str, fields: str, outputs: Any
) -> None:
    web.says("/x", body, status=410 if outputs is None else 200, Content_Type=kind)
    events = await run(make(SILENT, reach=reach), http(f"{web.url}/x", "", writes, fields))
    assert events[-1].outputs == (outputs or {"status": 410, "page": "gone"})


@pytest.mark.parametrize(
    ("status", "body", "fields", "says"),
    [
        (404, "no such thing", "text: {type: string}", "status 404 (Not Found): no such thing"),
        (200, "<html>", "text: {type: object}", "is no JSON"),
        (200, '{"a": 1}', "text: {type: object}, more: {type: string}", "has no `text`, `more`"),
    ],
)
async def test_what_does_not_fit_fails_the_node(
    make: Make, web: WebServer, reach: Reach, status: int, body: str, fields: str, says: str
) -> None:
    web.says("/x", body, status=status)
    writes = "text, more" if "more" in fields else "text"
    events = await run(make(SILENT, reach=reach), http(f"{web.url}/x", "", writes, fields))
    assert isinstance(events[-1], RunFailed)
    assert says in events[-1].message
    assert events[-1].help


async def test_busy_servers_are_asked_again_after_the_time_they_ask_for(
    make: Make, web: WebServer, reach: Reach
) -> None:
    answers = [
        b"HTTP/1.1 429 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone",
    ]

    async def busy(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.pop(0))

    web.answers["/x"] = busy
    pauses = Pauses()
    text = http(f"{web.url}/x", "    retry: {attempts: 3, backoff_seconds: 2}")
    events = await run(make(SILENT, reach=reach, pause=pauses), text)
    assert events[-1].outputs == {"text": "done"}
    assert [retried.cause for retried in of_type(events, StepRetried)] == ["rate_limit", "server_error"]
    assert pauses.seconds[0] == 7


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/x", "http://169.254.169.254/latest/meta-data/", "http://localhost/"]
)
async def test_forbidden_addresses_fail_the_node(make: Make, reach: Reach, url: str) -> None:
    events = await run(make(SILENT, reach=reach), http(url))
    assert isinstance(events[-1], RunFailed)
    assert "may not be contacted" in events[-1].message
    assert "WORKFLOW_CHAT_ALLOWED_HOSTS" in events[-1].help


async def test_stop_and_timeouts_end_requests(make: Make, web: WebServer, reach: Reach) -> None:
    arrived = asyncio.Event()

    async def hang(asked: Asked, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await asyncio.sleep(3)

    web.answers["/x"] = hang
    manager = make(SILENT, reach=reach)
    run_id = await manager.start(checked(http(f"{web.url}/x")), {})
    await arrived.wait()
    await manager.stop(run_id)
    assert isinstance((await events_of(manager, run_id))[-1], RunStopped)
    events = await run(manager, http(f"{web.url}/x", "    timeout_seconds: 0.3"))
    assert isinstance(events[-1], RunFailed)
    assert "0.3 seconds" in events[-1].message


async def test_no_secret_is_in_anything_that_is_written(
    make: Make, web: WebServer, reach: Reach, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The server gives back all it got, in many forms; nothing of it may be found afterwards."""
    caplog.set_level("DEBUG", "chat_app")

    async def echo(asked: Asked, writer: asyncio.StreamWriter) -> None:
        said = json.dumps(
            {
                "headers": asked.headers,
                "target": asked.target,
                "basic": base64.b64encode(f"user:{CANARY}".encode()).decode(),
                CANARY: quote(CANARY, safe=""),
            }
        ).encode()
        status = b"500 Broken" if "fail" in asked.target else b"200 OK"
        head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nX-Echo: %s\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % (status, asked.headers["authorization"].encode(), len(said)) + said)

    web.answers |= {"/ok": echo, "/fail": echo}
    more = """    headers: {Authorization: "Bearer {{ secret.API_KEY }}"}
    query: {key: "{{ secret.API_KEY }}"}
"""
    kept = KeptEvents()
    manager = make(SILENT, kept, reach=reach)
    fields = "headers: {type: object}, data: {type: object}"
    good = await run(manager, http(f"{web.url}/ok", more, "headers, data", fields))
    bad = await run(manager, http(f"{web.url}/fail", more))
    assert web.asked[0].headers["authorization"] == f"Bearer {CANARY}"
    assert f"key={quote(CANARY, safe='')}" in web.asked[0].target
    assert isinstance(good[-1], RunFinished)
    assert "[secret API_KEY]" in json.dumps(good[-1].outputs)
    assert isinstance(bad[-1], RunFailed)
    await manager.close()
    written = "\n".join([*map(to_line, kept.entries), caplog.text, *_all_files(tmp_path)])
    for form in (CANARY, quote(CANARY, safe=""), base64.b64encode(CANARY.encode()).decode()[:-3], "9f3a", "OTHER"):
        assert form not in written


def _all_files(folder: Path) -> list[str]:
    """Everything on disk; databases also row by row, as packed values may span pages."""
    found = [file.read_bytes().decode("latin-1") for file in folder.rglob("*") if file.is_file()]
    for file in folder.rglob("*.sqlite"):
        with sqlite3.connect(file) as database:
            found.append("\n".join(database.iterdump()))
        database.close()
    return found


async def test_a_session_brings_its_own_secret(make: Make, web: WebServer, reach: Reach) -> None:
    web.says("/x", "ok")
    text = http(f"{web.url}/x", '    headers: {X-Key: "{{ secret.MINE }}"}')
    events = await run(make(SILENT, reach=reach), text, keys={"MINE": "session-secret"})
    assert events[-1].outputs == {"text": "ok"}
    assert web.asked[0].headers["x-key"] == "session-secret"


async def test_a_secret_that_is_not_there_is_told(make: Make, web: WebServer, reach: Reach) -> None:
    text = http(f"{web.url}/x", '    headers: {X-Key: "{{ secret.NOT_THERE }}"}')
    events = await run(make(SILENT, reach=reach), text)
    assert "NOT_THERE is not set" in events[-1].message
    assert web.asked == []
