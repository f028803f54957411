"""The browser that pages are measured in: Chromium as people have it, with its windows' part."""

from __future__ import annotations

import shutil

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium_here() -> str | None:
    """Where Chromium is on this machine; None: nowhere."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)
