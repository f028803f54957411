"""`runtime: full` on every jail that this machine offers: the contract, the bounds, and what must not get out."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_app.sandbox.contract import CodeLimits, CodeResult
from chat_app.sandbox.errors import CodeError, CodeFailed, CodeRefused, LimitExceeded, ResultRefused
from chat_app.sandbox.full.choice import Jails, Runtimes
from chat_app.sandbox.full.jail import Jail, NoJail
from chat_app.sandbox.full.run import run_full
from tests.sandbox.jails import JAILS
from tests.sandbox.test_escapes import ATTACKS, CANARY, files_in

LIMITS = CodeLimits(seconds=20, sleep_seconds=1)
SHORT = CodeLimits(seconds=1, sleep_seconds=0)
STATE = {"name": "ann", "rows": [{"price": 1.5}, {"price": 2}], "items": 7}

FLOOD = """
import os
for number in range(3, 9):
    try:
        while True: os.write(number, b"x" * 9999)
    except OSError: pass
"""


@pytest.fixture(params=sorted(JAILS))
def jail(request: pytest.FixtureRequest) -> Jail:
    return JAILS[request.param]


@pytest.fixture
def loopback() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


async def run(jail: Jail, code: str, limits: CodeLimits = LIMITS, **more: Any) -> CodeResult:
    return await run_full(code, more.pop("state", STATE), more.pop("writes", ["x"]), jail, limits, **more)


async def failure(jail: Jail, code: str, limits: CodeLimits = LIMITS, **more: Any) -> CodeError:
    with pytest.raises(CodeError) as raised:
        await run(jail, code, limits, **more)
    assert raised.value.help
    return raised.value


async def test_the_contract_is_that_of_mini(jail: Jail) -> None:
    code = """
import dataclasses, statistics, sqlite3
class Sum(dict):
    def __missing__(self, key): return 0
def prices():
    for row in state.rows: yield row["price"]
print("sum", sum(prices()))
x = [sum(prices()), state["name"].upper(), state.get("nope", 5), "nope" in state, sorted(state), state.items, index]
"""
    result = await run(jail, code, names={"index": 3})
    assert result.values == {"x": [3.5, "ANN", 5, False, ["items", "name", "rows"], 7, 3]}
    assert result.printed == ("sum 3.5",)


@pytest.mark.parametrize(
    ("code", "kind", "line", "says"),
    [
        ("x = 1\n\ny = 1 / 0", CodeFailed, 3, "ZeroDivisionError: division by zero"),
        ("def f():\n    return 1 / 0\n\nx = f()", CodeFailed, 2, "division by zero"),
        ("x = 1\nx = (", CodeRefused, 2, "not valid Python"),
        ("y = 1", ResultRefused, None, "without assigning `x`"),
        ("x = {1}", ResultRefused, None, "of type set"),
        ("x = float('nan')", ResultRefused, None, "NaN"),
        ("import sys\nsys.exit(3)", CodeFailed, 2, "SystemExit: 3"),
        ("import os\nos._exit(3)", LimitExceeded, None, "ended before it had answered"),
        ("import ctypes\nx = ctypes.string_at(0)", LimitExceeded, None, "ended before it had answered"),
    ],
)
async def test_failures_say_where(code: str, kind: type[CodeError], line: int | None, says: str) -> None:
    error = await failure(next(iter(JAILS.values())), code)
    assert (type(error), error.line) == (kind, line), error
    assert says in error.message


async def test_a_file_of_the_working_folder_is_returned_and_nothing_else(jail: Jail, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY)
    made = "import os\nos.makedirs('a/b')\nopen('a/b/made.csv', 'w').write('a,b')\nx = 'a/b/made.csv'"
    result = await run(jail, made, files=["x"])
    assert result.values["x"] == {"name": "made.csv", "base64": base64.b64encode(b"a,b").decode()}
    for code in (
        f"x = '{secret}'",
        f"x = '../../../../../../../..{secret}'",
        f"import os\ntry: os.symlink('{secret}', 'link')\nexcept OSError: pass\nx = 'link'",
        "import os\nos.mkfifo('pipe') if hasattr(os, 'mkfifo') else None\nx = 'pipe'",
        "x = '.'",
    ):
        error = await failure(jail, code, files=["x"])
        assert CANARY not in f"{error.message}{error.help}{error.printed}"


async def test_no_attack_gets_out(
    jail: Jail, tmp_path: Path, loopback: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The programs of the escape battery, each in the same process: what they find must be nothing of ours."""
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY)
    places = {"secret": secret, "folder": tmp_path, "pid": os.getpid(), "port": loopback.getsockname()[1]}
    attacks = {name: code.format(**places) for name, code in ATTACKS.items() if name not in ("fork", "ctypes")}
    program = """
import asyncio, os, sys
x = {}
for attack, text in state.attacks.items():
    names = {"state": state}
    try:
        flags = 0x2000
        made = eval(compile(text, "attack", "exec", flags=flags), names)
        if asyncio.iscoroutine(made): await made
        x[attack] = "ran: " + repr(names.get("x"))[:5000]
    except BaseException as error:
        x[attack] = "failed: " + repr(error)[:500]
"""
    result = await run(jail, program, state={"attacks": attacks, "mine": 1})
    found = result.values["x"]
    assert set(found) == set(attacks)
    assert CANARY not in f"{result}"
    outside = [
        name for name in attacks if any(word in name for word in ("file", "folder", "link", "socket", "fetch"))
    ]
    assert len(outside) >= 12
    assert [name for name in outside if not found[name].startswith("failed")] == []
    assert files_in(tmp_path) == {"secret.txt": CANARY}
    with pytest.raises(BlockingIOError):
        loopback.accept()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("while True: pass", "ran longer"),
        ("import time\ntime.sleep(60)", "ran longer"),
        ("import signal\nfor n in (2, 15): signal.signal(n, signal.SIG_IGN)\nwhile True: pass", "ran longer"),
        ("x = bytearray(10 ** 10)", "memory"),
        ("x = []\nwhile True: x.append(bytearray(10 ** 7))", "memory"),
        ("x = 'a' * (6 * 1024 * 1024)", "as JSON"),
        ("while True: print('flood' * 1000)", "ran longer"),
        (FLOOD, "be taken"),
    ],
)
async def test_bombs_are_stopped(jail: Jail, code: str, says: str) -> None:
    error = await failure(jail, code, SHORT if says == "ran longer" else LIMITS)
    assert isinstance(error, LimitExceeded), error
    assert says in f"{error.message} {error.help}"
    assert sum(map(len, error.printed)) < 21_000


