"""Conditions in words become expressions over the state: `the score is below 5` becomes `state.score < 5`."""

from __future__ import annotations

import json
import re
from typing import Any

from chat_app.designer.guided.view import View
from chat_app.designer.guided.words import NUMBER, number, unquoted
from chat_app.workflow.fields import FieldType
from chat_app.workflow.names import nearest

_IS = r"(?:is|are|was|were|gets|becomes|equals|reads|says|turns out|comes out|has|stays|=|==)"
_COMPARISONS: tuple[tuple[str, str], ...] = (
    (r"(?:>=|at least|not (?:below|less than|under)|no less than|minimum|or more|reaches|hits)", ">="),
    (r"(?:<=|at most|not (?:above|more than|over)|no more than|maximum|or less|up to)", "<="),
    (r"(?:>|above|over|more than|greater than|higher than|bigger than|larger than|exceeds|exceeding|beyond)", ">"),
    (r"(?:<|below|under|less than|lower than|smaller than|beneath|fewer than)", "<"),
)
_RAW = re.compile(r"\bstate\.\w+")
_NOT = re.compile(r"\b(?:not|isn't|aren't|wasn't|never|no longer|doesn't|does not)\b|!=")
_EMPTY = re.compile(r"\b(?:empty|missing|blank|nothing|none)\b")
_DECIDED = (
    (
        re.compile(
            r"\b(?:reject\w*|refuse\w*|declin\w*|disapprov\w*|say no|says no|i do not agree|deny|denies|denied)\b"
        ),
        "reject",
    ),
    (re.compile(r"\b(?:approv\w*|accept\w*|agree\w*|say yes|says yes|confirm\w*|signed off|ok)\b"), "approve"),
)


def condition(words: str, view: View) -> str | None:
    """The expression that some words mean; None where they are not understood."""
    text = words.strip().strip(".,").strip()
    raw = unquoted(text)
    if _RAW.search(raw):
        return raw
    for joint, operator in ((r"\s+or\s+(?:if\s+|when\s+)?", "||"), (r"\s+and\s+(?:if\s+|when\s+)?", "&&")):
        parts = re.split(joint, text, flags=re.IGNORECASE)
        if len(parts) > 1 and not re.search(r"\bor (?:more|less)\b", text, re.IGNORECASE):
            found = [condition(part, view) for part in parts]
            if all(found):
                return f" {operator} ".join(str(part) for part in found)
    return _simple(text, view)


def negated(expression: str) -> str:
    """The opposite of an expression, short where it can be."""
    simple = re.fullmatch(r"(state\.\w+|size\(state\.\w+\)) (==|!=|<=|>=|<|>) (\S+|'[^']*')", expression)
    if simple:
        opposite = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}[simple[2]]
        return f"{simple[1]} {opposite} {simple[3]}"
    return f"!({expression})"


def _simple(text: str, view: View) -> str | None:
    lowered = text.lower()
    compared = _comparison(lowered, view)
    if compared:
        return compared
    contained = re.search(
        r"^(.*?)\b(does not |doesn't )?(?:contains?|mentions?|includes?|has the words?)\s+(.+)$", text, re.IGNORECASE
    )
    if contained:
        name = view.fields_like(contained[1]) or _only_text(view)
        if name and view.type_of(name).type == "string":
            found = f"state.{name}.contains({_literal(unquoted(contained[3]))})"
            return f"!{found}" if contained[2] else found
    return _label(lowered, view) or _switch(lowered, view) or _decided(lowered, view)


def _comparison(lowered: str, view: View) -> str | None:
    for words, operator in _COMPARISONS:
        found = re.search(rf"^(.*?)\s*(?:{_IS}\s+)?(?:{words})\s*({NUMBER})\s*(%|percent)?", lowered)
        if not found and operator in (">=", "<="):
            ending = "or more" if operator == ">=" else "or less"
            found = re.search(rf"^(.*?)\s*(?:{_IS}\s+)?({NUMBER})\s*(%|percent)?\s+{ending}\b", lowered)
        if found:
            return _compared(found[1], operator, found[2], bool(found[3]), view)
    equal = re.search(rf"^(.*?)\s*{_IS}\s+(?:exactly\s+|equal to\s+)?({NUMBER})\s*(%|percent)?$", lowered)
    if equal is None:
        # The verb at the end, as other languages have it: "score 9 is".
        equal = re.search(rf"^(.*?)\s+({NUMBER})\s*(%|percent)?(?:\s+(?:{_IS}|be|reaches|hits))?$", lowered)
        if equal and not _counts(equal[1], view):
            return None
    return _compared(equal[1], "==", equal[2], bool(equal[3]), view) if equal else None


