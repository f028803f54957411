"""A person in the loop: `ask me before the mail is sent`, `let me approve the draft`."""

from __future__ import annotations

import re
from typing import Any

from chat_app.designer.guided.commands.cases import answered
from chat_app.designer.guided.commands.outcome import Change, Outcome, Unsure, node_for
from chat_app.designer.guided.material import Material
from chat_app.designer.guided.steps import new_node, step_named
from chat_app.designer.guided.view import View
from chat_app.designer.guided.words import unique
from chat_app.translation import tr
from chat_app.workflow.edges import END, START
from chat_app.workflow.typed_edits import AddField, AddNode, Branch, DesignEdit, SetOutputs

_WHO = (
    r"(?:me|us|a person|somebody|someone|a human|my boss|my manager|the manager|a manager|the user|"
    r"an? editor|the team|a colleague)"
)
_ASK = (
    rf"(?:ask {_WHO}(?: (?:for (?:approval|permission|confirmation|my ok|an ok)|to (?:approve|confirm|"
    rf"check|decide|sign off)(?: it| this)?))?|(?:confirm|check|check back) with {_WHO}"
    rf"|(?:let|have) {_WHO} (?:approve|confirm|check|decide|review|sign off|look|look at it|"
    rf"see it)(?: on)?(?: it| this)?"
    rf"|(?:i|we) (?:approve|confirm|check|decide)(?: it| this)?|(?:get|require|request|wait for|needs?|"
    rf"demand) (?:my |our |human |manual |a |an |the |somebody's )*"
    rf"(?:approval|ok|okay|permission|confirmation|sign-?off|consent)(?: from {_WHO})?|(?:stop|pause|"
    rf"wait)(?: and (?:ask|wait for) {_WHO}| for (?:my |an? )?(?:approval|ok|okay|permission|confirmation))?"
    rf"|approv(?:e|al)|human (?:approval|review|check)|(?:add )?(?:an? )?(?:human |manual )?approval(?: step)?)"
)
_BEFORE = re.compile(rf"^{_ASK}\s+(?:right\s+|always\s+)?before\s+(.+)$", re.IGNORECASE)
_AFTER = re.compile(rf"^{_ASK}\s+(?:right\s+)?after\s+(.+)$", re.IGNORECASE)
_OF = re.compile(
    rf"^(?:(?:let|have|ask) {_WHO} (?:to )?(?:approve|confirm|check|review|sign off(?: on)?|look at|"
    rf"see)|approve|(?:i|we) (?:want to |must |have to )?(?:approve|confirm))\s+(?:the\s+)?(.+)$",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    rf"^{_ASK}(?:\s+(?:at the end|in the end|first|at the start|finally|before (?:it (?:is )?(?:ends?|"
    rf"finishes|returned)|the end)))?$",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"^(?:(?:it|this|that|for)\b|(?:final )?results?$|everything$|outcome$|output$|all$)", re.IGNORECASE
)
"""What is approved where no one step is meant."""


_LEAVES = re.compile(
    r"^(?:(?:.+\s)?(?:(?:is|are|gets?|being)\s+)?(?:goes|go|going)\s+out"
    r"|(?:.+\s)?(?:(?:is|are|gets?|being)\s+)?(?:leaves?|sends?|sent|sending|published|publishes|publishing"
    r"|released|releasing|delivered|delivering|posted|posting|shipped|shipping)(?:\s+(?:out|off|away|it|them))*)$",
    re.IGNORECASE,
)
"""What is made leaves the workflow: where no step is named so, that is its end."""


def read(clause: str, view: View) -> Outcome | None:
    """Reads a wish for a person's word."""
    if _PLAIN.match(clause):
        return approve_at_end(view)
    before = _BEFORE.match(clause)
    if before:
        if _LEAVES.match(before[1]) and not view.nodes_like(before[1]):
            return approve_at_end(view)
        words = re.sub(
            r"^(?:it|they|you|we|the workflow|anything)\s+(?:is |are |gets? )?(?=\w)",
            "",
            before[1],
            flags=re.IGNORECASE,
        )
        words = re.sub(r"\s+(?:runs?|is (?:run|done|sent)|starts?|begins?|happens)$", "", words, flags=re.IGNORECASE)
        if re.fullmatch(
            r"(?:the )?(?:end|ends?|finish(?:es)?|return(?:s|ed)?(?: it)?|output|done)", words, re.IGNORECASE
        ):
            return approve_at_end(view)
        return approve_before(view, node_for(view, words, clause))
    after = _AFTER.match(clause)
    if after:
        node = node_for(view, after[1], clause)
        follower = _only_follower(view, node)
        return approve_before(view, follower) if follower else approve_at_end(view, node)
    what, _, then = clause.partition(" before ")
    of = _OF.match(what if _LEAVES.match(then) else clause)
    if of and not _ALL.match(of[1]):
        node = _writer(view, of[1]) or node_for(view, of[1], clause)
        follower = _only_follower(view, node)
        return approve_before(view, follower) if follower else approve_at_end(view, node)
    return approve_at_end(view) if of else None


