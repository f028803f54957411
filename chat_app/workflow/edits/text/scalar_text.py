"""Scalars as YAML text: plain where that is safe in any reader, else quoted, else a literal block."""

from __future__ import annotations

import json
import re
from typing import Any

from chat_app.workflow.scalars import scalar_value

_PLAIN = re.compile(r"[^\W_](?:[^\n\r\t#:\"'`{}\[\]|>&*!%@\\]|:(?=[^\s,\]}])|(?<! )#|')*\Z")
_PLAIN_IN_FLOW = re.compile(r"[^\W](?:[\w ./()$+=;~^<-]|')*\Z")
_OLD_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"})
_LOOKS_LIKE_NUMBER = re.compile(r"[-+.]?\d[\d_,.:eExXoOtTzZ+ -]*\Z")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def inline(value: Any, *, flow: bool, key: bool = False) -> str:
    """One value on one line. The key `on` is the language's own and stays bare."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    text = str(value)
    if key and text == "on":
        return text
    return text if is_plain(text, flow=flow or key) else quoted(text)


def quoted(text: str) -> str:
    """The text in quotes; single ones where that saves escapes."""
    simple = "'" not in text and not _UNPRINTABLE.search(text) and "\n" not in text and "\t" not in text
    if simple and ('"' in text or "\\" in text):
        return f"'{text}'"
    return _ESCAPED.sub(_escape, json.dumps(text, ensure_ascii=False))


def is_plain(text: str, *, flow: bool) -> bool:
    """Whether the text needs no quotes and is read back as the same string by YAML 1.1 and 1.2."""
    if not text or text != text.strip() or text.endswith(":") or _UNPRINTABLE.search(text):
        return False
    if text.lower() in _OLD_WORDS or _LOOKS_LIKE_NUMBER.match(text) or not isinstance(scalar_value(text), str):
        return False
    return bool((_PLAIN_IN_FLOW if flow else _PLAIN).match(text))


def as_block(text: str, indent: int) -> str | None:
    """A literal block (`|`), its lines indented; None where a block can't hold the text exactly."""
    lines = text.split("\n")
    if len(lines) < 2 or _UNPRINTABLE.search(text) or text[:1] in (" ", "\t", "\n") or text.endswith("\n\n"):
        return None
    if any(line and not line.strip() for line in lines):
        return None
    sign = "|" if text.endswith("\n") else "|-"
    body = lines[:-1] if text.endswith("\n") else lines
    space = " " * indent
    return "\n".join([sign, *(space + line if line else "" for line in body)])


def _number(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return json.dumps(str(value))
    text = repr(value)
    return text if "e" not in text or "." in text.split("e")[0] else text.replace("e", ".0e")


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
