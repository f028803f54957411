"""The real parts behind a page, as `app` joins them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chat_app.app import budget_check
from chat_app.chat_models.models import ChatModels
from chat_app.designer.designers import Designers
from chat_app.engine.capabilities import RUNNABLE_KINDS
from chat_app.engine.dry_run import dry_run
from chat_app.engine.envelope import envelope
from chat_app.engine.manager import RunManager
from chat_app.engine.reach import Reach
from chat_app.files.store import FileStore
from chat_app.library import Library
from chat_app.tracing.budget import Spending
from chat_app.tracing.own_record import OwnRecord
from chat_app.tracing.recorders import Recorders
from chat_app.tracing.run_store import RunStore
from chat_app.ui.allowance import OWN_MACHINE, Allowance
from chat_app.ui.services import Services
from chat_app.workflow.check import check
from chat_app.workflow.surroundings import Surroundings

NOBODY = {"OLLAMA_HOST": "http://127.0.0.1:9"}
"""An environment without any model."""


@dataclass
class House:
    services: Services
    store: RunStore
    models: ChatModels

    async def close(self) -> None:
        await self.services.runs.close()
        await self.models.close()
        self.store.close()


def build_house(
    folder: Path,
    environment: Mapping[str, str] = NOBODY,
    *,
    pace: float = 0.0,
    preferred: str | None = None,
    hosted: bool = False,
    allowance: Allowance = OWN_MACHINE,
    monthly_usd: float | None = None,
) -> House:
    """The parts over a folder of their own."""
    folder.mkdir(parents=True, exist_ok=True)
    models = ChatModels(NOBODY | dict(environment), preferred=preferred, pace_seconds=pace)
    files = FileStore(folder / "files")
    store = RunStore(folder / "runs.sqlite")
    spending = Spending(store)
    known = Surroundings(runnable_kinds=RUNNABLE_KINDS)
    checked = functools.partial(check, surroundings=known)
    designers = Designers(checked, surroundings=known, folder=folder)
    services = Services(
        designer=lambda name, keys: designers.of(models.get(name, keys)),
        check=checked,
        runs=RunManager(
            models,
            folder,
            Recorders(store, [spending]),
            reach=Reach(files=files),
            budget=budget_check(monthly_usd, spending),
        ),
        models=models,
        library=Library(folder / "designs"),
        files=files,
        dry_run=dry_run,
        envelope=lambda workflow, name, used: envelope(workflow, models.price, model=name, used=used),
        record=OwnRecord(store, monthly_usd=monthly_usd, spending=spending),
        hosted=hosted,
        allowance=allowance,
    )
    return House(services, store, models)
