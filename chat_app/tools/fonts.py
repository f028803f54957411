"""Fonts that packages bring, besides those of the system: for Chinese, Japanese and Korean."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

_PACKAGES = ("cvttf_NotoSansCJK_Regular",)


@cache
def font_folders() -> list[str]:
    """The folders of such packages, where they are installed."""
    specs = [find_spec(name) for name in _PACKAGES]
    return [place for spec in specs if spec for place in spec.submodule_search_locations or ()]
