"""What the guided designer cannot build, told honestly, with what comes nearest."""

from __future__ import annotations

import re
from functools import cache

import yaml
from pydantic import Field

from chat_app.designer.guided.filing import files_named
from chat_app.designer.guided.patterns import FOLDER, Pattern, pattern_named
from chat_app.designer.guided.telling import phrase, told_in
from chat_app.designer.guided.toolbox import usable
from chat_app.translation import tr
from chat_app.workflow.fields import Name, Part


class Refusal(Part):
    """One kind of thing that cannot be built: how it is asked for, what to say, what comes near."""

    id: Name
    cues: list[str]
    unless: list[str] = Field(default=[])
    """What speaks of the same without asking for it: "we ship every friday"."""
    told: list[str] = Field(default=[])
    """Phrases by which it is asked for, as `telling` reads them."""
    tools: list[Name] = Field(default=[])
    """Tools with which it can be built after all; where they are all ready, nothing is refused."""
    says: str
    near: list[str]

    def patterns(self) -> list[Pattern]:
        """The patterns that come near."""
        return [found for name in self.near if (found := pattern_named(name))]


@cache
def load_refusals() -> tuple[Refusal, ...]:
    """Every kind of refusal that is shipped."""
    text = (FOLDER / "refusals" / "refusals.yaml").read_text(encoding="utf-8")
    return tuple(Refusal.model_validate(data) for data in yaml.load(text, Loader=yaml.CSafeLoader))


@cache
def _cues(name: str) -> tuple[re.Pattern[str], ...]:
    refusal = next(one for one in load_refusals() if one.id == name)
    return tuple(re.compile(cue, re.IGNORECASE) for cue in refusal.cues)


_BESIDE = re.compile(
    r"\b(?:before|after|until|once) (?:we|i|they|she|he) \w+[^,.;:!?]*"
    r"|\babout (?:the|our|my|a|an) \w+",
    re.IGNORECASE,
)
"""Circumstances and topics: what people will do themselves, and what a text is about, is not asked of us."""


def refusals_in(text: str) -> list[Refusal]:
    """What in a text cannot be built, in the order of the list."""
    wished = _BESIDE.sub(" ", text)
    return [refusal for refusal in load_refusals() if _holds(refusal, wished)]


def _holds(refusal: Refusal, text: str) -> bool:
    if refusal.tools and usable(refusal.tools):
        return False
    said = _without(text, refusal)
    told = told_in(said)
    return any(cue.search(said) for cue in _cues(refusal.id)) or any(phrase(one).holds(told) for one in refusal.told)


def _without(text: str, refusal: Refusal) -> str:
    for told in refusal.unless:
        text = re.sub(told, " ", text, flags=re.IGNORECASE)
    return text


def file_note(wish: str) -> str | None:
    """The note for a wish that speaks of files: their text is what a workflow of mine takes."""
    word = files_named(wish)
    if word is None:
        return None
    return tr('"{word}": the text is pasted in; this workflow opens no files.', word=word)


def has_files(pattern: Pattern) -> bool:
    """Whether a recipe takes files by itself."""
    return any("'type': 'file'" in str(edit) for edit in pattern.edits if edit.get("op") == "add_input")
