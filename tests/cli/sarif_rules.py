"""What SARIF 2.1.0 (OASIS) demands of the objects that a log here has, as JSON Schema, and the rules beside it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


_TEXT = {"type": "string"}
_LIST = {"type": "array", "uniqueItems": True}
_NUMBER = {"type": "integer", "minimum": 1}
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_MESSAGE = _object(["text"], text=_TEXT, markdown=_TEXT)
_ARTIFACT = _object([], uri={"type": "string", "format": "uri-reference"}, uriBaseId=_TEXT)
_REGION = _object([], startLine=_NUMBER, startColumn=_NUMBER, endLine=_NUMBER, endColumn=_NUMBER)
_PLACE = _object([], artifactLocation=_ARTIFACT, region=_REGION)
_RULE = _object(["id"], id=_TEXT, name=_TEXT, shortDescription=_MESSAGE, fullDescription=_MESSAGE, help=_MESSAGE,
                helpUri={"type": "string", "format": "uri"},
                properties=_object([], precision={"enum": ["very-high", "high", "medium", "low"]},
                                   tags=_LIST))  # fmt: skip
_RESULT = _object(
    ["message"],
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level=_LEVEL,
    message=_MESSAGE,
    locations={**_LIST, "items": _object([], physicalLocation=_PLACE)},
)
_DRIVER = _object(
    ["name"],
    name=_TEXT,
    version=_TEXT,
    semanticVersion=_TEXT,
    informationUri={"type": "string", "format": "uri"},
    rules={**_LIST, "items": _RULE},
)
_RUN = _object(
    ["tool"],
    tool=_object(["driver"], driver=_DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    artifacts={**_LIST, "items": _object([], location=_ARTIFACT)},
    results={"type": "array", "items": _RESULT},
)
_LOG = _object(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}, "version": {"enum": ["2.1.0"]}},
    runs={"type": "array", "items": _RUN},
)
_VALIDATOR = jsonschema_rs.validator_for(_LOG, validate_formats=True)


def broken_rules(log: Any) -> list[str]:
    """What a log breaks: of the schema, of the references within it, and of what code scanning asks for."""
    said = [f"{list(error.instance_path)}: {error.message}" for error in _VALIDATOR.iter_errors(log)]
    for run in log["runs"] if not said else ():
        rules = run["tool"]["driver"]["rules"]
        for rule in rules:
            lacking = [
                key for key in ("shortDescription", "fullDescription", "help") if not rule.get(key, {}).get("text")
            ]
            said += [f"{rule['id']} has no {key}" for key in lacking]
        listed = {each["location"]["uri"] for each in run["artifacts"]}
        for result in run["results"]:
            if rules[result["ruleIndex"]]["id"] != result["ruleId"]:
                said.append(f"{result['ruleId']}: ruleIndex names another rule")
            place = result["locations"][0]["physicalLocation"]
            region, uri = place["region"], place["artifactLocation"]["uri"]
            if uri not in listed:
                said.append(f"{uri} is no artifact")
            if not urlsplit(uri).scheme and uri.startswith("/"):
                said.append(f"{uri} is neither absolute nor relative to the root")
            start = (region["startLine"], region.get("startColumn", 1))
            if (region.get("endLine", start[0]), region.get("endColumn", 10**9)) < start:
                said.append(f"{result['ruleId']}: the region ends before it starts")
    return said
