"""What `pip install .` brings: the command, and the files that stand beside the code."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_command_is_there(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    entry = next(name for name in names if name.endswith("entry_points.txt"))
    assert "workflow-chat = chat_app.cli:main" in wheel.read(entry).decode()


@pytest.mark.parametrize(
    ("folder", "pattern", "installed"),
    [
        ("prompts", "*.md", "chat_app/_data/prompts"),
        ("schemas", "*.json", "chat_app/_data/schemas"),
        ("generated_configs/examples", "*.yaml", "chat_app/_data/examples"),
        ("chat_app/designer/patterns", "**/*.yaml", "chat_app/designer/patterns"),
        ("chat_app/translation/catalogs", "**/*.po", "chat_app/translation/catalogs"),
    ],
)
def test_data_files_are_installed(wheel: zipfile.ZipFile, folder: str, pattern: str, installed: str) -> None:
    here = [file.relative_to(ROOT / folder) for file in (ROOT / folder).glob(pattern)]
    assert here
    assert [str(file) for file in here if f"{installed}/{file}" not in wheel.namelist()] == []


def test_nothing_private_is_installed(wheel: zipfile.ZipFile) -> None:
    assert [name for name in wheel.namelist() if name.startswith(("tests", "docs", "benchmarks"))] == []
    assert [name for name in wheel.namelist() if ".sqlite" in name or "/." in name] == []
