"""From a workspace to what each component shows. Every painter can be called at any time, in any order."""

from __future__ import annotations

from html import escape, unescape
from typing import Any

from chat_app.chat_models.simulated import SIMULATED
from chat_app.translation import mark, tr, translated
from chat_app.ui import changes_html, problems_html, runs_html
from chat_app.ui import panel_html as html
from chat_app.ui.conversations_html import history_html
from chat_app.ui.costs_html import month_html
from chat_app.ui.graph_drawing import drawn_pair
from chat_app.ui.markup import in_chat
from chat_app.ui.models_html import models_html, price_words
from chat_app.ui.panel_html import Panel, chip, panel
from chat_app.ui.run_html import Block
from chat_app.ui.starters import starters
from chat_app.ui.turn_view import run_it
from chat_app.ui.workspace import Notice, Workspace
from chat_app.workflow.diff import Diff, diff

ChatMessages = list[dict[str, Any]]
PENDING = "…"
"""An answer of which nothing has come yet."""
_MOST_DRAWN = 60
"""Nodes of a graph that the Changes tab still draws twice."""


def chat(place: Workspace) -> ChatMessages:
    """The conversation, the answer that is being given included."""
    lines = conversation(place)
    if place.busy and place.turn is not None:
        lines.append(_message("assistant", in_chat(place.turn.view.shown) or PENDING))
    return lines


def conversation(place: Workspace) -> ChatMessages:
    """What was said, as Gradio's chat keeps it: so it has nothing to make of it."""
    return [_message(line.role, in_chat(line.content)) for line in place.transcript]


def _message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "metadata": None, "content": [{"text": text, "type": "text"}], "options": None}


def from_chat(text: object) -> str:
    """What was typed into a message on show, as it was meant."""
    return unescape(text) if isinstance(text, str) else ""


def choices(place: Workspace) -> Panel:
    """Answers to click: those of the open question, or examples where nothing was said yet."""
    if place.busy:
        return panel()
    blocks: list[Block] = []
    if place.review is not None:
        blocks.append({"key": "review", "html": changes_html.review_html(place.review, brief=True)})
    if not place.transcript and not place.draft:
        drawn = html.choices_html(starters(), tr("Say what you want, or try one of these:"))
    elif not place.transcript and place.checked is not None and place.checked.valid:
        drawn = html.choices_html([run_it()], tr("Say what to change, or:"))
    else:
        drawn = html.choices_html(place.choices)
    blocks.append({"key": f"choices:{len(place.transcript)}", "html": drawn})
    return panel(*blocks, {"key": "attached", "html": html.attached_html(place.attached)})


def head(place: Workspace) -> Panel:
    """The status line: which model, whether the design is valid, what a run may cost."""
    in_use = place.model_in_use
    model = (
        chip(tr("Model"), tr("SIMULATED: no model is asked"), "warn", "model")
        if in_use == SIMULATED
        else chip(tr("Model"), in_use, name="model")
    )
    chips = [model, _design_chip(place)]
    cost = envelope_words(place)
    if cost:
        chips.append(chip(tr("A run takes"), cost, name="cost"))
    if place.run is not None:
        word, tone = _RUN_CHIPS[place.run.view.status]
        chips.append(chip(tr("Run", context="noun"), tr(word), tone, "run"))
    blocks: list[Block] = [{"key": "head", "html": html.head_html(chips, place.services.hosted)}]
    if place.earlier is not None:
        kept = history_html(place.earlier, place.conversation.id, place.designs)
        blocks.append({"key": "conversations", "html": kept})
    return panel(*blocks)


_RUN_CHIPS = {
    "starting": (mark("going on"), ""),
    "running": (mark("going on"), ""),
    "done": (mark("done"), "ok"),
    "failed": (mark("failed"), "bad"),
    "stopped": (mark("stopped"), ""),
    "waiting": (mark("waits for you"), "warn"),
    "limit": (mark("at its limit"), "warn"),
}


def _design_chip(place: Workspace) -> str:
    checked = place.checked
    label = tr("Design")
    if checked is None:
        return chip(label, tr("none yet"), name="design")
    if checked.valid:
        return chip(label, tr("valid"), "ok", "design")
    found = problems_html.count_words(checked.diagnostics)
    return chip(label, tr("not valid: {found}", found=found), "bad", "design")


def envelope_words(place: Workspace) -> str:
    """What a run may use, in a few words."""
    workflow = place.good.workflow if place.good else None
    if workflow is None or place.good is None or not place.good.valid:
        return ""
    return translated(place.services.envelope(workflow, place.model_in_use, place.good.used).headline())


