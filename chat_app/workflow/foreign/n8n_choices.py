"""n8n's choices (If, Switch, Filter) as ways out with CEL conditions."""

from __future__ import annotations

from typing import Any

from chat_app.workflow.flowchart import Case
from chat_app.workflow.foreign.building import asked_choice
from chat_app.workflow.foreign.conditions import compare, joined
from chat_app.workflow.foreign.n8n_reading import Raw, Reading

Made = tuple[Raw | None, list[Case]]


def choose_by_if(reading: Reading, name: str) -> Made:
    """An If: its first way out where the condition holds, else its second."""
    given = reading.parameters(name)
    condition = _condition(reading, name, given.get("conditions") or {}, given)
    return _judged(reading, name, [Case("0", condition), Case("1")])


def only_where(reading: Reading, name: str) -> Made:
    """A Filter: on where the condition holds, else nowhere."""
    given = reading.parameters(name)
    condition = _condition(reading, name, given.get("conditions") or {}, given)
    return _judged(reading, name, [Case("0", condition), Case("none")])


def choose_by_switch(reading: Reading, name: str) -> Made:
    """A Switch: the way out of the first rule that holds."""
    given = reading.parameters(name)
    rules = given.get("rules") or {}
    cases = []
    for number, rule in enumerate(rules.get("values") or rules.get("rules") or []):
        if "conditions" in rule:
            condition = _condition(reading, name, rule["conditions"], given)
        else:
            one = {
                "value1": given.get("value1"),
                "operation": rule.get("operation", "equal"),
                "value2": rule.get("value2"),
            }
            condition = _one(
                reading, name, one["value1"], str(one["operation"]), one["value2"], str(given.get("dataType"))
            )
        cases.append(Case(str(rule.get("output", number)), condition))
    return _judged(reading, name, [*cases, Case(str(len(cases)))])


def _judged(reading: Reading, name: str, cases: list[Case]) -> Made:
    """The ways out as they are, or as a person says where a condition could not be read."""
    if all(case.condition for case in cases[:-1]):
        return None, cases
    return asked_choice(reading.draft, name, name, cases)


def _condition(reading: Reading, name: str, conditions: Raw, given: Raw) -> str | None:
    found = conditions.get("conditions")
    parts: list[str | None] = []
    if isinstance(found, list):
        for one in found:
            operator = one.get("operator") or {}
            kind, operation = str(operator.get("type") or "string"), str(operator.get("operation") or "equals")
            parts.append(_one(reading, name, one.get("leftValue"), operation, one.get("rightValue"), kind))
        return joined(parts, str(conditions.get("combinator") or "and"))
    for kind, group in conditions.items():
        for one in group if isinstance(group, list) else []:
            operation = str(one.get("operation") or "equal")
            parts.append(_one(reading, name, one.get("value1"), operation, one.get("value2"), str(kind)))
    return joined(parts, "or" if given.get("combineOperation") == "any" else "and")


def _one(reading: Reading, name: str, left: Any, operation: str, right: Any, kind: str) -> str | None:
    path = reading.reference(name, left)
    other = reading.reference(name, right)
    words = {"larger": "gt", "smaller": "lt", "largerEqual": "gte", "smallerEqual": "lte"}
    ours = {"number": "number", "boolean": "boolean", "array": "array", "object": "object"}.get(kind, "string")
    made = None
    if path is not None:
        _retype(reading, path, ours)
        made = compare(path, words.get(operation, operation), other or right, ours)
    return made


def _retype(reading: Reading, path: str, kind: str) -> None:
    """Lets a field that is compared as a number be one, where nothing said otherwise."""
    name = path.removeprefix("state.")
    for fields in (reading.draft.inputs, reading.draft.state):
        if name in fields and fields[name] == {"type": "string"} and kind in ("number", "boolean"):
            fields[name] = {"type": kind}
