"""Serves files of runs to the page, each under an address that is signed: who does not know it gets nothing."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from chat_app.files.errors import FileError
from chat_app.files.reference import FileRef
from chat_app.files.store import FileStore

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


def routes(store: FileStore) -> list[Route]:
    """What is added to the page's server."""

    async def serve(request: Request) -> Response:
        return _answer(store, request)

    return [Route(f"{PATH}/{{sha256}}/{{name}}", serve)]


def is_shown(media_type: str) -> bool:
    """Whether a browser can show it in the page."""
    return media_type.startswith(_SHOWN) or media_type == "application/pdf"


def _answer(store: FileStore, request: Request) -> Response:
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
        path = store.path(ref)
    except FileError as error:
        return PlainTextResponse(f"{error.message} {error.help}", 404)
    inline = is_shown(ref.media_type) and not query.get("download")
    pdf = ref.media_type == "application/pdf"
    headers: dict[str, Any] = _HEADERS | ({} if pdf else _CAGE)
    return FileResponse(
        path,
        media_type=ref.media_type if inline else "application/octet-stream",
        filename=ref.name,
        headers=headers,
        content_disposition_type="inline" if inline else "attachment",
    )


def _sign(ref: FileRef) -> str:
    text = "\0".join((ref.sha256, ref.name, ref.media_type, str(ref.size)))
    return hmac.new(_KEY, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
