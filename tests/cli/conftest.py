"""The command line as a function: words in, exit status and texts out; all data in the test's folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from chat_app.cli import main

EXAMPLES = Path(__file__).parents[2] / "generated_configs" / "examples"


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs one command line in a folder of its own, with no key and no Ollama to be found."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "WORKFLOW_CHAT_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORKFLOW_CHAT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKFLOW_CHAT_DESIGNS", str(tmp_path / "designs"))
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Said:
        try:
            status = main(list(words))
        except SystemExit as stop:
            status = int(stop.code or 0)
        captured = capsys.readouterr()
        return Said(status, captured.out, captured.err)

    return run


@pytest.fixture
def example() -> Callable[[str], str]:
    """The path of an example workflow, by name."""
    return lambda name: str(EXAMPLES / f"{name}.yaml")
