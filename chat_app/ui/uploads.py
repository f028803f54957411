"""What a browser uploaded, taken from where Gradio put it. The path comes from the browser: it is not believed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from chat_app.files.errors import NoRoom
from chat_app.files.reference import FileRef
from chat_app.files.sizes import shown_size
from chat_app.translation import tr
from chat_app.ui.workspace import Workspace


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


def take(place: Workspace, file: Path) -> FileRef:
    """Moves an upload into the store; raises FileError."""
    allowed = place.services.allowance.upload_bytes
    try:
        size = file.stat().st_size
        if allowed is not None and place.upload_bytes + size > allowed:
            raise NoRoom(
                tr("With {name} your files would take more than {size}.", name=file.name, size=shown_size(allowed)),
                help=tr("Give smaller files, or run the program on your own machine."),
            )
        ref = place.services.files.take(file)
    finally:
        file.unlink(missing_ok=True)
    place.upload_bytes += size
    return ref