def _counts(subject: str, view: View) -> bool:
    """Whether some words name a field that holds a number."""
    name = view.fields_like(subject)
    return name is not None and view.type_of(name).type in ("integer", "number")


def _compared(subject: str, operator: str, value: str, percent: bool, view: View) -> str | None:
    subject = re.sub(rf"\b{_IS}\b|\bits\b", " ", subject)
    name = view.fields_like(subject) or (
        _only(view, ("integer", "number")) if not subject.strip() or _is_it(subject) else None
    )
    if name is None:
        return None
    kind = view.type_of(name)
    amount = float(value) if re.fullmatch(r"\d+(?:\.\d+)?", value) else float(number(value) or 0)
    if percent and kind.maximum is not None and kind.maximum <= 1:
        amount /= 100
    if kind.type == "string":
        return f"size(state.{name}) {operator} {int(amount)}"
    if kind.type == "array":
        return f"size(state.{name}) {operator} {int(amount)}"
    if kind.type not in ("integer", "number"):
        return None
    shown = str(int(amount)) if kind.type == "integer" and amount.is_integer() else repr(amount)
    return f"state.{name} {operator} {shown}"


def _label(lowered: str, view: View) -> str | None:
    """A field with fixed values, one of which the words name."""
    bare = re.sub(r"[\"'`“”]", "", lowered)
    known = {**view.workflow.inputs, **view.workflow.state}
    hits = [
        (len(str(value)), name, value)
        for name, kind in known.items()
        for value in kind.enum or ()
        if isinstance(value, str)
        and re.search(rf"(?<!\w){re.escape(value.replace('_', ' '))}(?!\w)", bare.replace("_", " "))
    ]
    if not hits:
        return None
    named = [hit for hit in hits if hit[1] in view.fields_named_in(bare)]
    _, name, value = max(named or hits)
    operator = "!=" if _NOT.search(bare) and not str(value).startswith("not") else "=="
    return f"state.{name} {operator} {_literal(value)}"


def _switch(lowered: str, view: View) -> str | None:
    """A yes/no field, or whether a text or list is empty."""
    subject = re.sub(rf"\b{_IS}\b|\b(?:not|true|false|yes|no|empty|missing|blank|there)\b", " ", lowered)
    name = view.fields_like(subject)
    if name is None:
        return None
    kind = view.type_of(name)
    negative = bool(_NOT.search(lowered) or re.search(r"\b(?:false|no)\b", lowered))
    if kind.type == "boolean":
        return f"!state.{name}" if negative else f"state.{name}"
    if kind.type in ("string", "array") and (_EMPTY.search(lowered) or re.search(r"\bthere (?:is|are)\b", lowered)):
        empty = bool(_EMPTY.search(lowered)) != bool(_NOT.search(lowered)) or bool(
            re.search(r"\bare no\b|\bis no\b", lowered)
        )
        return f"size(state.{name}) == 0" if empty else f"size(state.{name}) > 0"
    value = re.search(rf"\b{_IS}\s+(not\s+)?[\"'“]?([^\"'”]+?)[\"'”]?$", lowered)
    if value and kind.type == "string" and kind.enum is None:
        return f"state.{name} {'!=' if value[1] else '=='} {_literal(value[2].strip())}"
    return None


def _decided(lowered: str, view: View) -> str | None:
    """What a person decided, where the draft asks one."""
    for pattern, meaning in _DECIDED:
        if pattern.search(lowered):
            for name, kind in view.workflow.state.items():
                values = [value for value in kind.enum or () if isinstance(value, str)]
                value = nearest(meaning, values) or _agreeing(meaning, values)
                if value and ("decision" in name or "approv" in name):
                    return f"state.{name} == {_literal(value)}"
                if kind.type == "boolean" and "approv" in name:
                    return f"state.{name}" if meaning == "approve" else f"!state.{name}"
    return None


def _agreeing(meaning: str, values: list[str]) -> str | None:
    words = {"approve": ("accept", "send", "yes", "ok"), "reject": ("discard", "refuse", "no")}[meaning]
    return next((value for value in values if value in words), None)


def _only(view: View, kinds: tuple[str, ...]) -> str | None:
    known: dict[str, FieldType] = dict(view.workflow.state)
    found = [name for name, kind in known.items() if kind.type in kinds]
    return found[0] if len(found) == 1 else None


def _only_text(view: View) -> str | None:
    found = [name for name, kind in view.workflow.inputs.items() if kind.type == "string"]
    return found[0] if len(found) == 1 else None


def _is_it(subject: str) -> bool:
    return subject.strip() in ("it", "this", "that", "the result", "result")


def _literal(value: Any) -> str:
    if isinstance(value, str) and "'" not in value and "\\" not in value and "\n" not in value:
        return f"'{value}'"
    return json.dumps(value)
