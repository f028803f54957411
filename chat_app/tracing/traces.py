"""The traces of this installation in MLflow: writing them, serving MLflow's page, and where a run's trace is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from chat_app.tracing.mlflow_target import MlflowTarget, trace_address
from chat_app.tracing.run_store import RunStore

NICE = 10
"""How far the writing process stands back behind the runs."""
QUIET = {
    # Also keeps MLflow from locking up where LiteLLM is installed too.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # Eight processes for evaluations by a server that nobody asks for any.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
"""MLflow asks no host of its own, and does nothing but show what there is."""


@dataclass(frozen=True, slots=True)
class TraceLink:
    """A run's trace."""

    trace: str
    address: str | None
    """Where it can be looked at now; None while nobody serves MLflow's page."""


@dataclass(frozen=True)
class Traces:
    """One target, written to by one process at a time."""

    target: MlflowTarget
    store: RunStore
    folder: Path
    """Where the lock and the address of MLflow's page are kept."""
    prompts: Mapping[str, str]
    """The designer's prompts by name, as they are now."""

    @property
    def log_file(self) -> Path:
        """Where the writing process logs."""
        return self.folder / "traces.log"

    def write(self, told: Callable[[int], None] = lambda count: None) -> int | None:
        """Writes what is not written yet; how many traces, or None where another process does it.

        Raises what MLflow raises where it cannot be reached.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        again, lock = self.folder / "again", FileLock(self.folder / "writing.lock")
        count = 0
        while True:
            # Whoever holds the lock looks for this before it ends, so what is new is not overlooked.
            again.touch()
            try:
                with lock.acquire(timeout=0):
                    again.unlink(missing_ok=True)
                    count += self._write(told)
            except Timeout:
                return None
            if not again.exists():
                return count

    def _write(self, told: Callable[[int], None]) -> int:
        if not self._behind():
            return 0
        from chat_app.tracing.mlflow_sink import MlflowSink
        from chat_app.tracing.trace_writer import TraceWriter

        sink = MlflowSink(self.target.uri, self.target.artifacts, self.prompts)
        (self.folder / "experiment.json").write_text(
            json.dumps({self.target.name: sink.experiment}), encoding="utf-8"
        )
        return TraceWriter(self.store, sink, self.target.name).write_all(told)

    def _behind(self) -> bool:
        """Whether there is anything to write: MLflow is not loaded to find that there is not."""
        from chat_app.tracing import traced

        name = self.target.name
        nothing: list[str] = []
        return bool(
            self.store.read(lambda file: traced.untraced_runs(file, name, 1), nothing)
            or self.store.read(lambda file: traced.untraced_turns(file, name, 1), nothing)
        )

    def link(self, run_id: str) -> TraceLink | None:
        """The trace of a run's last stretch; None where there is none yet."""
        from chat_app.tracing import traced
        from chat_app.tracing.jobs import Traced

        nothing: list[Traced] = []
        parts = self.store.read(lambda file: traced.parts(file, self.target.name, run_id), nothing)
        written = [part.trace for part in parts if part.trace]
        if not written:
            return None
        page, experiment = self.target.page or self._served(), self._experiment()
        known = page is not None and experiment is not None
        return TraceLink(written[-1], trace_address(str(page), str(experiment), written[-1]) if known else None)

    def serve(self, port: int, ready: Callable[[str], None]) -> int:
        """Serves MLflow's page over the database until it is stopped; its exit status."""
        address = f"http://127.0.0.1:{port}"
        place = self.folder / "page.json"
        command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", self.target.uri]
        command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
        process = subprocess.Popen(command, env={**os.environ, **QUIET}, stdout=subprocess.DEVNULL)
        try:
            place.write_text(json.dumps({"address": address, "process": process.pid}), encoding="utf-8")
            ready(address)
            return process.wait()
        finally:
            process.terminate()
            process.wait()
            place.unlink(missing_ok=True)

    def _served(self) -> str | None:
        """Where this machine serves MLflow's page, if it does."""
        with suppress(OSError, ValueError, KeyError):
            told = json.loads((self.folder / "page.json").read_text(encoding="utf-8"))
            os.kill(int(told["process"]), 0)
            return str(told["address"])
        return None

    def _experiment(self) -> str | None:
        with suppress(OSError, ValueError):
            told = json.loads((self.folder / "experiment.json").read_text(encoding="utf-8"))
            return str(told[self.target.name]) if self.target.name in told else None
        return None
