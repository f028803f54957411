"""What a command comes to: a change, something beside the draft, or a doubt."""

from __future__ import annotations

from dataclasses import dataclass

from chat_app.designer.guided.view import View
from chat_app.events.design import DesignEvent
from chat_app.translation import joined, tr
from chat_app.workflow.typed_edits import DesignEdit


@dataclass(frozen=True, slots=True)
class Change:
    """Edits to the draft."""

    edits: tuple[DesignEdit, ...]
    focus: str | None = None
    """The node that "it" means from now on."""
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Aside:
    """Events that leave the draft alone."""

    events: tuple[DesignEvent, ...]


@dataclass(frozen=True, slots=True)
class Unsure:
    """Recognised, but something in it is not clear; `suggestions` are messages that would be."""

    text: str
    suggestions: tuple[str, ...] = ()


Outcome = Change | Aside | Unsure


class NotClear(Exception):
    """Ends the reading of a command early; caught where commands are tried."""

    def __init__(self, unsure: Unsure) -> None:
        super().__init__(unsure.text)
        self.unsure = unsure


def node_for(view: View, words: str, clause: str) -> str:
    """The one node that some words mean."""
    found = view.nodes_like(words)
    if len(found) == 1:
        return found[0]
    if found:
        options = tuple(clause.replace(words, name) for name in found)
        raise NotClear(Unsure(tr('"{words}" may mean several steps. Which one?', words=words.strip()), options))
    known = joined(view.places)
    raise NotClear(
        Unsure(tr('There is no step like "{words}". The steps are: {steps}.', words=words.strip(), steps=known))
    )


def field_for(view: View, words: str) -> str:
    """The one field that some words mean; a step's words mean what it writes."""
    found = view.fields_like(words)
    if found:
        return found
    nodes = view.nodes_like(words)
    if nodes:
        written = [name for name in view.places[nodes[0]].node.writes if name in view.workflow.state]
        if written:
            return written[0]
    known = joined([*view.workflow.state, *view.workflow.inputs])
    told = tr('There is no field like "{words}". The fields are: {fields}.', words=words.strip(), fields=known)
    raise NotClear(Unsure(told))
