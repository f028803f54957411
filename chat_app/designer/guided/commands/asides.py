"""What leaves the draft alone: undo, run, save, explain, help."""

from __future__ import annotations

import re

from chat_app.designer.guided import speech
from chat_app.designer.guided.commands.outcome import Aside, Outcome, node_for
from chat_app.designer.guided.describe import describe_node, describe_workflow
from chat_app.designer.guided.view import View
from chat_app.designer.guided.words import NUMBER, name_of, number, unquoted
from chat_app.events.design import RunWanted, Said, SaveWanted, UndoWanted
from chat_app.translation import tr

_IT = r"(?:it|this|that|(?:the|this|my) (?:workflow|draft|flow|design)|everything|all)"
_EDIT = r"(?:change|edit|step|thing|revision|modification|move|version)"
_UNDO = re.compile(
    rf"^(?:undo|revert|roll back|rollback|take (?:that|it|this) back|go back|step back|"
    rf"back|reverse)(?: (?:{_IT}|(?:the |my )?(?:very )?(?:last|previous|latest) (?:{_EDIT}|one)|one step))?$",
    re.IGNORECASE,
)
_UNDO_SEVERAL = re.compile(
    rf"^(?:undo|revert|roll back|rollback|take back|reverse|go back|step back|back)\s+"
    rf"(?:by\s+)?(?:(?:the|my|those|these)\s+)?(?:(?:last|previous|latest)\s+)?"
    rf"(?:(?P<n>{NUMBER})(?:\s+(?:(?:last|previous|latest)\s+)?(?:{_EDIT}s|times))?|(?P<twice>once|twice|thrice))"
    rf"(?:\s+back)?$",
    re.IGNORECASE,
)
_TIMES = {"once": 1, "twice": 2, "thrice": 3}
_RUN = re.compile(
    rf"^(?:run|start|execute|launch|try|test|go|let it run|try out|run through)(?: {_IT})?(?: (?:out|"
    rf"now|once|please))*$",
    re.IGNORECASE,
)
_SAVE = re.compile(
    rf"^(?:save|store|keep)(?: {_IT})?(?: now)?(?: (?:as|under(?: the name(?: of)?)?|with the name|to|"
    rf"in) (?:a file (?:called|named) )?(.+))?$",
    re.IGNORECASE,
)
_EXPLAIN = re.compile(
    rf"^(?:explain|describe|walk me through|tell me about)(?: me)?(?: {_IT})?(?: to me)?$"
    r"|^what (?:does|will|would) (?:it|this|the (?:workflow|draft|flow))(?: \w+)? do(?: now)?$|"
    r"^what (?:have|do) (?:we|i|you) (?:got|have)(?: now| so far)?$"
    r"|^how does (?:it|this|the workflow) work$|^(?:show|list)(?: me)? (?:the )?(?:workflow|steps|"
    r"draft|nodes)$|^what is there(?: now)?$",
    re.IGNORECASE,
)
_EXPLAIN_ONE = re.compile(
    r"^(?:explain|describe|what does|what is|tell me about|show(?: me)?)\s+(?:the\s+)?(.+?)(?:\s+(?:do|does|for))?$",
    re.IGNORECASE,
)
_HELP = re.compile(
    r"^/?(?:help|commands|what can (?:i|you) (?:say|do|change)|what (?:else )?is possible|\?)$", re.IGNORECASE
)


def read(clause: str, view: View) -> Outcome | None:
    """Reads a wish that changes nothing."""
    plain = clause.strip().rstrip("?!.").strip() or clause.strip()
    if _UNDO.match(plain):
        return Aside((UndoWanted(),))
    several = _UNDO_SEVERAL.match(plain)
    if several and (steps := _TIMES.get((several["twice"] or "").lower()) or number(several["n"] or "")):
        return Aside((UndoWanted(steps),))
    if _RUN.match(plain):
        return Aside((RunWanted(),))
    if _HELP.match(plain):
        return Aside((Said(tr(speech.HELP)),))
    if _EXPLAIN.match(plain):
        return Aside((Said(describe_workflow(view.workflow)),))
    saved = _SAVE.match(plain)
    if saved:
        return Aside(
            (
                SaveWanted(
                    name_of(unquoted(saved[1]).removesuffix(".yaml").removesuffix(".yml"), "workflow")
                    if saved[1]
                    else None
                ),
            )
        )
    one = _EXPLAIN_ONE.match(plain)
    if one and view.nodes_like(one[1]):
        return Aside((Said(describe_node(view.places[node_for(view, one[1], clause)].node)),))
    return None
