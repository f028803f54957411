"""What is told of one node when it is clicked in the graph: its YAML, what it last got and gave, what can be done."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from chat_app.translation import joined, tr, tr_count
from chat_app.ui.buttons import button
from chat_app.ui.markup import attribute
from chat_app.ui.run_html import named_value, problem_html, status_word
from chat_app.ui.run_view import RunView, StepView
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Path
from chat_app.workflow.document import Workflow
from chat_app.workflow.fields import FieldType
from chat_app.workflow.graph import Level
from chat_app.workflow.nodes import MapNode, NodeBase
from chat_app.workflow.reads import fields_read
from chat_app.workflow.reduce import reducer_of

_PLAIN_LOOK_UP = re.compile(r"\{\{\s*state\.(\w+)\s*\}\}")
_ITEM = re.compile(r"\[(\d+)\]$")


def node_html(checked: CheckResult, node_id: str, view: RunView | None, *, rerun: bool = False) -> str:
    """The details of a node; empty where the workflow has none of this name."""
    workflow = checked.workflow
    found = find_node(workflow, node_id) if workflow is not None else None
    if workflow is None or found is None:
        return ""
    node, path = found
    kind = str(getattr(node, "kind", ""))
    told = f'<p class="wc-hint">{escape(tr(node.description))}</p>' if node.description else ""
    named = attribute(tr("Details of {node}", node=node_id))
    # Only what stands at the top level has a checkpoint before it.
    from_here = (
        button(tr("Run from here"), "run_from", small=True, id="run-from-here", node=node_id)
        if rerun and len(path) == 2 and view is not None and any(s.node == node_id for s in view.steps.values())
        else ""
    )
    return (
        f'<section class="wc-details" id="node-details" data-details="{attribute(node_id)}" aria-label="{named}">'
        f'<div class="wc-outputs-head"><h2 class="wc-h">{escape(node_id)} '
        f'<span class="wc-muted">{escape(kind)}</span>'
        f"</h2>{from_here}{button(tr('Close'), 'node', small=True, node_name='')}</div>"
        f"{told}{_about_form(node_id)}{_last(workflow, node, view)}{_yaml(checked, path)}</section>"
    )


def _about_form(node_id: str) -> str:
    """Says in the chat what to change here."""
    hint = attribute(tr("What should change in {node}?", node=node_id))
    return (
        f'<form class="wc-about" data-form="about-node" data-round="{attribute(node_id)}" autocomplete="off">'
        f'<input type="text" id="about-node-text" data-name="change" aria-label="{hint}" placeholder="{hint}">'
        f'<button type="submit" class="wc-button wc-small">{escape(tr("Edit by chat"))}</button></form>'
    )


def find_node(level: Level, node_id: str, path: Path = ()) -> tuple[NodeBase, Path] | None:
    """A node by its id, those inside maps too, with its path."""
    for place, node in enumerate(level.nodes):
        here = (*path, "nodes", place)
        if node.id == node_id:
            return node, here
        if isinstance(node, MapNode):
            inside = find_node(node.body, node_id, (*here, "body"))
            if inside is not None:
                return inside
    return None


def _yaml(checked: CheckResult, path: Path) -> str:
    span = checked.source.span(path)
    if span is None:
        return ""
    location = checked.source.location(path)
    head, jump = "YAML", ""
    if location:
        head = tr("YAML, from line {line}", line=location.line)
        told = f"{location.line}:{location.column}"
        show = escape(tr("Show in YAML"))
        jump = f'<button type="button" class="wc-button wc-small" data-jump="{told}">{show}</button>'
    text = checked.text[span[0] : span[1]].rstrip()
    named = attribute(tr("YAML of the node"))
    return (
        f'<div class="wc-outputs-head"><div class="wc-name">{escape(head)}</div>{jump}</div>'
        f'<pre class="wc-yaml" tabindex="0" role="region" aria-label="{named}">{escape(text)}</pre>'
    )


def _last(workflow: Workflow, node: NodeBase, view: RunView | None) -> str:
    steps = [step for step in view.steps.values() if step.node == node.id] if view is not None else []
    if view is None or not steps:
        return ""
    last = steps[-1]
    facts = [status_word(last.status)]
    facts += [f"{last.seconds:.1f} s"] if last.seconds is not None else []
    facts += [tr_count("ran {count} time", "ran {count} times", len(steps))] if len(steps) > 1 else []
    head = escape(tr("In the run on show: {facts}", facts=joined(facts)))
    got = "".join(named_value(name, value) for name, value in values_read(workflow, node, view, last).items())
    read = f'<div class="wc-got"><h3>{escape(tr("It got"))}</h3>{got}</div>' if got else ""
    gave = f'<div class="wc-gave"><h3>{escape(tr("It gave"))}</h3>{_outcome(last)}</div>'
    return f'<p class="wc-hint">{head}</p>{read}{gave}'


def _outcome(step: StepView) -> str:
    if step.message:
        return problem_html(step.message, step.help)
    if step.writes:
        return "".join(named_value(name, value) for name, value in step.writes.items())
    return f'<p class="wc-hint">{escape(step.text or tr("Nothing yet."))}</p>'


def values_read(workflow: Workflow, node: NodeBase, view: RunView, step: StepView) -> dict[str, Any]:
    """What the fields that a node reads held when the step began; those of which nothing is known are left out."""
    wanted = fields_read(node)
    known: dict[str, Any] = dict(view.inputs)
    for level, writes in _written_before(view, step):
        fields = _fields_of(workflow, level)
        for name, value in writes.items():
            known[name] = _joined(known.get(name), value, fields.get(name))
    found = {name: value for name, value in known.items() if name in wanted}
    return found | _item_of(workflow, step, known)


def _scope(step_id: str) -> str:
    """Where a step runs: empty at the top, `each_file#1[3]` inside an item."""
    return step_id.rpartition("/")[0]


def _written_before(view: RunView, step: StepView) -> Iterator[tuple[str, Mapping[str, Any]]]:
    own = _scope(step.step)
    done = [one for one in view.steps.values() if one.finished_offset is not None]
    for one in sorted(done, key=lambda other: other.finished_offset or 0):
        scope = _scope(one.step)
        outer = not scope or own == scope or own.startswith(f"{scope}/")
        if outer and (one.finished_offset or 0) < step.started_offset:
            yield scope, one.writes


def _fields_of(workflow: Workflow, scope: str) -> Mapping[str, FieldType]:
    level: Level = workflow
    for part in filter(None, scope.split("/")):
        found = find_node(level, part.partition("#")[0].partition("[")[0])
        if found is None or not isinstance(found[0], MapNode):
            return {}
        level = found[0].body
    return level.state


def _joined(before: Any, value: Any, field: FieldType | None) -> Any:
    reduce = reducer_of(field)
    if reduce == "append" and isinstance(before, list):
        return [*before, *(value if isinstance(value, list) else [value])]
    if reduce == "merge" and isinstance(before, dict) and isinstance(value, dict):
        return before | value
    return value


def _item_of(workflow: Workflow, step: StepView, known: Mapping[str, Any]) -> dict[str, Any]:
    """The item that a step inside a map works on, where it can be looked up."""
    scope = _scope(step.step)
    place = _ITEM.search(scope)
    if place is None:
        return {}
    found = find_node(workflow, scope.rpartition("/")[2].partition("#")[0].partition("[")[0])
    if found is None or not isinstance(found[0], MapNode):
        return {}
    source = _PLAIN_LOOK_UP.fullmatch(str(found[0].over).strip())
    items = known.get(source.group(1)) if source else None
    index = int(place.group(1))
    return {found[0].item: items[index]} if isinstance(items, list) and index < len(items) else {}
