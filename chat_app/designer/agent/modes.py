"""How each model is asked: learnt from its first answers, and remembered by its name, across processes too."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from chat_app.files.whole import write_whole

Mode = Literal["structured", "tools", "block"]
_ORDER: tuple[Mode, ...] = ("structured", "tools", "block")
Fitness = Literal["unknown", "good", "weak", "unfit"]
"""What a probe, or the way it answers, says of a model as a designer."""

_BILLIONS = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s*b(?![a-z0-9])", re.I)
_SMALL_NAMES = re.compile(r"\b(?:tiny|phi-?[23]|smollm\w*)\b", re.I)
_LOCAL = ("ollama/", "ollama_chat/", "llamafile/", "lm_studio/", "local/")
_SMALL = 15.0
"""Billions of parameters below which a model gets smaller steps."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What is known of one model."""

    mode: Mode = "structured"
    proven: bool = False
    """Whether an answer in this mode could be read."""
    thinks: bool = False
    """Whether it needs room for thinking before it answers."""
    fitness: Fitness = "unknown"
    solved: int = 0
    """How many of the probe's tasks it solved."""
    late: bool = False
    """Whether it had not finished them in the time that a person waits."""
    context: int = 0
    """The tokens that its server reads, where that is less than designing needs."""
    bound: str = ""
    """What bounds it: `server`, `app` or `model`."""


class Modes:
    """What was learnt of every model; shared by all conversations, and kept in a file where there is one."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known: dict[str, Manner] = _read(path)

    def of(self, model: str) -> Manner:
        """How to ask this model now."""
        return self._known.get(model, Manner())

    def is_weak(self, model: str) -> bool:
        """Whether a model gets smaller steps: by what a probe saw, else by its name."""
        fitness = self.of(model).fitness
        return fitness in ("weak", "unfit") or (fitness == "unknown" and looks_small(model))

    def probed(self, model: str) -> bool:
        """Whether a probe asked this model before."""
        manner = self.of(model)
        return manner.fitness != "unknown" or manner.late

    def judged(self, model: str, fitness: Fitness, solved: int = 0, *, context: int = 0, bound: str = "") -> None:
        """What a probe saw."""
        manner = replace(self.of(model), fitness=fitness, solved=solved, late=fitness == "unknown")
        self._keep(model, replace(manner, context=context, bound=bound))

    def worked(self, model: str) -> None:
        """The present mode gave an answer that could be read."""
        if not self.of(model).proven:
            self._keep(model, replace(self.of(model), proven=True))

    def refused(self, model: str) -> bool:
        """The present mode did not work; False when there is no other left."""
        manner = self.of(model)
        place = _ORDER.index(manner.mode) + 1
        if place == len(_ORDER):
            return False
        self._keep(model, replace(manner, mode=_ORDER[place], proven=False))
        return True

    def restore(self, model: str, manner: Manner) -> None:
        """Takes back what was concluded from refusals that had another reason."""
        self._keep(model, manner)

    def thinks(self, model: str) -> None:
        """The answer ended before it began: more room is needed."""
        self._keep(model, replace(self.of(model), thinks=True))

    def _keep(self, model: str, manner: Manner) -> None:
        self._known[model] = manner
        if self._path is not None:
            _write(self._path, {**_read(self._path), model: manner})


def looks_small(model: str) -> bool:
    """Whether a model is small by its name: so many billions of parameters, or a local one of unknown size."""
    sizes = [float(size) for size in _BILLIONS.findall(model.replace(":", " ").replace("-", " ").replace("/", " "))]
    if sizes:
        return max(sizes) < _SMALL
    return model.startswith(_LOCAL) or bool(_SMALL_NAMES.search(model))


def _read(path: Path | None) -> dict[str, Manner]:
    """What a file holds; nothing where there is none, or it can't be read."""
    if path is None:
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    pairs = data.items() if isinstance(data, dict) else ()
    return {str(name): manner for name, held in pairs if (manner := _manner(held)) is not None}


def _manner(held: Any) -> Manner | None:
    if not isinstance(held, dict) or held.get("mode") not in _ORDER or held.get("fitness") not in get_args(Fitness):
        return None
    return Manner(
        held["mode"],
        held.get("proven") is True,
        held.get("thinks") is True,
        held["fitness"],
        _count(held.get("solved")),
        held.get("late") is True,
        _count(held.get("context")),
        str(held.get("bound", "")),
    )


def _count(held: Any) -> int:
    return held if isinstance(held, int) and held > 0 else 0


def _write(path: Path, known: dict[str, Manner]) -> None:
    """Replaces the file whole; where that is not possible, what was learnt lives as long as the process."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps({name: asdict(each) for name, each in known.items()}, indent=1).encode())
