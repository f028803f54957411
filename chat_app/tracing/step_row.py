"""Rows about the parts of a run: its steps, what each model call used, the files that came and went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from chat_app.tracing.columns import Columns

StepState = Literal["running", "waiting", "finished", "failed", "continued", "skipped", "stopped"]
"""`continued`: it failed, and `on_error` let the run go on."""

DEEPEST = 50
"""Levels of a value in which files are looked for, as deep as a workflow's text may be."""
_FLAT = frozenset({str, int, float, bool, type(None)})
FILE_PARTS = frozenset({"name", "media_type", "sha256", "size"})


FINISHED = Columns(
    dict.fromkeys(("step", "node", "kind", "parent"), "VARCHAR")
    | {"started_at": "DOUBLE", "seconds": "DOUBLE", "attempts": "BIGINT", "cause": "VARCHAR", "simulated": "BOOLEAN"},
    usual={"parent": None, "attempts": 1, "cause": "", "simulated": False},
)
FinishedStep = tuple[str, str, str, str | None, float, float | None, int, str, bool]
"""What is kept of a finished step beside what its run's row tells."""

CALLS = Columns(
    {"place": "BIGINT", "at": "DOUBLE", "step": "VARCHAR", "node": "VARCHAR", "model": "VARCHAR"}
    | {"tokens_in": "BIGINT", "tokens_out": "BIGINT", "cost_usd": "DOUBLE", "simulated": "BOOLEAN"},
    usual={"simulated": False},
)
Call = tuple[int, float, str, str, str, int | None, int | None, float | None, bool]
"""What is kept of a model call beside what its run or turn tells."""


class StoredStep(NamedTuple):
    """One step as its events tell it."""

    run_id: str
    step: str
    workflow: str = ""
    node: str = ""
    kind: str = ""
    parent: str | None = None
    state: StepState = "running"
    started_at: float = 0.0
    seconds: float | None = None
    """None while it is not done."""
    attempts: int = 1
    cause: str = ""
    """Why it failed, or was tried again at last, as `retry.on` names causes."""
    message: str = ""
    simulated: bool = False


class StoredUsage(NamedTuple):
    """What one model call used; None where that is unknown."""

    id: str
    """The run, or the design conversation."""
    place: int
    source: Literal["run", "design"]
    at: float
    design: str
    """The workflow's name."""
    step: str
    node: str
    model: str
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    simulated: bool


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that a run was given, wrote or returned."""

    run_id: str
    place: int
    field: str
    """Where it stands in the state: `report`, `pages[2]`."""
    role: Literal["input", "written", "output"]
    node: str
    name: str
    media_type: str
    sha256: str
    size: int


def may_hold_files(values: Mapping[str, Any]) -> bool:
    """Whether it is worth looking; most steps write texts and numbers."""
    for value in values.values():  # noqa: SIM110 - a third of what `any` takes for the one value that most write
        if type(value) not in _FLAT:
            return True
    return False


def files_in(
    values: Mapping[str, Any], run_id: str, place: int, role: Literal["input", "written", "output"], node: str = ""
) -> Iterator[StoredFile]:
    """The files among values, wherever they stand."""
    for path, found in _files(values, ""):
        yield StoredFile(
            run_id,
            place,
            path,
            role,
            node,
            str(found["name"]),
            str(found["media_type"]),
            str(found["sha256"]),
            found["size"] if isinstance(found["size"], int) else 0,
        )


def _files(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if depth > DEEPEST:
        return
    if isinstance(value, Mapping):
        if value.keys() == FILE_PARTS:
            yield path, value
            return
        for key, part in value.items():
            if isinstance(part, dict | list):
                yield from _files(part, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            if isinstance(part, dict | list):
                yield from _files(part, f"{path}[{index}]", depth + 1)
