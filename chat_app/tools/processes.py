"""Work on what strangers wrote, in a process of its own: it can hang or crash there and harm nobody."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chat_app.tools.errors import ToolFailed

SCRIPTS = Path(__file__).with_name("isolated")
MOST_BYTES = 20 * 1024 * 1024
_ENVIRONMENT = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
"""Nothing, but for what Windows needs to start a program at all."""


async def isolated(
    script: str, job: Mapping[str, Any], *, seconds: float, megabytes: int, addresses: int | None = None
) -> dict[str, Any]:
    """The script's answer to a job; the process is gone when this ends, however it ends. Raises ToolFailed.

    `addresses` are megabytes of addresses, where an engine reserves more than it uses.
    """
    text = await asyncio.to_thread(json.dumps, job)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(
            "-I",
            str(SCRIPTS / "start.py"),
            str(SCRIPTS / script),
            f"{seconds:g}",
            str(megabytes),
            str(addresses or megabytes),
        ),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_ENVIRONMENT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(seconds):
            answer, _ = await asyncio.gather(_read(process.stdout), _write(process.stdin, text))
            await process.wait()
    except TimeoutError:
        message = f"It took longer than the {seconds:g} seconds it may."
        raise ToolFailed(message, help="Give it less to do.") from None
    finally:
        if process.returncode is None:
            process.kill()
            # Where its answer was too much, reading pauses at times, and would never see that the pipe has closed.
            while await process.stdout.read(65_536):
                pass
            await process.wait()
    try:
        return dict(json.loads(answer))
    except ValueError:
        message = "It broke off, most likely for want of time or memory."
        raise ToolFailed(message, help="Give it less to do.") from None


async def _write(stream: asyncio.StreamWriter, job: str) -> None:
    try:
        stream.write(job.encode())
        await stream.drain()
        stream.close()
        await stream.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        return  # It ended before it had read all; that it gave no answer says so.


async def _read(stream: asyncio.StreamReader) -> bytes:
    answer = bytearray()
    while piece := await stream.read(65_536):
        answer += piece
        if len(answer) > MOST_BYTES:
            raise ToolFailed("It gives more than can be taken.", help="Ask for less.")
    return bytes(answer)
