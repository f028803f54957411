"""Serves files of runs to the page, each under an address that is signed: who does not know it gets nothing."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from chat_app.files.errors import FileError
from chat_app.files.reference import FileRef
from chat_app.files.store import FileStore
from chat_app.tools.previews import preview_of
from chat_app.ui.preview_page import preview_page

PATH = "/workflow-chat/file"
_KEY = secrets.token_bytes(32)
"""Of this process: addresses from before a restart are dead, the page paints new ones."""
_SHOWN = ("image/", "audio/", "video/")
_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600"}
# A drawing or a page may hold scripts: opened by itself, it must not run them here.
_CAGE = {"Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"}


def url_of(ref: FileRef, *, download: bool = False) -> str:
    """The address of a file for this page, without the host."""
    named = {"type": ref.media_type, "size": ref.size, "sign": _sign(ref)}
    named |= {"download": 1} if download else {}
    return f"{PATH}/{ref.sha256}/{quote(ref.name, safe='')}?{urlencode(named)}"


def preview_url_of(ref: FileRef) -> str:
    """The address of a page that shows the file in little."""
    return f"{url_of(ref)}&preview=1"


def is_previewed(ref: FileRef) -> bool:
    """Whether there is more to show of it than its name, where a browser can't show it itself."""
    parts = ("officedocument", "text/", "json", "epub", "parquet", "message/", "xml", "yaml", "opendocument")
    return any(part in ref.media_type for part in parts) and not is_shown(ref.media_type)


def routes(store: FileStore) -> list[Route]:
    """What is added to the page's server."""

    async def serve(request: Request) -> Response:
        found = _found(store, request)
        if isinstance(found, Response):
            return found
        if request.query_params.get("preview"):
            return HTMLResponse(preview_page(await preview_of(found, store)), headers=_HEADERS | _CAGE)
        return _answer(store, found, download=bool(request.query_params.get("download")))

    return [Route(f"{PATH}/{{sha256}}/{{name}}", serve)]


def is_shown(media_type: str) -> bool:
    """Whether a browser can show it in the page."""
    return media_type.startswith(_SHOWN) or media_type == "application/pdf"


def _found(store: FileStore, request: Request) -> FileRef | Response:
    """The file that a signed address names, or why there is none."""
    query = request.query_params
    size = query.get("size", "")
    ref = FileRef(
        request.path_params["name"],
        query.get("type", ""),
        request.path_params["sha256"],
        int(size) if size.isdecimal() else -1,
    )
    if not hmac.compare_digest(_sign(ref), query.get("sign", "")):
        return PlainTextResponse("This address is not valid any more: reload the page.", 403)
    try:
        store.path(ref)
    except FileError as error:
        return PlainTextResponse(f"{error.message} {error.help}", 404)
    return ref


def _answer(store: FileStore, ref: FileRef, *, download: bool) -> Response:
    inline = is_shown(ref.media_type) and not download
    pdf = ref.media_type == "application/pdf"
    headers: dict[str, Any] = _HEADERS | ({} if pdf else _CAGE)
    return FileResponse(
        store.path(ref),
        media_type=ref.media_type if inline else "application/octet-stream",
        filename=ref.name,
        headers=headers,
        content_disposition_type="inline" if inline else "attachment",
    )


def _sign(ref: FileRef) -> str:
    text = "\0".join((ref.sha256, ref.name, ref.media_type, str(ref.size)))
    return hmac.new(_KEY, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
