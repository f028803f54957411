"""A run's view drawn as blocks of HTML; a block is sent again only where it changed."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any, TypedDict

from chat_app.events.run import Question
from chat_app.events.totals import Totals
from chat_app.translation import joined, mark, question_words, tr, tr_count, translated
from chat_app.ui import markup, values_html
from chat_app.ui.buttons import button, copy_button, download_button
from chat_app.ui.form import form_html, question_fields
from chat_app.ui.markup import attribute, one_line
from chat_app.ui.run_view import RunView, StepView


class Block(TypedDict, total=False):
    """A keyed piece of a panel; `text` is put into its `data-stream` element as plain text."""

    key: str
    html: str
    text: str


_STATUS_WORDS = {
    "starting": mark("Starting"),
    "running": mark("Running"),
    "done": mark("Done"),
    "failed": mark("Failed"),
    "stopped": mark("Stopped"),
    "skipped": mark("Skipped"),
    "waiting": mark("Waiting for you"),
    "limit": mark("Limit reached"),
}
_ITEM = re.compile(r"\[(\d+)\]")
_MOST_DONE = 25
"""Steps of items of one map that are shown once they are done; the rest is counted."""


def status_word(status: str) -> str:
    """A status of a run or a step, in words."""
    return tr(_STATUS_WORDS[status])


def simulated_badge() -> str:
    """The mark of everything that no model said."""
    why = attribute(tr("No model was asked: this text is made up"))
    return f'<span class="wc-badge wc-simulated" title="{why}">{escape(tr("SIMULATED"))}</span>'


class RunDrawing:
    """Draws a run's view again and again, and keeps the blocks of steps that did not change."""

    def __init__(self, view: RunView) -> None:
        self.view = view
        self._steps: dict[str, Block] = {}

    def blocks(
        self, seconds: float | None = None, typed: dict[str, Any] | None = None, problems: Any = None
    ) -> list[Block]:
        """The whole panel; `seconds` is how long the run has been going."""
        view = self.view
        for step in view.changed:
            self._steps[step] = step_block(view.steps[step])
        view.changed.clear()
        found: list[Block] = [head_block(view, seconds)]
        if view.status == "waiting":
            found += [question_block(view, question, typed or {}, problems or {}) for question in view.questions]
        if view.status in ("failed", "stopped", "limit"):
            found.append({"key": "ending", "html": _ending(view)})
        if view.status == "done":
            found.append({"key": "outputs", "html": outputs_html(view)})
        if self._steps:
            found.append({"key": "steps", "html": f'<h2 class="wc-h">{escape(tr("Steps"))}</h2>'})
        # Steps keep the order in which they started, so that nothing jumps while one reads.
        return found + self._shown_steps()

    def _shown_steps(self) -> list[Block]:
        """All steps; of the many that a map runs, those at work, those that failed and the first done ones."""
        found: list[Block] = []
        done: dict[str, int] = {}
        for step in self.view.steps.values():
            if step.parent is not None and step.status == "done":
                done[step.parent] = done.get(step.parent, 0) + 1
                if done[step.parent] > _MOST_DONE:
                    continue
            found.append(self._steps[step.step])
        hidden = sum(number - _MOST_DONE for number in done.values() if number > _MOST_DONE)
        if hidden:
            more = tr_count("{count} more step of items is done.", "{count} more steps of items are done.", hidden)
            found.append({"key": "more", "html": f'<p class="wc-hint">{escape(more)}</p>'})
        return found


def head_block(view: RunView, seconds: float | None) -> Block:
    """What the run is doing, what it used, and Stop while there is something to stop.

    What changes all the time is the block's text: redrawing the button would lose clicks on it.
    """
    word = status_word(view.status)
    parts = [f'<span class="wc-run-status" data-run-status="{view.status}">{word}</span>']
    if view.simulated:
        parts.append(simulated_badge())
    # The badge says that no model was asked, in words.
    told = [view.model] if view.model and not view.simulated else []
    done = sum(1 for step in view.steps.values() if step.status == "done")
    told.append(tr_count("{count} step done", "{count} steps done", done))
    elapsed = view.seconds if view.seconds is not None else seconds
    if elapsed is not None:
        told.append(f"{elapsed:.1f} s")
    told += usage_words(view.usage)
    stop = (
        f'<button type="button" class="wc-button wc-stop" data-act="stop" id="stop-run">{escape(tr("Stop"))}</button>'
        if not view.at_rest
        else ""
    )
    html = (
        f'<div class="wc-run-head" id="run-head" tabindex="-1" data-rest>{"".join(parts)}'
        f'<span class="wc-muted" data-stream></span>{stop}</div>'
    )
    return {"key": "head", "html": html, "text": " · ".join(told)}


