"""`map`: runs its body once for each item and collects what it returns, in order."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from chat_app.engine.body import alone_in, run_body, visible
from chat_app.engine.errors import NodeFailed, StepProblem
from chat_app.engine.level import Level, Runner, Step
from chat_app.engine.rare_collection import collected_rarely
from chat_app.engine.text import rendered
from chat_app.engine.together import together
from chat_app.events.run import ItemProgress
from chat_app.workflow.nodes import MapNode
from chat_app.workflow.templates import compile_template

Item = Callable[[int], Coroutine[Any, Any, Any]]
"""Runs the body for the item of this index; what it comes to, or LEFT_OUT."""

LEFT_OUT = object()

MANY = 100
"""Items that make so much that the search for garbage among it shows."""


class _Progress:
    """How far a map has come."""

    def __init__(self, step: Step, total: int) -> None:
        self._step = step
        self._total = total
        self._next = self._hundredth = max(1, total // 100)
        self._done = self._failed = 0

    def one_more(self, *, failed: bool) -> None:
        done = self._done = self._done + 1
        # A map of many items reports every hundredth part, and every failure.
        if failed or done == self._next:
            self._failed += failed
            self._tell(done)

    def _tell(self, done: int) -> None:
        if done == self._next:
            self._next = min(done + self._hundredth, self._total)
        step = self._step
        step.run.emit(ItemProgress(step.id, step.name, done, self._failed, self._total))


def compile_node(node: MapNode, body: Level) -> Runner:
    """Makes the node ready to run."""
    over = compile_template(node.over)
    target = node.writes[0] if node.writes else None
    returned = _returning(node.body.returns)

    async def run(step: Step) -> dict[str, Any]:
        items = rendered(over, step, "over")
        if not isinstance(items, list):
            raise StepProblem(f"`over` is no list: {type(items).__name__}.", help="Let `over` name an array field.")
        step.run.meter.map_items(step.name, len(items))
        one = _each(node, body, returned, step, items)
        at_most = node.max_concurrency or step.run.meter.limits.concurrency or 1
        with collected_rarely() if len(items) >= MANY else nullcontext():
            results = await together(len(items), one, at_most)
        return {} if target is None else {target: [result for result in results if result is not LEFT_OUT]}

    return run


def _each(
    node: MapNode, body: Level, returned: Callable[[dict[str, Any]], Any], step: Step, items: list[Any]
) -> Item:
    """What is done for each item of a map that runs."""
    names, run, called, on_error = step.names, step.run, node.item, node.on_item_error
    progress, parent = _Progress(step, len(items)), step.id
    alone, initial = body.alone, body.initial
    around = dict(names if alone is None else visible(names, initial))

    def failed(error: Mapping[str, Any]) -> Any:
        progress.one_more(failed=True)
        return error if on_error == "collect" else LEFT_OUT

    async def one(index: int) -> Any:
        place = f"{parent}[{index}]"
        if on_error != "fail" and (failed_before := run.journal.get(place)) is not None:
            return failed(failed_before)
        try:
            given = around.copy()
            given[called], given["index"] = items[index], index
            if alone is None:
                state = await run_body(body, run, given, place, parent)
            else:
                outcome = await alone_in(body, alone, run, given, place, parent)
                state = body.after(initial, outcome["writes"])
            result = returned(state)
        except (NodeFailed, StepProblem) as failure:
            if on_error == "fail":
                raise StepProblem(f"Item {index} failed: {failure.message}", help=failure.help) from failure
            error = {"error": failure.message, "index": index}
            # A run that goes on after a question or a kill must not try again what was passed over.
            if (kept := run.journal.put(place, error)) is not None:
                await kept
            return failed(error)
        progress.one_more(failed=False)
        return result

    return one


def _returning(names: str | Sequence[str]) -> Callable[[dict[str, Any]], Any]:
    """Takes what a body returns from its state: one field's value, or several as an object."""

    def single(state: dict[str, Any]) -> Any:
        return state[names] if names in state else _refuse(str(names))

    def several(state: dict[str, Any]) -> Any:
        return {name: state[name] if name in state else _refuse(name) for name in names}

    return single if isinstance(names, str) else several


def _refuse(missing: str) -> Any:
    raise StepProblem(
        f"The body returns `{missing}`, which no node has written.",
        help="Let every way through the body write what it returns, or give the field a default.",
    )
