"""Changes single words of a scalar in its own text, so that quotes, folds and line breaks stay as they are."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from chat_app.workflow.source import read

MOST_CHARACTERS = 20_000
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_LIKE_ENOUGH = 0.6


def retouch(raw: str, old: str, new: str, column: int) -> str | None:
    """The scalar's text with the new value; None where it can't be had by changing words.

    `column` is that of the key or dash before the scalar.
    """
    if not raw or len(old) > MOST_CHARACTERS or (raw[0] not in "'\"|>" and "\n" not in raw):
        return None
    words, others = _WORDS.findall(old), _WORDS.findall(new)
    matcher = SequenceMatcher(None, words, others, autojunk=False)
    if matcher.ratio() < _LIKE_ENOUGH:
        return None
    made, at = [], 0
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        for word in words[i1:i2] if tag == "equal" else []:
            at_word = raw.find(word, at) if word.strip() else at
            if at_word < 0:
                return None
            made.append(raw[at : at_word + len(word)] if word.strip() else "")
            at = at_word + len(word) if word.strip() else at
        if tag == "equal":
            continue
        gone, added = "".join(words[i1:i2]), "".join(others[j1:j2])
        start = raw.find(gone, at) if gone else at
        if start < 0 or "\n" in gone + added:
            return None
        made += [raw[at:start], added]
        at = start + len(gone)
    made.append(raw[at:])
    result = "".join(made)
    return result if _value(result, column) == new else None


def _value(raw: str, column: int) -> object:
    """What a scalar's text is read as."""
    source = read(f"{' ' * column}k: {raw}\n")
    return source.data.get("k") if not source.problems and isinstance(source.data, dict) else None
