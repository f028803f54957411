"""The Runs and Tests tabs: earlier runs, two of them side by side, and how the tests went."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from chat_app.engine.runs import RunStatus
from chat_app.engine.testing import TestOutcome, missed
from chat_app.tracing.run_row import StoredRun
from chat_app.translation import joined, tr, tr_count
from chat_app.ui import markup, values_html
from chat_app.ui.buttons import button
from chat_app.ui.file_html import file_in
from chat_app.ui.markup import attribute, one_line
from chat_app.ui.panel_html import empty_html, when_html
from chat_app.ui.run_html import simulated_badge, status_word, usage_words
from chat_app.ui.run_view import RunView
from chat_app.ui.trace_html import TraceOf, trace_links, untold_html
from chat_app.workflow.document import Workflow

MOST_SHOWN = 50
_MOST_MISSED = 12


def runs_html(runs: Sequence[RunStatus], recorded: Mapping[str, StoredRun], trace_of: TraceOf | None = None) -> str:
    """Earlier runs, the newest first; two can be ticked and compared."""
    if not runs:
        return empty_html(tr("No runs yet"), tr("Every run of yours is listed here, also after a reload."))
    shown = runs[:MOST_SHOWN]
    links = trace_links(trace_of, [one.run_id for one in shown]) if trace_of else {}
    told = untold_html() if trace_of and not links else ""
    rows = "".join(_run_row(one, recorded.get(one.run_id), links.get(one.run_id, "")) for one in shown)
    compare = f'<button type="submit" class="wc-button wc-small">{escape(tr("Compare two"))}</button>'
    compare = compare if len(runs) > 1 else ""
    head = f'<div class="wc-outputs-head"><h2 class="wc-h">{escape(tr("Runs"))}</h2>{compare}</div>'
    return f'<form data-form="compare" data-round="0">{head}<ul class="wc-rows">{rows}</ul>{told}</form>'


def _run_row(one: RunStatus, stored: StoredRun | None, trace: str) -> str:
    status = {"finished": "done", "limit": "waiting", "interrupted": "stopped"}.get(one.state, one.state)
    told = one_line(inputs_words(one.inputs), 90)
    simulated = stored.simulated if stored else False
    named = tr("no model asked") if one.model in (None, "simulated") else one.model
    label = simulated_badge() if simulated else f'<span class="wc-muted">{escape(named)}</span>'
    facts = [status_word(status)]
    if stored is not None and stored.ended_at is not None:
        facts.append(f"{max(0.0, stored.ended_at - stored.started_at):.1f} s")
    facts += usage_words(stored.totals) if stored is not None else []
    tick = attribute(tr("Compare the run of {name}", name=one.workflow))
    wanted = [(tr("Open"), "open_run"), (tr("Run again …"), "again")]
    wanted += [(tr("Stop"), "stop_one")] if one.state == "running" else []
    wanted += [(tr("Save as a test"), "save_as_test")] if one.state == "finished" else []
    acts = "".join(button(label, act, small=True, run=one.run_id) for label, act in wanted)
    return (
        f'<li data-run="{attribute(one.run_id)}"><input type="checkbox" id="tick-{attribute(one.run_id)}" '
        f'data-name="{attribute(one.run_id)}" aria-label="{tick}">'
        f'<span class="wc-dot" data-status="{attribute(status)}" aria-hidden="true"></span>'
        f'<span class="wc-grow">{escape(one.workflow)} <span class="wc-muted">{escape(" · ".join(facts))}</span>'
        f'<span class="wc-under">{escape(told)}</span></span>{label}{when_html(one.created)}'
        f'<span class="wc-acts">{acts}{trace}</span></li>'
    )


def inputs_words(inputs: Mapping[str, Any]) -> str:
    """A run's inputs in one line; files by their names."""
    parts = []
    for name, value in inputs.items():
        ref = file_in(value)
        text = ref.name if ref is not None else value if isinstance(value, str) else _as_json(value)
        parts.append(f"{name}: {one_line(text, 60)}")
    return " · ".join(parts)


def _as_json(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)


def pair_html(pair: tuple[RunView, RunView]) -> str:
    """Two runs side by side: what went in, what came out, what it took; what differs is marked."""
    one, other = pair
    rows = [
        _pair_row(tr("Status"), status_word(one.status), status_word(other.status)),
        _pair_row(tr("Model"), _model(one), _model(other)),
        _pair_row(tr("Seconds"), _seconds(one.seconds), _seconds(other.seconds), tell=False),
        _pair_row(tr("Used"), joined(usage_words(one.usage)), joined(usage_words(other.usage)), tell=False),
        *_values_rows(tr("Input"), one.inputs, other.inputs),
        *_values_rows(tr("Output"), one.outputs, other.outputs),
        *_node_rows(one, other),
    ]
    same = one.text_sha256 == other.text_sha256
    design = tr("Both ran the same design.") if same else tr("They ran different designs.")
    heads = "".join(
        f'<th scope="col">{escape(label)} {when_html(view.started_at or 0.0)}</th>'
        for label, view in ((tr("Earlier"), one), (tr("Later"), other))
    )
    back = button(tr("Back to the list"), "forget_pair", small=True)
    return (
        f'<section id="run-pair"><div class="wc-outputs-head"><h2 class="wc-h">{escape(tr("Two runs"))}</h2>{back}'
        f'</div><p class="wc-hint">{escape(design)}</p>'
        f'<div class="wc-scroll" tabindex="0"><table class="wc-table wc-pair">'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div></section>"
    )


