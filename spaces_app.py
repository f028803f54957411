"""The hosted demo for Hugging Face Spaces: builds the app and launches it."""

import os
from contextlib import closing

from chat_app.app import build
from chat_app.cli.serve import tell
from chat_app.settings import Settings

if __name__ == "__main__":
    settings = Settings.from_environment({"WORKFLOW_CHAT_HOSTED": "1", **os.environ})
    with closing(build(settings, paced=True)) as app:
        app.serve(host="0.0.0.0", port=int(os.environ.get("GRADIO_SERVER_PORT", "7860")), ready=tell)
