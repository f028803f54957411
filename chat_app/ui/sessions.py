"""Who is who: the token in a browser names a workspace, and nothing else does.

The token is a bearer secret. It is never shown, logged or stored: on disk a visitor is the token's hash.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import time
from typing import Any, TypeGuard

from chat_app.library import Library, LibraryError
from chat_app.translation import tr
from chat_app.ui.conversation_desk import take_up
from chat_app.ui.services import Services
from chat_app.ui.workspace import Notice, Workspace

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
MOST = 1_000
"""Workspaces kept in memory; the one unused for longest goes first, and comes back from the disk."""
IDLE_SECONDS = 6 * 3600.0
"""After so long without a sign of life a workspace leaves the memory, its keys with it."""


ENTERING_SECONDS = 15.0


def is_token(given: Any) -> TypeGuard[str]:
    """Whether this has the form of a token; what has not opens no workspace."""
    return isinstance(given, str) and _TOKEN.fullmatch(given) is not None


class Sessions:
    """The workspaces of all visitors, each reached by its own token only."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._open: dict[str, Workspace] = {}
        # By the handle of the open page, which is a secret like the token.
        self._arrivals: dict[str, asyncio.Future[Workspace]] = {}
        self._entering = asyncio.Lock()

    async def enter(self, token: Any) -> tuple[str, Workspace]:
        """The workspace of a token, restored where it was stored; a new token where there is none."""
        if not is_token(token):
            token = secrets.token_urlsafe(32)
        return token, await self._workspace(token)

    async def of(self, token: Any, page: str | None) -> Workspace:
        """The workspace of a token given out before, also by an earlier process.

        What is typed before the page knows its token waits until the same page asks with it: then all that `enter`
        gave is on show, and is not painted over what was typed.
        """
        if is_token(token):
            place = await self._workspace(token)
            self._arrived(page, place)
            return place
        try:
            async with asyncio.timeout(ENTERING_SECONDS if page else 0):
                return await asyncio.shield(self._arrival(page or ""))
        except TimeoutError:
            lost = Workspace("nobody", self.services)
            lost.notice = Notice(tr("The page lost its session."), tr("Reload it; your designs are kept."), bad=True)
            return lost

    def leave(self, page: str | None) -> None:
        """Forgets a closed page; the workspace stays."""
        self._arrivals.pop(page or "", None)

    def _arrived(self, page: str | None, place: Workspace) -> None:
        """Lets in what waits for this page; a page that nothing waits for leaves nothing behind."""
        waited_for = self._arrivals.get(page or "")
        if waited_for is not None and not waited_for.done():
            waited_for.set_result(place)
            # Its handle alone shall not open the workspace for long.
            asyncio.get_running_loop().call_later(ENTERING_SECONDS, self.leave, page)

    def _arrival(self, page: str) -> asyncio.Future[Workspace]:
        """Done once the page with this handle knows its token."""
        return self._arrivals.setdefault(page, asyncio.get_running_loop().create_future())

    async def _workspace(self, token: str) -> Workspace:
        owner = owner_of(token)
        place = self._open.get(owner)
        if place is None:
            # One at a time, so that two events of one page do not restore it twice.
            async with self._entering:
                place = self._open.get(owner)
                if place is None:
                    self._make_room()
                    place = Workspace(owner, self.services)
                    await _restore(place, self.services.library)
                    self._open[owner] = place
        place.used_at = time.monotonic()
        return place

    def _make_room(self) -> None:
        now = time.monotonic()
        by_age = sorted(self._open.values(), key=lambda place: place.used_at)
        surplus = len(by_age) - MOST + 1
        for rank, place in enumerate(by_age):
            idle = now - place.used_at > IDLE_SECONDS
            active = place.busy or (place.run is not None and not place.run.done)
            if (idle or rank < surplus) and not active:
                del self._open[place.owner]


def owner_of(token: str) -> str:
    """A visitor's name on the disk: nobody gets from it to the token."""
    return "v" + hashlib.sha256(token.encode()).hexdigest()[:40]


async def _restore(place: Workspace, library: Library) -> None:
    try:
        kept = await asyncio.to_thread(library.conversations, place.owner)
        if kept:
            await take_up(place, kept[0].id)
    except (LibraryError, KeyError, TypeError, ValueError):
        # What an older version stored, or a damaged file, must not keep a visitor out.
        place.transcript.clear()
        place.choices.clear()