def _model(view: RunView) -> str:
    return tr("simulated") if view.simulated else view.model


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f}"


def _pair_row(name: str, one: str, other: str, *, tell: bool = True, drawn: bool = False) -> str:
    differs = ' data-differs="true"' if tell and one != other else ""
    cells = "".join(f"<td>{text if drawn else escape(text)}</td>" for text in (one, other))
    return f'<tr{differs}><th scope="row">{escape(name)}</th>{cells}</tr>'


def _values_rows(what: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    names = list(dict.fromkeys([*one, *other]))
    return [
        _pair_row(
            joined((what, name), ": "),
            values_html.value(one[name]) if name in one else "",
            values_html.value(other[name]) if name in other else "",
            drawn=True,
        )
        for name in names
    ]


def _node_rows(one: RunView, other: RunView) -> list[str]:
    """How often each node ran, and how long it took."""
    took = [_took(view) for view in (one, other)]
    return [
        _pair_row(tr("Node: {name}", name=name), took[0].get(name, "–"), took[1].get(name, "–"), tell=False)
        for name in dict.fromkeys([*took[0], *took[1]])
    ]


def _took(view: RunView) -> dict[str, str]:
    found: dict[str, tuple[int, float]] = {}
    for step in view.steps.values():
        times, seconds = found.get(step.node, (0, 0.0))
        found[step.node] = (times + 1, seconds + (step.seconds or 0.0))
    return {
        name: joined((tr_count("{count} time", "{count} times", times), f"{seconds:.1f} s"))
        for name, (times, seconds) in found.items()
    }


def tests_html(workflow: Workflow, outcomes: Sequence[TestOutcome] | None, stale: bool) -> str:
    """The workflow's tests, red and green, and what of the workflow they go through."""
    if not workflow.tests:
        help_text = tr("Save a run as a test in the Runs tab, or write `tests:` in the YAML.")
        return empty_html(tr("This workflow has no tests yet"), help_text)
    head = button(tr("Run the tests"), "test", id="run-tests", primary=True)
    by_name = {one.name: one for one in outcomes or ()}
    rows = "".join(_test_row(test.name, by_name.get(test.name)) for test in workflow.tests)
    told = ""
    if stale:
        told = f'<p class="wc-hint">{escape(tr("The design has changed since: run them again."))}</p>'
    elif outcomes is not None:
        told = _summary(outcomes) + _coverage(workflow, outcomes)
    return f'<div class="wc-buttons">{head}</div>{told}<ul class="wc-rows" id="tests">{rows}</ul>'


def _test_row(name: str, outcome: TestOutcome | None) -> str:
    status = "idle" if outcome is None else "done" if outcome.passed else "failed"
    word = tr("not run yet") if outcome is None else tr("passed") if outcome.passed else tr("failed")
    problems = "".join(
        f'<span class="wc-under">{markup.sentence(one)}</span>' for one in (outcome.problems if outcome else ())
    )
    return (
        f'<li data-test-status="{status}"><span class="wc-dot" data-status="{status}" aria-hidden="true"></span>'
        f'<span class="wc-grow">{escape(tr(name))} <span class="wc-muted">{escape(word)}</span>{problems}</span></li>'
    )


def _summary(outcomes: Sequence[TestOutcome]) -> str:
    passed = sum(1 for one in outcomes if one.passed)
    tone = "wc-good" if passed == len(outcomes) else "wc-wrong"
    told = tr("{passed} of {all} passed", passed=passed, all=len(outcomes))
    return f'<p class="{tone}" id="tests-summary" role="status">{escape(told)}</p>'


def _coverage(workflow: Workflow, outcomes: Sequence[TestOutcome]) -> str:
    """Which nodes and routes no test goes through."""
    found = missed(workflow, outcomes)
    left = [f"`{name}`" for name in found.nodes]
    left += [tr("route {number} of `{source}`", number=place + 1, source=source) for source, place in found.routes]
    nodes = tr("{seen} of {all} nodes", seen=found.all_nodes - len(found.nodes), all=found.all_nodes)
    line = tr("The tests go through {nodes}.", nodes=nodes)
    if found.all_routes:
        routes = tr("{seen} of {all} routes", seen=found.all_routes - len(found.routes), all=found.all_routes)
        line = tr("The tests go through {nodes} and {routes}.", nodes=nodes, routes=routes)
    more = [tr("Not through: {names}.", names=joined(left[:_MOST_MISSED]))] if left else []
    return f'<p class="wc-hint" id="tests-coverage">{markup.sentence(joined((line, *more), " "))}</p>'
