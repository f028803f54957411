"""Lets a recipe that takes pasted text take files instead, by way of `read_document` or `read_table`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from chat_app.designer.guided.toolbox import usable
from chat_app.translation import tr

FROM_FILES = "from_files"
"""The value by which an interview keeps that files are to be read."""
_FILES = re.compile(
    r"\b(?:pdfs?|docx?|word (?:documents?|files?)|excel|xlsx|ods|parquet|spreadsheets?|scans?|uploads?|uploaded|"
    r"files?|attachments?|powerpoints?|pptx|epubs?)\b",
    re.IGNORECASE,
)
_NO_TEXT = frozenset({"url", "case_name"})
"""Inputs that point at something or call it by its name: no document holds them."""
Edits = list[dict[str, Any]]


def files_named(wish: str) -> str | None:
    """The word by which a wish speaks of files."""
    found = _FILES.search(wish)
    return found[0] if found else None


def reads_files(edits: Sequence[dict[str, Any]]) -> bool:
    """Whether a recipe's edits can be turned to files here."""
    given = _text_input(edits)
    tool = "read_table" if given is not None and _table_reader(edits, given["name"]) else "read_document"
    return given is not None and usable([tool])


def from_files(edits: Edits) -> Edits:
    """The same edits, with files as the input; as they are where nothing in them is text."""
    given = _text_input(edits)
    if given is None:
        return edits
    reader = _table_reader(edits, given["name"])
    if reader is not None:
        return _of_table(edits, given, reader)
    return _of_list(edits, given) if given["type"]["type"] == "array" else _of_text(edits, given)


def _text_input(edits: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The first input, where it is text or a list of texts."""
    given = next((edit for edit in edits if edit["op"] == "add_input"), None)
    if given is None:
        return None
    kind = given["type"]
    if given["name"] in _NO_TEXT:
        return None
    listed = kind.get("type") == "array" and kind.get("items", {}).get("type") == "string"
    return given if listed or (kind.get("type") == "string" and not kind.get("enum")) else None


def _table_reader(edits: Sequence[dict[str, Any]], name: str) -> dict[str, Any] | None:
    """The node that reads a table out of the text, where that is what happens to it."""
    for edit in edits:
        node = edit.get("node") or {}
        if node.get("tool") == "read_table" and node.get("arguments", {}).get("text") == f"{{{{ state.{name} }}}}":
            return dict(node)
    return None


def _of_table(edits: Edits, given: dict[str, Any], reader: dict[str, Any]) -> Edits:
    rest = {key: value for key, value in reader["arguments"].items() if key != "text"}
    node = {**reader, "arguments": {"file": "{{ state.file }}", **rest}}
    turned = [
        {**edit, "node": node} if (edit.get("node") or {}).get("id") == reader["id"] else edit for edit in edits
    ]
    kind = {"type": "file", "description": tr("The table as a file: CSV, Excel, ODS, Parquet or JSON")}
    return _with_input(turned, given, "file", kind, _table_file)


def _table_file(text: Any) -> dict[str, str]:
    """A pasted table as a file; its name tells the form of what is in it."""
    name = "records.json" if str(text).lstrip().startswith(("[", "{")) else "table.csv"
    return {"name": name, "text": str(text)}


def _of_text(edits: Edits, given: dict[str, Any]) -> Edits:
    name = given["name"]
    reader = {
        "op": "add_node",
        "node": {
            "id": "read_file",
            "kind": "tool",
            "description": tr("Reads the document"),
            "tool": "read_document",
            "arguments": {"file": "{{ state.file }}"},
            "writes": [name],
        },
        "fields": {name: {"type": "string", "description": tr("What the document says")}},
    }
    kind = {"type": "file", "description": tr("The document: PDF, Word, PowerPoint, HTML, mail or text")}
    return _with_input(
        _behind_inputs(edits, reader), given, "file", kind, lambda value: {"name": "sample.md", "text": str(value)}
    )


def _of_list(edits: Edits, given: dict[str, Any]) -> Edits:
    name = given["name"]
    body = {
        "state": {"said": {"type": "string", "description": tr("What the document says")}},
        "nodes": [
            {
                "id": "read_file",
                "kind": "tool",
                "description": tr("Reads the document"),
                "tool": "read_document",
                "arguments": {"file": "{{ document }}"},
                "writes": ["said"],
            }
        ],
        "returns": "said",
    }
    reader = {
        "op": "add_node",
        "node": {
            "id": "read_files",
            "kind": "map",
            "description": tr("Reads the documents"),
            "over": "{{ state.files }}",
            "item": "document",
            "max_concurrency": 4,
            "body": body,
            "writes": [name],
        },
        "fields": {name: {"type": "array", "items": {"type": "string"}, "description": tr("What the documents say")}},
    }
    kind = {
        "type": "array",
        "items": {"type": "file"},
        "minItems": 1,
        "description": tr("The documents: PDF, Word, PowerPoint, HTML, mail or text"),
    }

    def files_of(values: Any) -> list[dict[str, str]]:
        return [{"name": f"sample_{number}.md", "text": str(one)} for number, one in enumerate(values, 1)]

    return _with_input(_behind_inputs(edits, reader), given, "files", kind, files_of)


def _behind_inputs(edits: Edits, reader: dict[str, Any]) -> Edits:
    """The edits with a node before all others."""
    at = next((number for number, edit in enumerate(edits) if edit["op"] == "add_node"), len(edits))
    return [*edits[:at], reader, *edits[at:]]


def _with_input(edits: Edits, given: dict[str, Any], name: str, kind: dict[str, Any], turned: Any) -> Edits:
    """The edits with another input in place of one, in the tests too."""
    done: Edits = []
    for edit in edits:
        if edit is given or edit == given:
            done.append({"op": "add_input", "name": name, "type": kind})
        elif edit["op"] == "add_test":
            test = dict(edit["test"])
            inputs = dict(test.get("inputs") or {})
            if given["name"] in inputs:
                inputs = {name: turned(inputs.pop(given["name"])), **inputs}
            done.append({"op": "add_test", "test": {**test, "inputs": inputs}})
        else:
            done.append(edit)
    return done
