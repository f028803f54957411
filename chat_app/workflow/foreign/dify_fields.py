"""Types of Dify's variables as types of ours, and the names of its models."""

from __future__ import annotations

from typing import Any

_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "select": {"type": "string"},
    "secret": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "bool": {"type": "boolean"},
    "object": {"type": "object"},
    "file": {"type": "file"},
    "array": {"type": "array", "items": {"type": "string"}},
    "array[string]": {"type": "array", "items": {"type": "string"}},
    "array[number]": {"type": "array", "items": {"type": "number"}},
    "array[boolean]": {"type": "array", "items": {"type": "boolean"}},
    "array[object]": {"type": "array", "items": {"type": "object"}},
    "array[file]": {"type": "array", "items": {"type": "file"}},
}
_INPUTS = {
    "number": "number",
    "checkbox": "boolean",
    "file": "file",
    "file-list": "array[file]",
    "json_object": "object",
}
_PROVIDERS = {"google": "gemini", "ollama": "ollama_chat", "mistralai": "mistral", "tongyi": "dashscope"}


def returned_type(word: str) -> dict[str, Any]:
    """The type of a variable; text where it is unknown."""
    return dict(_TYPES.get(word.strip().lower(), _TYPES["string"]))


def input_type(variable: dict[str, Any]) -> dict[str, Any]:
    """The type of a start node's variable."""
    word = str(variable.get("type") or "text-input")
    kind = returned_type(_INPUTS.get(word, "string"))
    label = str(variable.get("label") or "").strip()
    if label and label != variable.get("variable"):
        kind["description"] = label[:200]
    options = variable.get("options")
    if word == "select" and isinstance(options, list) and options:
        kind["enum"] = [str(each) for each in dict.fromkeys(options)]
    if (
        variable.get("required") is False
        and "default" not in variable
        and kind["type"] == "string"
        and "enum" not in kind
    ):
        kind["default"] = ""
    default = variable.get("default")
    if kind["type"] == "string" and isinstance(default, str) and default and default in kind.get("enum", [default]):
        kind["default"] = default
    return kind


def model_name(model: Any) -> str | None:
    """A LiteLLM name for a model of Dify's."""
    if not isinstance(model, dict) or not model.get("name"):
        return None
    provider = str(model.get("provider") or "").rstrip("/").rpartition("/")[2].lower()
    provider = _PROVIDERS.get(provider, provider)
    return f"{provider}/{model['name']}" if provider else str(model["name"])
