"""Examples of commands for the draft at hand, to show when a message is not understood."""

from __future__ import annotations

from rapidfuzz import fuzz

from chat_app.designer.guided.stems import stems
from chat_app.designer.guided.view import View

_COUNT = 3


def examples(view: View) -> list[tuple[str, str]]:
    """Commands that work on this draft, each with what it does."""
    steps = list(view.main.steps)
    last = steps[-1] if steps else "the last step"
    fields = list(view.workflow.state)
    numbers = [name for name, kind in view.workflow.state.items() if kind.type in ("integer", "number")]
    found = [
        ("add a summary at the end", "One more step that shortens the result."),
        ("add a translation into German at the end", "One more step that translates the result."),
        (f"add a review step after {last}", "A critical reader scores the result and says what to improve."),
        (f"ask me before {last}", "The run waits for your approval there."),
        ("let me approve the result", "The run waits for your approval at the end."),
        (f"rename {last} to final_step", "Another name, everywhere it is used."),
        (f"tell {last} to write shorter", "One sentence more in the step's prompt."),
        (f"retry {last} 2 times if it fails", "The step is tried again on failure."),
        ("limit to 2 minutes and 50 steps", "Hard limits of every run."),
        ("use model ollama_chat/qwen3", "The model that every step asks."),
        ("add an input called language", "One more thing that the user gives."),
        ("explain", "What the workflow does, step by step."),
        ("run", "Try it."),
        ("undo", "Take the last change back."),
        ("start over", "Build another workflow."),
    ]
    if len(steps) > 1:
        found.insert(4, (f"remove {last}", "Takes the step out and joins what is around it."))
        found.insert(5, (f"move {last} before {steps[0]}", "Another order."))
    if fields:
        found.insert(4, (f"output only {fields[-1]}", "What a run returns."))
    if numbers:
        found.append((f"repeat until {numbers[0]} is at least 8, at most 3 times", "A loop with a bound."))
        found.append((f"if {numbers[0]} is below 5, ask me to approve", "A way that is taken only sometimes."))
    return found


def nearest_examples(view: View, message: str) -> list[tuple[str, str]]:
    """The commands that come nearest to a message."""
    wanted = set(stems(message))

    def likeness(pair: tuple[str, str]) -> float:
        shared = len(wanted & set(stems(" ".join(pair))))
        return shared * 20 + fuzz.token_set_ratio(message.lower(), pair[0]) / 4

    return sorted(examples(view), key=likeness, reverse=True)[:_COUNT]
