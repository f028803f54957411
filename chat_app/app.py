"""The composition root: builds every part once and hands each its collaborators."""

from __future__ import annotations

import asyncio
import importlib
import logging
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from chat_app import resources
from chat_app.chat_models.media import MediaModels
from chat_app.chat_models.models import ChatModels
from chat_app.chat_models.simulated import SIMULATED
from chat_app.designer.agent.prompts import prompt_text, prompt_versions
from chat_app.designer.designers import Designers
from chat_app.engine.compiler import NOTHING_USED, Used, all_nodes
from chat_app.engine.dry_run import dry_run
from chat_app.engine.envelope import Envelope, envelope
from chat_app.engine.errors import BudgetSpent
from chat_app.engine.manager import RunManager
from chat_app.engine.reach import Reach
from chat_app.engine.surroundings import surroundings_here
from chat_app.engine.testing import run_tests
from chat_app.engine.tool_facts import bills_of, hosts_of
from chat_app.engine.trial import Trials
from chat_app.events.record import TurnRecorder
from chat_app.files.errors import FileError
from chat_app.files.store import FileStore, Usage
from chat_app.library import Library
from chat_app.settings import CannotStart, Settings
from chat_app.tools.catalog import catalog
from chat_app.tools.network import Network
from chat_app.tracing.budget import Spending
from chat_app.tracing.designs import saved, take_in
from chat_app.tracing.otel import OtelRecorder, otel_recorder
from chat_app.tracing.own_record import OwnRecord
from chat_app.tracing.recorded_designer import RecordedDesigner
from chat_app.tracing.recorders import Recorders
from chat_app.tracing.run_store import RunStore
from chat_app.tracing.trace_process import TraceProcess
from chat_app.tracing.traces import Traces
from chat_app.workflow.check import CheckResult, check
from chat_app.workflow.document import Workflow
from chat_app.workflow.nodes import ClassifyNode, LlmNode
from chat_app.workflow.surroundings import Surroundings

if TYPE_CHECKING:
    from chat_app.designer.agent.verdict import Verdict
    from chat_app.designer.conversation import Designer
    from chat_app.tracing.keep import Keep
    from chat_app.tracing.retention import Forgotten
    from chat_app.ui.sessions import Sessions

_logger = logging.getLogger(__name__)

PRUNED_EVERY = 6 * 3600.0
"""Seconds between two looks at what is too old or too much."""
SIMULATED_PACE = 0.02
"""Seconds between the pieces of simulated text on the page."""
NOT_FOR_THE_PAGE = ("chat_app.tracing.writer", "chat_app.engine.graph", "chat_app.engine.saver")
"""What the first turn and the first run need, LangGraph above all."""


