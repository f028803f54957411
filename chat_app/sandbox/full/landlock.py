"""Code in a process that the kernel confines (sandlock: Landlock, seccomp); needs no service and no rights."""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from chat_app.sandbox.contract import MIB, CodeLimits
from chat_app.sandbox.full.jail import PROCESSES, WORK_BYTES, Jail, NoJail, Started, memory

STARTER = Path(__file__).with_name("landlock_start.py")

STOPS = (
    "files: all but Python's own and the system's libraries are closed; its working folder is thrown away",
    "the network: no connection, no port, no socket of the system",
    "the environment and other processes: it starts with an empty one, sees no /proc, can signal nobody outside",
    f"memory (256 MiB or the node's), {PROCESSES} processes, {WORK_BYTES // MIB} MiB of files",
    "time: all its processes are killed at the limit",
)


def landlock_jail() -> Jail | NoJail:
    """The jail, where the kernel can hold it."""
    why = _why_not()
    if why is not None:
        return why

    def start(text: str, limits: CodeLimits, folder: Path) -> Started:
        bounds = (str(memory(limits)), str(PROCESSES), str(WORK_BYTES), str(folder))
        return Started((sys.executable, "-I", str(STARTER), *bounds, text))

    return Jail("landlock", "a process confined by the Linux kernel (Landlock, seccomp)", STOPS, start)


@cache
def _why_not() -> NoJail | None:
    if sys.platform != "linux":
        return NoJail("this system has no Landlock", "Use Docker, or run the app on Linux.")
    if find_spec("sandlock") is None:
        return NoJail("the package sandlock is not installed", "Install it: `pip install sandlock`.")
    import sandlock

    there, needed = sandlock.landlock_abi_version(), sandlock.min_landlock_abi()
    if there < needed:
        found = "no Landlock" if there < 1 else f"Landlock {there}"
        return NoJail(f"this kernel has {found}, {needed} is needed", "Use Docker, or Linux 6.12 or newer.")
    return None
