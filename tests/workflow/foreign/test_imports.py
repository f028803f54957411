"""Workflows of other programs, read into ours: exactly what comes of each, and never less than honest.

`python -m tests.workflow.foreign.test_imports` writes the expected files anew; read them before committing.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from chat_app.app import surroundings
from chat_app.engine.dry_run import dry_run
from chat_app.workflow.foreign.imports import NotAWorkflow, import_workflow, is_foreign
from chat_app.workflow.source import read

HERE = Path(__file__).parent
SAMPLES = sorted((HERE / "samples").iterdir())
TEXTS = {sample.stem: sample.read_text(encoding="utf-8") for sample in SAMPLES}
KNOWN = surroundings(None)


def outcome(sample: Path) -> str:
    """The workflow, then what was told, then what the checker finds."""
    imported = import_workflow(sample.read_text(encoding="utf-8"), KNOWN)
    lines = [f"# {line}" for line in imported.lines()]
    found = [f"# {each.severity.value} {each.code}: {each.message}" for each in imported.checked.diagnostics]
    return imported.text + "\n".join([*lines, *found, ""])


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_what_comes_of_a_foreign_workflow(sample: Path) -> None:
    assert is_foreign(TEXTS[sample.stem])
    assert outcome(sample) == (HERE / "golden" / f"{sample.stem}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TEXTS)
async def test_what_was_taken_over_runs(name: str) -> None:
    text = TEXTS[name]
    imported = import_workflow(text, KNOWN)
    assert imported.checked.valid
    if name != "n8n_loop":  # what an answer of the web holds is known only when it comes
        report = await dry_run(imported.checked)
        assert not report.problems, report.lines()


def test_one_of_ours_is_mended_and_kept() -> None:
    nodes = "nodes:\n  - {id: a, type: agent, prompt: '{{ q }}', output: r}\n"
    text = f"version: 1\nname: a\n# kept\ninputs: {{q: {{type: str}}}}\noutputs: [r]\n{nodes}"
    imported = import_workflow(text, KNOWN)
    assert imported.program == ""
    assert imported.checked.valid
    assert "# kept" in imported.text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just words",
        "{",
        "[1, 2]",
        "a: [b",
        '{"nodes": 3, "connections": {}}',
        "app: {}\nworkflow: 7\n",
        "flow: x\nnodes: 1\n",
    ],
)
def test_what_is_no_workflow_is_refused_in_words(text: str) -> None:
    with pytest.raises(NotAWorkflow) as refused:
        import_workflow(text, KNOWN)
    assert refused.value.message
    assert refused.value.help


def test_damaged_files_are_read_or_refused() -> None:
    """Parts taken out at random: never a traceback, never an invalid workflow without a word."""
    dice = random.Random(7)
    for sample in SAMPLES:
        text = sample.read_text(encoding="utf-8")
        data: Any = json.loads(text) if sample.suffix == ".json" else read(text).data
        for _ in range(12):
            damaged = damage(json.loads(json.dumps(data)), dice)
            try:
                imported = import_workflow(json.dumps(damaged), KNOWN)
            except NotAWorkflow as refused:
                assert refused.message
                continue
            assert imported.checked.valid or imported.left_out or not imported.program


def damage(data: Any, dice: random.Random) -> Any:
    """The data with a few values replaced or taken away, somewhere."""
    for _ in range(dice.randint(1, 4)):
        at = data
        for _ in range(dice.randint(1, 7)):
            keys = list(at) if isinstance(at, dict) else list(range(len(at))) if isinstance(at, list) else []
            if not keys:
                break
            key = dice.choice(keys)
            if isinstance(at[key], dict | list) and at[key] and dice.random() < 0.75:
                at = at[key]
                continue
            if dice.random() < 0.5:
                at[key] = dice.choice([None, 3, "x", [], {}, ["a"], True])
            else:
                del at[key]
            break
    return data


if __name__ == "__main__":
    for each in SAMPLES:
        (HERE / "golden" / f"{each.stem}.yaml").write_text(outcome(each), encoding="utf-8")
