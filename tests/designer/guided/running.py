"""Runs a workflow as the app does, with no model but the simulated one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chat_app.chat_models.protocol import ChatModel
from chat_app.chat_models.simulated import SimulatedChatModel
from chat_app.designer.guided.rendering import example_of
from chat_app.engine.manager import RunManager
from chat_app.workflow.check import CheckResult


class OnlySimulated:
    """A source that has the simulated model and nothing else."""

    def get(self, name: str | None, keys: Mapping[str, str] = {}) -> ChatModel:
        return SimulatedChatModel()


Given = Mapping[str, Mapping[str, Any]]


async def run_through(
    manager: RunManager, checked: CheckResult, inputs: Mapping[str, Any], given: Given = MappingProxyType({})
) -> dict[str, Any]:
    """What a run gives that gets to its end; whatever it asks people is answered. `given` nodes are not run."""
    run = await manager.start(checked, inputs, given=given)
    offset = 0
    while True:
        async for entry in manager.subscribe(run, offset):
            offset = entry.offset + 1
        status = manager.status(run)
        if status.state != "waiting":
            assert status.state == "finished", status.message
            return dict(status.outputs)
        answers = {
            question.step: {name: example_of(kind) for name, kind in question.fields.items()}
            for question in status.questions
        }
        await manager.answer(run, answers)


async def outputs_of(checked: CheckResult, inputs: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What a run with a manager of its own gives."""
    manager = RunManager(OnlySimulated(), folder)
    try:
        return await run_through(manager, checked, inputs)
    finally:
        await manager.close()
