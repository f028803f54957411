"""Lays a workflow's text out evenly: two spaces, lists indented, one newline at the end. Comments stay."""

from __future__ import annotations

import io

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from chat_app.workflow.edits.text.tree import same
from chat_app.workflow.source import read

WIDTH = 118


class NotTidied(Exception):
    """The text can't be laid out anew without changing what it says; the message says why."""


def tidied(text: str) -> str:
    """The text laid out anew; raises NotTidied."""
    source = read(text)
    if source.problems:
        first = source.problems[0]
        place = f" (line {first.location.line})" if first.location else ""
        raise NotTidied(f"{first.message}{place}")
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    written = io.StringIO()
    try:
        yaml.dump(yaml.load(text), written)
    except YAMLError as error:
        raise NotTidied(str(error).splitlines()[0]) from error
    found = written.getvalue().strip() + "\n"
    again = read(found)
    if again.problems or not same(again.data, source.data):
        raise NotTidied("Some text in it would not come out the same.")
    return found