def _writer(view: View, words: str) -> str | None:
    field = view.fields_like(words)
    writers = (
        [name for name, place in view.places.items() if field in place.node.writes and place.map is None]
        if field
        else []
    )
    return writers[-1] if writers else None


def _only_follower(view: View, node: str) -> str | None:
    if view.places[node].map is not None:
        return None
    owner = view.main.owners.get(node, node)
    followers = view.main.successors.get(owner, ())
    return followers[0] if len(followers) == 1 and followers[0] != END else None


def approve_at_end(view: View, node: str | None = None) -> Change:
    """A person sees the result; their decision is returned with it."""
    step = step_named("approve")
    assert step is not None
    material = view.after(node) if node else view.at_end()
    made = new_node(step, {}, material, view.taken)
    place = {"after": node} if node else {"before": END}
    edits: list[DesignEdit] = [
        AddNode(node=made.spec, fields=made.fields, **place),
        SetOutputs(outputs=[*view.workflow.outputs, *made.fields]),
        *answered(view, made),
    ]
    return Change(tuple(edits), made.id)


def approve_before(view: View, node: str) -> Outcome:
    """A person is asked before a step; where they refuse, the run ends there."""
    step = step_named("approve")
    assert step is not None
    node = view.main.owners.get(node, node)
    material: Material = view.before(node)
    made = new_node(step, {}, material, view.taken, id_=unique(f"approve_{node}"[:60], view.ids))
    decision = next(iter(made.fields))
    if unset := _files_behind(view, node):
        told = tr("A refused run could not return the file `{name}`, which is made only after that.", name=unset)
        return Unsure(told, (tr("let me approve the result"),))
    spec: dict[str, Any] = {**made.spec, "description": tr("A person approves before {node} runs", node=node)}
    edits: list[DesignEdit] = [
        *_defaults(view, node),
        AddNode(node=spec, fields=made.fields, before=node),
        Branch(after=made.id, condition=f"state.{decision} == 'reject'", then=END),
        SetOutputs(outputs=[*view.workflow.outputs, decision]),
        *answered(view, made),
    ]
    return Change(tuple(edits), made.id)


def _files_behind(view: View, node: str) -> str | None:
    """A file among the outputs that would be made only after a node: nothing can stand in for it."""
    written = _written_before(view, node)
    for name in view.workflow.outputs:
        field = view.workflow.state.get(name)
        if field is not None and field.type == "file" and name not in written:
            return name
    return None


def _written_before(view: View, node: str) -> set[str]:
    """The fields that are written on the way to a node."""
    flow = view.main
    before: set[str] = set()
    todo = [name for name in flow.predecessors(node) if (name, node) not in flow.back_edges]
    while todo:
        name = todo.pop()
        if name not in before and name not in (START, node):
            before.add(name)
            todo += flow.predecessors(name)
    return {
        field for name in before for owner in (name, *flow.subtasks(name)) for field in view.places[owner].node.writes
    }


def _defaults(view: View, node: str) -> list[DesignEdit]:
    """What a refused run would leave unset gets a default, so that the run still returns something."""
    written = _written_before(view, node)
    edits: list[DesignEdit] = []
    for name in view.workflow.outputs:
        field = view.workflow.state.get(name)
        if field is not None and name not in written and not field.has_default:
            data = dict(view.data["state"][name])
            edits.append(AddField(name=name, type={**data, "default": empty_value(data)}))
    return edits


def empty_value(field: dict[str, Any]) -> Any:
    """A value that stands for "nothing yet"."""
    if field.get("enum"):
        return field["enum"][-1]
    return {
        "string": "",
        "integer": field.get("minimum", 0),
        "number": field.get("minimum", 0),
        "boolean": False,
        "array": [],
        "object": {},
    }.get(field["type"], "")
