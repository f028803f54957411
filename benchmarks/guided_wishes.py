"""How well the guided designer understands wishes: `python -m benchmarks.guided_wishes [--misses]`.

A wish counts as found when a right recipe is among the three cards, and as first when it is the first card.
A wish outside what can be built counts when it is refused, or doubted in words, and neighbours are shown.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import yaml

from chat_app.app import surroundings
from chat_app.designer.guided.memory import Memory
from chat_app.designer.guided.tongues import in_english
from chat_app.designer.guided.toolbox import equipped
from chat_app.designer.guided.wishes import Wishes
from chat_app.workflow.check import check

FILE = Path(__file__).parent.parent / "tests" / "designer" / "guided" / "wishes.yaml"
EVERYWHERE = (
    "read_document",
    "read_table",
    "write_document",
    "write_table",
    "query_table",
    "draw_chart",
    "split_text",
)
"""Tools that need neither a key nor the network."""
KINDS = ("one pattern", "combination", "impossible")
HALVES = (
    "dev",
    "held",
    "fresh",
    "later",
    "latest",
    "last",
    "tongues",
    "tongues2",
    "told",
    "told2",
    "told3",
    "told4",
    "told5",
)


@dataclass(frozen=True, slots=True)
class Judged:
    """One wish and what came of it."""

    wish: str
    half: str
    kind: str
    among: bool
    first: bool
    shown: tuple[str, ...]
    milliseconds: float
    unsure: bool = False
    """Whether it was said that this may not be what can be built."""
    refused: bool = False
    """Whether it was refused although it can be built."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of some wishes were found."""

    count: int
    among: int
    first: int

    @property
    def among_share(self) -> float:
        """The share with a right card."""
        return self.among / self.count

    @property
    def first_share(self) -> float:
        """The share whose first card was right."""
        return self.first / self.count


def judge(wishes: Wishes, case: dict[str, Any]) -> Judged:
    """What the designer makes of one wish."""
    memory = Memory()
    begun = perf_counter()
    wish = in_english(case["wish"], case.get("language", "en")).text
    understood = wishes.understand(memory, wish)
    spent = (perf_counter() - begun) * 1000
    recipes = [card.recipe for card in memory.offered]
    shown = tuple(_told(recipe) for recipe in recipes)
    if case.get("refuse"):
        refused = (understood.refused or understood.unsure) and bool(recipes)
        return Judged(case["wish"], case["half"], KINDS[2], refused, refused, shown, spent, understood.unsure)
    right = [_right(recipe, case) for recipe in recipes]
    kind = KINDS[1] if "steps" in case else KINDS[0]
    refused = understood.refused
    return Judged(
        case["wish"],
        case["half"],
        kind,
        any(right) and not refused,
        right[:1] == [True] and not refused,
        shown,
        spent,
        understood.unsure,
        refused,
    )


def _told(recipe: dict[str, Any]) -> str:
    return str(recipe.get("pattern") or recipe.get("tool") or [step["id"] for step in recipe["steps"]])


def _right(recipe: dict[str, Any], case: dict[str, Any]) -> bool:
    if "pattern" in recipe:
        return recipe["pattern"] in case.get("right", [])
    if "steps" not in recipe:
        return False
    return [step["id"] for step in recipe["steps"]] in (case.get("steps"), *case.get("also", []))


def judge_all(*, draws: bool = True) -> list[Judged]:
    """Every wish of the file, judged with the tools that work everywhere; with the cards' previews or without."""
    known = surroundings(None)
    here = {name: known.tools[name] for name in EVERYWHERE}
    wishes = Wishes(lambda text: check(text, replace(known, tools=here)), draws=draws)
    cases = yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    with equipped(here):
        wishes.nearest("warm up")
        return [judge(wishes, case) for case in cases]


def share(judged: Iterable[Judged], *, half: str | None = None, kind: str | None = None) -> Share:
    """The figures of some of the wishes."""
    chosen = [one for one in judged if half in (None, one.half) and kind in (None, one.kind)]
    return Share(len(chosen), sum(one.among for one in chosen), sum(one.first for one in chosen))


def table(judged: Sequence[Judged]) -> str:
    """The figures as text."""
    lines = [f"{'':24}{'wishes':>8}{'among 3':>10}{'first':>10}"]
    for half in HALVES:
        for kind in KINDS:
            found = share(judged, half=half, kind=kind)
            if not found.count:
                continue
            lines.append(
                f"{half + ', ' + kind:24}{found.count:>8}{found.among_share:>10.0%}{found.first_share:>10.0%}"
            )
    for group in (None, *KINDS):
        found = share(judged, kind=group)
        name = f"all, {group or 'together'}"
        lines.append(f"{name:24}{found.count:>8}{found.among_share:>10.0%}{found.first_share:>10.0%}")
    able = [one for one in judged if one.kind != KINDS[2]]
    lines.append(
        f"of {len(able)} that can be built, {sum(one.refused for one in able)} were refused and "
        f"{sum(one.unsure for one in able)} doubted, with cards; of {len(judged) - len(able)} that cannot, "
        f"{sum(not one.among for one in judged if one.kind == KINDS[2])} were not refused"
    )
    times = sorted(one.milliseconds for one in judged)
    lines.append(
        f"from wish to three drawn cards: median {times[len(times) // 2]:.0f} ms, 95 % "
        f"{times[len(times) * 95 // 100]:.0f} ms"
    )
    return "\n".join(lines)


def main(arguments: Sequence[str] = ()) -> None:
    """Prints the table, and with `--misses` what went wrong outside the half that is held back."""
    judged = judge_all()
    sys.stdout.write(table(judged) + "\n")
    if "--misses" in arguments:
        for one in judged:
            if one.half != "held" and not one.first:
                found = "late" if one.among else "MISS"
                sys.stdout.write(f"{found}  {one.wish}  ->  {', '.join(one.shown)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
