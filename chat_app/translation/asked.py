"""What a shipped workflow asks a person, in the current language, after its values were put in."""

from __future__ import annotations

import re
from functools import cache

from chat_app.translation.catalogs import catalog
from chat_app.translation.current import language
from chat_app.translation.languages import ENGLISH
from chat_app.translation.recognition import Template

_PLACE = re.compile(r"\{% for .*?\{% endfor %\}|\{\{.*?\}\}", re.DOTALL)
"""A place of a workflow's template; a loop is one, whatever stands in it."""
_DESIGNERS_PLACE = "<<"
"""The mark of a text that a designer fills before there is a workflow."""


def question_words(text: str) -> str:
    """A question as a run asks it, in the current language; one that is in no catalog stays as it is."""
    code = language()
    if code == ENGLISH:
        return text
    said = catalog(code).texts.get(("", text))
    if said is not None:
        return said
    found = (told for template in _templates(code) if (told := _filled(template, text.strip("\n"))) is not None)
    return next(found, text)


def _filled(template: Template, text: str) -> str | None:
    values = template.values(text)
    return None if values is None else template.filled(dict(zip(template.names, values, strict=True)))


@cache
def _templates(code: str) -> tuple[Template, ...]:
    """The questions that are known, those with most words of their own first."""
    texts = catalog(code).texts.items()
    asked = [pair for (_, english), said in texts if (pair := _named(english, said)) is not None]
    made = (Template(english, said) for english, said in asked)
    return tuple(sorted((one for one in made if not one.vague), key=lambda one: -one.known))


def _named(english: str, said: str) -> tuple[str, str] | None:
    """A text and its translation with names for their places; None for one without places."""
    if _DESIGNERS_PLACE in english or not _PLACE.search(english):
        return None
    names: dict[str, str] = {}
    for place in _PLACE.findall(english):
        names.setdefault(place, f"{{place_{len(names)}}}")
    english, said = (_PLACE.sub(lambda found: names.get(found[0], found[0]), text) for text in (english, said))
    return english.strip("\n"), said.strip("\n")
