"""Conditions in a command: what they are as expressions, and after which step they can be judged."""

from __future__ import annotations

import re

from chat_app.designer.guided.commands.outcome import NotClear, Unsure
from chat_app.designer.guided.conditions import condition
from chat_app.designer.guided.view import View
from chat_app.translation import joined, tr
from chat_app.workflow.edges import START
from chat_app.workflow.typed_edits import DesignEdit, SetLimits


def expression_of(words: str, view: View) -> str:
    """The expression that some words mean; ends the reading of the command where they are not clear."""
    found = condition(words, view)
    if found is None:
        known = joined([*view.workflow.state, *view.workflow.inputs])
        raise NotClear(
            Unsure(
                tr(
                    'I do not understand the condition "{words}". Name a field ({fields}) and a value, such as '
                    '"score is below 5".',
                    words=words.strip(),
                    fields=known,
                )
            )
        )
    return found


def fields_in(expression: str) -> list[str]:
    """The fields that an expression looks at."""
    return list(dict.fromkeys(re.findall(r"\bstate\.(\w+)", expression)))


def decided_after(view: View, expression: str) -> str:
    """The node after which a condition can first be judged: the last that writes what it reads."""
    fields = fields_in(expression)
    writers = [name for name in view.main.steps if set(written_by(view, name)) & set(fields)]
    if writers:
        return writers[-1]
    return START


def written_by(view: View, name: str) -> list[str]:
    """The fields that a step writes, with those of its subtasks."""
    owners = (name, *view.main.subtasks(name))
    return [field for owner in owners for field in view.places[owner].node.writes]


def loop_limit(view: View, times: int) -> list[DesignEdit]:
    """A loop comes with a bound on the steps of a run, where there is none."""
    if view.workflow.limits.steps is not None:
        return []
    return [SetLimits(limits={"steps": max(50, 2 * len(view.places) * (times + 1))})]
