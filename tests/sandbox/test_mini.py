"""`runtime: mini`: the contract of code nodes, with the real interpreter."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from chat_app.sandbox.contract import DEFAULT_CODE_LIMITS, MIB, CodeLimits
from chat_app.sandbox.errors import CodeError, CodeFailed, CodeRefused, LimitExceeded, ResultRefused
from chat_app.sandbox.mini import run_mini
from chat_app.workflow.python_code import MINI_MODULES, mini_faults

STATE: dict[str, Any] = {"rows": [{"price": 1}, {"price": 2.5}], "name": "Ann", "items": [7], "file": {"n": None}}
SHORT = CodeLimits(seconds=0.5, sleep_seconds=0.5)


async def failure(code: str, **more: Any) -> CodeError:
    with pytest.raises(CodeError) as raised:
        await run_mini(code, more.pop("state", STATE), ["x"], more.pop("limits", SHORT), **more)
    assert raised.value.help
    return raised.value


async def test_reads_the_state_and_returns_what_is_written() -> None:
    sums = 'total = sum(row["price"] for row in state.rows)\nwho = state["name"].upper()\n'
    code = sums + 'print("sum", total)\nprint("b")'
    result = await run_mini(code, STATE, ["total", "who"])
    assert result.values == {"total": 3.5, "who": "ANN"}
    assert result.printed == ("sum 3.5", "b")


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("x = state.items", [7]),
        ("x = sorted(state)", ["file", "items", "name", "rows"]),
        ("x = 'name' in state, 'nope' in state", [True, False]),
        ("x = state.get('nope', 5)", 5),
        ("x = sorted(state.keys())", ["file", "items", "name", "rows"]),
        ("x = state.file", {"n": None}),
        ("x = {'a': (1, True, None, 'é\\u4e2d'), 2: 1e300}", {"a": [1, True, None, "é中"], "2": 1e300}),
        ("x = item['v'] + index", 12),
        ("import csv\nx = list(csv.DictReader('a,b\\n1,2'.splitlines()))", [{"a": "1", "b": "2"}]),
        ("import re, math, json, datetime\nx = datetime.date(2024, 2, 29).isoformat()", "2024-02-29"),
        ("async def f(): return 1\nx = await f()", 1),
    ],
)
async def test_values(code: str, value: Any) -> None:
    result = await run_mini(code, STATE, ["x"], SHORT, {"item": {"v": 10}, "index": 2})
    assert result.values == {"x": value}


async def test_the_state_outside_is_not_touched() -> None:
    state = {"rows": [1]}
    await run_mini("state.rows.append(2)\nx = 1", state, ["x"])
    assert state == {"rows": [1]}


async def test_nothing_is_left_of_one_run_in_the_next() -> None:
    await run_mini("leaked = 1", {}, [])
    assert isinstance(await failure("x = leaked"), CodeFailed)


@pytest.mark.parametrize(
    ("code", "kind", "line", "says", "helps"),
    [
        ("x = 1\n\ny = 1 / 0", CodeFailed, 3, "ZeroDivisionError: division by zero", ""),
        ("def f():\n    return 1 / 0\n\nx = f()", CodeFailed, 2, "division by zero", ""),
        ("x = state.nam", CodeFailed, 1, "'nam'", "`state.name`"),
        ("x = name", CodeFailed, 1, "'name' is not defined", "`state.name`"),
        ("x = state.rows[0].price", CodeFailed, 1, "'price'", '["price"]'),
        ("x = state['nope']", CodeFailed, 1, "KeyError", ".get("),
        ("x = 1\nx = (", CodeRefused, 2, "not valid Python", "Correct"),
        ("class A(dict): pass", CodeRefused, 1, "inherit", "dataclass"),
        ("x = input()", CodeFailed, 1, "'input'", "not there in the sandbox"),
        ("y = 1", ResultRefused, None, "without assigning `x`", "every way"),
        ("x = {1}", ResultRefused, None, "of type set", "list("),
        ("x = float('nan')", ResultRefused, None, "NaN", "None"),
        ("x = 10 ** 4500", ResultRefused, None, "`x`", ""),
        ("x = []\nfor i in range(5000): x = [x]", ResultRefused, None, "nested too deeply", ""),
        ("raise TimeoutError('mine')", CodeFailed, 1, "TimeoutError: mine", ""),
    ],
)
async def test_failures_say_where_and_what_to_do(
    code: str, kind: type[CodeError], line: int | None, says: str, helps: str
) -> None:
    error = await failure(code)
    assert type(error) is kind
    assert error.line == line
    assert says in error.message
    assert helps in error.help


async def test_what_was_printed_before_a_failure_is_kept() -> None:
    assert (await failure("print('so far')\n1 / 0")).printed == ("so far",)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("while True: pass", "ran longer"),
        ("x = sum(range(10 ** 12))", "ran longer"),
        ("import time\nfor i in range(50): time.sleep(0.4)", "slept longer"),
        ("x = 'a' * 10 ** 9", "memory"),
        ("x = 10 ** 10 ** 8", "memory"),
        ("x = [0] * 10 ** 9", "memory"),
        ("x = f'{1:>1000000000}'", ""),
        ("x = []\nwhile True: x.append('abc' * 100)", ""),
        ("x = []\nfor i in range(40): x = [x, x]", ""),
        ("x = 'a' * (6 * 1024 * 1024)", "as JSON"),
        ("while True: print('flood' * 1000)", "ran longer"),
    ],
)
async def test_limits_hold(code: str, says: str) -> None:
    began = time.monotonic()
    error = await failure(code)
    assert isinstance(error, LimitExceeded)
    assert says in error.message
    assert time.monotonic() - began < 5
    assert sum(map(len, error.printed)) < 21_000


async def test_an_endless_recursion_is_an_error_of_the_code() -> None:
    assert "RecursionError" in (await failure("def f(): return f()\nx = f()")).message


async def test_a_flood_of_prints_is_cut_and_told() -> None:
    result = await run_mini("for i in range(1000): print('x' * 99)", {}, [])
    assert sum(map(len, result.printed)) < 21_000
    assert "left out" in result.printed[-1]


async def test_cancelling_ends_the_process_at_once() -> None:
    began = time.monotonic()
    running = asyncio.create_task(run_mini("while True: pass", {}, [], CodeLimits(seconds=60)))
    await asyncio.sleep(0.3)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    # The threads are few: were the process still running, these would wait for it.
    await asyncio.gather(*[run_mini("x = 1", {}, ["x"]) for _ in range(8)])
    assert time.monotonic() - began < 5


async def test_many_run_side_by_side_and_never_meet() -> None:
    codes = [f"mine = {n}\nx = mine" for n in range(30)]
    results = await asyncio.gather(*[run_mini(code, {}, ["x"]) for code in codes])
    assert [result.values["x"] for result in results] == list(range(30))


@pytest.mark.parametrize("module", sorted(MINI_MODULES))
async def test_every_listed_module_is_there(module: str) -> None:
    await run_mini(f"import {module}", {}, [])


async def test_what_is_said_to_be_unknown_is_unknown() -> None:
    """Were the interpreter to learn one of these, the static part must learn it too."""
    from pydantic_monty import Monty, MontyError

    texts = [
        "def f():\n    yield 1",
        "class A(object): pass",
        "class A:\n    @staticmethod\n    def f(): pass",
        "x = [1]\ndel x[0]",
        "import socket",
        "from math import *",
        "try:\n    pass\nexcept* ValueError:\n    pass",
    ]
    for text in texts:
        assert mini_faults(text)
        with Monty(max_processes=1) as pool, pool.checkout() as session, pytest.raises(MontyError):
            session.feed_run(text)


def test_the_manual_says_what_there_is() -> None:
    manual = " ".join((Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8").split())
    listed = manual.partition("and the modules ")[2].partition(". It does not")[0].replace(" and ", ", ")
    assert set(listed.split(", ")) == MINI_MODULES
    assert f"{DEFAULT_CODE_LIMITS.seconds:g} seconds, or the node's" in manual
    assert f"the first {DEFAULT_CODE_LIMITS.printed_characters:,} characters" in manual
    assert f"{DEFAULT_CODE_LIMITS.memory_bytes // MIB} MiB" in manual
