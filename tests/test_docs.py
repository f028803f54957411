"""The README and the manual: what they show works, and what they name is there."""

import re
from pathlib import Path

import pytest

from chat_app.cli.commands import parser
from chat_app.engine.capabilities import RUNNABLE_KINDS
from chat_app.workflow.check import check
from chat_app.workflow.surroundings import Surroundings

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def workflows_in(page: Path) -> list[str]:
    blocks = re.findall(r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), re.S | re.M)
    return [block for block in blocks if re.search(r"^version: 1$", block, re.M)]


SHOWN = [
    pytest.param(text, id=f"{page.name}-{number}")
    for page in PAGES
    if page.name != "diagnostics.md"  # shows wrong workflows on purpose; its own test generates it anew
    for number, text in enumerate(workflows_in(page))
]


@pytest.mark.parametrize("text", SHOWN)
def test_workflows_shown_are_valid(text: str) -> None:
    found = check(text, Surroundings(runnable_kinds=RUNNABLE_KINDS)).diagnostics
    assert [f"{one.code}: {one.message}" for one in found if one.severity != "info"] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_command_stands_in_the_manual() -> None:
    manual = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    actions = [action for action in parser()._actions if action.choices]
    assert [name for name in actions[0].choices or () if f"`workflow-chat {name}" not in manual] == []


def test_spaces_front_matter_names_what_is_there() -> None:
    head = (ROOT / "README.md").read_text(encoding="utf-8").split("---")[1]
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    version = re.search(r"^sdk_version: (\S+)$", head, re.M)
    assert version is not None
    assert f"gradio=={version[1]} " in lock
    assert "app_file: spaces_app.py" in head
    assert "sdk: gradio" in head
