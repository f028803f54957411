"""A run as one file: its workflow, inputs and events, with every answer from outside; opened anywhere.

manifest.json    what it is: format, run, workflow, model, inputs, how it ended
workflow.yaml    the workflow as it was run; the files that it uses lie beside it under `files/`
events.jsonl     every event, one a line
contents/        the files that the run was given or made
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from chat_app.events import wire
from chat_app.events.run import Recorded, RunStarted
from chat_app.files.whole import draft_in, finish, put_in_place

FORMAT = "workflow-chat run capsule"
VERSION = 1
LARGEST = 500_000_000
"""Bytes of a capsule's parts, unpacked."""


class NoCapsule(ValueError):
    """The file is no capsule, or one that cannot be read; the message says why."""


@dataclass(frozen=True)
class Capsule:
    """A run, ready to be replayed."""

    run_id: str
    workflow: str
    text: str
    files: Mapping[str, str]
    """The texts of the files that the workflow uses, by path."""
    model: str | None
    """The model chosen for the run; None where the workflow's own counted."""
    inputs: Mapping[str, Any]
    events: Sequence[Recorded]
    contents: Sequence[tuple[str, bytes]] = ()
    """The files that the run was given or made, by name."""


def capsule_of(events: Sequence[Recorded], contents: Sequence[tuple[str, bytes]] = ()) -> Capsule:
    """A run's capsule from its events and its files. Raises NoCapsule where they do not tell the workflow's text."""
    started = next((entry.event for entry in events if isinstance(entry.event, RunStarted)), None)
    if started is None or not started.text:
        raise NoCapsule("the run's events do not tell its workflow's text; it was made by an earlier version")
    return Capsule(
        run_id=events[0].run_id,
        workflow=started.workflow,
        text=started.text,
        files=dict(started.files),
        model=started.model or None,
        inputs=dict(started.inputs),
        events=tuple(events),
        contents=tuple(contents),
    )


def write_capsule(capsule: Capsule, path: Path) -> None:
    """Writes the file, whole or not at all."""
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "run_id": capsule.run_id,
        "workflow": capsule.workflow,
        "model": capsule.model,
        "inputs": capsule.inputs,
        "files": sorted(capsule.files),
        "events": len(capsule.events),
        "contents": [name for name, _ in capsule.contents],
    }
    with draft_in(path.parent) as (file, draft):
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False))
            packed.writestr("workflow.yaml", capsule.text)
            for name, text in capsule.files.items():
                packed.writestr(str(PurePosixPath("files") / name), text)
            for number, (_, content) in enumerate(capsule.contents):
                packed.writestr(f"contents/{number}", content)
            packed.writestr("events.jsonl", "".join(f"{wire.to_line(entry)}\n" for entry in capsule.events))
        finish(file)
        put_in_place(draft, path)


def read_capsule(path: Path) -> Capsule:
    """The run in a file. Raises NoCapsule, and OSError where the file cannot be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as packed:
            if sum(one.file_size for one in packed.infolist()) > LARGEST:
                raise NoCapsule(f"it unpacks to more than {LARGEST:,} bytes")
            return _read(packed)
    except zipfile.BadZipFile:
        raise NoCapsule("it is no zip file") from None
    except KeyError as missing:
        raise NoCapsule(f"a part of it is missing: {missing.args[0]}") from None
    except (UnicodeDecodeError, json.JSONDecodeError, wire.NotAnEvent, TypeError) as error:
        raise NoCapsule(f"it is damaged: {error}") from None


def _read(packed: zipfile.ZipFile) -> Capsule:
    manifest = json.loads(packed.read("manifest.json"))
    if manifest.get("format") != FORMAT:
        raise NoCapsule("it holds no run")
    if manifest.get("version", 0) > VERSION:
        raise NoCapsule("it was made by a later version of the program")
    lines = packed.read("events.jsonl").decode().splitlines()
    return Capsule(
        run_id=str(manifest["run_id"]),
        workflow=str(manifest["workflow"]),
        text=packed.read("workflow.yaml").decode(),
        files={name: packed.read(f"files/{name}").decode() for name in manifest["files"]},
        model=manifest["model"],
        inputs=manifest["inputs"],
        events=tuple(wire.from_json(json.loads(line)) for line in lines if line),
        contents=[
            (name, packed.read(f"contents/{place}")) for place, name in enumerate(manifest.get("contents", ()))
        ],
    )
