"""Runs a workflow as the app does, with no model but the simulated one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chat_app.chat_models.protocol import ChatModel
from chat_app.chat_models.simulated import SimulatedChatModel
from chat_app.engine.manager import RunManager
from chat_app.workflow.check import CheckResult


class OnlySimulated:
    """A source that has the simulated model and nothing else."""

    def get(self, name: str | None, keys: Mapping[str, str] = {}) -> ChatModel:
        return SimulatedChatModel()


async def outputs_of(checked: CheckResult, inputs: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What a run that finishes gives."""
    manager = RunManager(OnlySimulated(), folder)
    try:
        run = await manager.start(checked, inputs)
        async for _event in manager.subscribe(run):
            pass
        status = manager.status(run)
        assert status.state == "finished", status.message
        return dict(status.outputs)
    finally:
        await manager.close()
