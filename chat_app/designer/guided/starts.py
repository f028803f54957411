"""The patterns as another designer starts from them: offered for a wish, built from its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rapidfuzz import fuzz, process

from chat_app.designer.guided.interview import assumption, default_of, design_edits, is_open, read_slots
from chat_app.designer.guided.patterns import Pattern, Slot, load_patterns
from chat_app.designer.guided.tongues import in_english, language_of
from chat_app.designer.guided.toolbox import Toolbox, equipped, usable
from chat_app.designer.guided.values import in_own_words, read_answer
from chat_app.designer.guided.wishes import Wishes
from chat_app.designer.starting import StartCard, Started, StartSlot
from chat_app.translation import language, speaking, tr
from chat_app.translation.data_texts import LISTED
from chat_app.workflow.diagnostics import Diagnostic, Severity

_NEARLY = 80.0
"""How alike (of 100) a name must be to be taken for another."""
_NEAR = 60.0
"""How alike it must be to be named as the nearest."""
_EXPECTED = {
    "labels": "two categories or more, such as `name (what it means), name (what it means)`",
    "names": "two names or more, parted by commas",
    "fields": "one field or more, such as `name, total (number)`",
    "yes_no": "`yes` or `no`",
    "language": "a language, such as `German`",
}


class PatternStarts:
    """Implements `Starts` with the guided designer's ranker, slots and patterns."""

    def __init__(self, wishes: Wishes, tools: Toolbox) -> None:
        self._wishes = wishes
        self._tools = tools

    def offers(self, wish: str) -> Sequence[StartCard]:
        """The patterns that the guided designer would show for the wish."""
        with speaking(language_of(wish, language())), equipped(self._tools):
            return [_card(pattern) for pattern in self._wishes.nearest(in_english(wish, language()).text)]

    def start(self, name: str, answers: Mapping[str, Any], wish: str) -> Started:
        """The pattern's edits; a name that is nearly right is taken for the one that is meant."""
        with speaking(language_of(wish, language())), equipped(self._tools):
            pattern = _named(name)
            if pattern is None:
                return Started(problems=(_unknown_pattern(name),))
            return _started(pattern, name, answers, wish)


def _card(pattern: Pattern) -> StartCard:
    slots = [
        StartSlot(slot.id, slot.ask, tuple(option.value for option in slot.options), slot.default)
        for slot in pattern.slots
        if slot.ask is not None
    ]
    return StartCard(pattern.id, pattern.description, tuple(slots))


def _started(pattern: Pattern, name: str, answers: Mapping[str, Any], wish: str) -> Started:
    repaired = [] if name == pattern.id else [f"Took the pattern `{pattern.id}` for `{name[:60]}`."]
    values = in_own_words(pattern, read_slots(pattern, in_english(wish, language()).text), wish)
    origins = dict.fromkeys(values, "said")
    problems = []
    for key, given in answers.items():
        slot = _slot(pattern, str(key))
        if slot is None:
            problems.append(_unknown_slot(pattern, str(key)))
            continue
        if slot.id != key:
            repaired.append(f"Took `{slot.id}` for `{str(key)[:60]}`.")
        if (said := _as_said(slot, given)) == "":
            continue
        value = read_answer(slot, said)
        if value is None:
            problems.append(_unknown_value(slot, said))
            continue
        values[slot.id], origins[slot.id] = value, "answered"
    if problems:
        return Started(pattern.id, repaired=tuple(repaired), problems=tuple(problems))
    assumed = []
    for slot in pattern.slots:
        if is_open(pattern, slot, values):
            values[slot.id], origins[slot.id] = default_of(slot), "assumed"
            assumed.append(assumption(slot))
    edits = tuple(design_edits(pattern, values, origins))
    return Started(pattern.id, tr(pattern.description), edits, tuple(assumed), tuple(repaired))


def _named(name: str) -> Pattern | None:
    """The pattern with this id or title, or nearly so."""
    patterns = [pattern for pattern in load_patterns() if usable(pattern.needs)]
    at = _nearest(name, [pattern.id for pattern in patterns])
    if at is None:
        at = _nearest(name, [pattern.title for pattern in patterns])
    return None if at is None else patterns[at]


def _slot(pattern: Pattern, name: str) -> Slot | None:
    at = _nearest(name, [slot.id for slot in pattern.slots])
    return None if at is None else pattern.slots[at]


def _nearest(name: str, known: Sequence[str]) -> int | None:
    found = process.extractOne(_plain(name), [_plain(one) for one in known], scorer=_alike, score_cutoff=_NEARLY)
    return found[2] if found else None


def _alike(one: str, other: str, **_: Any) -> float:
    """How alike two names are, whatever the order of their words."""
    return max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other))


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())[:120]


def _as_said(slot: Slot, given: Any) -> str:
    """An answer as a person would type it; a model gives lists, maps and numbers too."""
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, Mapping):
        given = [{"name": name, "text": meaning} for name, meaning in given.items()]
    if isinstance(given, list):
        lines = [_line(one) for one in given]
        together = slot.kind in LISTED and not any(": " in line for line in lines)
        return (", " if together else "\n").join(line for line in lines if line)
    return "" if given is None else str(given).strip()


def _line(one: Any) -> str:
    if not isinstance(one, Mapping):
        return str(one).strip()
    name = next((str(one[key]) for key in ("name", "id", "label", "value") if one.get(key)), "")
    meaning = next((str(one[key]) for key in ("text", "description", "meaning", "type") if one.get(key)), "")
    return f"{name}: {meaning}" if name and meaning else name or meaning


def _unknown_pattern(name: str) -> Diagnostic:
    ids = [pattern.id for pattern in load_patterns() if usable(pattern.needs)]
    near = [str(one[0]) for one in process.extract(name, ids, scorer=fuzz.WRatio, limit=3)]
    return Diagnostic(
        "unknown-pattern",
        Severity.ERROR,
        f"There is no pattern `{name[:60]}`.",
        ("pattern",),
        help=f"The nearest are {', '.join(f'`{one}`' for one in near)}; or build it by edits.",
    )


def _unknown_slot(pattern: Pattern, name: str) -> Diagnostic:
    ids = [slot.id for slot in pattern.slots]
    near = process.extractOne(name, ids, scorer=fuzz.WRatio, score_cutoff=_NEAR)
    asks = f"It asks {', '.join(f'`{one}`' for one in ids)}." if ids else "It asks nothing: leave `answers` empty."
    return Diagnostic(
        "unknown-slot",
        Severity.ERROR,
        f"The pattern `{pattern.id}` asks nothing called `{name[:60]}`.",
        ("answers", name[:60]),
        help=f"{asks} The nearest is `{near[0]}`." if near else asks,
    )


def _unknown_value(slot: Slot, said: str) -> Diagnostic:
    options = [option.value for option in slot.options]
    near = process.extractOne(said, options, scorer=fuzz.WRatio, score_cutoff=_NEAR)
    expected = _EXPECTED.get(slot.kind, "another answer")
    if slot.kind == "number":
        expected = f"a whole number from {slot.minimum} to {slot.maximum}"
    elif slot.kind == "choice" and options:
        expected = "one of " + ", ".join(f"`{one}`" for one in options)
    hint = f" The nearest offered is `{near[0]}`." if near else ""
    return Diagnostic(
        "slot-value",
        Severity.ERROR,
        f"`{slot.id}` cannot be `{said[:80]}`.",
        ("answers", slot.id),
        help=f"Expected: {expected}.{hint}",
    )
