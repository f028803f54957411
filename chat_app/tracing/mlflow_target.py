"""Where traces go in MLflow: a tracking server that the environment names, else a database among the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

_OFF = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class MlflowTarget:
    """A tracking server or database."""

    uri: str
    artifacts: str | None = None
    """Where artefacts lie; None where the server says so."""

    @property
    def name(self) -> str:
        """The target without what may be secret in its address."""
        parts = urlsplit(self.uri)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    @property
    def page(self) -> str | None:
        """The address of the server's own page; None for a database, which has one while `traces` serves it."""
        return self.name.rstrip("/") if self.uri.startswith(("http://", "https://")) else None


def mlflow_target(environment: Mapping[str, str], data: Path, *, hosted: bool) -> MlflowTarget | None:
    """MLFLOW_TRACKING_URI, else a SQLite file among the data; None where WORKFLOW_CHAT_MLFLOW says `off`.

    What strangers do on a hosted page is traced only where the operator names a server.
    """
    if environment.get("WORKFLOW_CHAT_MLFLOW", "").lower() in _OFF:
        return None
    uri = environment.get("MLFLOW_TRACKING_URI")
    if uri:
        return MlflowTarget(uri)
    if hosted:
        return None
    folder = data / "mlflow"
    return MlflowTarget(f"sqlite:///{folder / 'mlflow.db'}", (folder / "artifacts").as_uri())


def trace_address(page: str, experiment: str, trace: str) -> str:
    """Where MLflow's page shows a trace."""
    return f"{page}/#/experiments/{experiment}/traces?selectedEvaluationId={trace}"
