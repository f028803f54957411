"""The parts of the page and where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from chat_app.ui.look import static

STORAGE_KEY = "workflow-chat.v1"
# Only dresses the token up in the browser's storage; the token itself is the secret.
STORAGE_SECRET = "workflow-chat"

_BLOCKS = '<div class="wc-blocks"></div>'


@dataclass(frozen=True)
class Parts:
    """Every component that something is done with."""

    token: Any
    design_round: Any
    head: Any
    chat: Any
    choices: Any
    message: Any
    send: Any
    stop: Any
    notice: Any
    tabs: Any
    graph: Any
    code: Any
    upload: Any
    problems: Any
    form: Any
    run: Any
    changes: Any
    runs: Any
    model: Any
    key: Any
    use_key: Any
    probe: Any
    models: Any


def panel(elem_id: str) -> gr.HTML:
    """A panel that draws blocks and tells what is clicked in it."""
    return gr.HTML(
        {"blocks": []},
        html_template=_BLOCKS,
        js_on_load=static("panel.js"),
        elem_id=elem_id,
        elem_classes=["wc-html"],
        apply_default_css=True,
    )


def lay_out_page() -> tuple[gr.Blocks, Parts]:
    """The empty page."""
    parts: dict[str, Any] = {}
    with gr.Blocks(title="workflow-chat", fill_width=True, analytics_enabled=False) as page:
        parts["token"] = gr.BrowserState("", storage_key=STORAGE_KEY, secret=STORAGE_SECRET)
        parts["design_round"] = gr.State(0)
        parts["head"] = panel("wc-head")
        with gr.Row(equal_height=False):
            with gr.Column(scale=38, min_width=330, elem_id="wc-left"):
                _chat(parts)
            with gr.Column(scale=62, min_width=330, elem_id="wc-right"):
                _panel(parts)
    return page, Parts(**parts)


def _chat(parts: dict[str, Any]) -> None:
    parts["chat"] = gr.Chatbot(
        elem_id="chat",
        label="Interview",
        show_label=False,
        buttons=["copy", "copy_all"],
        feedback_options=None,
        layout="bubble",
        group_consecutive_messages=False,
        placeholder="### What should your workflow do?\nDescribe it in a sentence; you are asked what is missing.",
    )
    parts["choices"] = panel("choices")
    with gr.Row(elem_id="composer"):
        parts["message"] = gr.Textbox(
            elem_id="message",
            placeholder="I want …",
            label="Message",
            show_label=False,
            container=False,
            lines=1,
            max_lines=8,
            scale=8,
            autofocus=True,
        )
        parts["send"] = gr.Button("Send", variant="primary", elem_id="send", scale=0, min_width=84)
        parts["stop"] = gr.Button("Stop", variant="stop", elem_id="stop-turn", scale=0, min_width=84, visible=False)


def _panel(parts: dict[str, Any]) -> None:
    parts["notice"] = panel("notice")
    with gr.Tabs(elem_id="tabs") as tabs:
        with gr.Tab("Graph", id="graph"):
            parts["graph"] = panel("graph")
        with gr.Tab("YAML", id="yaml"):
            parts["code"] = gr.Code(
                "",
                language="yaml",
                label="The workflow as YAML",
                elem_id="yaml",
                lines=14,
                max_lines=22,
                interactive=True,
                wrap_lines=False,
                buttons=["copy"],
            )
            parts["problems"] = panel("problems")
            parts["upload"] = gr.UploadButton(
                "Open a file", file_types=[".yaml", ".yml", ".json"], elem_id="upload-yaml", size="sm"
            )
        with gr.Tab("Run", id="run"):
            parts["form"] = panel("run-form")
            parts["run"] = panel("run")
        with gr.Tab("Changes", id="changes"):
            parts["changes"] = panel("changes")
        with gr.Tab("Runs", id="runs"):
            parts["runs"] = panel("runs")
        with gr.Tab("Model", id="model"):
            _models(parts)
    parts["tabs"] = tabs


def _models(parts: dict[str, Any]) -> None:
    parts["model"] = gr.Dropdown(
        choices=[],
        value="",
        allow_custom_value=True,
        interactive=True,
        label="Model",
        info="For designing and for running. Any LiteLLM name can be typed, such as openai/gpt-5-mini.",
        elem_id="model",
    )
    with gr.Row(elem_id="key-row"):
        parts["key"] = gr.Textbox(
            type="password",
            label="API key of its provider",
            info="Kept in memory for this session only; never stored.",
            elem_id="key",
            scale=5,
        )
        parts["use_key"] = gr.Button("Use key", elem_id="use-key", scale=0, min_width=100)
        parts["probe"] = gr.Button("Try the model", elem_id="probe", scale=0, min_width=130)
    parts["models"] = panel("models")
