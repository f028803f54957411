"""Writes an evaluation into MLflow: a run for each model, evaluated case by case, under one run for all of them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chat_app.tracing.mlflow_target import MlflowTarget

EXPERIMENT = "workflow-chat evaluations"


@dataclass(frozen=True, slots=True)
class ModelRows:
    """A model's results as MLflow takes them."""

    model: str
    metrics: Mapping[str, float]
    """What is known of it."""
    rows: Sequence[Mapping[str, Any]]
    """For each case: inputs, outputs, expectations, quality, and what did not hold."""


def log_evaluation(
    target: MlflowTarget, workflow: str, text: str, models: Sequence[ModelRows], choice: Mapping[str, str]
) -> str:
    """Writes it all and returns the id of the run around it; MLflow raises whatever its store raises."""
    # Before MLflow is imported: no price list from the network, no reports home, no servers for scorers.
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    import mlflow

    mlflow.set_tracking_uri(target.uri)
    known = mlflow.get_experiment_by_name(EXPERIMENT)
    experiment = known.experiment_id if known else mlflow.create_experiment(EXPERIMENT, target.artifacts)
    with mlflow.start_run(experiment_id=experiment, run_name=workflow) as around:
        mlflow.log_params({"workflow": workflow, "models": ", ".join(one.model for one in models)})
        mlflow.log_text(text, "workflow.yaml")
        mlflow.log_dict(dict(choice), "cheapest_by_node.json")
        for one in models:
            with mlflow.start_run(experiment_id=experiment, run_name=one.model, nested=True):
                mlflow.log_params({"workflow": workflow, "model": one.model, "cases": len(one.rows)})
                mlflow.log_metrics(dict(one.metrics))
                _evaluate(mlflow, one.rows)
    return str(around.info.run_id)


def _evaluate(mlflow: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """MLflow's own evaluation over results that are there: each case becomes a trace with its score."""
    from mlflow.genai import evaluate, scorer

    @scorer  # type: ignore[untyped-decorator]
    def quality(outputs: Mapping[str, Any]) -> float:
        return float(outputs["quality"])

    data = [
        {
            "inputs": dict(row["inputs"]) or {"case": row["case"]},
            "outputs": {**row["outputs"], "quality": row["quality"], "does_not_hold": row["does_not_hold"]},
            "expectations": dict(row["expected"]),
        }
        for row in rows
    ]
    evaluate(data=data, scorers=[quality])
