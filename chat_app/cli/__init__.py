"""The command line. Each command is a module that imports what it needs only when it runs."""

from chat_app.cli.commands import main

__all__ = ["main"]
