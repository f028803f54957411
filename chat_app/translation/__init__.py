"""Texts in the six languages of the product: the English text is the key, and what is shown where none is better."""

from chat_app.translation.asked import question_words
from chat_app.translation.current import language, speaking, use_language
from chat_app.translation.joining import joined, joint, together
from chat_app.translation.languages import LANGUAGES, from_environment, from_header, known_language
from chat_app.translation.recognition import translated
from chat_app.translation.texts import mark, tr, tr_count

__all__ = [
    "LANGUAGES",
    "from_environment",
    "from_header",
    "joined",
    "joint",
    "known_language",
    "language",
    "mark",
    "question_words",
    "speaking",
    "together",
    "tr",
    "tr_count",
    "translated",
    "use_language",
]
