"""The parts of the page and where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chat_app.translation import speaking
from chat_app.ui.lean_gradio import gr
from chat_app.ui.look import ANSWER_SCRIPT, LABELS_SCRIPT, PANEL_SCRIPT
from chat_app.ui.words import words

STORAGE_KEY = "workflow-chat.v1"
# Only dresses the token up in the browser's storage; the token itself is the secret.
STORAGE_SECRET = "workflow-chat"

_BLOCKS = '<div class="wc-blocks"></div>'


@dataclass(frozen=True)
class Parts:
    """Every component that something is done with."""

    token: Any
    answer: Any
    """What follows the answer that is being given."""
    labels: Any
    """What says Gradio's own labels in the visitor's language."""
    head: Any
    chat: Any
    choices: Any
    message: Any
    send: Any
    stop: Any
    notice: Any
    tabs: Any
    tab_graph: Any
    tab_yaml: Any
    tab_run: Any
    tab_changes: Any
    tab_runs: Any
    tab_tests: Any
    tab_model: Any
    graph: Any
    code: Any
    upload: Any
    problems: Any
    form: Any
    run: Any
    changes: Any
    query: Any
    runs: Any
    tests: Any
    model: Any
    key: Any
    use_key: Any
    probe: Any
    models: Any
    sign_in: Any = None
    """The button of the hosting service, where it offers one."""


def panel(elem_id: str) -> gr.HTML:
    """A panel that draws blocks and tells what is clicked in it."""
    return gr.HTML(
        {"blocks": []},
        html_template=_BLOCKS,
        # The script is the same for all panels: the page's head holds it once. Gradio reads the events' names here.
        js_on_load=f"{PANEL_SCRIPT}(element, trigger, props, watch, upload) /* tells 'act' and 'typed' */",
        elem_id=elem_id,
        elem_classes=["wc-html"],
        apply_default_css=True,
    )


def lay_out_page(*, sign_in: bool = False) -> tuple[gr.Blocks, Parts]:
    """The empty page, in English until it is known who looks at it."""
    parts: dict[str, Any] = {}
    with speaking("en"):
        said = words()
    with gr.Blocks(title="workflow-chat", fill_width=True, analytics_enabled=False) as page:
        parts["token"] = gr.BrowserState("", storage_key=STORAGE_KEY, secret=STORAGE_SECRET)
        parts["answer"] = gr.HTML(
            {"busy": False},
            html_template="<i></i>",
            js_on_load=f"{ANSWER_SCRIPT}.attach(trigger, props, watch) /* tells 'grown' and 'redesigned' */",
            elem_id="answer",
            elem_classes=["wc-hidden"],
            container=False,
        )
        parts["labels"] = gr.HTML(
            html_template="<i></i>",
            js_on_load=f"{LABELS_SCRIPT}.attach(props, watch)",
            elem_classes=["wc-hidden"],
            container=False,
            **said["labels"],
        )
        parts["head"] = panel("wc-head")
        with gr.Row(equal_height=False):
            with gr.Column(scale=38, min_width=330, elem_id="wc-left"):
                _chat(parts, said)
            with gr.Column(scale=62, min_width=330, elem_id="wc-right"):
                _panel(parts, said, sign_in)
    return page, Parts(**parts)


def _chat(parts: dict[str, Any], said: dict[str, dict[str, Any]]) -> None:
    parts["chat"] = gr.Chatbot(
        elem_id="chat",
        show_label=False,
        buttons=["copy", "copy_all"],
        feedback_options=None,
        layout="bubble",
        group_consecutive_messages=False,
        editable="user",
        **said["chat"],
    )
    parts["choices"] = panel("choices")
    with gr.Row(elem_id="composer"):
        parts["message"] = gr.Textbox(
            elem_id="message",
            show_label=False,
            container=False,
            lines=1,
            max_lines=8,
            scale=8,
            autofocus=True,
            **said["message"],
        )
        parts["send"] = gr.Button(variant="primary", elem_id="send", scale=0, min_width=84, **said["send"])
        parts["stop"] = gr.Button(variant="stop", elem_id="stop-turn", scale=0, min_width=84, **said["stop"])


def _panel(parts: dict[str, Any], said: dict[str, dict[str, Any]], sign_in: bool) -> None:
    parts["notice"] = panel("notice")
    with gr.Tabs(elem_id="tabs") as tabs:
        with gr.Tab(id="graph", **said["tab_graph"]) as parts["tab_graph"]:
            parts["graph"] = panel("graph")
        with gr.Tab(id="yaml", **said["tab_yaml"]) as parts["tab_yaml"]:
            parts["code"] = gr.Code(
                "",
                language="yaml",
                elem_id="yaml",
                lines=14,
                max_lines=22,
                interactive=True,
                wrap_lines=False,
                buttons=["copy"],
                **said["code"],
            )
            parts["problems"] = panel("problems")
            parts["upload"] = gr.UploadButton(
                file_types=[".yaml", ".yml", ".json"], elem_id="upload-yaml", size="sm", **said["upload"]
            )
        with gr.Tab(id="run", **said["tab_run"]) as parts["tab_run"]:
            parts["form"] = panel("run-form")
            parts["run"] = panel("run")
        with gr.Tab(id="changes", **said["tab_changes"]) as parts["tab_changes"]:
            parts["changes"] = panel("changes")
        with gr.Tab(id="runs", **said["tab_runs"]) as parts["tab_runs"]:
            parts["query"] = panel("query")
            parts["runs"] = panel("runs")
        with gr.Tab(id="tests", **said["tab_tests"]) as parts["tab_tests"]:
            parts["tests"] = panel("tests-panel")
        with gr.Tab(id="model", **said["tab_model"]) as parts["tab_model"]:
            _models(parts, said, sign_in)
    parts["tabs"] = tabs


def _models(parts: dict[str, Any], said: dict[str, dict[str, Any]], sign_in: bool) -> None:
    if sign_in:
        parts["sign_in"] = gr.LoginButton(elem_id="sign-in", size="sm")
    parts["model"] = gr.Dropdown(
        choices=[], value="", allow_custom_value=True, interactive=True, elem_id="model", **said["model"]
    )
    with gr.Row(elem_id="key-row"):
        parts["key"] = gr.Textbox(type="password", elem_id="key", scale=5, **said["key"])
        parts["use_key"] = gr.Button(elem_id="use-key", scale=0, min_width=100, **said["use_key"])
        parts["probe"] = gr.Button(elem_id="probe", scale=0, min_width=130, **said["probe"])
    parts["models"] = panel("models")
