"""What is painted of runs: the graph with its status, the form, and the run on show."""

from __future__ import annotations

import hashlib
import time
from html import escape

from chat_app.chat_models.simulated import SIMULATED
from chat_app.events.run import RouteTaken
from chat_app.translation import joined, tr
from chat_app.ui import panel_html as html
from chat_app.ui.buttons import button
from chat_app.ui.examples import examples, examples_html
from chat_app.ui.form import FORM, as_typed, first_values, form_html, input_fields, samples
from chat_app.ui.graph_drawing import Marks, draw, maps_of
from chat_app.ui.markup import attribute, sentence
from chat_app.ui.node_details import node_html
from chat_app.ui.panel_html import Panel, panel
from chat_app.ui.problems_html import count_words
from chat_app.ui.run_html import Block, said_of, status_word
from chat_app.ui.run_view import RunView
from chat_app.ui.trace_html import trace_html
from chat_app.ui.workspace import Workspace
from chat_app.workflow.check import CheckResult
from chat_app.workflow.document import Workflow
from chat_app.workflow.graph import flow_of


def graph(place: Workspace) -> Panel:
    """The last whole workflow, with the status of the run on show where it ran this design."""
    good = place.good
    workflow = good.workflow if good else None
    if workflow is None and place.previews and place.choices:
        return panel({"key": "gallery", "html": html.gallery_html(place.choices, place.previews)})
    if workflow is None or good is None:
        text = tr("Say in the chat what you want: the workflow is drawn here as it grows.")
        empty: Block = {"key": "empty", "html": html.empty_html(tr("No workflow yet"), text)}
        if not place.empty or place.services.examples is None:
            return panel(empty)
        offered = examples_html(examples(place.services.examples))
        return panel(empty, {"key": "examples", "html": offered})
    stale = ""
    if place.checked is None or place.checked.workflow is None:
        told = tr("This is the last valid version: the YAML has errors now.")
        stale = f'<p class="wc-hint" role="status">{escape(told)}</p>'
    drawing = draw(workflow, Marks(changed=place.changed_nodes), clickable=True, collapsed=place.collapsed)
    drawn: list[Block] = [
        {"key": "graph-tools", "html": stale + _graph_tools(workflow, place.collapsed)},
        {"key": "graph", "html": f'<div class="wc-viewport" data-viewport tabindex="-1">{drawing}</div>'},
    ]
    view = shown_run(place, good)
    if place.node is not None:
        drawn.append(
            {
                "key": "details",
                "html": node_html(good, place.node, view, rerun=place.run is not None and place.run.done),
            }
        )
    return {"blocks": drawn} | graph_status(place)


def graph_status(place: Workspace) -> Panel:
    """What a run changes on the drawing that is there already."""
    view = shown_run(place, place.good) if place.good is not None else None
    workflow = place.good.workflow if place.good is not None else None
    if view is None or workflow is None:
        return {"nodes": {}, "taken": []}
    nodes = view.node_status(time.time())
    for mark in nodes.values():
        # What a screen reader says after the node's name.
        mark["said"] = joined(part for part in (status_word(mark["status"]), mark["note"], mark["cost"]) if part)
    return {"nodes": nodes, "taken": _taken(workflow, view.routes)}


def shown_run(place: Workspace, good: CheckResult) -> RunView | None:
    """The run on show, where it ran this very text."""
    view = place.run.view if place.run else None
    same = view is not None and view.text_sha256 == hashlib.sha256(good.text.encode()).hexdigest()
    return view if same else None


def _graph_tools(workflow: Workflow, collapsed: frozenset[str]) -> str:
    """Zoom, a search for a node, and opening or closing all maps."""
    maps = maps_of(workflow)
    fold = ""
    if maps:
        open_now = not maps <= collapsed
        label = tr("Fold all") if open_now else tr("Unfold all")
        fold = button(label, "fold_all", small=True, fold=str(open_now).lower())
    names = "".join(f'<option value="{attribute(name)}"></option>' for name in sorted(_node_ids(workflow)))
    find, view = attribute(tr("Find a node")), attribute(tr("The view of the graph"))
    zooms = "".join(
        f'<button type="button" class="wc-button wc-small" data-zoom="{step}" aria-label="{attribute(label)}" '
        f'title="{attribute(label)}">{sign}</button>'
        for step, sign, label in (
            ("out", "−", tr("Smaller")),
            ("in", "+", tr("Larger")),
            ("width", "↔", tr("Fit the width")),
            ("whole", "⤢", tr("Show all of it")),
        )
    )
    return (
        f'<div class="wc-graph-tools" role="toolbar" aria-label="{view}">{zooms}'
        f'<input type="search" id="find-node" data-find list="wc-node-names" placeholder="{find}" '
        f'aria-label="{find}">'
        f'<datalist id="wc-node-names">{names}</datalist>{fold}</div>'
    )


