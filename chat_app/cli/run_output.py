"""How a run is printed: text for a person, one JSON result, or one JSON event a line."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from chat_app.cli.exits import Exit
from chat_app.cli.output_files import files_in
from chat_app.cli.texts import note, price, say, warn
from chat_app.events.run import (
    ItemProgress,
    LimitReached,
    Logged,
    Recorded,
    RouteTaken,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    RunWaiting,
    StepFailed,
    StepFinished,
    StepRetried,
    StepSkipped,
    StepStarted,
    Token,
    ToolCalled,
    UsageReported,
)
from chat_app.events.totals import Totals
from chat_app.events.wire import to_json
from chat_app.files.sizes import shown_size
from chat_app.translation import joined, mark, question_words, tr, tr_count, translated
from chat_app.workflow.check import CheckResult

if TYPE_CHECKING:
    from chat_app.engine.judging import Judge


class Output(Protocol):
    """Prints a run as it goes."""

    def started(self, run_id: str) -> None: ...

    def event(self, entry: Recorded) -> None: ...

    def refused(self, checked: CheckResult) -> None:
        """The workflow is not valid; nothing ran."""

    def refused_start(self, message: str, help_text: str) -> None:
        """The inputs, the model or the answers will not do."""

    def saved(self, places: Sequence[Path]) -> None:
        """Where the files among the outputs were saved; comes before the end."""

    def ended(self, last: Recorded | None) -> Exit: ...


class EventLines:
    """One JSON event a line, as they happen."""

    def started(self, run_id: str) -> None:
        """Nothing: the first event names the run."""

    def refused(self, checked: CheckResult) -> None:
        """Nothing: no run, no events; the findings went to standard error."""

    def refused_start(self, message: str, help_text: str) -> None:
        """No event: the reason goes to standard error."""
        warn(f"{message}\n  {help_text}")

    def event(self, entry: Recorded) -> None:
        """Prints one line."""
        say(json.dumps(to_json(entry), ensure_ascii=False))

    def saved(self, places: Sequence[Path]) -> None:
        """No event: the places go to standard error."""
        for place in places:
            note(tr("saved {place}", place=place))

    def ended(self, last: Recorded | None) -> Exit:
        """The status alone."""
        return ending(last)[1]


class JsonResult:
    """`{"run_id", "status", "outputs", "usage"}` alone on standard output."""

    def __init__(self) -> None:
        self._run_id: str | None = None
        self._totals = Totals()
        self._saved: dict[str, list[str]] = {}

    def started(self, run_id: str) -> None:
        """Remembers the run's id."""
        self._run_id = run_id

    def event(self, entry: Recorded) -> None:
        """Adds up the usage."""
        if isinstance(entry.event, UsageReported):
            self._totals = self._totals.plus(entry.event)

    def refused(self, checked: CheckResult) -> None:
        """Says that the file is invalid, with its findings."""
        findings = [found.as_json() for found in checked.faults]
        self._print("invalid", {}, diagnostics=findings)

    def refused_start(self, message: str, help_text: str) -> None:
        """Says why nothing ran."""
        self._print("invalid", {}, error={"message": message, "help": help_text, "node": None})

    def saved(self, places: Sequence[Path]) -> None:
        """Kept for the result."""
        self._saved = {"saved": [str(place) for place in places]}

    def ended(self, last: Recorded | None) -> Exit:
        """Prints the result."""
        status, code = ending(last)
        match last.event if last else None:
            case RunFinished(outputs=outputs):
                self._print(status, outputs, **self._saved)
            case RunFailed(message=message, help=help_text, node=node):
                self._print(status, {}, error={"message": message, "help": help_text, "node": node})
            case RunWaiting(questions=questions):
                asked = [{"node": q.node, "text": q.text, "fields": q.fields} for q in questions]
                self._print(status, {}, questions=asked)
            case LimitReached(message=message):
                self._print(status, {}, error={"message": message, "help": "Raise the limit and run again."})
            case _:
                self._print(status, {})
        return code

    def _print(self, status: str, outputs: dict[str, Any], **more: Any) -> None:
        result = {"run_id": self._run_id, "status": status, "outputs": outputs, "usage": self._totals.as_json()}
        say(json.dumps(result | more, indent=2, ensure_ascii=False))


