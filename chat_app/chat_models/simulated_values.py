"""Values that fit a JSON Schema, chosen by a seed: what the simulated model answers with.

Honoured: type, enum, const, examples, properties, required, items, prefixItems, bounds and counts,
uniqueItems, formats in common use, local `$ref`, anyOf, oneOf and allOf. Not honoured: `pattern`
(unless an example or default fits), `not`, conditionals. The caller validates, as with any model.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from random import Random
from typing import Any

from chat_app.chat_models.simulated_words import Prompt, quoted_example, several_texts, short_text

Schema = Mapping[str, Any]

DEEPEST = 8
"""Below this depth, optional parts are left out, so that recursive schemas end."""

_FORMATS = {
    "date": "2025-01-31",
    "date-time": "2025-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "email": "simulated@example.invalid",
    "uri": "https://example.invalid/simulated",
    "url": "https://example.invalid/simulated",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


class SchemaValues:
    """Makes values for one schema; they take up what the prompt says."""

    def __init__(self, schema: Schema, prompt: Prompt, rng: Random) -> None:
        self._root = schema
        self._prompt = prompt
        self._rng = rng
        self._lower = prompt.text.lower()

    def value(self) -> Any:
        """A value for the whole schema."""
        return self._value(self._root, "answer", 0)

    def _value(self, schema: Any, name: str, depth: int) -> Any:
        if not isinstance(schema, Mapping):
            return short_text(name, self._prompt, self._rng, None)
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._choice(schema["enum"])
        if schema.get("examples"):
            return self._rng.choice(schema["examples"])
        if "pattern" in schema and "default" in schema:
            return schema["default"]
        return self._typed(schema, name, depth)

    def _typed(self, schema: Schema, name: str, depth: int) -> Any:
        match self._type(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, name, depth)
            case "integer":
                return self._told(schema, name, whole=True) or self._integer(schema)
            case "number":
                return self._told(schema, name, whole=False) or self._number(schema)
            case "boolean":
                return self._rng.random() < 0.5
            case "null":
                return None
            case _:
                return self._string(schema, name)

    def _type(self, schema: Schema) -> str:
        told = schema.get("type")
        if isinstance(told, list):
            real = [one for one in told if one != "null"]
            return str(real[0] if real else "null")
        if told is None:
            return "object" if "properties" in schema else "array" if "items" in schema else "string"
        return str(told)

    def _resolved(self, schema: Schema) -> Schema:
        """The schema with a reference followed and the first way of a union taken."""
        for _ in range(DEEPEST):
            if isinstance(schema.get("$ref"), str):
                schema = self._pointed(schema["$ref"]) | {k: v for k, v in schema.items() if k != "$ref"}
            elif schema.get("allOf"):
                rest = {k: v for k, v in schema.items() if k != "allOf"}
                parts = [self._resolved(part) for part in schema["allOf"]]
                schema = _joined([rest, *parts])
            elif schema.get("anyOf") or schema.get("oneOf"):
                ways = schema.get("anyOf") or schema.get("oneOf") or []
                ways = [way for way in ways if way.get("type") != "null"] or list(ways)
                rest = {k: v for k, v in schema.items() if k not in ("anyOf", "oneOf")}
                schema = _joined([rest, self._rng.choice(ways)])
            else:
                return schema
        return schema

    def _pointed(self, reference: str) -> dict[str, Any]:
        found: Any = self._root
        for part in reference.removeprefix("#").strip("/").split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            found = found.get(key, {}) if isinstance(found, Mapping) and part else found
        return dict(found) if isinstance(found, Mapping) else {}

    def _choice(self, values: list[Any]) -> Any:
        """The value that the prompt names most often, as a reader would; the seed decides between equals."""
        counts = [self._lower.count(value.lower()) if isinstance(value, str) and value else 0 for value in values]
        best = [value for value, count in zip(values, counts, strict=True) if count == max(counts)]
        return self._rng.choice(best)

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        properties: Mapping[str, Any] = schema.get("properties") or {}
        required = list(schema.get("required") or ())
        names = [name for name in properties if name in required or depth < DEEPEST]
        names += [name for name in required if name not in properties]
        return {name: self._value(properties.get(name, {}), name, depth + 1) for name in names}

    def _array(self, schema: Schema, name: str, depth: int) -> list[Any]:
        least = int(schema.get("minItems", 0))
        most = schema.get("maxItems")
        wanted = max(least, 0 if depth >= DEEPEST else self._rng.randint(2, 3))
        count = min(wanted, int(most)) if most is not None else wanted
        prefix = list(schema.get("prefixItems") or ())
        count = max(count, min(len(prefix), int(most) if most is not None else len(prefix)))
        items = schema.get("items", {})
        if not prefix and isinstance(items, Mapping) and set(items) <= {"type", "description"} and _is_text(items):
            return list(several_texts(self._prompt, count))
        made = [
            self._value(prefix[index] if index < len(prefix) else items, f"{name}_{index + 1}", depth + 1)
            for index in range(count)
        ]
        return self._unique(made, least) if schema.get("uniqueItems") else made

    def _unique(self, values: list[Any], least: int) -> list[Any]:
        seen: dict[str, Any] = {}
        for index, value in enumerate(values):
            twice = isinstance(value, str) and json.dumps(value) in seen
            single = f"{value} {index + 1}" if twice else value
            seen.setdefault(json.dumps(single, sort_keys=True), single)
        return list(seen.values()) if len(seen) >= least else values

    def _told(self, schema: Schema, name: str, *, whole: bool) -> int | float | None:
        """The number that the prompt gives for this name, where the schema allows it."""
        told = self._prompt.number_of(name)
        if told is None or "multipleOf" in schema or (whole and told != int(told)):
            return None
        low, high = _bounds(schema, math.inf)
        at_an_end = told in (schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum"))
        return (int(told) if whole else told) if low <= told <= high and not at_an_end else None

    def _integer(self, schema: Schema) -> int:
        low, high = _bounds(schema, 10)
        least, most = math.ceil(low), math.floor(high)
        if least == schema.get("exclusiveMinimum"):
            least += 1
        if most == schema.get("exclusiveMaximum"):
            most -= 1
        multiple = schema.get("multipleOf")
        if multiple:
            first, last = math.ceil(least / multiple), math.floor(most / multiple)
            return int(self._rng.randint(first, max(first, last)) * multiple)
        return self._rng.randint(least, max(least, most))

    def _number(self, schema: Schema) -> float:
        if schema.get("multipleOf"):
            return self._integer(schema)
        low, high = _bounds(schema, 1)
        value = low + (high - low) * (0.01 + 0.98 * self._rng.random())
        rounded = round(value, 2)
        return rounded if low <= rounded <= high else min(max(value, low), high)

    def _string(self, schema: Schema, name: str) -> str:
        least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
        known = _FORMATS.get(str(schema.get("format", "")))
        if known is not None:
            return known
        description = str(schema.get("description", ""))
        text = quoted_example(description) or short_text(name, self._prompt, self._rng, most, description)
        if len(text) < least:
            text = (text + " (simulated)" * (least // 12 + 1))[:least]
        return text[:most] if most is not None else text


def _bounds(schema: Schema, width: float) -> tuple[float, float]:
    """The least and the greatest number; where one is not told, `width` from the other or from 0."""
    lows = [schema[key] for key in ("minimum", "exclusiveMinimum") if _is_number(schema.get(key))]
    highs = [schema[key] for key in ("maximum", "exclusiveMaximum") if _is_number(schema.get(key))]
    low = max(lows) if lows else None
    high = min(highs) if highs else None
    if low is None:
        low = 0 if high is None or high > 0 else high - width
    return low, low + width if high is None else high


def _is_text(schema: Schema) -> bool:
    return bool(schema.get("type", "string") == "string")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _joined(schemas: list[Any]) -> dict[str, Any]:
    """Several schemas as one: properties and required are united, of other keys the last wins."""
    whole: dict[str, Any] = {}
    for schema in schemas:
        properties = {**whole.get("properties", {}), **schema.get("properties", {})}
        required = [*whole.get("required", ()), *schema.get("required", ())]
        whole |= schema
        if properties:
            whole["properties"] = properties
        if required:
            whole["required"] = list(dict.fromkeys(required))
    return whole
