"""Runs a recorded run again from its record: the same engine, answers from outside off a tape, no token spent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chat_app.chat_models.simulated import SIMULATED
from chat_app.engine.manager import RunManager
from chat_app.engine.reach import Reach
from chat_app.engine.tape import NamedSecrets, RecordedCatalog, RecordedModels, RecordedNetwork, Tape
from chat_app.events.record import SortingRecorder
from chat_app.events.run import (
    ENDINGS,
    CheckpointSaved,
    Logged,
    ModelAsked,
    Recorded,
    RunEvent,
    RunStarted,
    RunWaiting,
    StepFinished,
    UsageReported,
)
from chat_app.events.value import Value, names_of
from chat_app.files.store import FileStore
from chat_app.workflow.check import CheckResult

PASSING = frozenset({"seconds", "wait_seconds", "key", "text_sha256", "files", "resumed"})
"""Parts of events that are not the same in any two runs, or only say how a run was kept."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it."""

    events: tuple[Recorded, ...]
    notes: tuple[str, ...]
    """Where the record had no answer."""


async def replay(
    checked: CheckResult,
    recorded: Sequence[Recorded],
    folder: Path,
    files: FileStore,
    heard: Callable[[Recorded], None] = lambda entry: None,
) -> Replayed:
    """Runs a workflow with a record's inputs and answers. Raises EngineError where it cannot start."""
    started = next(entry.event for entry in recorded if isinstance(entry.event, RunStarted))
    tape = Tape(recorded)
    reach = Reach(network=RecordedNetwork(tape), secrets=NamedSecrets(), files=files)
    catalog = RecordedCatalog(reach.catalog(), tape)
    manager = RunManager(
        RecordedModels(tape, started.model),
        folder,
        _Nobody(),
        pause=_at_once,
        reach=replace(reach, catalog=lambda: catalog),
        fallbacks=tuple(dict.fromkeys(tape.fallbacks)),
    )
    events: list[Recorded] = []
    answers = answers_in(recorded)
    try:
        run_id = await manager.start(checked, _fitting(checked, started.inputs), model=_chosen(checked, started))
        while True:
            async for entry in manager.subscribe(run_id, len(events)):
                events.append(entry)
                heard(entry)
            last = events[-1].event if events else None
            if not isinstance(last, RunWaiting):
                break
            known = {one.step: answers[one.step] for one in last.questions if one.step in answers}
            if not known:
                tape.notes.append(f"Nobody answered {last.questions[0].node} in the record.")
                break
            await manager.answer(run_id, known)
    finally:
        await manager.close()
    return Replayed(tuple(events), tuple(dict.fromkeys(tape.notes)))


def answers_in(recorded: Sequence[Recorded]) -> dict[str, dict[str, Any]]:
    """What people answered, by step: what the steps that asked came to."""
    asked = {
        question.step
        for entry in recorded
        if isinstance(entry.event, RunWaiting)
        for question in entry.event.questions
    }
    return {
        entry.event.step: dict(entry.event.writes)
        for entry in recorded
        if isinstance(entry.event, StepFinished) and entry.event.step in asked
    }


def unlike(before: Sequence[Recorded], after: Sequence[Recorded]) -> list[str]:
    """Where two records of the same workflow are not the same, step by step; times do not count.

    How a run came to rest on the way and went on (a stop, a wait, a kill) does not count either, only its end.
    """
    one, other = _told(before), _told(after)
    found = []
    for place in dict.fromkeys([*one, *other]):
        left, right = one.get(place, []), other.get(place, [])
        for number, (old, new) in enumerate(zip(left, right, strict=False)):
            if old != new:
                found.append(f"{place or 'the run'}, event {number + 1}: {old} is now {new}")
                break
        else:
            if len(left) != len(right):
                found.append(f"{place or 'the run'}: {len(left)} events are now {len(right)}")
    return found


def _told(entries: Sequence[Recorded]) -> dict[str, list[str]]:
    """The events of each step as text, and those of the run itself."""
    events = [entry.event for entry in entries]
    asked = {event.step for event in events if isinstance(event, ModelAsked)}
    endings = [event for event in events if isinstance(event, ENDINGS)]
    kept: dict[str, list[str]] = {}
    begun: set[str] = set()
    for event in events:
        if isinstance(event, CheckpointSaved) or (isinstance(event, ENDINGS) and event is not endings[-1]):
            continue
        if isinstance(event, RunStarted) and event.resumed:
            continue
        if isinstance(event, UsageReported) and event.step not in asked:
            # What a tool paid for: its answer is off the tape, and nobody is paid again.
            continue
        if isinstance(event, Logged) and event.step is None:
            continue
        place = str(getattr(event, "step", None) or getattr(event, "source", "") or "")
        text = _as_text(event)
        if text in begun and type(event).__name__ == "StepStarted":
            # A step that was in flight when the run came to rest begins again.
            kept[place] = []
        begun.add(text)
        kept.setdefault(place, []).append(text)
    return kept


def _as_text(event: RunEvent) -> str:
    return f"{type(event).__name__} {json.dumps(_plain(event), sort_keys=True, default=str, ensure_ascii=False)}"


def _plain(value: Any) -> Any:
    if isinstance(value, Value):
        return {name: _plain(getattr(value, name)) for name in names_of(value) if name not in PASSING}
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def _chosen(checked: CheckResult, started: RunStarted) -> str | None:
    """The model that was chosen for the run; None where it was the workflow's own."""
    if started.simulated:
        return SIMULATED
    own = checked.workflow.model if checked.workflow else None
    return None if started.model in ("", own) else started.model


def _fitting(checked: CheckResult, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The recorded inputs that the workflow, edited perhaps, still has."""
    wanted = checked.workflow.inputs if checked.workflow else {}
    return {name: value for name, value in inputs.items() if name in wanted}


class _Nobody(SortingRecorder):
    """A recorder that wants nothing; with one, the engine tells of answers whole, as it did when it recorded."""


async def _at_once(seconds: float) -> None:
    """A replay never waits before another try."""
