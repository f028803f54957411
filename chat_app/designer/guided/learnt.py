"""What an interview has learnt beside the wish: lines of a question and its answer below it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chat_app.designer.guided.tongues import in_english
from chat_app.designer.guided.words import LANGUAGE
from chat_app.designer.guided.words import language as tongue_in

_POINT = re.compile(r"^(?P<question>.*[?？])\s*(?P<answer>.+?)[.。]?$")
_TRANSLATED = re.compile(r"\b(translat\w+)\b(?: of ([\w ]+?)(?= at | after | before |$))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Learnt:
    """A wish in English with what was answered."""

    wish: str
    points: tuple[str, ...] = ()
    """What the wish does not take in, each as it was asked and answered."""


def learnt_in(message: str, code: str) -> Learnt | None:
    """The wish and the answers that another designer hands over; None where a message is no such list."""
    wish, *lines = message.strip().split("\n")
    found = [_POINT.match(line.strip()) for line in lines]
    if not found or not all(found):
        return None
    wish = in_english(wish, code).text
    points = []
    for point in found:
        if point is None:
            continue
        tongue = tongue_in(in_english(point["answer"], code).text)
        if tongue and _TRANSLATED.search(wish) and not re.search(rf"\b(?:{LANGUAGE})\b", wish, re.IGNORECASE):
            wish = _TRANSLATED.sub(lambda part: f"{part[0]} into {tongue}", wish, count=1)  # noqa: B023
        else:
            points.append(point[0])
    return Learnt(wish, tuple(points))
