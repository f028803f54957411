"""What is told of one node when it is clicked in the graph: its YAML, and what it last did."""

from __future__ import annotations

from html import escape

from chat_app.ui.markup import attribute
from chat_app.ui.run_html import named_value, problem_html
from chat_app.ui.run_view import RunView, StepView
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Path
from chat_app.workflow.graph import Level
from chat_app.workflow.nodes import MapNode, NodeBase


def node_html(checked: CheckResult, node_id: str, view: RunView | None) -> str:
    """The details of a node; empty where the workflow has none of this name."""
    found = _find(checked.workflow, node_id, ()) if checked.workflow is not None else None
    if found is None:
        return ""
    node, path = found
    kind = str(getattr(node, "kind", ""))
    told = f'<p class="wc-hint">{escape(node.description)}</p>' if node.description else ""
    return (
        f'<section class="wc-details" id="node-details" data-details="{attribute(node_id)}" '
        f'aria-label="Details of {attribute(node_id)}"><div class="wc-outputs-head">'
        f'<h3 class="wc-h">{escape(node_id)} <span class="wc-muted">{escape(kind)}</span></h3>'
        '<button type="button" class="wc-button wc-small" data-act="node" data-node-name="">Close</button></div>'
        f"{told}{_last(node_id, view)}{_yaml(checked, path)}</section>"
    )


def _find(level: Level, node_id: str, path: Path) -> tuple[NodeBase, Path] | None:
    for place, node in enumerate(level.nodes):
        here = (*path, "nodes", place)
        if node.id == node_id:
            return node, here
        if isinstance(node, MapNode):
            inside = _find(node.body, node_id, (*here, "body"))
            if inside is not None:
                return inside
    return None


def _yaml(checked: CheckResult, path: Path) -> str:
    span = checked.source.span(path)
    if span is None:
        return ""
    location = checked.source.location(path)
    line = f" from line {location.line}" if location else ""
    text = checked.text[span[0] : span[1]].rstrip()
    return f'<div class="wc-name">YAML{line}</div><pre class="wc-yaml" tabindex="0">{escape(text)}</pre>'


def _last(node_id: str, view: RunView | None) -> str:
    steps = [step for step in view.steps.values() if step.node == node_id] if view is not None else []
    if not steps:
        return ""
    last = steps[-1]
    times = f", ran {len(steps)} times" if len(steps) > 1 else ""
    seconds = f", {last.seconds:.1f} s" if last.seconds is not None else ""
    return f'<p class="wc-hint">In the run on show: {last.status}{seconds}{times}.</p>{_outcome(last)}'


def _outcome(step: StepView) -> str:
    if step.message:
        return problem_html(step.message, step.help)
    return "".join(named_value(name, value) for name, value in step.writes.items())
