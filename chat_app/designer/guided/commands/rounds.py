"""How often a loop that is there may go round."""

from __future__ import annotations

import re

from chat_app.designer.guided.commands.outcome import Change, Outcome, Unsure
from chat_app.designer.guided.view import View
from chat_app.designer.guided.words import NUMBER, number
from chat_app.translation import tr
from chat_app.workflow.typed_edits import Connect

_UNIT = r"(?:rounds?|times|iterations?|loops?|repetitions?|repeats?|revisions?|attempts|passes|tries)"
_ROUNDS = re.compile(
    rf"^(?:(?:repeat|loop|improve|revise|go round|do)\s+(?:it\s+|this\s+)?)?"
    rf"(?:at most|no more than|not more than|up to|(?:a )?max(?:imum)?(?: of)?|only)\s+(?P<a>{NUMBER})\s+{_UNIT}$"
    rf"|^(?:set|change|limit|raise|lower|reduce)\s+(?:the\s+)?(?:(?:max(?:imum)?|number of|maximum number of)\s+)?"
    rf"(?:{_UNIT}|max_times)\s+to\s+(?:at most\s+)?(?P<b>{NUMBER})$",
    re.IGNORECASE,
)


def read(clause: str, view: View) -> Outcome | None:
    """Reads a wish for more or fewer rounds of the only loop."""
    found = _ROUNDS.match(clause.strip())
    times = number(found["a"] or found["b"]) if found else None
    if not times:
        return None
    ways = [
        (name, way.targets[0], way.condition)
        for name in view.main.steps
        for way in view.main.ways(name)
        if way.max_times is not None and len(way.targets) == 1
    ]
    if len(ways) != 1:
        told = tr("There is no loop yet.") if not ways else tr("There are several loops; say which step is repeated.")
        return Unsure(told, (tr("repeat {step} at most {times} times", step=view.main.steps[-1], times=times),))
    source, target, condition = ways[0]
    edit = Connect.model_validate({"from": source, "to": target, "condition": condition, "max_times": times})
    return Change((edit,), source)
