"""The manual's table of edits is made from their models.

`python -m tests.workflow.edits.test_manual` writes it anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from chat_app.workflow.typed_edits import AnyDesignEdit

MANUAL = Path(__file__).parents[3] / "docs" / "edits.md"
HEAD = "| edit | must have | may have | does |\n|---|---|---|---|\n"


def table() -> str:
    """One row for each edit."""
    rows = []
    for model in get_args(AnyDesignEdit):
        keys = {field.alias or name: field for name, field in model.model_fields.items() if name != "op"}
        needed = ", ".join(f"`{name}`" for name, field in keys.items() if field.is_required())
        optional = ", ".join(f"`{name}`" for name, field in keys.items() if not field.is_required())
        about = " ".join((model.__doc__ or "").split())
        rows.append(f"| `{model.model_fields['op'].default}` | {needed} | {optional} | {about} |\n")
    return HEAD + "".join(rows)


def test_the_manual_has_the_edits_as_they_are() -> None:
    assert table() in MANUAL.read_text(encoding="utf-8")


if __name__ == "__main__":
    before, _, after = MANUAL.read_text(encoding="utf-8").partition(HEAD)
    rest = after[after.index("\n## ") :]
    MANUAL.write_text(before + table() + rest, encoding="utf-8")
