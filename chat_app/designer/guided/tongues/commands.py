"""Commands in the other languages: each way of saying one, with the English that it is read as."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from chat_app.designer.guided.patterns import FOLDER
from chat_app.designer.guided.tongues.dictionary import UNSPACED, folded, unaccented

Translate = Callable[[str], str]
_PLACE = re.compile(r"\{(\w+)\}")
_SAID = re.compile(r"\{(\w+)(!\w)?\}")
_MOST_TURNS = 3
"""Ways of saying that may stand in one another."""
_OPTIONAL = re.compile(r"\[([^\]]*\{(\w+)\}[^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of saying a command."""

    pattern: re.Pattern[str]
    english: str

    def said(self, text: str, translated: Translate, others: Mapping[str, Translate]) -> str | None:
        """The command in English; None where the text is no such command. `others` read places marked `!x`."""
        found = self.pattern.fullmatch(folded(text))
        if found is None:
            return None
        groups = {
            name: text[found.start(name) : found.end(name)].strip(" ,:，：、")
            for name, value in found.groupdict().items()
            if value is not None
        }
        english = _OPTIONAL.sub(lambda part: part[1] if part[2] in groups else "", self.english)

        def put(place: re.Match[str]) -> str:
            words = groups.get(place[1], "")
            if place[2]:
                return others[place[2]](words)
            return words if place[1] == "raw" else translated(words)

        return _SAID.sub(put, english).strip()


@cache
def _data() -> Any:
    text = (FOLDER / "tongues" / "commands.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def _regex(pattern: str, code: str) -> re.Pattern[str]:
    blank = r"\s*" if code in UNSPACED else r"\s+"
    written = _PLACE.sub(lambda place: rf"(?P<{place[1]}>.+?)", unaccented(pattern))
    return re.compile(re.sub(r"(?<!\\) ", lambda _: blank, written), re.IGNORECASE | re.DOTALL)


@cache
def _rules(code: str) -> tuple[Rule, ...]:
    made = []
    for line in _data()[code]:
        pattern, _, english = line.rpartition(" => ")
        made.append(Rule(_regex(pattern, code), english))
    return tuple(made)


@cache
def command_words(code: str) -> frozenset[str]:
    """The words that commands of a language are made of, which tell it from others."""
    lines = [line.rpartition(" => ")[0] for line in _data()[code]]
    return frozenset(word for line in lines for word in re.findall(r"[a-z]{4,}", folded(_PLACE.sub(" ", line))))


@cache
def _polite(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    gap = r"[\s,，、]*" if code in UNSPACED else r"[\s,]+"
    before, after = folded(_data()["polite"][code]), folded(_data()["polite_end"][code])
    return re.compile(rf"(?:{before}{gap})+"), re.compile(rf"(?:{gap}{after})+$")


@cache
def _units() -> tuple[tuple[re.Pattern[str], str], ...]:
    pairs = [
        (variant.strip(), english)
        for block in ("styles", "units")
        for english, variants in _data()[block].items()
        for variant in str(variants).split(" / ")
    ]
    pairs.sort(key=lambda pair: -len(pair[0]))
    return tuple(
        (re.compile(rf"(?<![a-z]){re.escape(folded(variant))}(?![a-z])"), f" {english} ")
        for variant, english in pairs
    )


@cache
def _unit_words() -> frozenset[str]:
    """The English words of units and manners."""
    return frozenset(word for block in ("styles", "units") for english in _data()[block] for word in english.split())


def as_command(text: str, code: str, translated: Translate) -> str | None:
    """The English of a text that is a command in this language; None where it is none."""
    bare = text.strip().strip(".。!！?？").strip()
    before, after = _polite(code)
    others: dict[str, Translate] = {
        "!u": lambda words: _in_units(words, translated),
        "!c": lambda words: as_command(words, code, translated) or translated(words),
    }
    shorter = bare
    if found := before.match(folded(shorter)):
        shorter = shorter[found.end() :]
    trimmed = shorter
    if found := after.search(folded(trimmed)):
        trimmed = trimmed[: found.start()]
    for form in dict.fromkeys((bare, shorter, trimmed.strip(" ,，、"))):
        for rule in _rules(code) if form else ():
            said = rule.said(form, translated, others)
            if said is not None:
                return said
    return None


def plainly(clause: str) -> str:
    """An English clause in the words that the commands are read by, where there are such; else as it is."""
    for _ in range(_MOST_TURNS):
        said = as_command(clause, "en", lambda words: words)
        if said is None or said == clause:
            break
        clause = said
    return clause


def _in_units(words: str, translated: Translate) -> str:
    """Amounts and ways of writing, whose units and manners are few."""
    plain = folded(words)
    for pattern, english in _units():
        plain = pattern.sub(english, plain)
    known = _unit_words()
    numbered = [part if part in known or not part[0].isalpha() else translated(part) for part in plain.split()]
    return " ".join(" ".join(numbered).split())