async def test_forks_and_full_folders_end_with_the_run(jail: Jail) -> None:
    bomb = """
import ctypes, os
ctypes.CDLL(None).prctl(15, state.mark.encode(), 0, 0, 0)
made = 0
try:
    for number in range(200):
        if os.fork() == 0:
            os.setsid()
            while True: pass
        made += 1
except OSError: pass
wrote = 0
try:
    for number in range(200):
        open(str(199 - number), "wb").write(b"x" * 2 ** 20)
        wrote += 1
except OSError: pass
x = [made, wrote]
"""
    mark = f"bomb{os.getpid()}"
    made, wrote = (await run(jail, bomb, state={"mark": mark})).values["x"]
    assert 0 < made < 40
    assert 0 < wrote < 100
    await _gone(mark)
    assert left_behind() == []


async def test_cancelling_ends_all_its_processes(jail: Jail) -> None:
    mark = f"stop{os.getpid()}"
    code = "import ctypes\nctypes.CDLL(None).prctl(15, state.mark.encode(), 0, 0, 0)\nprint('on')\nwhile True: pass"
    running = asyncio.create_task(run(jail, code, CodeLimits(seconds=60), state={"mark": mark}))
    async with asyncio.timeout(30):
        while not _named(mark):  # noqa: ASYNC110 - another process sets it and tells nobody
            await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await _gone(mark)


async def test_where_no_jail_is_code_is_refused() -> None:
    none = Jails(looks={"docker": lambda: NoJail("no daemon", "Start it.")})
    assert list(Runtimes(none)) == ["mini"]
    with pytest.raises(CodeRefused, match="no daemon"):
        await run_full("x = 1", {}, ["x"], none.chosen)
    off = Jails("off")
    assert isinstance(off.chosen, NoJail)
    assert "WORKFLOW_CHAT_SANDBOX" in off.chosen.why


def test_the_strongest_jail_is_chosen_and_none_is_looked_for_before_it_is_asked() -> None:
    asked: list[str] = []
    jails = {name: Jail(name, "", (), lambda text, limits, folder: pytest.fail("started")) for name in ("a", "b")}
    here = Jails(looks={name: lambda name=name: asked.append(name) or jails[name] for name in jails})  # type: ignore[misc]
    runtimes = Runtimes(here)
    assert "mini" in runtimes
    assert asked == []
    assert "full" in runtimes
    assert here.chosen is jails["a"]
    assert Jails("b", looks=here.looks).chosen is jails["b"]  # type: ignore[arg-type]


def left_behind() -> list[Path]:
    """What this test's code wrote and was not thrown away."""
    return list(Path(tempfile.gettempdir()).glob("workflow-chat-code-*/*/199"))


async def _gone(mark: str) -> None:
    """Waits until no process has this name."""
    async with asyncio.timeout(15):
        while _named(mark):  # noqa: ASYNC110 - another process ends and tells nobody
            await asyncio.sleep(0.05)


def _named(mark: str) -> bool:
    for place in Path("/proc").glob("[0-9]*/comm"):
        try:
            if place.read_text().strip() == mark:
                return True
        except OSError:
            continue
    return False
