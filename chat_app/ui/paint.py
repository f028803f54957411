"""From a workspace to what each component shows. Every painter can be called at any time, in any order."""

from __future__ import annotations

import hashlib

from chat_app.chat_models.simulated import SIMULATED
from chat_app.events.run import RouteTaken
from chat_app.library import LibraryError
from chat_app.ui import panel_html as html
from chat_app.ui.form import FORM, as_typed, first_values, form_html, input_fields, samples
from chat_app.ui.graph_drawing import draw
from chat_app.ui.markup import attribute, in_chat
from chat_app.ui.node_details import node_html
from chat_app.ui.panel_html import Panel, chip, panel
from chat_app.ui.run_html import Block
from chat_app.ui.starters import STARTERS
from chat_app.ui.turn_view import RUN_IT
from chat_app.ui.workspace import Workspace
from chat_app.workflow.diff import diff
from chat_app.workflow.document import Workflow
from chat_app.workflow.graph import flow_of

ChatMessages = list[dict[str, str]]


def chat(place: Workspace) -> ChatMessages:
    """The conversation, the answer that is being given included."""
    lines = [{"role": line.role, "content": in_chat(line.content)} for line in place.transcript]
    if place.turn is not None and not place.turn.done:
        lines.append({"role": "assistant", "content": in_chat(place.turn.view.shown) or "…"})
    return lines


def choices(place: Workspace) -> Panel:
    """Answers to click: those of the open question, or examples where nothing was said yet."""
    if place.busy:
        return panel()
    if not place.transcript and not place.draft:
        drawn = html.choices_html(STARTERS, "Say what you want, or try one of these:")
    elif not place.transcript and place.checked is not None and place.checked.valid:
        drawn = html.choices_html([RUN_IT], "Say what to change, or:")
    else:
        drawn = html.choices_html(place.choices)
    return panel({"key": f"choices:{len(place.transcript)}", "html": drawn})


def head(place: Workspace) -> Panel:
    """The status line: which model, whether the design is valid, what a run may cost."""
    in_use = place.model_in_use
    model = (
        chip("Model", "SIMULATED: no model is asked", "warn", "model")
        if in_use == SIMULATED
        else chip("Model", in_use, name="model")
    )
    chips = [model, _design_chip(place)]
    cost = envelope_words(place)
    if cost:
        chips.append(chip("A run takes", cost, name="cost"))
    if place.run is not None:
        word, tone = _RUN_CHIPS[place.run.view.status]
        chips.append(chip("Run", word, tone, "run"))
    return panel({"key": "head", "html": html.head_html(chips, place.services.hosted)})


_RUN_CHIPS = {
    "starting": ("going on", ""),
    "running": ("going on", ""),
    "done": ("done", "ok"),
    "failed": ("failed", "bad"),
    "stopped": ("stopped", ""),
    "waiting": ("waits for you", "warn"),
    "limit": ("at its limit", "warn"),
}


def _design_chip(place: Workspace) -> str:
    checked = place.checked
    if checked is None:
        return chip("Design", "none yet", name="design")
    if checked.valid:
        return chip("Design", "valid", "ok", "design")
    return chip("Design", f"not valid: {html.count_words(checked.diagnostics)}", "bad", "design")


def envelope_words(place: Workspace) -> str:
    """What a run may use, in a few words."""
    workflow = place.good.workflow if place.good else None
    if workflow is None or place.good is None or not place.good.valid:
        return ""
    return place.services.envelope(workflow, place.model_in_use, place.good.used).headline()


def notice(place: Workspace) -> Panel:
    """What was just done, or why not; no block at all where there is nothing to say."""
    return panel({"key": "notice", "html": html.notice_html(place.notice)}) if place.notice else panel()


def graph(place: Workspace) -> Panel:
    """The last whole workflow, with the status of the run on show where it ran this design."""
    workflow = place.good.workflow if place.good else None
    if (workflow is None or place.good is None) and place.previews and place.choices:
        return panel({"key": "gallery", "html": html.gallery_html(place.choices, place.previews)})
    if workflow is None or place.good is None:
        text = "Say in the chat what you want: the workflow is drawn here as it grows."
        return panel({"key": "empty", "html": html.empty_html("No workflow yet", text)})
    stale = (
        '<p class="wc-hint" role="status">This is the last valid version: the YAML has errors now.</p>'
        if place.checked is None or place.checked.workflow is None
        else ""
    )
    drawn: list[Block] = [{"key": "graph", "html": stale + draw(workflow, place.changed_nodes, clickable=True)}]
    view = place.run.view if place.run else None
    if view is not None and view.text_sha256 != hashlib.sha256(place.good.text.encode()).hexdigest():
        view = None  # that run ran another text
    if place.node is not None:
        drawn.append({"key": "details", "html": node_html(place.good, place.node, view)})
    if view is None:
        return {"blocks": drawn, "nodes": {}, "taken": []}
    nodes, taken = view.node_status(), _taken(workflow, view.routes)
    return {"blocks": drawn, "nodes": nodes, "taken": taken}


