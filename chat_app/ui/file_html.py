"""Files as the page shows them: previewed where a browser can, to download; and the control that takes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from chat_app.files.errors import NotAFile
from chat_app.files.reference import FileRef
from chat_app.files.sizes import shown_size
from chat_app.translation import joined, tr
from chat_app.ui.buttons import button
from chat_app.ui.file_route import is_previewed, preview_url_of, url_of


def file_in(data: Any) -> FileRef | None:
    """The file that a value refers to; None for any other value."""
    if not isinstance(data, dict) or data.keys() != {"name", "media_type", "sha256", "size"}:
        return None
    try:
        return FileRef.of(data)
    except NotAFile:
        return None


def file_html(ref: FileRef) -> str:
    """A file: its name and size, a preview, and the way to save it."""
    shown, saved = escape(url_of(ref)), escape(url_of(ref, download=True))
    name = escape(ref.name)
    kind = ref.media_type.partition("/")[0]
    preview = ""
    if kind == "image":
        preview = f'<img src="{shown}" alt="{name}" loading="lazy">'
    elif kind == "audio":
        preview = f'<audio controls preload="none" src="{shown}" aria-label="{name}"></audio>'
    elif kind == "video":
        preview = f'<video controls preload="none" src="{shown}" aria-label="{name}"></video>'
    elif ref.media_type == "application/pdf":
        preview = f'<iframe src="{shown}" title="{name}" loading="lazy"></iframe>'
    elif is_previewed(ref):
        little = escape(preview_url_of(ref))
        preview = f'<iframe class="wc-preview" src="{little}" title="{name}" loading="lazy" sandbox></iframe>'
    return (
        f'<div class="wc-shown-file" data-file-name="{name}">{preview}<span>{name} '
        f'<span class="wc-muted">{escape(joined((ref.media_type, shown_size(ref.size))))}</span></span>'
        f'<a class="wc-button wc-small" href="{saved}" download="{name}">{escape(tr("Download"))}</a></div>'
    )


def held_files(held: Any) -> list[FileRef]:
    """The files that a control holds: its text is JSON."""
    try:
        data = json.loads(held) if isinstance(held, str) and held.strip() else held
    except ValueError:
        return []
    values = data if isinstance(data, list) else [data]
    return [ref for value in values if (ref := file_in(value)) is not None]


def file_control(name: str, common: str, held: Any, *, many: bool, accept: Sequence[str] = ()) -> str:
    """The control of a file field: what it holds, and where to choose or drop a file."""
    refs = held_files(held)
    rows = "".join(
        f"<li>{escape(ref.name)} <span class='wc-muted'>{escape(shown_size(ref.size))}</span>"
        f"{button(tr('Remove'), 'drop_file', small=True, field=name, sha=ref.sha256, name=_remove(ref))}</li>"
        for ref in refs
    )
    values = [ref.as_value() for ref in refs]
    kept = json.dumps(values if many else values[0], ensure_ascii=False) if values else ""
    takes = f' accept="{escape(",".join(accept))}"' if accept else ""
    told = tr("Choose files, or drop them here") if many else tr("Choose a file, or drop it here")
    return (
        f'<div class="wc-file" data-file="{escape(name)}">{f"<ul>{rows}</ul>" if rows else ""}'
        f'<input type="hidden" data-name="{escape(name)}" value="{escape(kept)}">'
        f'<label class="wc-from-file">{escape(told)} <input type="file" {common}{" multiple" if many else ""}{takes}>'
        f'</label><span class="wc-hint" data-told role="status" data-uploading="{escape(tr("Uploading …"))}" '
        f'data-failed="{escape(tr("the upload failed: it may be too large"))}"></span></div>'
    )


def _remove(ref: FileRef) -> str:
    return tr("Remove {name}", name=ref.name)
