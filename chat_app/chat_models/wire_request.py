"""A chat request as the OpenAI protocol writes it, in the manner that a model was found to take.

Schemas are sent reduced: servers differ in the keywords that they accept, and constrained decoding is
never the validator, so bounds travel as words in the descriptions and the caller checks the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chat_app.chat_models.errors import ChatModelError
from chat_app.chat_models.protocol import ChatMessage, ChatRequest

_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "matching {}",
    "format": "a {}",
}
_ABOUT_FORM = re.compile(r"response.?format|schema|structured|json|grammar|format", re.IGNORECASE)
_KEPT = ("type", "enum", "const", "description", "$ref", "required")
_NESTED = ("anyOf", "allOf", "oneOf", "prefixItems")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a model is asked; each concession is made once, after the model refused, and remembered."""

    schema_in_words: bool = False
    """The schema stands in the prompt instead of `response_format`."""
    temperature: bool = True
    """Whether a temperature may be sent."""
    completion_tokens: bool = False
    """Whether the most tokens are called `max_completion_tokens`, as OpenAI's newer models want it."""

    def conceding(self, told: ChatModelError, request: ChatRequest) -> Manner | None:
        """The manner to try after this refusal; None: there is nothing to concede."""
        if self.temperature and request.temperature is not None and "temperature" in told.message.lower():
            return replace(self, temperature=False)
        if request.max_tokens is not None and "max_completion_tokens" in told.message and not self.completion_tokens:
            return replace(self, completion_tokens=True)
        about_form = told.status is None or _ABOUT_FORM.search(told.message)
        if about_form and request.schema is not None and not self.schema_in_words:
            return replace(self, schema_in_words=True)
        return None


def parameters(request: ChatRequest, manner: Manner) -> dict[str, Any]:
    """The parameters of the call, the model's name and the keys apart."""
    messages = [_message(message) for message in request.messages]
    sent: dict[str, Any] = {"messages": messages}
    if request.schema is not None and manner.schema_in_words:
        messages.append({"role": "user", "content": _in_words(request.schema)})
    elif request.schema is not None:
        sent["response_format"] = {"type": "json_schema", "json_schema": _format(request)}
    if request.tools:
        sent["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": _clean(tool.description),
                    "parameters": tool.parameters,
                },
            }
            for tool in request.tools
        ]
        sent["tool_choice"] = request.tool_choice
    if request.temperature is not None and manner.temperature:
        sent["temperature"] = request.temperature
    if request.max_tokens is not None:
        sent["max_completion_tokens" if manner.completion_tokens else "max_tokens"] = request.max_tokens
    return sent


def wire_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with the keywords that servers agree on; objects are closed, bounds are told in words."""
    kept: dict[str, Any] = {key: schema[key] for key in _KEPT if key in schema}
    bounds = [words.format(schema[key]) for key, words in _BOUNDS.items() if key in schema]
    if bounds:
        before = f"{kept['description']} " if kept.get("description") else ""
        kept["description"] = f"{before}({', '.join(bounds)})"
    if "properties" in schema:
        kept["properties"] = {name: wire_schema(part) for name, part in schema["properties"].items()}
        kept["additionalProperties"] = False
    elif isinstance(schema.get("additionalProperties"), Mapping):
        kept["additionalProperties"] = wire_schema(schema["additionalProperties"])
    if isinstance(schema.get("items"), Mapping):
        kept["items"] = wire_schema(schema["items"])
    for key in _NESTED:
        if key in schema:
            kept[key] = [wire_schema(part) for part in schema[key]]
    if "$defs" in schema:
        kept["$defs"] = {name: wire_schema(part) for name, part in schema["$defs"].items()}
    return kept


def unfenced(text: str) -> str:
    """JSON text without the Markdown fence that models like to put around it."""
    stripped = text.strip()
    if not (stripped.startswith("```") and stripped.endswith("```") and "\n" in stripped):
        return text
    return stripped.partition("\n")[2].removesuffix("```").strip()


def _format(request: ChatRequest) -> dict[str, Any]:
    assert request.schema is not None
    schema = wire_schema(request.schema)
    # Strict decoding is only allowed where every object names all its parts as required.
    strict = {"strict": True} if _all_required(schema) else {}
    return {"name": request.schema_name, "schema": schema} | strict


def _all_required(schema: Any) -> bool:
    if isinstance(schema, list):
        return all(_all_required(part) for part in schema)
    if not isinstance(schema, Mapping):
        return True
    properties = schema.get("properties")
    if schema.get("type") == "object" and not isinstance(properties, Mapping):
        return False
    if isinstance(properties, Mapping) and set(properties) != set(schema.get("required", ())):
        return False
    inner = [*(properties or {}).values(), schema.get("items"), *schema.get("$defs", {}).values()]
    return all(_all_required(part) for part in [*inner, *(schema.get(key, []) for key in _NESTED)])


def _in_words(schema: Mapping[str, Any]) -> str:
    told = json.dumps(schema, ensure_ascii=False)
    return f"Answer with one JSON value and nothing else. It must fit this JSON Schema:\n{told}"


def _message(message: ChatMessage) -> dict[str, Any]:
    text = _clean(message.content)
    sent: dict[str, Any] = {"role": message.role, "content": text}
    if message.images or message.files:
        pictures = [{"type": "image_url", "image_url": {"url": url}} for url in message.images]
        documents = [
            {"type": "file", "file": {"filename": _clean(part.name), "file_data": part.url}} for part in message.files
        ]
        sent["content"] = [{"type": "text", "text": text}, *pictures, *documents]
    if message.tool_requests:
        sent["content"] = text or None
        sent["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_requests
        ]
    if message.tool_call_id is not None:
        sent["tool_call_id"] = message.tool_call_id
    return sent


def _clean(text: str) -> str:
    """Half of a surrogate pair cannot be sent."""
    return text.encode("utf-8", "replace").decode("utf-8")
