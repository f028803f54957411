"""How well the guided designer understands wishes: `python -m benchmarks.guided_wishes [--misses]`.

A wish counts as found when a right recipe is among the three cards, and as first when it is the first card.
A wish outside what can be built counts when it is refused and useful neighbours are shown.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import yaml

from chat_app.designer.guided.memory import Memory
from chat_app.designer.guided.scope import refusals_in
from chat_app.designer.guided.tongues import in_english
from chat_app.designer.guided.wishes import Wishes
from chat_app.workflow.check import check

FILE = Path(__file__).parent.parent / "tests" / "designer" / "guided" / "wishes.yaml"
KINDS = ("one pattern", "combination", "impossible")
HALVES = ("dev", "held", "fresh", "later", "latest", "last", "tongues", "tongues2")


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
    wishes.understand(memory, wish)
    spent = (perf_counter() - begun) * 1000
    recipes = [card.recipe for card in memory.offered]
    shown = tuple(str(recipe.get("pattern") or [step["id"] for step in recipe["steps"]]) for recipe in recipes)
    if case.get("refuse"):
        refused = bool(refusals_in(wish)) and bool(recipes)
        return Judged(case["wish"], case["half"], KINDS[2], refused, refused, shown, spent)
    right = [_right(recipe, case) for recipe in recipes]
    kind = KINDS[1] if "steps" in case else KINDS[0]
    refused = bool(refusals_in(wish))
    return Judged(
        case["wish"],
        case["half"],
        kind,
        any(right) and not refused,
        right[:1] == [True] and not refused,
        shown,
        spent,
    )


def _right(recipe: dict[str, Any], case: dict[str, Any]) -> bool:
    if "pattern" in recipe:
        return recipe["pattern"] in case.get("right", [])
    return [step["id"] for step in recipe["steps"]] == case.get("steps")


def judge_all() -> list[Judged]:
    """Every wish of the file, judged."""
    wishes = Wishes(check)
    wishes.nearest("warm up")
    cases = yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
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
            lines.append(
                f"{half + ', ' + kind:24}{found.count:>8}{found.among_share:>10.0%}{found.first_share:>10.0%}"
            )
    for kind in (None, *KINDS):
        found = share(judged, kind=kind)
        lines.append(
            f"{'all, ' + (kind or 'together'):24}{found.count:>8}{found.among_share:>10.0%}{found.first_share:>10.0%}"
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