def ending(last: Recorded | None) -> tuple[str, Exit]:
    """The name and the exit status of how a run came to rest."""
    match last.event if last else None:
        case RunFinished():
            return "done", Exit.DONE
        case RunWaiting():
            return "waiting", Exit.WAITING
        case RunStopped():
            return "stopped", Exit.FAILED
        case LimitReached():
            return "limit", Exit.FAILED
        case _:
            return "failed", Exit.FAILED


_CUT_SHORT = {"stopped": mark("stopped"), "failed": mark("failed")}
"""How a run is told that came to rest without more to say."""


class TerminalText:
    """Text for a person. One step streams at a time; what others say meanwhile is kept and shown after."""

    def __init__(self) -> None:
        self._totals = Totals()
        self._streaming: str | None = None
        self._kept: dict[str, deque[str]] = {}
        self._streamed: set[str] = set()
        self._parents: set[str] = set()
        self._printing: set[str | None] = set()
        """Steps whose log is what code of the user's prints: it stands as it is."""
        self._begun = False
        self._saved: Sequence[Path] | None = None

    def started(self, run_id: str) -> None:
        """Names the run."""
        self._begun = True
        say(tr("run {id}", id=run_id))

    def refused(self, checked: CheckResult) -> None:
        """Says that nothing ran."""
        say(tr("Not run: the workflow has errors."))

    def refused_start(self, message: str, help_text: str) -> None:
        """Says why nothing ran."""
        why = translated(message)
        told = tr("The run still waits: {why}", why=why) if self._begun else tr("Not run: {why}", why=why)
        note(f"{told}\n  {translated(help_text)}")

    def event(self, entry: Recorded) -> None:
        """Prints what a person wants to see of an event."""
        match entry.event:
            case Token(step=step, text=text):
                self._token(step, text)
            case StepFinished(step=step):
                self._finish(step, entry.event)
            case UsageReported():
                self._totals = self._totals.plus(entry.event)
            case Logged(text=text, node=node, step=step) if step in self._printing:
                self._line(f"[{node}] {text}")
            case _:
                if isinstance(entry.event, StepStarted):
                    self._note(entry.event)
                line = line_of(entry.event)
                if line is not None:
                    self._line(line)

    def _note(self, begun: StepStarted) -> None:
        if begun.parent is not None:
            self._parents.add(begun.parent)
        if begun.kind == "code":
            self._printing.add(begun.step)

    def saved(self, places: Sequence[Path]) -> None:
        """Kept for the end."""
        self._saved = places

    def ended(self, last: Recorded | None) -> Exit:
        """Prints how the run ended, its outputs and what it used."""
        status, code = ending(last)
        match last.event if last else None:
            case RunFinished(outputs=outputs, seconds=seconds):
                self._line("\n" + tr("done in {seconds} s", seconds=f"{seconds:.1f}"))
                for name, value in outputs.items():
                    say(f"\n{name}:\n{value if isinstance(value, str) else _pretty(value)}")
                self._tell_files(outputs)
            case RunFailed(message=message, help=help_text):
                self._line("\n" + tr("failed: {why}", why=translated(message)) + f"\n  {translated(help_text)}")
            case RunWaiting(questions=questions):
                self._line("\n" + tr("waiting for a person:"))
                for question in questions:
                    say(f"  {question.node}: {question_words(question.text)} [{', '.join(question.fields)}]")
                say("  " + tr('Give the answers with --answers FILE.json: {"node": {"field": value}}.'))
            case LimitReached(message=message):
                self._line("\n" + tr("stopped at a limit: {why}", why=translated(message)))
            case _:
                self._line("\n" + tr(_CUT_SHORT[status]))
        say(f"\n{used(self._totals)}")
        return code

    def _tell_files(self, outputs: dict[str, Any]) -> None:
        for place in self._saved or ():
            say("\n" + tr("saved {place}", place=place))
        if self._saved is None and any(files_in(outputs)):
            say("\n" + tr("The files are kept in the app; --out-dir DIR saves them into a folder."))

    def _token(self, step: str, text: str) -> None:
        if self._streaming is None:
            self._streaming = step
            self._streamed.add(step)
            say(f"\n[{place_of(step)}] ", end="")
            for kept in self._kept.pop(step, ()):
                say(kept, end="")
        if self._streaming == step:
            say(text, end="")
        else:
            self._kept.setdefault(step, deque()).append(text)

    def _finish(self, step: str, event: StepFinished) -> None:
        if self._streaming == step:
            self._end_line()
        elif step in self._kept:
            self._line(f"\n[{place_of(step)}] " + "".join(self._kept.pop(step)))
        elif event.writes and step not in self._streamed | self._parents:
            self._line(f"[{event.node}] {_brief(event.writes)}")

    def _line(self, text: str) -> None:
        self._end_line()
        say(text)

    def _end_line(self) -> None:
        if self._streaming is not None:
            self._streaming = None
            say()


