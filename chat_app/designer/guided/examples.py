"""Examples of commands for the draft at hand, to show when a message is not understood."""

from __future__ import annotations

from rapidfuzz import fuzz

from chat_app.designer.guided.stems import stems
from chat_app.designer.guided.view import View
from chat_app.translation import tr

_COUNT = 3


def examples(view: View) -> list[tuple[str, str]]:
    """Commands that work on this draft, each with what it does."""
    steps = list(view.main.steps)
    last = steps[-1] if steps else tr("the last step")
    fields = list(view.workflow.state)
    numbers = [name for name, kind in view.workflow.state.items() if kind.type in ("integer", "number")]
    found = [
        (tr("add a summary at the end"), tr("One more step that shortens the result.")),
        (tr("add a translation into German at the end"), tr("One more step that translates the result.")),
        (
            tr("add a review step after {step}", step=last),
            tr("A critical reader scores the result and says what to improve."),
        ),
        (tr("ask me before {step}", step=last), tr("The run waits for your approval there.")),
        (tr("let me approve the result"), tr("The run waits for your approval at the end.")),
        (tr("rename {step} to final_step", step=last), tr("Another name, everywhere it is used.")),
        (tr("tell {step} to write shorter", step=last), tr("One sentence more in the step's prompt.")),
        (tr("retry {step} 2 times if it fails", step=last), tr("The step is tried again on failure.")),
        (tr("limit to 2 minutes and 50 steps"), tr("Hard limits of every run.")),
        (tr("use model ollama_chat/qwen3"), tr("The model that every step asks.")),
        (tr("add an input called language"), tr("One more thing that the user gives.")),
        (tr("explain"), tr("What the workflow does, step by step.")),
        (tr("run"), tr("Try it.")),
        (tr("undo"), tr("Take the last change back.")),
        (tr("start over"), tr("Build another workflow.")),
    ]
    if len(steps) > 1:
        found.insert(4, (tr("remove {step}", step=last), tr("Takes the step out and joins what is around it.")))
        found.insert(5, (tr("move {step} before {other}", step=last, other=steps[0]), tr("Another order.")))
    if fields:
        found.insert(4, (tr("output only {field}", field=fields[-1]), tr("What a run returns.")))
    if numbers:
        found.append(
            (tr("repeat until {field} is at least 8, at most 3 times", field=numbers[0]), tr("A loop with a bound."))
        )
        found.append(
            (
                tr("if {field} is below 5, ask me to approve", field=numbers[0]),
                tr("A way that is taken only sometimes."),
            )
        )
    return found


def nearest_examples(view: View, message: str) -> list[tuple[str, str]]:
    """The commands that come nearest to a message."""
    wanted = set(stems(message))

    def likeness(pair: tuple[str, str]) -> float:
        shared = len(wanted & set(stems(" ".join(pair))))
        return shared * 20 + fuzz.token_set_ratio(message.lower(), pair[0]) / 4

    return sorted(examples(view), key=likeness, reverse=True)[:_COUNT]