def said_of(view: RunView) -> str:
    """What a screen reader says when the run comes to rest or asks; nothing of what streams."""
    word = tr("Run: {status}.", status=status_word(view.status))
    match view.status:
        case "waiting":
            return joined((word, *map(_said_question, view.questions)), " ")
        case "failed" | "stopped" | "limit":
            return joined((word, translated(view.message)), " ") if view.message else word
        case "done":
            given = [tr("Outputs: {names}.", names=joined(view.outputs))] if view.outputs else []
            return joined((word, *given), " ")
        case _:
            return word


def _said_question(one: Question) -> str:
    return joined((tr("{node} asks", node=one.node), one_line(question_words(one.text), 200)), ": ")


def usage_words(usage: Totals) -> list[str]:
    """What was used, in words; nothing where no model was asked."""
    if not usage.calls:
        return []
    words = [tr_count("{count} model call", "{count} model calls", usage.calls)]
    if usage.tokens_in is not None and usage.tokens_out is not None:
        words.append(tr("{count} tokens", count=f"{usage.tokens_in + usage.tokens_out:,}"))
    words.append(tr("cost unknown") if usage.cost_usd is None else money(usage.cost_usd))
    return words


def money(usd: float) -> str:
    """An amount of dollars, small ones with enough digits to tell them from nothing."""
    if usd == 0:
        return "$0"
    return f"${usd:.2f}" if usd >= 0.1 else f"${usd:.4f}"


def step_block(step: StepView) -> Block:
    """One step: its head, what it streamed, what it wrote, its tools and errors."""
    # What stands at the top level is there to be read; the steps of a map's items are many.
    open_now = step.status in ("running", "failed", "waiting") or (step.parent is None and step.status == "done")
    badge = simulated_badge() if step.simulated else ""
    facts = [step.kind] if step.kind else []
    facts += [step.model] if step.model and not step.simulated else []
    if step.progress is not None:
        told = tr("{done} of {all} items", done=step.progress.done, all=step.progress.total)
        if step.progress.failed:
            told = joined((told, tr_count("{count} failed", "{count} failed", step.progress.failed)))
        facts.append(told)
    if step.seconds is not None:
        facts.append(f"{step.seconds:.1f} s")
    summary = (
        f'<summary><span class="wc-dot" data-status="{step.status}" aria-hidden="true"></span>'
        f"<strong>{escape(_step_name(step))}</strong>"
        f'<span class="wc-muted">{escape(" · ".join([status_word(step.status), *facts]))}</span>{badge}</summary>'
    )
    streams = step.status == "running"
    nested = " wc-nested" if step.parent else ""
    html = (
        f'<details class="wc-step{nested}" data-step="{attribute(step.step)}" '
        f'data-step-node="{attribute(step.node)}" data-status="{step.status}"{" open" if open_now else ""}>'
        f'{summary}<div class="wc-step-body">{_notes(step)}{_tools(step)}'
        f"{'<div class=wc-plain data-stream></div>' if streams else _result(step)}</div></details>"
    )
    block: Block = {"key": f"step:{step.step}", "html": html}
    if streams:
        block["text"] = markup.shortened(step.text)
    return block


def _step_name(step: StepView) -> str:
    """The node with its place: `each_file#1[3]/shorten#2` reads `item 4 › shorten, time 2`."""
    *outer, own = step.step.split("/")
    items = [tr("item {number} › ", number=int(found) + 1) for part in outer for found in _ITEM.findall(part)]
    _, _, times = own.partition("#")
    again = tr(", time {number}", number=times) if times.isdecimal() and int(times) > 1 else ""
    return "".join(items) + step.node + again


def _notes(step: StepView) -> str:
    return "".join(f'<p class="wc-hint">{markup.sentence(note)}</p>' for note in step.notes)


def _tools(step: StepView) -> str:
    found = []
    for call in step.tools:
        result = call.error if call.error is not None else call.result
        shown = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, default=str)
        found.append(
            f'<details class="wc-tool"><summary>{escape(tr("Tool"))} <code>{escape(call.tool)}</code>'
            f"{' · ' + escape(tr('failed')) if call.error is not None else ''}</summary>"
            f"{values_html.json_block(call.arguments)}{markup.plain(markup.shortened(shown, 20_000))}</details>"
        )
    return "".join(found)


