"""Starts the process that writes traces, whenever a run comes to rest or a design turn has ended.

MLflow is large and slow, so it lives in a process of its own that ends when nothing is left to write. A run
waits for it in no case, and one that was never started again is made up for by the next.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from chat_app.events.design import DesignTurn
from chat_app.events.record import SortingRecorder
from chat_app.events.run import ENDINGS, Recorded

COMMAND = (sys.executable, "-m", "chat_app", "traces", "--write")
START_SECONDS = 5.0
"""How long a program that ends waits for the process to have been started."""

log = logging.getLogger(__name__)


class TraceProcess(SortingRecorder):
    """A recorder that keeps nothing: it sees to it that the writing process runs after there is something new."""

    def __init__(self, log_file: Path, command: Sequence[str] = COMMAND) -> None:
        self._log_file = log_file
        self._command = tuple(command)
        self._lock = threading.Lock()
        self._running = False
        self._again = False
        self._told = False
        self._started = threading.Event()
        self._started.set()
        self.hears = dict.fromkeys(ENDINGS, self._rests)

    def turned(self, turn: DesignTurn) -> None:
        """Takes note of a design turn that has ended."""
        self._wanted()

    def close(self) -> None:
        """Waits until the process that is wanted has been started; it goes on by itself."""
        self._started.wait(START_SECONDS)

    def _rests(self, entry: Recorded) -> None:
        """Takes note of a run that has come to rest."""
        self._wanted()

    def _wanted(self) -> None:
        with self._lock:
            if self._running:
                self._again = True
                return
            self._running = True
            self._started.clear()
        threading.Thread(target=self._serve, name="trace-process", daemon=True).start()

    def _serve(self) -> None:
        """Runs the process, and once more for what came while it ran."""
        while True:
            with self._lock:
                self._again = False
            self._tell(self._run())
            with self._lock:
                if not self._again:
                    self._running = False
                    return

    def _run(self) -> str | None:
        """What went wrong; None where all is written."""
        try:
            self._log_file.parent.mkdir(parents=True, exist_ok=True)
            with self._log_file.open("ab") as output:
                # In a session of its own: it outlives a command that ends when its run has.
                process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            self._started.set()
            status = process.wait()
        except OSError as error:
            self._started.set()
            return str(error)
        return None if status == 0 else f"it ended with status {status}; see {self._log_file}"

    def _tell(self, problem: str | None) -> None:
        """Says once that no traces are written, and once that they are again."""
        if problem is not None and not self._told:
            log.warning("Traces are not written to MLflow: %s. Runs go on without them.", problem)
        elif problem is None and self._told:
            log.warning("Traces are written to MLflow again.")
        self._told = problem is not None