@dataclass(frozen=True)
class App:
    """Every part, built once."""

    settings: Settings
    models: ChatModels
    library: Library
    files: FileStore
    store: RunStore
    otel: OtelRecorder | None
    """Sends spans of runs, where the operator asks for it."""
    traces: Traces | None
    """The traces in MLflow, unless they are switched off."""
    trace_process: TraceProcess | None
    """Writes them while the app runs."""
    spending: Spending
    runs: RunManager
    designers: Designers
    ended: threading.Event = field(default_factory=threading.Event)
    """Set when the app is closed: what goes on beside the page ends then."""

    def check(self, text: str | bytes, folder: Path | None = None) -> CheckResult:
        """Checks a text with the surroundings of this machine."""
        known = surroundings(folder or self.settings.used_files, self.settings)
        return check(text, known)

    async def model_for(
        self, workflow: Workflow | None, chosen: str | None = None, used: Used = NOTHING_USED
    ) -> str | None:
        """The model that a run uses: the one chosen, the workflow's, the operator's, or what is found.

        None for a workflow that asks no model: such a run is real on every machine.
        """
        if chosen is None and workflow is not None and not asks_models(workflow, used):
            return None
        named = chosen or (workflow.model if workflow else None) or self.settings.model
        return named or await self.models.default()

    def designer(self, model: str | None, keys: Mapping[str, str]) -> Designer:
        """The designer that works with a model; the guided one where there is none."""
        inner = self.designers.of(None if model in (None, SIMULATED) else self.models.get(model, keys))
        return self._recorded(inner, "" if model in (None, SIMULATED) else str(model))

    async def probe(self, model: str, keys: Mapping[str, str], again: bool = False) -> Verdict:
        """Whether a model can design; what is known is not asked again, but for `again`. Raises ChatModelError."""
        return await self.designers.probe(
            self.models.get(model, keys),
            again=again,
            context=lambda: self.models.context_length(model, keys),
            through=lambda designer: self._recorded(designer, model),
        )

    def _recorded(self, designer: Designer, model: str) -> Designer:
        """A designer whose turns, and what they cost, are kept."""
        recorders: list[TurnRecorder] = [self.store, self.spending]
        if self.trace_process is not None:
            recorders.append(self.trace_process)
        return RecordedDesigner(designer, recorders, model=model, prompts=prompt_versions() if model else {})

    def envelope(self, workflow: Workflow, model: str | None, used: Used = NOTHING_USED) -> Envelope:
        """What a run may use: calls, tokens, money, hosts; that of the files it runs is part of it."""
        tools = catalog(self.settings.tools)
        hosts, bills = partial(hosts_of, tools), partial(bills_of, tools, self.models)
        return envelope(workflow, self.models.price, model=model, used=used, hosts_of=hosts, bills_of=bills)

    async def prune(self, keep: Keep | None = None, *, dry: bool = False, compact: bool = False) -> Forgotten:
        """Forgets old runs, in the record and in the engine; `compact` gives the room back to the disk."""
        from chat_app.tracing import retention

        self.store.flush()
        engine = await asyncio.to_thread(self.store.for_upkeep)
        try:
            gone = await asyncio.to_thread(retention.prune, engine, keep or self.settings.keep, dry=dry)
            if gone.runs and not dry:
                await self.runs.forget(gone.runs)
                await asyncio.to_thread(self.prune_files)
            if compact:
                await asyncio.to_thread(retention.compact, engine)
        finally:
            engine.dispose()
        return gone

    @cached_property
    def sessions(self) -> Sessions:
        """The visitors of the page."""
        from chat_app.ui.allowance import HOSTED, OWN_MACHINE
        from chat_app.ui.services import Services
        from chat_app.ui.sessions import Sessions

        return Sessions(
            Services(
                designer=self.designer,
                check=self.check,
                runs=self.runs,
                models=self.models,
                library=self.library,
                files=self.files,
                record=OwnRecord(
                    self.store,
                    monthly_usd=self.settings.monthly_usd,
                    spending=self.spending,
                    trace=None if self.settings.hosted or self.traces is None else self.traces.link,
                ),
                dry_run=dry_run,
                envelope=self.envelope,
                take_over=self.designers.take_over,
                hosted=self.settings.hosted,
                allowance=HOSTED if self.settings.hosted else OWN_MACHINE,
                sign_in=self.settings.sign_in,
                verdict=self.designers.verdict,
                probed=self.designers.probed,
                probe=self.probe,
                examples=resources.folder("examples"),
                entered=load_the_rest,
            )
        )

    def serve(
        self,
        *,
        host: str | None = None,
        port: int | None = None,
        open_browser: bool = False,
        ready: Callable[[str], None] | None = None,
    ) -> None:
        """Serves the page until the process is stopped."""
        from chat_app.ui.page import build_page, launch_options

        # A service manager or a container ends it as Ctrl+C does: then it can be closed as it should.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        page = build_page(self.sessions)
        try:
            _, url, _ = page.launch(
                server_name=host,
                server_port=port,
                inbrowser=open_browser,
                prevent_thread_lock=True,
                quiet=True,
                **launch_options(self.sessions),
            )
        except OSError:
            place = f"{host or '127.0.0.1'}:{port}" if port else "any port from 7860"
            raise CannotStart(f"cannot listen at {place}; is it in use? Choose another with --port") from None
        if ready is not None:
            ready(url)
        # The first visitor's first wish must not wait for imports; the page is up meanwhile.
        threading.Thread(target=self._prepare, name="warm-up", daemon=True).start()
        if self.settings.keep.bounded:
            threading.Thread(target=self._prune_now_and_then, name="retention", daemon=True).start()
        page.block_thread()

    def prune_files(self) -> Usage:
        """Removes the files that no run refers to and nobody gave within a day; tells what went.

        Raises FileError where it can't be told what runs refer to; then nothing is removed.
        """
        recorded = self.store.file_digests()
        if recorded is None:
            raise FileError("The record of runs can't be read, so no file was removed.", help="Check the database.")
        return self.files.prune(self.runs.file_digests() | recorded)

    def _prepare(self) -> None:
        """What can wait until the page is up: imports, designs of earlier versions, and files that nobody needs."""
        self.designers.warm_up()
        take_in(self.library, self.store)
        try:
            self.prune_files()
        except (FileError, OSError) as error:
            _logger.warning("Files of runs were not pruned: %s", error)

    def _prune_now_and_then(self) -> None:
        while True:
            try:
                asyncio.run(self.prune())
            except Exception:
                # The page goes on; the next time may go better.
                _logger.exception("Old runs could not be forgotten.")
            if self.ended.wait(PRUNED_EVERY):
                return

    async def aclose(self) -> None:
        """Stops what runs and writes what is still to be written."""
        self.ended.set()
        await self.runs.close()
        await self.models.close()
        self.store.close()
        for tracer in (self.otel, self.trace_process):
            if tracer is not None:
                tracer.close()

    def close(self) -> None:
        """The same, where no event loop runs."""
        asyncio.run(self.aclose())