def _taken(workflow: Workflow, routes: list[RouteTaken]) -> list[str]:
    """The drawn lines that the run went along; a parallel node is drawn with its subtasks between."""
    flow = flow_of(workflow)
    found: list[str] = []
    for route in routes:
        subtasks = flow.subtasks(route.source)
        found += [f"{route.source}>{subtask}" for subtask in subtasks]
        found += [f"{source}>{target}" for source in subtasks or (route.source,) for target in route.targets]
    return list(dict.fromkeys(found))


def problems(place: Workspace) -> Panel:
    """What the check found, and what can be done with the text."""
    checked = place.checked
    name = place.good.workflow.name if place.good and place.good.workflow else "workflow"
    fixable = checked is not None and any(one.fix for one in checked.diagnostics)
    # The guided designer works by patterns: it can't mend what somebody wrote.
    askable = checked is not None and not checked.valid and place.model_in_use != SIMULATED
    return panel(
        {"key": "tools", "html": html.yaml_tools_html(place.draft, name, fixable=fixable, askable=askable)},
        {"key": "problems", "html": html.problems_html(checked, bool(place.history))},
    )


def form(place: Workspace) -> Panel:
    """The run form, or why there is none."""
    checked = place.checked
    if checked is None or checked.workflow is None:
        text = "Describe what you want in the chat first." if checked is None else "Mend the YAML first."
        return panel({"key": "empty", "html": html.empty_html("Nothing to run yet", text)})
    if not checked.valid:
        text = f"The YAML tab lists {html.count_words(checked.diagnostics)}."
        return panel({"key": "empty", "html": html.empty_html("The design can't run yet", text)})
    running = place.run is not None and not place.run.done
    busy = " disabled" if running else ""
    buttons = (
        f'<button type="submit" class="wc-button wc-primary" id="run-flow"{busy}>Run</button>'
        f'<button type="button" class="wc-button" data-act="dry_run" id="dry-run"{busy}>Dry run</button>'
    )
    fields = input_fields(checked.workflow)
    drawn = form_html(
        FORM,
        fields,
        typed=first_values(checked.workflow) | place.form_typed,
        problems=place.form_problems,
        round=place.form_round,
        above=_envelope_line(place),
        buttons=buttons,
    )
    intro = "" if fields else '<p class="wc-hint">This workflow takes no inputs.</p>'
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
    lead = "Fill in:"
    if first_values(workflow).keys() - place.form_typed.keys():
        lead = "An example is filled in: put your own in its place" + (", or take:" if len(found) > 1 else ".")
        buttons = buttons if len(found) > 1 else ""
    return f'<div class="wc-samples"><span class="wc-hint">{lead}</span>{buttons}</div>'


def _envelope_line(place: Workspace) -> str:
    model = place.model_in_use
    asked = "simulated: no model is asked" if model == SIMULATED else model
    return (
        f'<p class="wc-envelope" id="envelope">Model: <b>{attribute(asked)}</b> '
        f'<button type="button" class="wc-button wc-small" data-act="show_models">Change</button><br>'
        f"{attribute(envelope_words(place))}</p>"
    )


def run(place: Workspace) -> Panel:
    """The dry run's report, and the run on show."""
    blocks: list[Block] = []
    if place.rehearsal is not None:
        items = "".join(f"<li>{attribute(line)}</li>" for line in place.rehearsal)
        blocks.append(
            {
                "key": "rehearsal",
                "html": f'<section id="dry-run-report"><h3 class="wc-h">Dry run</h3><ul>{items}</ul></section>',
            }
        )
    if place.run is not None:
        blocks += place.run.drawing.blocks(place.run.seconds, place.answer_typed, place.answer_problems)
    return panel(*blocks)


def changes(place: Workspace) -> Panel:
    """The last change and the revisions."""
    lines: tuple[str, ...] = ()
    if place.history:
        last = place.history[-1].text
        broken = place.draft != last
        before = last if broken else (place.history[-2].text if len(place.history) > 1 else "")
        # A draft that is no workflow can only be compared as text.
        if before and place.checked is not None and place.checked.workflow is not None:
            lines = diff(before, place.draft).lines()
    return panel({"key": "changes", "html": html.changes_html(place.history, lines, place.draft)})


def runs(place: Workspace) -> Panel:
    """Earlier runs and saved designs."""
    return panel(
        {"key": "runs", "html": html.runs_html(place.services.runs.runs(place.owner))},
        {"key": "designs", "html": _designs(place)},
    )


def _designs(place: Workspace) -> str:
    try:
        return html.designs_html(place.services.library.designs(place.owner))
    except LibraryError as error:
        return html.empty_html(error.message, error.help)


def models(place: Workspace) -> Panel:
    """Which models there are here, and what to do for the others."""
    return panel({"key": "models", "html": html.availability_html(place.found_models)})