def notice(place: Workspace) -> Panel:
    """What was just done, or why not; no block at all where there is nothing to say."""
    return panel({"key": "notice", "html": html.notice_html(place.notice)}) if place.notice else panel()


def editor_text(place: Workspace) -> str:
    """The text as it stands; what is typed from now on may be typed into what a turn has made of it."""
    if place.landed is not None:
        place.landed.shown()
    return place.draft


def problems(place: Workspace) -> Panel:
    """What the check found, and what can be done with the text."""
    checked = place.checked
    name = place.good.workflow.name if place.good and place.good.workflow else "workflow"
    fixable = checked is not None and any(one.fix for one in checked.diagnostics)
    # The guided designer works by patterns: it can't mend what somebody wrote.
    askable = checked is not None and place.model_in_use != SIMULATED
    tools = problems_html.yaml_tools_html(
        place.draft, name, fixable=fixable, link=place.saved_as, can_redo=bool(place.undone)
    )
    found = problems_html.problems_html(checked, bool(place.history), askable=askable)
    return panel({"key": "tools", "html": tools}, {"key": "problems", "html": found})


def changes(place: Workspace) -> Panel:
    """The edits of the last turn, one version against another, and the revisions."""
    blocks: list[Block] = []
    if place.review is not None:
        blocks.append({"key": "review", "html": changes_html.review_html(place.review)})
    if not place.history:
        return panel({"key": "changes", "html": changes_html.changes_html((), (), ("", ""), "", "")})
    title, old, new = _compared(place)
    # A draft that is no workflow can only be compared as text.
    told = diff(old, new) if old else None
    readable = told is not None and told.readable
    lines = told.lines() if told is not None and readable else ()
    graphs = _graphs(place, told) if told is not None and readable else ""
    drawn = changes_html.changes_html(place.history, lines, (old, new), title, graphs)
    shown = place.compared[1] if place.compared else None
    rows = changes_html.revisions_html(
        place.history, shown, can_undo=len(place.history) > 1, can_redo=bool(place.undone)
    )
    return panel(*blocks, {"key": "changes", "html": drawn}, {"key": "revisions", "html": rows})


def _compared(place: Workspace) -> tuple[str, str, str]:
    """The title and the two texts that the Changes tab sets side by side."""
    history = place.history
    if place.compared is not None:
        before, after = place.compared
        old = history[before].text if before >= 0 else ""
        return tr("What revision {number} changed", number=after + 1), old, history[after].text
    if place.draft != history[-1].text:
        return tr("Against the last valid version"), history[-1].text, place.draft
    return tr("Last change"), history[-2].text if len(history) > 1 else "", history[-1].text


def _graphs(place: Workspace, told: Diff) -> str:
    """Both drawings, where both texts are workflows of a size that two fit beside one another."""
    if not any(one.area in ("node", "way") for one in told.changes):
        return ""
    check = place.services.check
    before, after = check(told.old).workflow, check(told.new).workflow
    if before is None or after is None or max(len(before.nodes), len(after.nodes)) > _MOST_DRAWN:
        return ""
    return changes_html.graphs_html(*drawn_pair(before, after, frozenset(told.changed_nodes)))


def runs(place: Workspace) -> Panel:
    """Earlier runs, or two of them side by side."""
    if place.run_pair is not None:
        return panel({"key": "pair", "html": runs_html.pair_html(place.run_pair)})
    told, record = place.overview, place.services.record
    traces = told.traces.get if record is not None and record.traced else None
    return panel(
        {"key": "month", "html": month_html(told.month, told.budget)},
        {"key": "runs", "html": runs_html.runs_html(place.listed, told.runs, traces)},
    )


def tests(place: Workspace) -> Panel:
    """The workflow's tests and how they went."""
    workflow = place.checked.workflow if place.checked and place.checked.valid else None
    if workflow is None:
        text = tr("Tests run once the design is valid.")
        return panel({"key": "tests", "html": html.empty_html(tr("No tests to run"), text)})
    outcomes = place.outcomes
    stale = outcomes is not None and outcomes[0] != place.draft
    drawn = runs_html.tests_html(workflow, outcomes[1] if outcomes and not stale else None, stale)
    return panel({"key": "tests", "html": drawn})


def models(place: Workspace) -> Panel:
    """Which models there are here, and what to do for the others."""
    price_of = place.services.models.price
    in_use = place.model_in_use
    told = tr("In use: {model}, {price}.", model=in_use, price=price_words(in_use, price_of))
    warning = place.design_warning
    warned = html.notice_html(Notice(warning)) if warning else ""
    return panel(
        {"key": "in-use", "html": f'<p class="wc-hint" id="model-in-use">{escape(told)}</p>{warned}'},
        {"key": "models", "html": models_html(place.found_models, price_of, in_use, place.keys)},
    )
