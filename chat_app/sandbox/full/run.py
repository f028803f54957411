"""`runtime: full`: CPython in a jail, one process for each run; refused where there is none, never in the open."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from chat_app.sandbox.contract import DEFAULT_CODE_LIMITS, MIB, CodeLimits, CodeResult
from chat_app.sandbox.errors import CodeRefused, LimitExceeded, SandboxFailed
from chat_app.sandbox.full.answers import values_of
from chat_app.sandbox.full.jail import Jail, NoJail, Started, memory
from chat_app.sandbox.printed import Printed

AT_ONCE = 4
"""How many run side by side; more wait their turn."""
START_SECONDS = 30.0
"""What starting a container and Python may take; the code's own time begins afterwards."""
FILE_BYTES = 20 * MIB
"""The most that one returned file may have."""
MOST_ANSWER = 96 * MIB
"""The most that is read of an answer, whatever the fields' bounds add up to."""


async def run_full(
    code: str,
    state: Mapping[str, Any],
    writes: Sequence[str],
    jail: Jail | NoJail,
    limits: CodeLimits = DEFAULT_CODE_LIMITS,
    names: Mapping[str, Any] | None = None,
    files: Collection[str] = (),
) -> CodeResult:
    """Runs code on a copy of the state and returns the written fields; raises CodeError.

    `files` are the written fields that hold files: a path in the code's working folder, or a name and what is in it.
    Cancelling kills the processes.
    """
    if isinstance(jail, NoJail):
        raise CodeRefused(f"`runtime: full` can't be used here: {jail.why}.", help=jail.help)
    job = {
        "code": code,
        "state": dict(state),
        "names": dict(names or {}),
        "writes": list(writes),
        "files": list(files),
        "file_bytes": FILE_BYTES,
    }
    printed = Printed(limits.printed_characters)
    async with _turns():
        answer = await _run(json.dumps(job).encode(), jail, limits, printed)
    lines = printed.lines()
    # Four letters of base64 for each three bytes, and room for a few files in one field.
    room = 2 * FILE_BYTES if files else 0
    return CodeResult(values_of(answer, writes, limits, memory(limits), lines, room), lines)


async def _run(job: bytes, jail: Jail, limits: CodeLimits, printed: Printed) -> bytes:
    folder = Path(tempfile.mkdtemp(prefix="workflow-chat-code-"))
    started: Started | None = None
    try:
        started = jail.start(_program(), limits, folder)
        return await _answer(started, job, limits, printed)
    finally:
        if started is not None:
            await asyncio.shield(asyncio.to_thread(started.clear))
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, True))


async def _answer(started: Started, job: bytes, limits: CodeLimits, printed: Printed) -> bytes:
    try:
        process = await asyncio.create_subprocess_exec(
            *started.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(started.environment),
            start_new_session=sys.platform != "win32",
        )
    except OSError as error:
        raise SandboxFailed(f"The sandbox could not be started: {error.strerror}.", help="Run it again.") from error
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_printed(process.stderr, printed))
            tasks.create_task(_write(process.stdin, job))
            answer = tasks.create_task(_timed(process, limits))
    except ExceptionGroup as group:
        # The tasks beside it only move bytes: what went wrong is the time or the room.
        reached = next((one for one in group.exceptions if isinstance(one, LimitExceeded)), None)
        if reached is None:
            raise
        reached.printed = printed.lines()
        raise reached from None
    finally:
        await _end(process)
    return answer.result()


async def _timed(process: asyncio.subprocess.Process, limits: CodeLimits) -> bytes:
    """The answer, in time; raises LimitExceeded. The first byte says that the code begins."""
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            await process.stdout.read(1)
        allowed = limits.seconds + limits.sleep_seconds
        async with asyncio.timeout(allowed):
            return await _read(process.stdout)
    except TimeoutError:
        raise LimitExceeded(
            f"The code ran longer than the {limits.seconds:g} seconds it may.",
            help="Look for a loop that does not end, or give it less to do.",
        ) from None


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kills what is left of it, and all that it started."""
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    # The end of a process is only told when its pipes are empty.
    with suppress(TimeoutError):
        async with asyncio.timeout(START_SECONDS):
            await asyncio.gather(_emptied(process.stdout), _emptied(process.stderr))
            await process.wait()


async def _emptied(stream: asyncio.StreamReader | None) -> None:
    while stream is not None and await stream.read(65_536):
        pass


async def _read(stream: asyncio.StreamReader) -> bytes:
    answer = bytearray()
    while piece := await stream.read(65_536):
        answer += piece
        if len(answer) > MOST_ANSWER:
            raise LimitExceeded("The code gives more than can be taken.", help="Keep only what later nodes need.")
    return bytes(answer)


async def _printed(stream: asyncio.StreamReader | None, printed: Printed) -> None:
    while stream is not None and (piece := await stream.read(65_536)):
        printed("stderr", piece.decode(errors="replace"))


async def _write(stream: asyncio.StreamWriter | None, job: bytes) -> None:
    if stream is None:
        return
    with suppress(BrokenPipeError, ConnectionResetError):
        stream.write(job)
        await stream.drain()
        stream.close()
        await stream.wait_closed()


@cache
def _program() -> str:
    return Path(__file__).with_name("inside.py").read_text(encoding="utf-8")


_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def _turns() -> asyncio.Semaphore:
    """The turns of this event loop."""
    return _loops.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