def asks_models(workflow: Workflow, used: Used = NOTHING_USED) -> bool:
    """Whether a run of the workflow asks a chat model."""
    return any(isinstance(node, LlmNode | ClassifyNode) for node in all_nodes(workflow, used))


def surroundings(folder: Path | None, settings: Settings | None = None) -> Surroundings:
    """What a check of a text on the page knows of the world: the examples can be run from everywhere."""
    if settings is None:
        return surroundings_here(folder, files=_examples())
    return surroundings_here(
        folder,
        files=_examples(),
        environment=settings.environment,
        jails=settings.jails,
        tools=lambda: catalog(settings.tools),
    )


@cache
def load_the_rest() -> None:
    """Loads what the page itself does not need, once in a process; returns at once.

    Before the first page is there it would only be in its way, and with the first wish in the way of that.
    """
    threading.Thread(target=_load, args=NOT_FOR_THE_PAGE, name="loading", daemon=True).start()


def _load(*modules: str) -> None:
    for module in modules:
        importlib.import_module(module)


@cache
def _examples() -> Mapping[str, str]:
    """The examples' texts by name: one that runs another finds it wherever it is opened."""
    folder = resources.folder("examples")
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))}


def _traces(settings: Settings, store: RunStore) -> Traces | None:
    if settings.mlflow is None:
        return None
    prompts = {name: prompt_text(name) for name in prompt_versions()}
    return Traces(settings.mlflow, store, settings.data / "mlflow", prompts)


def budget_check(allowed: float | None, spending: Spending, *, hosted: bool = False) -> Callable[[], None]:
    """Says no to what costs once the month's budget is spent; visitors are not told what the operator pays."""

    def check_budget() -> None:
        if allowed is None or (spent := spending.this_month()) < allowed:
            return
        if hosted:
            raise BudgetSpent(
                "What this page may spend on models this month is spent.",
                help="Come back next month, or rehearse with the model `simulated`.",
            )
        raise BudgetSpent(
            f"This month's budget of ${allowed:,.2f} is spent: ${spent:,.2f} so far.",
            help="Raise WORKFLOW_CHAT_MONTHLY_USD, wait for next month, or rehearse with the model `simulated`.",
        )

    return check_budget


def _make_folder(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(
            f"the data folder {data} cannot be made ({error.strerror}); set WORKFLOW_CHAT_DATA to another"
        ) from None


def _designers(settings: Settings, known: Surroundings) -> Designers:
    return Designers(
        lambda text: check(text, known),
        surroundings=known,
        dry_run=dry_run,
        run_tests=run_tests,
        trials=Trials,
        folder=settings.data,
    )


def build(settings: Settings, *, paced: bool = False) -> App:
    """Builds the app; touches no network. `paced` lets simulated text come at a speed that one can see."""
    _make_folder(settings.data)
    models = ChatModels(
        settings.environment,
        preferred=settings.model,
        hosted=settings.hosted,
        pace_seconds=SIMULATED_PACE if paced else 0.0,
        rates=settings.rates,
    )
    store = RunStore(settings.store, settings.data / "runs.unwritten")
    otel = otel_recorder(settings.otel)
    traces = _traces(settings, store)
    trace_process = None if traces is None else TraceProcess(traces.log_file)
    spending = Spending(store)
    recorder = Recorders(store, [spending, *(one for one in (otel, trace_process) if one is not None)])
    designs = settings.designs
    known = surroundings(settings.used_files, settings)
    files = FileStore(settings.data / "files", settings.files)
    reach = Reach(
        network=Network(settings.network),
        secrets=settings.secrets,
        files=files,
        catalog=lambda: catalog(settings.tools),
        server_secrets=settings.server_secrets,
        media=MediaModels(models),
        jails=settings.jails,
        tells_trace=otel is not None,
    )
    return App(
        settings=settings,
        models=models,
        library=Library(designs, saved=lambda revision, owner, text: store.saved(saved(revision, owner, text))),
        files=files,
        store=store,
        otel=otel,
        traces=traces,
        trace_process=trace_process,
        spending=spending,
        runs=RunManager(
            models,
            settings.data,
            recorder,
            reach=reach,
            fallbacks=settings.fallbacks,
            budget=budget_check(settings.monthly_usd, spending, hosted=settings.hosted),
        ),
        designers=_designers(settings, known),
    )
