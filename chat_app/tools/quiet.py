"""Keeps libraries that carry requests from logging them: while debugging they write headers down, keys and all."""

from __future__ import annotations

import logging

LIBRARIES = ("httpcore", "httpx", "httpcore2", "httpx2", "mcp")


def keep_libraries_quiet() -> None:
    """Their warnings still come through; our own log says what was asked and how it ended."""
    for name in LIBRARIES:
        logger = logging.getLogger(name)
        if logger.level < logging.WARNING:
            logger.setLevel(logging.WARNING)
