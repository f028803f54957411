"""`runtime: mini`: a small Python in a contained interpreter (pydantic-monty), one process for each run.

The interpreter knows no files, no network, no environment and no programs; its process starts with an empty
environment, is bounded in time and memory from inside and watched from outside, and is gone after the run.
The interpreter's own asyncio client is not used: it can abort the host's process while Python shuts down.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic_monty import Monty, MontyError, MontySession

from chat_app.sandbox.contract import DEFAULT_CODE_LIMITS, CodeLimits, CodeResult
from chat_app.sandbox.errors import CodeError, CodeRefused, LimitExceeded, SandboxFailed
from chat_app.sandbox.mini_errors import not_written, read_json, told
from chat_app.sandbox.printed import Printed
from chat_app.workflow.python_code import mini_faults

AT_ONCE = 4
"""How many sandboxes run side by side; more wait their turn."""

GRACE_SECONDS = 3.0
"""How long the watch outside waits past the limits inside."""

_STATE = """\
class State:
    def __init__(self, fields):
        self._fields = fields
        for name in fields:
            setattr(self, name, fields[name])

    def __getitem__(self, name):
        return self._fields[name]

    def __contains__(self, name):
        return name in self._fields

    def __iter__(self):
        return iter(self._fields)

    def __repr__(self):
        return repr(self._fields)

    def get(self, name, default=None):
        return self._fields.get(name, default)

    def keys(self):
        return self._fields.keys()

    def values(self):
        return self._fields.values()

    def items(self):
        return self._fields.items()

state = State(state)
"""


async def run_mini(
    code: str,
    state: Mapping[str, Any],
    writes: Sequence[str],
    limits: CodeLimits = DEFAULT_CODE_LIMITS,
    names: Mapping[str, Any] | None = None,
) -> CodeResult:
    """Runs code on a copy of the state and returns the written fields; raises CodeError.

    `names` are further names it may read, such as a map's item. Cancelling kills the sandbox's process.
    """
    for fault in mini_faults(code):
        raise CodeRefused(f"{fault.message}.", help=fault.help, line=fault.line)
    job = _Job(code, {"state": dict(state), **(names or {})}, tuple(writes), limits)
    running = asyncio.get_running_loop().run_in_executor(_threads(), job.run)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        job.kill()
        # Nobody waits for it any more; its end must not be reported as an error that was never fetched.
        running.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        raise


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="sandbox")


@dataclass
class _Job:
    """One run of code, in a thread that waits for the sandbox's process."""

    code: str
    names: dict[str, Any]
    writes: tuple[str, ...]
    limits: CodeLimits
    killed: bool = False
    process: int | None = None
    printed: Printed = field(init=False)

    def __post_init__(self) -> None:
        self.printed = Printed(self.limits.printed_characters)

    def kill(self) -> None:
        """Ends the process, if there is one, and keeps another from starting."""
        self.killed = True
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.kill(self.process, getattr(signal, "SIGKILL", signal.SIGTERM))

    def run(self) -> CodeResult:
        """Starts the process, runs the code in it, fetches what it wrote."""
        try:
            with _process(self.limits) as session:
                self.process = session.worker_pid
                if self.killed:
                    raise SandboxFailed("The code was stopped.", help="Run it again.")
                values = self._feed(session)
        except CodeError as error:
            error.printed = self.printed.lines()
            raise
        finally:
            self.process = None
        return CodeResult(values, self.printed.lines())

    def _feed(self, session: MontySession) -> dict[str, Any]:
        try:
            session.feed_run(_STATE, inputs=self.names)
            session.feed_run(self.code, print_callback=self.printed)
        except MontyError as error:
            raise told(error, self.names, self.limits) from error
        return {name: self._written(session, name) for name in self.writes}

    def _written(self, session: MontySession, name: str) -> Any:
        """A field that the code assigned. It leaves the sandbox as JSON text: so its size is known first."""
        try:
            text = session.feed_run(f"import json as _json\n_json.dumps({name}, ensure_ascii=False)")
        except MontyError as error:
            raise not_written(error, name, self.limits) from error
        if len(text) > self.limits.result_characters:
            raise LimitExceeded(
                f"`{name}` has {len(text)} characters as JSON, {self.limits.result_characters} are allowed.",
                help="Keep only what later nodes need.",
            )
        return read_json(name, text)


@contextmanager
def _process(limits: CodeLimits) -> Iterator[MontySession]:
    """A process of the interpreter, for one run."""
    watch = limits.seconds + limits.sleep_seconds + GRACE_SECONDS
    try:
        with (
            Monty(min_processes=1, max_processes=1, request_timeout=watch) as pool,
            pool.checkout(
                script_name="code",
                limits={
                    "max_feed_duration_secs": limits.seconds,
                    "max_total_sleep_secs": limits.sleep_seconds,
                    "max_memory": limits.memory_bytes,
                    "max_recursion_depth": 300,
                    "max_suspensions": 1_000,
                },
                os_policy={"sleep": "system", "sleep_system_max": limits.sleep_seconds},
            ) as session,
        ):
            yield session
    except (OSError, MontyError) as error:
        # What the code itself does wrong has become a CodeError before it comes here.
        raise SandboxFailed(
            f"The sandbox for `runtime: mini` broke: {error}.", help="Run it again, or install the app again."
        ) from error
