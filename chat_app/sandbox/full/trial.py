"""Tries a jail: a harmless program does what attackers do, and says what it got."""

from __future__ import annotations

import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

from chat_app.sandbox.contract import CodeLimits
from chat_app.sandbox.errors import CodeError
from chat_app.sandbox.full.jail import Jail
from chat_app.sandbox.full.run import run_full

CANARY = "workflow-chat-canary"

_PROGRAM = """
import os, socket
got = []
try:
    got.append("a file outside" if open(state.file).read() else "")
except OSError: pass
try:
    socket.create_connection(("127.0.0.1", state.port), timeout=2).close()
    got.append("a connection")
except OSError: pass
try:
    open(state.file + ".made", "w").close()
    got.append("writing outside")
except OSError: pass
if any(state.canary in value for value in os.environ.values()):
    got.append("the environment")
print("tried")
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a jail did."""

    works: bool
    leaks: tuple[str, ...] = ()
    """What the program got at and should not have."""
    why: str = ""


async def try_jail(jail: Jail) -> Trial:
    """Runs the program; nothing of this machine is changed."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        secret = Path(folder) / "canary.txt"
        secret.write_text(CANARY)
        state = {"file": str(secret), "port": server.getsockname()[1], "canary": CANARY}
        try:
            result = await run_full(_PROGRAM, state, ["got"], jail, CodeLimits(seconds=10))
        except CodeError as error:
            return Trial(False, why=f"{error.message} {error.help}")
        leaks = {str(one) for one in result.values["got"] if one}
        if any(Path(folder).glob("*.made")):  # noqa: ASYNC240 - a folder of two files
            leaks.add("writing outside")
        return Trial(not leaks and result.printed == ("tried",), tuple(sorted(leaks)))