def place_of(step: str) -> str:
    """Where a step runs, in short: its node, with the item's number inside a map."""
    outer, _, node = step.rpartition("/")
    item = re.search(r"\[(\d+)\]$", outer)
    return node.partition("#")[0] + (f" {int(item[1]) + 1}" if item else "")


def line_of(event: object) -> str | None:
    """One line about an event, or None where a person need not see it."""
    match event:
        case RunStarted(workflow=workflow, model=model, simulated=simulated):
            if simulated:
                return f"{workflow} ({tr('SIMULATED: no model is asked, texts are made up')})"
            return f"{workflow} ({tr('model {name}', name=model) if model else tr('no model')})"
        case StepStarted(node=node, kind=kind) if kind in {"map", "parallel", "workflow"}:
            return f"[{node}] ..."
        case StepFailed(node=node, message=message, help=help_text):
            return f"[{node}] {tr('failed: {why}', why=translated(message))}\n  {translated(help_text)}"
        case StepRetried(node=node, attempt=attempt, message=message, wait_seconds=wait):
            why, seconds = translated(message).rstrip(".。"), f"{wait:.1f}"
            again = tr(
                "try {number} failed: {why}; trying again in {seconds} s", number=attempt, why=why, seconds=seconds
            )
            return f"[{node}] {again}"
        case StepSkipped(node=node, reason=reason):
            return f"[{node}] {tr('skipped: {why}', why=translated(reason))}"
        case RouteTaken(source=source, targets=targets, route=route) if route is not None:
            return f"[{source}] {tr('goes to {names}', names=joined(targets))}"
        case ToolCalled(node=node, tool=tool, error=error):
            if error:
                return f"[{node}] {tr('called {tool}: {why}', tool=tool, why=translated(error))}"
            return f"[{node}] {tr('called {tool}', tool=tool)}"
        case ItemProgress(node=node, done=done, failed=failed, total=total):
            counts = [tr("{done} of {all}", done=done, all=total)]
            counts += [tr_count("{count} failed", "{count} failed", failed)] if failed else []
            return f"[{node}] {joined(counts)}"
        case Logged(text=text, node=node):
            return f"[{node}] {translated(text)}" if node else translated(text)
        case _:
            return None


def used(totals: Totals) -> str:
    """What a run used, in words; unknown is said to be unknown."""
    if totals.calls == 0:
        return tr("No model was asked.")
    calls = tr_count("{count} model call", "{count} model calls", totals.calls)
    if totals.simulated_calls:
        calls = tr("{calls} ({simulated} simulated)", calls=calls, simulated=totals.simulated_calls)
    return tr(
        "{calls}, {tokens_in} tokens in, {tokens_out} out, {cost}.",
        calls=calls,
        tokens_in=tr("unknown") if totals.tokens_in is None else totals.tokens_in,
        tokens_out=tr("unknown") if totals.tokens_out is None else totals.tokens_out,
        cost=price(totals.cost_usd),
    )


def used_by_judge(judge: Judge) -> str:
    """What a judge used, in words."""
    calls = tr_count("{count} call", "{count} calls", judge.totals.calls)
    cost = price(judge.totals.cost_usd)
    return tr("The judge, {model}: {calls}, {cost}.", model=judge.model.name, calls=calls, cost=cost)


def _brief(writes: dict[str, Any]) -> str:
    text = ", ".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in writes.items())
    return text if len(text) <= 200 else text[:197] + "..."


def _pretty(value: Any) -> str:
    if isinstance(value, list) and value and all(any(files_in(item)) for item in value):
        return "\n".join(map(_pretty, value))
    found = next(files_in(value), None)
    if found is not None and found.as_value() == value:
        return f"{found.name} ({found.media_type}, {shown_size(found.size)})"
    return json.dumps(value, indent=2, ensure_ascii=False)
