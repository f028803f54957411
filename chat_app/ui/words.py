"""The words of the parts that stand still: tabs, buttons and boxes, in the visitor's language."""

from __future__ import annotations

from typing import Any

from chat_app.translation import tr
from chat_app.ui.gradio_labels import gradio_labels
from chat_app.ui.lean_gradio import gr

TABS = ("graph", "yaml", "run", "changes", "runs", "tests", "model")


def tab_label(name: str) -> str:
    """What a tab is called."""
    match name:
        case "graph":
            return tr("Graph")
        case "yaml":
            return "YAML"
        case "run":
            return tr("Run", context="noun")
        case "changes":
            return tr("Changes")
        case "runs":
            return tr("Runs")
        case "tests":
            return tr("Tests")
        case _:
            return tr("Model")


def words() -> dict[str, dict[str, Any]]:
    """For each still part: what it says."""
    welcome = tr("What should your workflow do?")
    asked = tr("Describe it in a sentence; you are asked what is missing.")
    found: dict[str, dict[str, Any]] = {
        "labels": {"value": gradio_labels()},
        "chat": {"label": tr("Interview"), "placeholder": f"## {welcome}\n{asked}"},
        "message": {"placeholder": tr("I want …"), "label": tr("Message")},
        "send": {"value": tr("Send")},
        "stop": {"value": tr("Stop")},
        "code": {"label": tr("The workflow as YAML")},
        "upload": {"label": tr("Open a file")},
        "model": {
            "label": tr("Model"),
            "info": tr(
                "For designing and for running. Any LiteLLM name can be typed, such as {name}.",
                name="openai/gpt-5-mini",
            ),
        },
        "key": {
            "label": tr("API key of its provider"),
            "info": tr("Kept in memory for this session only; never stored."),
        },
        "use_key": {"value": tr("Use key")},
        "probe": {"value": tr("Try the model")},
    }
    return found | {f"tab_{name}": {"label": tab_label(name)} for name in TABS}


def updates() -> list[Any]:
    """An update for each still part, in the order of `words`."""
    return [gr.update(**said) for said in words().values()]
