"""Reading workflow files named on the command line, and writing to the terminal."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

from chat_app.cli.exits import Misuse
from chat_app.files.whole import write_whole
from chat_app.translation import tr, translated

WORKFLOW_SUFFIXES = (".yaml", ".yml")


def say(text: str = "", end: str = "\n") -> None:
    """Writes to standard output at once."""
    sys.stdout.write(text + end)
    sys.stdout.flush()


def warn(text: str) -> None:
    """Writes a finished English text to standard error, in the language of the terminal."""
    note(translated(text))


def note(text: str, end: str = "\n") -> None:
    """Writes to standard error at once, as it is."""
    sys.stderr.write(text + end)
    sys.stderr.flush()


def price(usd: float | None) -> str:
    """What something cost, in the terminal's language; unknown is said to be unknown."""
    return tr("cost unknown") if usd is None else f"${usd:.4f}"


def read_bytes(name: str) -> bytes:
    """The bytes of a file, or of standard input for `-`; raises Misuse where there is none."""
    if name == "-":
        return sys.stdin.buffer.read()
    path = Path(name)
    try:
        return path.read_bytes()
    except IsADirectoryError:
        raise Misuse(f"{name} is a folder; name a workflow file") from None
    except OSError as error:
        raise Misuse(f"{name} cannot be read: {error.strerror or error}") from None


def write_text(path: Path, text: str) -> None:
    """Replaces a file's text whole or not at all, its line ends as they are; raises Misuse."""
    try:
        write_whole(path, text.encode(), mode=stat.S_IMODE(path.stat().st_mode))
    except OSError as error:
        raise Misuse(f"{path} cannot be written: {error.strerror or error}") from None


def workflow_files(names: list[str]) -> list[str]:
    """The files named, with folders replaced by the workflow files in them; raises Misuse."""
    found: list[str] = []
    for name in names:
        path = Path(name)
        if name == "-" or not path.is_dir():
            found.append(name)
            continue
        inside = sorted(
            str(file)
            for file in path.rglob("*")
            if file.suffix in WORKFLOW_SUFFIXES and not any(part.startswith(".") for part in file.parts)
        )
        if not inside:
            raise Misuse(f"{name} holds no .yaml file")
        found += inside
    return found


def program_version() -> str:
    """The version that is installed; 0 in a folder that was never installed."""
    # Loaded here: it takes as long as a small check.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("workflow-chat")
    except PackageNotFoundError:
        return "0"
