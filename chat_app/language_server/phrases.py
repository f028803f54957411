"""What can be written next inside a template, a condition or code, and what a word in it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lsprotocol.types import CompletionItemKind as Kind

from chat_app.language_server.choices import Choice, about_field, of_field, type_words, values_of_type
from chat_app.language_server.levels import Level
from chat_app.language_server.lookups import Lookup, Manner, blank_escapes, lookups_in, manner_at
from chat_app.language_server.snapshot import Here
from chat_app.language_server.spot import Spot
from chat_app.workflow.filters import FILTERS
from chat_app.workflow.typed import FILE, Known

_LOOKUP = r"[A-Za-z_]\w*(?:\s*\.\s*\w+|\s*\[[^\]]*\])*"
_AFTER_DOT = re.compile(rf"({_LOOKUP})\s*\.\s*(\w*)$")
_AFTER_BAR = re.compile(r"\|\s*(\w*)$")
_COMPARED = re.compile(rf"({_LOOKUP})\s*(?:==|!=)\s*(['\"]?)([^'\"|&)]*)$")
_WORD = re.compile(r"(?<![\w.])(\w*)$")
_LOOP = re.compile(rf"\{{%-?\s*for\s+(\w+)\s+in\s+({_LOOKUP})")
_LONGEST = 400
"""How much of the text before the cursor is looked at for what comes next."""
_CEL = {"size": "size(state.list)", "has": "has(state.field)"}
_CEL_WORDS = ("true", "false", "in")
_BLOCK_WORDS = ("if", "elif", "else", "endif", "for", "in", "endfor", "not", "and", "or", "is defined")


@dataclass(frozen=True, slots=True)
class Phrase:
    """The text around the cursor, made plain, where it names fields."""

    before: str
    whole: str
    manner: Manner
    level: Level
    start: int

    @property
    def bound(self) -> dict[str, Known]:
        """What the loops of a template bind, as far as their types are known."""
        found: dict[str, Known] = {"loop": None} if "{%" in self.before else {}
        if self.manner == "template":
            for name, over in _LOOP.findall(self.before):
                found[name] = self.level.type_of((*_names(over), "[]"), found)
        return found


def phrase_at(here: Here, spot: Spot) -> Phrase | None:
    """The phrase under the cursor; None where the text there names no fields."""
    manner = manner_at(spot.path)
    if spot.role == "key" or manner is None:
        return None
    before, after = spot.before, spot.after
    if spot.style == '"':
        before, after = blank_escapes(before), blank_escapes(after)
    elif spot.style == "'":
        before, after = before.replace("''", " '"), after.replace("''", " '")
    return Phrase(before, before + after, manner, here.level(spot.path), spot.start)


def open_part(phrase: Phrase) -> str | None:
    """What of the phrase before the cursor is read by the program: of a template, the open braces."""
    if phrase.manner != "template":
        return phrase.before[-_LONGEST:]
    opened = max(phrase.before.rfind(mark) for mark in ("{{", "{%"))
    closed = max(phrase.before.rfind(mark) for mark in ("}}", "%}"))
    return phrase.before[opened + 2 :][-_LONGEST:] if opened > closed else None


def next_words(phrase: Phrase, quoted: str) -> tuple[str, list[Choice]] | None:
    """The word that is being written and what it can become; `quoted` is the scalar's own quote."""
    text = open_part(phrase)
    if text is None:
        return None
    if found := _AFTER_DOT.search(text):
        return found.group(2), list(_parts(phrase, _names(found.group(1))))
    if phrase.manner == "template" and (found := _AFTER_BAR.search(text)):
        return found.group(1), [Choice(name, Kind.Function, "filter") for name in FILTERS]
    if phrase.manner != "code" and (found := _COMPARED.search(text)):
        return found.group(3), list(_compared(phrase, found, quoted))
    found = _WORD.search(text)
    return (found.group(1), list(_roots(phrase))) if found else None


def _parts(phrase: Phrase, names: tuple[str, ...]) -> Iterator[Choice]:
    if names == ("state",):
        yield from (of_field(each) for each in phrase.level.fields().values())
        return
    known = phrase.level.type_of(names, phrase.bound)
    known = FILE if known is not None and known.type == "file" else known
    for name, part in (known.properties or {}).items() if known is not None else ():
        yield Choice(name, Kind.Field, type_words(part), part.description or "")


def _compared(phrase: Phrase, found: re.Match[str], quoted: str) -> Iterator[Choice]:
    known = phrase.level.type_of(_names(found.group(1)), phrase.bound)
    mark = found.group(2)
    around = "" if mark or known is None or known.type != "string" else '"' if quoted == "'" else "'"
    for choice in values_of_type(known):
        yield Choice(f"{around}{choice.label}{around}", choice.kind, choice.detail)


def _roots(phrase: Phrase) -> Iterator[Choice]:
    yield Choice("state", Kind.Variable, "the fields")
    for name, known in {**phrase.level.names(), **phrase.bound}.items():
        yield Choice(name, Kind.Variable, type_words(known) or "of this round")
    if phrase.manner == "template" and phrase.before.rfind("{%") > phrase.before.rfind("{{"):
        yield from (Choice(word, Kind.Keyword) for word in _BLOCK_WORDS)
    if phrase.manner == "condition":
        yield from (Choice(name, Kind.Function, example) for name, example in _CEL.items())
        yield from (Choice(word, Kind.Keyword) for word in _CEL_WORDS)


def _names(text: str) -> tuple[str, ...]:
    return next((lookup.names for lookup in lookups_in(text, "condition")), ())


def about_word(phrase: Phrase, offset: int) -> tuple[int, int, str] | None:
    """What the name at a character is: where it stands, and a text about it."""
    for lookup in lookups_in(phrase.whole, phrase.manner, phrase.start):
        for count, part in enumerate(lookup.parts, start=1):
            if part.start <= offset <= part.end:
                about = _about(phrase, lookup, count)
                return (part.start, part.end, about) if about else None
    return None


def _about(phrase: Phrase, lookup: Lookup, count: int) -> str:
    names = lookup.names[:count]
    if names == ("state",):
        return "The fields of the workflow: its inputs, and what nodes have written."
    if len(names) == 2 and names[0] == "state":
        declared = phrase.level.field(names[1])
        return about_field(declared) if declared else ""
    if names[0] not in {"state", *phrase.level.names(), *phrase.bound}:
        return ""
    known = phrase.level.type_of(names, phrase.bound)
    if known is None and count == 1:
        owner = phrase.level.item_owner(names[0])
        return f"**{names[0]}**: one item of the map" if owner else ""
    if known is None:
        return ""
    said = f"**{'.'.join(names).replace('.[]', '[]')}**: {type_words(known)}"
    return f"{said}\n\n{known.description}" if known.description else said
