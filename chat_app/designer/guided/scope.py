"""What the guided designer cannot build, told honestly, with what comes nearest."""

from __future__ import annotations

import re
from functools import cache

import yaml
from pydantic import Field

from chat_app.designer.guided.patterns import FOLDER, Pattern, pattern_named
from chat_app.translation import tr
from chat_app.workflow.fields import Name, Part


class Refusal(Part):
    """One kind of thing that cannot be built: how it is asked for, what to say, what comes near."""

    id: Name
    cues: list[str]
    unless: list[str] = Field(default=[])
    """What speaks of the same without asking for it: "we ship every friday"."""
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
def _cues() -> tuple[tuple[re.Pattern[str], Refusal], ...]:
    return tuple((re.compile(cue, re.IGNORECASE), refusal) for refusal in load_refusals() for cue in refusal.cues)


def refusals_in(text: str) -> list[Refusal]:
    """What in a text cannot be built, in the order of the list."""
    return list({refusal.id: refusal for cue, refusal in _cues() if cue.search(_without(text, refusal))}.values())


def _without(text: str, refusal: Refusal) -> str:
    for told in refusal.unless:
        text = re.sub(told, " ", text, flags=re.IGNORECASE)
    return text


_FILES = re.compile(
    r"\b(?:pdfs?|docx?|word (?:documents?|files?)|excel|xlsx|spreadsheets?|scans?|uploaded? files?|files?)\b",
    re.IGNORECASE,
)


def file_note(wish: str) -> str | None:
    """The note for a wish that speaks of files: their text is what a workflow of mine takes."""
    found = _FILES.search(wish)
    if not found:
        return None
    return tr('"{word}": the text is pasted in; I build no step that opens files.', word=found[0])
