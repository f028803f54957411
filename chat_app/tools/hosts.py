"""The host in an address as it stands in a workflow, where it can be told before a run."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

CHOSEN_LATER = "a host chosen during the run"

_LOOK_UP = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def host_in(url: str) -> str:
    """The host of a URL in which values may still be missing."""
    try:
        host = urlsplit(_LOOK_UP.sub("*", url)).hostname or "*"
    except ValueError:
        return CHOSEN_LATER
    return CHOSEN_LATER if "*" in host else host
