"""Words that say nothing about what is wanted, and words of one meaning."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from chat_app.designer.guided.patterns import FOLDER
from chat_app.designer.guided.stems import stem


@cache
def _words() -> Any:
    text = (FOLDER / "words" / "words.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)


@cache
def fillers() -> frozenset[str]:
    """The words that are left out of every wish and sentence."""
    return frozenset(str(_words()["fillers"]).split())


@cache
def _heads() -> dict[str, str]:
    groups = [str(group).split() for group in _words()["alike"]]
    return {stem(word): stem(group[0]) for group in groups for word in group}


def meaning(word: str) -> str:
    """A word's stem, the same for words of one meaning."""
    found = stem(word)
    return _heads().get(found, found)
