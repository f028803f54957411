"""Ways: branch when, stop if, only if, in parallel."""

from __future__ import annotations

import re
from typing import Any

from chat_app.designer.guided.commands.adding import make_node
from chat_app.designer.guided.commands.cases import answered
from chat_app.designer.guided.commands.deciding import decided_after, expression_of, fields_in, loop_limit, written_by
from chat_app.designer.guided.commands.outcome import Change, Outcome, Unsure, node_for
from chat_app.designer.guided.conditions import negated
from chat_app.designer.guided.steps import step_in, step_named
from chat_app.designer.guided.view import View
from chat_app.designer.guided.words import items
from chat_app.translation import joined, tr
from chat_app.workflow.edges import END, START
from chat_app.workflow.typed_edits import (
    AddNode,
    Branch,
    DesignEdit,
    Loop,
    RemoveNode,
    SetOutputs,
)

_IF = re.compile(
    r"^(?:branch(?:\s+after\s+(?P<after>.+?))?\s+)?(?:if|when|whenever|in case)\s+(?P<condition>.+?)"
    r"(?:\s*,\s*(?:then\s+)?|\s+then\s+|\s*:\s*|\s+(?=(?:go|jump|continue|skip|stop|end|finish|ask|let|"
    r"add|run|do|use|send|route)\b))"
    r"(?P<then>.+?)(?:\s*[,;]?\s*(?:otherwise|else|if not|in the other case)\s*,?\s+(?P<otherwise>.+))?$",
    re.IGNORECASE,
)
_THEN_IF = re.compile(
    r"^(?P<then>(?:go|jump|continue|skip|stop|end|finish|ask|let|run|do|send|route|escalate|return|"
    r"branch)\b.*?)\s+(?:only\s+)?(?:if|when|whenever|in case)\s+(?P<condition>.+)$",
    re.IGNORECASE,
)
_ONLY_IF = re.compile(
    r"^(?:run|do|use|execute|make|only)\s+(?P<node>.+?)\s+only\s+(?:if|when)\s+(?P<condition>.+)$", re.IGNORECASE
)
_GO = re.compile(
    r"^(?:go|jump|continue|proceed|move on|send it|route it|route|send|return|branch|"
    r"switch)\s*(?:on\s+)?(?:back\s+)?(?:to|with|at)\s+(.+)$",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"^(?:stop|end|finish|quit|go to the end|be done|we are done|return|that's it)(?: (?:it|there|here|"
    r"the run|the workflow|at once|right away))*$",
    re.IGNORECASE,
)
_SKIP = re.compile(r"^(?:skip|leave out|omit|do not run|don't run|jump over)\s+(.+)$", re.IGNORECASE)
_PARALLEL = re.compile(
    r"^(?:run|do|execute|make|let|have|put)?\s*(?P<what>.+?)\s+(?:run\s+)?(?:in parallel|"
    r"at the same time|simultaneously|at once|concurrently|side by side)$",
    re.IGNORECASE,
)


def read(clause: str, view: View) -> Outcome | None:
    """Reads a wish about where a run goes."""
    for pattern, reader in (
        (_ONLY_IF, _only_if),
        (_IF, _if),
        (_THEN_IF, _if),
        (_PARALLEL, _parallel),
    ):
        found = pattern.match(clause)
        outcome = reader(found, clause, view) if found else None
        if outcome is not None:
            return outcome
    return None


