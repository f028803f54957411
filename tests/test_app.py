"""What goes on beside the page ends with the app; what the app says for its parts."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from chat_app.app import budget_check, build
from chat_app.engine.errors import BudgetSpent
from chat_app.settings import Settings
from chat_app.tracing.budget import Spending


def test_looking_for_old_runs_ends_with_the_app(tmp_path: Path) -> None:
    app = build(Settings.from_environment({"WORKFLOW_CHAT_DATA": str(tmp_path / "data")}))
    looking = threading.Thread(target=app._prune_now_and_then, daemon=True)
    looking.start()
    app.close()
    looking.join(60)
    assert not looking.is_alive()


@pytest.mark.parametrize("hosted", [False, True])
def test_a_spent_budget_tells_each_what_they_can_do(hosted: bool) -> None:
    spent = SimpleNamespace(this_month=lambda: 12.5)
    with pytest.raises(BudgetSpent) as caught:
        budget_check(10.0, cast(Spending, spent), hosted=hosted)()
    told = f"{caught.value.message} {caught.value.help}"
    # A visitor can't raise the operator's budget, nor need they know it.
    assert ("$12.50" in told) is ("WORKFLOW_CHAT_MONTHLY_USD" in told) is not hosted
    assert "next month" in told and "`simulated`" in told
    budget_check(20.0, cast(Spending, spent), hosted=hosted)()
