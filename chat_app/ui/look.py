"""How the page looks and what it may load: theme, style sheet and a policy against requests to others."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from chat_app.ui import answer_route, file_route, typed_route
from chat_app.ui.lean_gradio import gr
from chat_app.ui.sessions import Sessions

_STATIC = Path(__file__).parent / "static"
_FONT = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
_MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace"]

# A picture or a script of somebody else's, named in a model's text, is not fetched.
_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; img-src 'self' data: blob:; "
    "connect-src 'self' data: blob:; form-action 'self'; base-uri 'self'; object-src 'none'"
)
PANEL_SCRIPT = "wcPanel"
"""The function of the page's own script that makes a panel live."""
PANEL_PARTS = ("graph", "editor", "acting", "files", "whole_page", "drawing")
"""The files that it is put together from: the last one begins to draw, with what the others hold."""
ANSWER_SCRIPT = "wcAnswer"
"""What the page's own script gives to follow an answer with."""
LABELS_SCRIPT = "wcLabels"
"""What it gives to say Gradio's own labels with."""
TIME_SCRIPT = "wcInTime"
"""What it gives to leave out a paint that comes too late."""


@cache
def static(name: str) -> str:
    """The text of a file that is shipped with the page."""
    return (_STATIC / name).read_text("utf-8")


def theme() -> gr.themes.Base:
    """System fonts, one accent; nothing is loaded from elsewhere."""
    made = gr.themes.Base(
        primary_hue=gr.themes.colors.indigo,
        neutral_hue=gr.themes.colors.slate,
        font=_FONT,
        font_mono=_MONO,
        radius_size=gr.themes.sizes.radius_md,
    )
    grounds = {
        "body_background_fill": "var(--wc-ground)",
        "background_fill_primary": "var(--wc-card)",
        "background_fill_secondary": "var(--wc-sunk)",
        "block_background_fill": "var(--wc-card)",
        "block_label_background_fill": "var(--wc-card)",
        "input_background_fill": "var(--wc-card)",
        "input_border_color": "var(--wc-line-strong)",
        "code_background_fill": "var(--wc-sunk)",
        "border_color_primary": "var(--wc-line)",
        "body_text_color": "var(--wc-ink)",
        "body_text_color_subdued": "var(--wc-muted)",
        "block_label_text_color": "var(--wc-muted)",
        "block_info_text_color": "var(--wc-muted)",
        "button_primary_background_fill": "var(--wc-accent)",
        "button_primary_background_fill_hover": "var(--wc-accent)",
        "button_primary_text_color": "var(--wc-accent-ink)",
        "button_secondary_background_fill": "var(--wc-card)",
        "button_secondary_background_fill_hover": "var(--wc-sunk)",
        "button_secondary_text_color": "var(--wc-ink)",
        "button_secondary_border_color": "var(--wc-line-strong)",
        "button_cancel_background_fill": "var(--wc-card)",
        "button_cancel_text_color": "var(--wc-bad)",
        "button_cancel_border_color": "var(--wc-bad)",
    }
    # The style sheet's colours know light from dark themselves.
    both = grounds | {f"{name}_dark": colour for name, colour in grounds.items()}
    return made.set(block_border_width="1px", block_shadow="none", button_border_width="1px", **both)


def head() -> str:
    """What stands in the page's head: the policy, and the page's own scripts."""
    parameters = "element, trigger, props, watch, upload"
    body = "\n".join(static(f"panel/{part}.js") for part in PANEL_PARTS)
    script = f"window.{TIME_SCRIPT} = {static('in_time.js')};\n"
    script += f"window.{PANEL_SCRIPT} = ({parameters}) => {{\n{body}\n}};\n"
    script += f"window.{ANSWER_SCRIPT} = (() => {{\n{static('answer.js')}\n}})();\n"
    script += f"window.{LABELS_SCRIPT} = (() => {{\n{static('labels.js')}\n}})();"
    return f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><script>{script}</script>'


def launch_options(sessions: Sessions) -> dict[str, Any]:
    """What `launch` is to be called with, beside host and port; `sessions` are those of the page."""
    files = sessions.services.files
    return {
        "theme": theme(),
        "css": static("page.css"),
        "favicon_path": str(_STATIC / "favicon.svg"),
        "head": head(),
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "mcp_server": False,
        "ssr_mode": False,
        "max_threads": 300,
        "max_file_size": files.bounds.file,
        "app_kwargs": {
            "routes": [*file_route.routes(files), answer_route.route(sessions), typed_route.route(sessions)]
        },
        "show_error": False,
        "share": False,
        # For the page's own look at itself at the start, which goes over plain HTTP: no certificates are loaded.
        "ssl_verify": False,
    }
