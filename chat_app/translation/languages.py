"""Which languages are spoken, how they count, and which of them a browser or an environment asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Language:
    name: str
    """Its own name for itself."""
    plural_forms: str
    """The rule as gettext's catalogs write it."""
    form: Callable[[int], int]
    """The same rule: which form a count takes."""
    joints: Mapping[str, str] = field(default_factory=dict)
    """What stands between parts, and at the end, where it is not what English has there."""
    wide: bool = False
    """Whether words are written without spaces, which only part them from Latin ones."""


_ONE_OR_MORE = ("nplurals=2; plural=(n != 1);", lambda count: int(count != 1))
_ALWAYS_ONE = ("nplurals=1; plural=0;", lambda count: 0)
_SPACED = {"; ": " ; ", ": ": " : "}
_WIDE = {", ": "、", "; ": "；", ": ": "：", ".": "。"}

LANGUAGES: Mapping[str, Language] = {
    "en": Language("English", *_ONE_OR_MORE),
    "de": Language("Deutsch", *_ONE_OR_MORE),
    "fr": Language("Français", "nplurals=2; plural=(n > 1);", lambda count: int(count > 1), _SPACED),
    "es": Language("Español", *_ONE_OR_MORE),
    "zh": Language("中文", *_ALWAYS_ONE, _WIDE, wide=True),
    "ja": Language("日本語", *_ALWAYS_ONE, _WIDE, wide=True),
}


def known_language(tag: str | None) -> str | None:
    """The spoken language that a tag names (`de-AT`, `zh_Hans_CN.UTF-8`, `FR`); None where it names none."""
    code = (tag or "").strip().replace("_", "-").partition("-")[0].partition(".")[0].lower()
    return code if code in LANGUAGES else None


def from_header(accepted: str | None) -> str:
    """The language for a browser's Accept-Language: the most wanted one that is spoken."""
    wanted = []
    for place, part in enumerate((accepted or "").split(",")):
        tag, _, weight = part.partition(";")
        code = known_language(tag)
        if code is not None and (quality := _quality(weight)) > 0:
            wanted.append((-quality, place, code))
    return min(wanted)[2] if wanted else ENGLISH


def _quality(weight: str) -> float:
    name, _, number = weight.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(number)
    except ValueError:
        return 0.0


def from_environment(environment: Mapping[str, str]) -> str:
    """The language for a terminal: WORKFLOW_CHAT_LANGUAGE, else the first set of LC_ALL, LC_MESSAGES and LANG."""
    for name in ("WORKFLOW_CHAT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return known_language(environment[name]) or ENGLISH
    return ENGLISH