def _if(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    parts = found.groupdict()
    expression = expression_of(parts["condition"], view)
    after = node_for(view, parts["after"], clause) if parts.get("after") else decided_after(view, expression)
    then, skip = parts["then"].strip(), _SKIP.match(parts["then"].strip())
    if skip:
        return _bypass(view, node_for(view, skip[1], clause), expression)
    if after == START:
        return Unsure(tr("That can be judged only after a step that writes what it names."), ())
    otherwise = _target(parts["otherwise"], clause, view) if parts.get("otherwise") else None
    if _STOP.match(then):
        return Change((Branch(after=after, condition=expression, then=END, otherwise=otherwise),), after)
    going = _GO.match(then)
    target = _target(going[1], clause, view) if going else _existing(then, view)
    if target:
        return _go(view, after, expression, target, otherwise)
    return _detour(view, after, expression, then, otherwise, clause)


def _existing(then: str, view: View) -> str | None:
    nodes = view.nodes_like(re.sub(r"^(?:run|do|use|execute)\s+", "", then, flags=re.IGNORECASE))
    return nodes[0] if len(nodes) == 1 and not re.match(r"^(?:add|ask|let)\b", then, re.IGNORECASE) else None


def _target(words: str, clause: str, view: View) -> str:
    bare = words.strip()
    if _STOP.match(bare) or re.fullmatch(r"(?:the )?(?:end|END|output)", bare):
        return END
    going = _GO.match(bare)
    return node_for(view, going[1] if going else bare, clause)


def _go(view: View, after: str, expression: str, target: str, otherwise: str | None) -> Outcome:
    order = {name: at for at, name in enumerate(view.main.steps)}
    if target != END and order.get(target, 0) <= order.get(after, 0):
        return Change(
            (Loop(first=target, last=after, until=negated(expression), max_times=3), *loop_limit(view, 3)),
            target,
            (tr("The way back is taken at most 3 times."),),
        )
    return Change((Branch(after=after, condition=expression, then=target, otherwise=otherwise),), after)


def _detour(view: View, after: str, expression: str, then: str, otherwise: str | None, clause: str) -> Outcome:
    """A new step that runs only when a condition holds."""
    words = re.sub(r"^(?:add|insert|run|do)\s+", "", then, flags=re.IGNORECASE)
    step = step_in(words)
    if re.match(r"^(?:ask|let|have|get|require|escalate|forward|wait)\b", then, re.IGNORECASE) and (
        step is None or step.id == "ask_person"
    ):
        step = step_named("approve")
    if step is None and not re.match(r"^(?:an?\s+)?(?:step|node)\b", words):
        return Unsure(
            tr('I do not know what to do for "{words}".', words=then),
            tuple(clause.replace(then, f"{way}") for way in ("ask me to approve", "stop", "add a step that ...")),
        )
    node, assumed = make_node(view, step, words, view.after(after))
    fields = dict(node.fields)
    for name, field in fields.items():
        fields[name] = {**field, "default": _empty(field)}
    edits: list[DesignEdit] = [
        Branch(after=after, condition=expression, then=node.id, otherwise=otherwise, add=[node.spec], fields=fields),
        SetOutputs(outputs=[*view.workflow.outputs, *fields]),
        *answered(view, node),
    ]
    return Change(tuple(edits), node.id, assumed)


def _empty(field: dict[str, Any]) -> Any:
    if field.get("enum"):
        return field["enum"][0]
    return {"array": [], "object": {}, "boolean": False, "integer": 0, "number": 0}.get(field["type"], "")


def _bypass(view: View, node: str, expression: str) -> Outcome:
    """Goes past a node when a condition holds."""
    before = [name for name in view.main.predecessors(node) if (name, node) not in view.main.back_edges]
    behind = view.main.successors.get(node, ())
    if len(before) != 1 or not behind or before[0] == START:
        return Unsure(tr("`{node}` has no one step before it, so I cannot tell where to decide.", node=node))
    missing = (
        set(fields_in(expression))
        - {name for step in view.main.steps for name in written_by(view, step)}
        - set(view.workflow.inputs)
    )
    if missing:
        return Unsure(tr("Nothing writes {fields} before `{node}`.", fields=joined(sorted(missing)), node=node))
    return Change((Branch(after=before[0], condition=expression, then=behind[0]),), node)


def _only_if(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    node = node_for(view, found["node"], clause)
    return _bypass(view, node, negated(expression_of(found["condition"], view)))


def _parallel(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    words = items(found["what"])
    if len(words) < 2:
        return None
    nodes = list(dict.fromkeys(node_for(view, word, clause) for word in words))
    if len(nodes) < 2:
        return None
    order = {name: at for at, name in enumerate(view.main.steps)}
    nodes.sort(key=lambda name: order.get(name, 0))
    first, *others = nodes
    edits: list[DesignEdit] = []
    for name in others:
        node = view.places[name].node
        needed = {
            field
            for other in nodes
            if other != name
            for field in view.places[other].node.writes
            if f"state.{field}" in node.model_dump_json()
        }
        if needed:
            return Unsure(
                tr(
                    "`{node}` reads {fields}, so it has to wait; it cannot run beside the other.",
                    node=name,
                    fields=joined(sorted(needed)),
                )
            )
        spec = next(dict(raw) for raw in view.data["nodes"] if raw.get("id") == name)
        edits += [RemoveNode(id=name), AddNode(node=spec, parallel_to=first)]
    # What a node wrote is no output while it is gone; it is one again.
    edits.append(SetOutputs(outputs=view.workflow.outputs))
    return Change(tuple(edits), first)
