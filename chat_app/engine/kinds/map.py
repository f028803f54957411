"""`map`: runs its body once for each item and collects what it returns, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chat_app.engine.body import run_body, visible
from chat_app.engine.errors import NodeFailed, StepProblem, Waiting
from chat_app.engine.level import Level, Runner, Step
from chat_app.engine.step import Place, execute
from chat_app.engine.text import rendered
from chat_app.engine.together import raise_questions, side_by_side
from chat_app.events.rare_collection import collected_rarely
from chat_app.events.run import ItemProgress, Question
from chat_app.workflow.nodes import MapNode
from chat_app.workflow.templates import compile_template

Returned = Callable[[Mapping[str, Any]], Any]
"""Takes what a body returns from its state."""

LEFT_OUT = object()

UNCOUNTED: Mapping[str, int] = {}
"""How often the ways of a body with only one node were taken."""


class _Progress:
    """How far a map has come."""

    def __init__(self, step: Step, total: int) -> None:
        self._step = step
        self._total = total
        self.next = self._hundredth = max(1, total // 100)
        """So many items done, and it is told: of many items every hundredth part, and every failure."""
        self.done = self._failed = 0

    def one_failed(self) -> None:
        self.done += 1
        self._failed += 1
        self.tell()

    def tell(self) -> None:
        done = self.done
        if done == self.next:
            self.next = min(done + self._hundredth, self._total)
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
        with collected_rarely(len(items)):
            results = await _Items(node, body, returned, step, items).results()
        return {} if target is None else {target: results}

    return run


class _Items:
    """The items of a map that runs, and what the body has come to for them."""

    def __init__(self, node: MapNode, body: Level, returned: Returned, step: Step, items: list[Any]) -> None:
        self._node, self._body, self._returned, self._step = node, body, returned, step
        self._items = items
        self._todo = iter(range(len(items)))
        self._results: list[Any] = [LEFT_OUT] * len(items)
        self._questions: dict[int, tuple[Question, ...]] = {}
        self._progress = _Progress(step, len(items))

    async def results(self) -> list[Any]:
        """What the body returns for each, in their order, without those that failed and are left out."""
        at_most = self._node.max_concurrency or self._step.run.meter.limits.concurrency or 1
        await side_by_side(self._work() for _ in range(min(len(self._items), at_most)))
        raise_questions(self._questions)
        return [result for result in self._results if result is not LEFT_OUT]

    async def _work(self) -> None:
        """Goes through items itself, without a coroutine of each one's own."""
        node, body, items, results, progress = self._node, self._body, self._items, self._results, self._progress
        run, parent, called, passes_over = self._step.run, self._step.id, node.item, node.on_item_error != "fail"
        alone, returned, around = body.alone, self._returned, self._step.names
        around = dict(around if alone is None else visible(around, body.initial))
        at, ends = Place(parent, UNCOUNTED), "" if alone is None else f"/{alone.id}#1"
        for index in self._todo:
            place = f"{parent}[{index}]"
            if passes_over and (failed := run.journal.get(place)) is not None:
                self._passed_over(index, failed)
                continue
            given = around.copy()
            given[called], given["index"] = items[index], index
            try:
                if alone is None:
                    state: Mapping[str, Any] = await run_body(body, run, given, place, parent)
                else:
                    outcome = await execute(body, alone, run, given, place + ends, at)
                    state = outcome["writes"]
                    if not body.empty:
                        state = body.after(body.initial, state)
                results[index] = returned(state)
            except Waiting as waiting:
                self._questions[index] = waiting.questions
            except (NodeFailed, StepProblem) as failure:
                await self._fails(index, place, failure)
            else:
                progress.done += 1
                if progress.done == progress.next:
                    progress.tell()

    async def _fails(self, index: int, place: str, failure: NodeFailed | StepProblem) -> None:
        """Raises StepProblem where a map fails with its items."""
        if self._node.on_item_error == "fail":
            raise StepProblem(f"Item {index} failed: {failure.message}", help=failure.help) from failure
        error = {"error": failure.message, "index": index}
        # A run that goes on after a question or a kill must not try again what was passed over.
        if (kept := self._step.run.journal.put(place, error)) is not None:
            await kept
        self._passed_over(index, error)

    def _passed_over(self, index: int, error: Mapping[str, Any]) -> None:
        if self._node.on_item_error == "collect":
            self._results[index] = error
        self._progress.one_failed()


def _returning(names: str | Sequence[str]) -> Returned:
    """Takes what a body returns from its state: one field's value, or several as an object."""
    name = names if isinstance(names, str) else ""

    def single(state: Mapping[str, Any]) -> Any:
        return state[name] if name in state else _refuse(name)

    def several(state: Mapping[str, Any]) -> Any:
        return {name: state[name] if name in state else _refuse(name) for name in names}

    return single if name else several


def _refuse(missing: str) -> Any:
    raise StepProblem(
        f"The body returns `{missing}`, which no node has written.",
        help="Let every way through the body write what it returns, or give the field a default.",
    )
