"""What a browser uploaded, taken from where Gradio put it. The path comes from the browser: it is not believed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from chat_app.files.reference import FileRef
from chat_app.files.store import FileStore


def upload_folder() -> Path:
    """Where Gradio keeps uploads, each in a folder of its own with a name that can't be guessed."""
    named = os.environ.get("GRADIO_TEMP_DIR")
    return (Path(named) if named else Path(tempfile.gettempdir()) / "gradio").resolve()


def uploaded(path: str) -> Path | None:
    """The uploaded file of this path; None for anything else on this machine."""
    if not path or "\0" in path:
        return None
    found = Path(path).resolve()
    return found if found.is_relative_to(upload_folder()) and found.is_file() else None


def take(store: FileStore, file: Path) -> FileRef:
    """Moves an upload into the store; raises FileError."""
    try:
        return store.take(file)
    finally:
        file.unlink(missing_ok=True)
