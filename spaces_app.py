"""The hosted demo for Hugging Face Spaces: builds the app and launches it."""

import os

from chat_app.app import build
from chat_app.cli.serve import tell
from chat_app.settings import Settings

if __name__ == "__main__":
    app = build(Settings.from_environment({"WORKFLOW_CHAT_HOSTED": "1", **os.environ}), paced=True)
    try:
        app.serve(host="0.0.0.0", port=int(os.environ.get("GRADIO_SERVER_PORT", "7860")), ready=tell)
    finally:
        app.close()
