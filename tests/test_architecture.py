"""The shape of the house: layers, sizes, names, and what the light commands may load."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "chat_app").rglob("*.py"))
HEAVY = ("gradio", "litellm", "mlflow", "pandas", "langgraph", "langchain_core", "openai")


def in_a_new_process(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_imports_only_point_down() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_small(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    long = [
        f"{function.name} has {length} lines"
        for function in functions(parsed(text))
        if (length := (function.end_lineno or 0) - function.lineno + 1) >= 50
    ]
    assert not long


def parsed(text: str) -> ast.AST:
    """The tree of a source. In Python 3.11 two threads that parse at once can disturb each other (gh-106905)."""
    for _ in range(5):
        try:
            return ast.parse(text)
        except SystemError:
            continue
    return ast.parse(text)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_module_is_called_utils() -> None:
    assert not [source for source in SOURCES if re.search(r"utils?|helpers?|misc|common", source.stem)]


COMMANDS = """
import sys
from chat_app.cli import main
for words in {commands!r}:
    print("does:", *words)
    assert main(words) == 0, words
    print("loaded:", *sorted(set({heavy!r}) & set(sys.modules)))
"""
"""Commands one after the other in one process: what one has loaded is still seen after those that follow."""


def loaded_by(commands: list[list[str]], before: str = "", **environment: str) -> dict[str, str]:
    """What is heavy of what was loaded when a command has ended; each must say something."""
    told = in_a_new_process(before + COMMANDS.format(commands=commands, heavy=HEAVY), **environment)
    loaded = {}
    for part in told.split("does: ")[1:]:
        words, *said = part.splitlines()
        assert len(said) > 1, f"{words} says nothing"
        loaded[words] = said[-1]
    return loaded


def test_light_commands_load_nothing_heavy() -> None:
    commands = [
        ["validate", "generated_configs/examples/support_triage.yaml"],
        ["schema"],
        ["explain", "unknown-name"],
    ]
    assert loaded_by(commands) == {" ".join(words): "loaded:" for words in commands}


def test_what_is_recorded_is_shown_with_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    record = f"""
from pathlib import Path
from chat_app.events.run import Recorded, RunFinished, RunStarted, StepFinished, StepStarted, UsageReported
from chat_app.settings import Settings
from chat_app.tracing.run_store import RunStore
data = Path({str(tmp_path / "data")!r})
store = RunStore(Settings.from_environment({{"WORKFLOW_CHAT_DATA": str(data)}}).store, data / "runs.unwritten")
store.owned("r1", "local")
for place, event in enumerate([
    RunStarted("triage", "ab" * 32, "openai/x", False, {{}}),
    StepStarted("a#1", "a", "llm"),
    UsageReported("a#1", "a", "openai/x", 5, 5, 0.25),
    StepFinished("a#1", "a", {{"x": 1}}, 0.5),
    RunFinished({{"x": 1}}, 1.0),
]):
    store.record(Recorded(place, 100.0 + place, event, "r1"))
store.close()
"""
    commands = [["runs", "list"], ["runs", "show", "r1"], ["costs"]]
    loaded = loaded_by(commands, record, WORKFLOW_CHAT_DATA=str(tmp_path / "data"))
    assert loaded == {" ".join(words): "loaded:" for words in commands}


def test_the_app_is_built_without_gradio_or_litellm(tmp_path: Path) -> None:
    code = f"""
import os, sys
from chat_app.app import build
from chat_app.settings import Settings
app = build(Settings.from_environment(os.environ))
print("loaded:", *sorted(set({HEAVY!r}) & set(sys.modules)))
app.close()
"""
    told = in_a_new_process(code, WORKFLOW_CHAT_DATA=str(tmp_path / "data"))
    assert told.splitlines()[-1] == "loaded:"


def test_the_page_is_built_with_nothing_heavy_but_gradio(tmp_path: Path) -> None:
    """Nor is there what Gradio brings along for data frames, plots and tools, also before an event."""
    late = ("langgraph", "langchain_core", "litellm", "mlflow", "openai", "duckdb", "typst", "vl_convert", "bm25s")
    never = ("pandas", "pyarrow", "matplotlib", "mcp", "scipy")
    code = f"""
import ast, os, sys
ast.get_source_segment = None  # Gradio's sources are not looked through for stubs to write.
from chat_app.app import build
from chat_app.settings import Settings
from chat_app.ui.page import build_page
app = build(Settings.from_environment(os.environ))
build_page(app.sessions)
from gradio import route_utils
with route_utils.utils.MatplotlibBackendMananger():
    print("loaded:", *sorted(set({late + never!r}) & set(sys.modules)))
app.close()
"""
    told = in_a_new_process(code, WORKFLOW_CHAT_DATA=str(tmp_path / "data"), GRADIO_ANALYTICS_ENABLED="False")
    assert told.splitlines()[-1] == "loaded:"


def test_no_file_names_a_registry_or_a_machine() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    hosts = "|".join([r"pypi\.org", "pythonhosted", r"npmjs", r"deb\.debian"])
    places = re.compile(rf"({hosts})|(?<![\w.])/(work|root|home/[a-z]+)/")
    found = []
    for name in tracked:
        if name == "tests/test_architecture.py":
            continue
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        if match := places.search(text):
            found.append(f"{name}: {match[0]}")
    assert not found
    assert "uv.lock" not in tracked