def _node_ids(workflow: Workflow) -> set[str]:
    flow = flow_of(workflow)
    return {node.id for node in flow.nodes}


def _taken(workflow: Workflow, routes: list[RouteTaken]) -> list[str]:
    """The drawn lines that the run went along; a parallel node is drawn with its subtasks between."""
    flow = flow_of(workflow)
    found: list[str] = []
    for route in routes:
        subtasks = flow.subtasks(route.source)
        found += [f"{route.source}>{subtask}" for subtask in subtasks]
        found += [f"{source}>{target}" for source in subtasks or (route.source,) for target in route.targets]
    return list(dict.fromkeys(found))


def form(place: Workspace) -> Panel:
    """The run form, made from the inputs."""
    checked = place.checked
    if checked is None or not place.draft:
        text = tr("Once there is a workflow, its inputs are asked for here.")
        return panel({"key": "empty", "html": html.empty_html(tr("Nothing to run yet"), text)})
    if checked.workflow is None or not checked.valid:
        text = tr("The YAML tab lists {what}.", what=count_words(checked.diagnostics))
        return panel({"key": "empty", "html": html.empty_html(tr("The design can't run yet"), text)})
    running = place.run is not None and not place.run.done
    # Not disabled: a button that is pressed and then disabled loses the focus.
    busy = ' aria-disabled="true"' if running else ""
    label = escape(tr("Run", context="button"))
    buttons = (
        f'<button type="submit" class="wc-button wc-primary" id="run-flow"{busy}>{label}</button>'
        f"{button(tr('Dry run'), 'dry_run', id='dry-run', waiting=running)}"
    )
    fields = input_fields(checked.workflow)
    drawn = form_html(
        FORM,
        fields,
        typed=place.filled(checked.workflow),
        problems=place.form_problems,
        round=place.form_round,
        above=_envelope_line(place, checked.workflow),
        buttons=buttons,
    )
    nothing = escape(tr("This workflow takes no inputs."))
    intro = "" if fields else f'<p class="wc-hint">{nothing}</p>'
    return panel({"key": "form", "html": _samples(place) + intro + drawn})


def _samples(place: Workspace) -> str:
    workflow = place.checked.workflow if place.checked else None
    if workflow is None:
        return ""
    fields = {given.name: given for given in input_fields(workflow)}
    found = samples(workflow)
    buttons = "".join(
        f'<button type="button" class="wc-button wc-small" data-fill="'
        f"{html.fill_attribute({n: as_typed(fields[n], v) for n, v in values.items() if n in fields})}"
        f'">{attribute(label)}</button>'
        for label, values in found
    )
    if not buttons:
        return ""
    lead = tr("Fill in:")
    if first_values(workflow).keys() - place.form_typed.keys():
        lead = tr("An example is filled in: put your own in its place.")
        if len(found) > 1:
            lead = tr("An example is filled in: put your own in its place, or take:")
        buttons = buttons if len(found) > 1 else ""
    return f'<div class="wc-samples"><span class="wc-hint">{escape(lead)}</span>{buttons}</div>'


def _envelope_line(place: Workspace, workflow: Workflow) -> str:
    """Which model a run asks, and all that it may use."""
    model = place.model_in_use
    asked = tr("simulated: no model is asked") if model == SIMULATED else model
    used = place.checked.used if place.checked else {}
    asks = joined((escape(tr("Model")), f"<b>{escape(asked)}</b>"), ": ")
    headline, *more = place.services.envelope(workflow, model, used).lines()
    items = "".join(f"<li>{sentence(line)}</li>" for line in more)
    details = (
        f'<details class="wc-more" data-step="envelope"><summary>{escape(tr("What a run may use"))}</summary>'
        f"<ul>{items}</ul></details>"
        if items
        else ""
    )
    return (
        f'<div class="wc-envelope" id="envelope"><p>{asks} '
        f"{button(tr('Change'), 'show', small=True, tab='model', name=tr('Change the model'))}<br>"
        f"{sentence(headline)}</p>{details}</div>"
    )


def run(place: Workspace) -> Panel:
    """The dry run's report, and the run on show."""
    blocks: list[Block] = []
    if place.rehearsal is not None:
        items = "".join(f"<li>{sentence(line)}</li>" for line in place.rehearsal)
        head = f'<h2 class="wc-h">{escape(tr("Dry run"))}</h2>'
        blocks.append({"key": "rehearsal", "html": f'<section id="dry-run-report">{head}<ul>{items}</ul></section>'})
    if place.run is not None:
        blocks += place.run.drawing.blocks(place.run.seconds, place.answer_typed, place.answer_problems)
        if place.run.done and place.services.record is not None and place.services.record.traced:
            blocks.append({"key": "trace", "html": trace_html(place.overview.traces.get, place.run.run_id)})
    return panel(*blocks) | {"said": said_of(place.run.view) if place.run is not None else ""}
