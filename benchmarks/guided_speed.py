"""From a wish to a valid workflow without a model: `python -m benchmarks.guided_speed`.

Each pattern is asked for in one of its own sentences, in English and in German, and built with every default: three
cards with their previews, the interview, the edits, the check. Printed beside it: how often that is what checking
the same workflow alone takes.
"""

from __future__ import annotations

import asyncio
import sys
from time import perf_counter

from chat_app.app import surroundings
from chat_app.designer.conversation import Conversation
from chat_app.designer.guided.designer import GuidedDesigner
from chat_app.designer.guided.patterns import load_patterns
from chat_app.designer.guided.toolbox import equipped, usable
from chat_app.translation import speaking, tr
from chat_app.workflow.check import check

TARGET = 150
"""Milliseconds that a person does not notice."""


async def _built(designer: GuidedDesigner, wish: str, choice: str) -> tuple[float, str]:
    conversation = Conversation("benchmark")
    begun = perf_counter()
    for message in (wish, choice, "skip all"):
        async for _event in designer.turn(conversation, message):
            pass
    return (perf_counter() - begun) * 1000, conversation.draft


def _line(name: str, times: list[float], checks: list[float]) -> str:
    times, checks = sorted(times), sorted(checks)
    median, high = times[len(times) // 2], times[len(times) * 95 // 100]
    return (
        f"{name}: median {median:.0f} ms, 95 % {high:.0f} ms (meant to be under {TARGET}); "
        f"{median / checks[len(checks) // 2]:.1f} times a check of the result\n"
    )


def main() -> None:
    """Prints a line for each language."""
    known = surroundings(None)
    designer = GuidedDesigner(lambda text: check(text, known), known.tools)
    designer.warm_up()
    with equipped(known.tools):
        patterns = [pattern for pattern in load_patterns() if usable(pattern.needs)]
    for code in ("en", "de"):
        times, checks = [], []
        for pattern in patterns:
            with speaking(code):
                wish = pattern.asks[0] if code == "en" else tr(pattern.title)
                spent, draft = asyncio.run(_built(designer, wish, f"Use: {pattern.title}"))
            begun = perf_counter()
            check(draft, known)
            checks.append((perf_counter() - begun) * 1000)
            times.append(spent)
        sys.stdout.write(_line(code, times, checks))


if __name__ == "__main__":
    main()
