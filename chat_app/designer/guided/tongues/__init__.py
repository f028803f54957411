"""Wishes and commands in the other languages: put into plain English, which all the rest of the designer reads."""

from chat_app.designer.guided.tongues.detecting import language_of
from chat_app.designer.guided.tongues.english import English, in_english

__all__ = ["English", "in_english", "language_of"]