def _result(step: StepView) -> str:
    if step.status in ("failed", "skipped") and (step.message or step.help):
        goes_on = f'<p class="wc-hint">{escape(tr("The run goes on without it."))}</p>' if step.continues else ""
        text = f'<div class="wc-plain">{escape(step.text)}</div>' if step.text else ""
        return text + problem_html(step.message, step.help) + goes_on
    if not step.writes:
        return f'<div class="wc-md">{markup.markdown(step.text)}</div>' if step.text else ""
    return "".join(named_value(name, value) for name, value in step.writes.items())


def named_value(name: str, value: Any) -> str:
    """A field with its value."""
    return (
        f'<div class="wc-named" data-field="{attribute(name)}"><div class="wc-name">{escape(name)}</div>'
        f"{values_html.value(value)}</div>"
    )


def problem_html(message: str, help_text: str | None) -> str:
    """An error with what to do."""
    what_to_do = f'<p class="wc-help">{markup.sentence(help_text)}</p>' if help_text else ""
    return f'<div class="wc-problem" role="alert"><p>{markup.sentence(message)}</p>{what_to_do}</div>'


def outputs_html(view: RunView) -> str:
    """What the run returned, to read, copy and download."""
    label = simulated_badge() if view.simulated else ""
    shown = "".join(named_value(name, value) for name, value in view.outputs.items())
    empty = "" if view.outputs else f'<p class="wc-muted">{escape(tr("The workflow names no outputs."))}</p>'
    return (
        f'<section class="wc-outputs" id="outputs" aria-label="{attribute(tr("Outputs"))}">'
        f'<div class="wc-outputs-head"><h2 class="wc-h">{escape(tr("Outputs"))}</h2>{label}'
        f"{copy_button(tr('Copy'), copied_text(view), small=False)}"
        f"{download_button(tr('Download'), file_name(view), outputs_text(view))}</div>{shown}{empty}</section>"
    )


def file_name(view: RunView) -> str:
    """What the outputs are called when they are downloaded."""
    return f"{view.workflow or 'run'}-outputs.json"


def outputs_text(view: RunView) -> str:
    """The outputs as JSON, saying whether they are simulated."""
    data = {"run_id": view.run_id, "model": view.model, "simulated": view.simulated, "outputs": view.outputs}
    return json.dumps(data, ensure_ascii=False, indent=2, default=str)


def copied_text(view: RunView) -> str:
    """The outputs to paste elsewhere: one text as it stands, several as JSON."""
    values = list(view.outputs.values())
    if len(values) == 1 and isinstance(values[0], str):
        return values[0] if not view.simulated else f"SIMULATED\n\n{values[0]}"
    return outputs_text(view)


def question_block(view: RunView, question: Question, typed: dict[str, Any], problems: dict[str, Any]) -> Block:
    """What a human node asks, with its form in place."""
    buttons = '<button type="submit" class="wc-button wc-primary">' + escape(tr("Answer")) + "</button>"
    form = form_html(
        f"answer:{question.step}",
        question_fields(question),
        typed=typed.get(question.step),
        problems=problems.get(question.step),
        buttons=buttons,
    )
    html = (
        f'<section class="wc-question" data-question="{attribute(question.node)}" '
        f'aria-label="{attribute(tr("The run asks you"))}">'
        f'<h2 class="wc-h">{escape(tr("{node} asks", node=question.node))}</h2>'
        f"{simulated_badge() if view.simulated else ''}"
        f'<div class="wc-md">{markup.markdown(question_words(question.text))}</div>{form}</section>'
    )
    return {"key": f"ask:{question.step}", "html": html}


def _continue() -> str:
    return f"<p>{button(tr('Continue'), 'resume', id='continue-run')}</p>"


def _ending(view: RunView) -> str:
    match view.status:
        case "stopped":
            message = view.message or tr("The run was stopped.")
            help_text = tr("Press Continue to go on from where it stopped, or Run to start again.")
        case "limit":
            message = view.message
            help_text = tr("Raise it under `limits:` in the YAML and run again, or press Continue to go on now.")
        case _:
            message, help_text = view.message or tr("The run failed."), view.help
    if view.status == "stopped":
        more = f'<p class="wc-muted">{markup.sentence(help_text)}</p>'
        return f'<div class="wc-note"><p>{markup.sentence(message)}</p>{more}</div>{_continue()}'
    return problem_html(message, help_text) + _continue()
