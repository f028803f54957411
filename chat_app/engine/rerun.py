"""What a rerun takes over from the run before: results of steps that would do the same again, by their keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chat_app.engine.context import Data
from chat_app.engine.level import Level
from chat_app.events.run import Recorded, StepFinished, StepId

_COUNTED = re.compile(r"#\d+(\[\d+\])?$")
"""How often and for which item a step ran: `each#1[3]`."""


@dataclass(frozen=True)
class TakenOver:
    """The results at hand, by step and key."""

    results: Mapping[tuple[StepId, str], Data]
    anew: str | None
    """The node that is done again, with all that it runs."""

    def __call__(self, step: StepId, node: str, key: str) -> Data | None:
        """The result for a step, if it would do the same as before."""
        if not key or (self.anew is not None and within(step, node, self.anew)):
            return None
        return self.results.get((step, key))


def taken_over(entries: Iterable[Recorded], anew: str | None, *, simulated: bool) -> TakenOver:
    """What the events of a run hold; `simulated`: the rerun is one too, so that what was made up may stand."""
    results: dict[tuple[StepId, str], dict[str, Any]] = {}
    for entry in entries:
        done = entry.event
        if isinstance(done, StepFinished) and done.key and (simulated or not done.simulated):
            results[done.step, done.key] = done.writes
    return TakenOver(results, anew)


def within(step: StepId, node: str, anew: str) -> bool:
    """Whether a step is one of this node, or stands in one: `each#1[3]/draft#1` stands in `each`."""
    if node == anew or node.startswith(f"{anew}/"):
        return True
    return anew in (_COUNTED.sub("", part) for part in step.split("/"))


def node_names(level: Level, inside: str = "") -> Iterator[str]:
    """Every node's name in the whole run, those in maps and in the files used too."""
    for node in level.nodes.values():
        yield f"{inside}{node.id}"
        if node.body is not None:
            yield from node_names(node.body, inside)
        elif node.used is not None:
            yield from node_names(node.used.level, f"{inside}{node.id}/")
