"""Conditions that do not fit the types of what they compare: mended by what the checker says of them."""

from __future__ import annotations

import re
from collections.abc import Callable

from chat_app.workflow.diagnostics import Diagnostic

_LITERAL = r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'"
_INTO_TEXT = re.compile(r"looks into a list; `(state\.[\w.]+)` is text")
_OF_TYPES = re.compile(r"compares (true or false|a (?:whole )?number) \(`(state\.[\w.]+)`\) with .*\(`(.+)`\)")
_NULL = re.compile(r"`(state\.[\w.]+)` is never null")
_NEVER = re.compile(r"`(state\.[\w.]+)` is never '(.*)'\.$")
_MEANT_VALUE = re.compile(r"Did you mean '(.*?)'\?")
_MEANT_NAME = re.compile(r"Did you mean `(state\.\w+)`\?")
_NO_FIELD = re.compile(r"`(state\.\w+)` names no field")
_NO_NAME = re.compile(r"^`(\w+)` is no name here")
_GIVES = re.compile(
    r"(?:The condition gives|`state\.[\w.]+` is) (text|a (?:whole )?number|a list)\b.*not true or false"
)
_CASE = r"\.(?:lower|upper|toLowerCase|toUpperCase|lowerAscii|upperAscii)\(\)"
_CASED = re.compile(rf"([\w.]+){_CASE}(?:\.contains\(({_LITERAL})\)|\s*(==|!=)\s*({_LITERAL}))")
_TRIM = re.compile(r"\.(?:trim|strip)\(\)")
_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})


def mended_condition(condition: str, problem: Diagnostic) -> str | None:
    """The condition as it was most likely meant; None where nobody can say."""
    for mends in _MENDS:
        made = mends(condition, problem.message, problem.help or "")
        if made is not None and made != condition:
            return made
    return None


def _in_text(condition: str, message: str, _: str) -> str | None:
    found = _INTO_TEXT.search(message)
    if found is None:
        return None
    field = re.escape(found[1])
    made = re.sub(rf"!\(\s*({_LITERAL}|[\w.]+)\s+in\s+{field}\s*\)", rf"!{found[1]}.contains(\1)", condition)
    return re.sub(rf"({_LITERAL}|[\w.]+)\s+in\s+{field}\b", rf"{found[1]}.contains(\1)", made)


def _of_one_type(condition: str, message: str, _: str) -> str | None:
    found = _OF_TYPES.search(message)
    if found is None:
        return None
    kind, field, given = found.groups()
    bare = given.strip("'\"").strip()
    meant: str | None = bare if re.fullmatch(r"-?\d+(?:\.\d+)?", bare) and kind != "true or false" else None
    if kind == "true or false":
        meant = "true" if bare.lower() in _TRUE else "false" if bare.lower() in _FALSE else None
    if meant is None:
        return None
    pattern = rf"({re.escape(field)}\s*(?:[<>]=?|[=!]=)\s*){re.escape(given)}"
    return re.sub(pattern, lambda each: each[1] + meant, condition)


def _set_or_not(condition: str, message: str, _: str) -> str | None:
    found = _NULL.search(message)
    if found is None:
        return None
    made = re.sub(rf"{re.escape(found[1])}\s*!=\s*null", f"has({found[1]})", condition)
    return re.sub(rf"{re.escape(found[1])}\s*==\s*null", f"!has({found[1]})", made)


def _a_value_that_can_be(condition: str, message: str, help: str) -> str | None:
    found, meant = _NEVER.search(message), _MEANT_VALUE.search(help)
    if found is None or meant is None:
        return None
    return re.sub(rf"(['\"]){re.escape(found[2])}\1", f"'{meant[1]}'", condition)


def _a_field_that_is(condition: str, message: str, help: str) -> str | None:
    found, meant = _NO_FIELD.search(message), _MEANT_NAME.search(help)
    if found is None or meant is None:
        return None
    return re.sub(rf"{re.escape(found[1])}\b", meant[1], condition)


def _quoted(condition: str, message: str, _: str) -> str | None:
    found = _NO_NAME.search(message)
    return re.sub(rf"(?<![\w.'\"]){found[1]}(?![\w'\"(.])", f"'{found[1]}'", condition) if found else None


def _true_or_false(condition: str, message: str, _: str) -> str | None:
    found = _GIVES.search(message)
    if found is None or not re.fullmatch(r"!?state\.[\w.]+", condition.strip()):
        return None
    bare, sign = condition.strip().lstrip("!"), "==" if condition.strip().startswith("!") else ">"
    return f"{bare} {sign} 0" if "number" in found[1] else f"size({bare}) {sign} 0"


def _whatever_case(condition: str, message: str, _: str) -> str | None:
    if "have no function" not in message:
        return None

    def matches(found: re.Match[str]) -> str:
        literal = found[2] or found[4]
        text = re.escape(literal[1:-1]).replace("\\ ", " ").replace("'", "\\'")
        pattern = f"(?i){text}" if found[2] else f"(?i)^{text}$"
        quoted = pattern.replace("\\", "\\\\") if "\\" in pattern else pattern
        return f"{'!' if found[3] == '!=' else ''}{found[1]}.matches('{quoted}')"

    return _TRIM.sub("", _CASED.sub(matches, condition))


_MENDS: tuple[Callable[[str, str, str], str | None], ...] = (
    _in_text,
    _of_one_type,
    _set_or_not,
    _a_value_that_can_be,
    _a_field_that_is,
    _quoted,
    _true_or_false,
    _whatever_case,
)
