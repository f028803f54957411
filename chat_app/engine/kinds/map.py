"""`map`: runs its body once for each item and collects what it returns, in order."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from chat_app.engine.body import run_body
from chat_app.engine.errors import NodeFailed, StepProblem
from chat_app.engine.level import Level, Runner, Step
from chat_app.engine.text import rendered
from chat_app.engine.together import together
from chat_app.events.run import ItemProgress
from chat_app.workflow.nodes import MapNode
from chat_app.workflow.templates import compile_template


@dataclass
class _Items:
    """How far a map has come."""

    step: Step
    total: int
    done: int = 0
    failed: int = 0

    def one_more(self, *, failed: bool) -> None:
        self.done += 1
        self.failed += failed
        # A map of many items reports every hundredth part, and every failure.
        if failed or self.done == self.total or self.done % max(1, self.total // 100) == 0:
            self.step.run.emit(ItemProgress(self.step.id, self.step.name, self.done, self.failed, self.total))


@dataclass(frozen=True, slots=True)
class _Result:
    value: Any
    kept: bool = True


def compile_node(node: MapNode, body: Level) -> Runner:
    """Makes the node ready to run."""
    over = compile_template(node.over)
    target = node.writes[0] if node.writes else None

    async def run(step: Step) -> dict[str, Any]:
        items = rendered(over, step, "over")
        if not isinstance(items, list):
            raise StepProblem(f"`over` is no list: {type(items).__name__}.", help="Let `over` name an array field.")
        step.run.meter.map_items(step.name, len(items))
        progress = _Items(step, len(items))
        tasks: list[Callable[[], Coroutine[Any, Any, _Result]]] = [
            partial(_one, node, body, progress, index, item) for index, item in enumerate(items)
        ]
        at_most = node.max_concurrency or step.run.meter.limits.concurrency or 1
        results = await together(tasks, min(at_most, len(tasks)))
        return {} if target is None else {target: [result.value for result in results if result.kept]}

    return run


async def _one(node: MapNode, body: Level, progress: _Items, index: int, item: Any) -> _Result:
    step = progress.step
    names = {**step.names, node.item: item, "index": index}
    place = f"{step.id}[{index}]"
    failed_before = step.run.journal.get(place)
    if failed_before is not None:
        return _failed(node, progress, failed_before)
    try:
        state = await run_body(body, step.run, names, place, step.id)
        result = _Result(_returned(node, state))
    except (NodeFailed, StepProblem) as failure:
        if node.on_item_error == "fail":
            raise StepProblem(f"Item {index} failed: {failure.message}", help=failure.help) from failure
        error = {"error": failure.message, "index": index}
        # A run that goes on after a question or a kill must not try again what was passed over.
        await step.run.journal.put(place, error)
        return _failed(node, progress, error)
    progress.one_more(failed=False)
    return result


def _failed(node: MapNode, progress: _Items, error: dict[str, Any]) -> _Result:
    progress.one_more(failed=True)
    return _Result(error, kept=node.on_item_error == "collect")


def _returned(node: MapNode, state: dict[str, Any]) -> Any:
    names = [node.body.returns] if isinstance(node.body.returns, str) else node.body.returns
    missing = [name for name in names if name not in state]
    if missing:
        raise StepProblem(
            f"The body returns `{missing[0]}`, which no node has written.",
            help="Let every way through the body write what it returns, or give the field a default.",
        )
    return state[names[0]] if isinstance(node.body.returns, str) else {name: state[name] for name in names}
