"""What the page needs of the rest of the house; `app` makes the parts and hands them over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chat_app.ui.allowance import OWN_MACHINE, Allowance
from chat_app.workflow.foreign.imports import Imported, import_workflow

if TYPE_CHECKING:
    from chat_app.chat_models.models import ChatModels
    from chat_app.designer.agent.verdict import Verdict
    from chat_app.designer.conversation import Designer
    from chat_app.engine.coverage import DryRunReport
    from chat_app.engine.envelope import Envelope
    from chat_app.engine.manager import RunManager
    from chat_app.files.store import FileStore
    from chat_app.library import Library
    from chat_app.tracing.own_record import OwnRecord
    from chat_app.workflow.check import CheckResult
    from chat_app.workflow.document import Workflow


@dataclass(frozen=True)
class Services:
    """The collaborators of the page. All are shared by every session; none keeps a session's secrets."""

    designer: Callable[[str | None, Mapping[str, str]], Designer]
    """The designer for a model's name (None: the default) and a session's keys."""
    check: Callable[[str], CheckResult]
    """The check with the surroundings of this machine."""
    runs: RunManager
    models: ChatModels
    library: Library
    files: FileStore
    """What people upload and runs make."""
    dry_run: Callable[[CheckResult], Awaitable[DryRunReport]]
    envelope: Callable[[Workflow, str | None, Mapping[str, CheckResult]], Envelope]
    """What a run of the workflow with this model (None: the default) may use."""
    take_over: Callable[[str], Imported] = import_workflow
    """Reads another program's workflow; raises NotAWorkflow."""
    record: OwnRecord | None = None
    """What a visitor can ask the record: runs, costs and SQL over their own rows; None where nothing is asked."""
    hosted: bool = False
    """Whether strangers share this server: then nothing is written outside a visitor's own folder."""
    allowance: Allowance = OWN_MACHINE
    """How much one visitor may use."""
    verdict: Callable[[str], Verdict] | None = None
    """What is known of a model as a designer, without asking it."""
    probed: Callable[[str], bool] = lambda model: True
    """Whether a model was tried as a designer before."""
    probe: Callable[[str, Mapping[str, str], bool], Awaitable[Verdict]] | None = None
    """Tries a model as a designer with a session's keys: once, or again. Raises ChatModelError."""
    sign_in: bool = False
    """Whether the hosting service lets visitors sign in, so that models run on their account."""
    examples: Path | None = None
    """The folder of example workflows."""
    entered: Callable[[], None] = lambda: None
    """Called when a page is there: what can wait for that may begin."""
