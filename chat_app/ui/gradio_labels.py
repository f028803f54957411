"""What Gradio says of itself on the page: it has its labels in English, or in the browser's language only."""

from __future__ import annotations

from chat_app.translation import language, tr
from chat_app.translation.languages import ENGLISH


def gradio_labels() -> dict[str, object]:
    """The current language, and what Gradio's labels are in it, for `static/labels.js`."""
    said = language()
    return {"language": said, "words": {} if said == ENGLISH else _words()}


def _words() -> dict[str, str]:
    copy, copied = tr("Copy"), tr("Copied")
    undo = tr("Undo")
    return {
        "chatbot conversation": tr("Interview"),
        "user's message: ": tr("Your message: "),
        "bot's message: ": tr("The designer's message: "),
        "Copy": copy,
        "copy": copy,
        "Copied": copied,
        "Copy message": tr("Copy the message"),
        "Copied message": copied,
        "Copy conversation": tr("Copy the conversation"),
        "Copied conversation": copied,
        "Clear": tr("Clear"),
        "Remove": tr("Remove"),
        "Undo": undo,
        "undo": undo,
        "Retry": tr("Retry"),
        "Edit": tr("Edit"),
        "Submit": tr("Send"),
        "Cancel": tr("Cancel"),
        "Close": tr("Close"),
        "Scroll down": tr("Scroll down"),
        "Loading response": tr("Loading"),
        "Loading content": tr("Loading"),
        "Code input container": tr("The workflow as YAML"),
        "More tabs": tr("More tabs"),
        "Error": tr("Error"),
        "Warning": tr("Warning"),
        "Connection Lost": tr("Connection lost"),
        "Connection to the server was lost. Attempting reconnection...": tr(
            "The connection to the server was lost; it is being made again."
        ),
        "Logout (": tr("Sign out ("),
        "Sign in with Hugging Face": tr("Sign in with Hugging Face"),
    }
