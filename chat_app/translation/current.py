"""The language that this request speaks: a context variable, so that sessions side by side never mix."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from chat_app.translation.languages import ENGLISH, known_language

_CURRENT: ContextVar[str] = ContextVar("language", default=ENGLISH)


def language() -> str:
    """The code of the current language, one of LANGUAGES."""
    return _CURRENT.get()


def use_language(code: str | None) -> str:
    """Speaks this language from here on in the current context; English for one that is not spoken. Returns it."""
    chosen = known_language(code) or ENGLISH
    _CURRENT.set(chosen)
    return chosen


@contextmanager
def speaking(code: str | None) -> Iterator[str]:
    """Speaks a language for as long as the block lasts."""
    chosen = known_language(code) or ENGLISH
    token = _CURRENT.set(chosen)
    try:
        yield chosen
    finally:
        _CURRENT.reset(token)
