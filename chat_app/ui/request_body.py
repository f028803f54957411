"""What the page's own requests bring: an object of JSON, read only as far as it may be long."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request


async def object_in(request: Request, longest: int) -> Mapping[str, Any]:
    """The object in a request's body of at most so many bytes; an empty one where there is none."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > longest:
            return {}
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}
