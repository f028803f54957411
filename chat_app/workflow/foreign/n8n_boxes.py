"""The kinds of n8n's nodes, each read into a node of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chat_app.workflow.flowchart import Box, Case
from chat_app.workflow.foreign.building import by_hand
from chat_app.workflow.foreign.n8n_choices import choose_by_if, choose_by_switch, only_where
from chat_app.workflow.foreign.n8n_reading import Raw, Reading, assignments, short_type
from chat_app.workflow.names import as_name, free_name

Made = tuple[Raw | None, list[Case]]

_PROVIDERS = {
    "OpenAi": "openai",
    "Anthropic": "anthropic",
    "Ollama": "ollama_chat",
    "GoogleGemini": "gemini",
    "MistralCloud": "mistral",
    "Groq": "groq",
    "DeepSeek": "deepseek",
    "OpenRouter": "openrouter",
}


def stand_in(reading: Reading, name: str) -> Raw:
    """A person's step in the place of what ours cannot do."""
    kind = short_type(reading.nodes[name])
    return by_hand(reading.draft, Box(name, name), f"`{kind}`", name, ["later"])


def _by_hand(reading: Reading, name: str) -> Made:
    return stand_in(reading, name), []


def _through(reading: Reading, name: str) -> Made:
    kind = short_type(reading.nodes[name])
    if kind not in ("merge", "noOp"):
        reading.draft.leave_out(f"`{kind}` (“{name}”): the data goes on as it is.")
    return None, []


def _llm(reading: Reading, name: str) -> Made:
    given = reading.parameters(name)
    options = given.get("options") or {}
    messages = (given.get("messages") or {}) if isinstance(given.get("messages"), dict) else {}
    values = messages.get("values") or (given.get("responses") or {}).get("values") or []
    system = [str(options.get("systemMessage") or "")]
    system += [str(each.get("message") or "") for each in messages.get("messageValues") or []]
    system += [str(each.get("content")) for each in values if each.get("role") in ("system", "assistant")]
    asked = [
        str(each.get("content"))
        for each in values
        if each.get("role") not in ("system", "assistant") and each.get("content")
    ]
    text = given.get("text") or given.get("prompt") or "={{ $json.chatInput }}"
    prompt = "\n\n".join(reading.text(name, each) for each in (asked or [text]))
    node: Raw = {"kind": "llm"}
    told = "\n\n".join(reading.text(name, each) for each in system if each.strip())
    if told:
        node["system"] = told
    node["prompt"] = prompt or "Go on."
    _with_parts(reading, name, node)
    parser = reading.parser_of(name)
    if parser:
        for key, kind in _parsed(reading.parameters(parser)).items():
            reading.written(name, key, kind)
    else:
        reading.written(name, "text")
    return node, []


def _with_parts(reading: Reading, name: str, node: Raw) -> None:
    for part in reading.part_of(name, "ai_languageModel"):
        given = reading.parameters(part)
        model = given.get("model") or given.get("modelName")
        model = model.get("value") if isinstance(model, dict) else model
        kind = short_type(reading.nodes[part]).removeprefix("lmChat").removeprefix("lm")
        if isinstance(model, str) and model and kind in _PROVIDERS:
            node["model"] = f"{_PROVIDERS[kind]}/{model.removeprefix('models/')}"
        temperature = (given.get("options") or {}).get("temperature")
        if isinstance(temperature, int | float) and 0 <= temperature <= 2:
            node["temperature"] = temperature
    for tool in reading.part_of(name, "ai_tool"):
        reading.draft.leave_out(f"The tool “{tool}” of “{name}”: choose one of the tools here.")
    if reading.part_of(name, "ai_memory"):
        reading.draft.leave_out(f"The memory of “{name}”: a run of ours begins afresh.")


def _parsed(given: Raw) -> dict[str, Raw]:
    """The fields of a structured answer, from its schema or its example."""
    for key in ("inputSchema", "jsonSchema", "jsonSchemaExample"):
        try:
            found = json.loads(given.get(key) or "null")
        except (ValueError, TypeError):
            continue
        if isinstance(found, dict) and isinstance(found.get("properties"), dict):
            return {str(name): _kind_of_schema(part) for name, part in found["properties"].items()}
        if isinstance(found, dict) and found:
            return {str(name): _kind_of_value(value) for name, value in found.items()}
    return {"result": {"type": "string"}}


def _kind_of_schema(part: Any) -> Raw:
    kind = part.get("type") if isinstance(part, dict) else "string"
    known = kind if kind in ("string", "integer", "number", "boolean", "object", "array") else "string"
    made: Raw = {"type": known}
    if known == "array":
        made["items"] = _kind_of_schema(part.get("items") or {})
    if isinstance(part, dict) and isinstance(part.get("enum"), list):
        made["enum"] = list(dict.fromkeys(part["enum"]))
    return made


def _kind_of_value(value: Any) -> Raw:
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int | float):
        return {"type": "number"}
    if isinstance(value, list):
        return {"type": "array", "items": _kind_of_value(value[0]) if value else {"type": "string"}}
    return {"type": "object"} if isinstance(value, dict) else {"type": "string"}


def _set(reading: Reading, name: str) -> Made:
    given = reading.parameters(name)
    nodes: list[Raw] = []
    for key, value in assignments(given):
        path = reading.reference(name, value)
        if path is not None and path.count(".") == 1 and path.startswith("state."):
            reading.draft.fields[name, key] = path.removeprefix("state.")
            continue
        field_name = reading.written(name, key)
        nodes.append({"kind": "template", "template": reading.text(name, value), "writes": [field_name]})
    if not nodes:
        return None, []
    reading.extras[name] = nodes[1:]
    return nodes[0], []


def _http(reading: Reading, name: str) -> Made:
    given = reading.parameters(name)
    node: Raw = {
        "kind": "http",
        "url": reading.text(name, given.get("url") or ""),
        "method": str(given.get("method") or "GET").upper(),
    }
    for ours, theirs in (("headers", "headerParameters"), ("query", "queryParameters")):
        pairs = (given.get(theirs) or {}).get("parameters") or []
        made = {
            str(each.get("name")): reading.text(name, each.get("value") or "") for each in pairs if each.get("name")
        }
        if made:
            node[ours] = made
    if given.get("jsonBody"):
        node["body"] = reading.text(name, given["jsonBody"])
    elif pairs := (given.get("bodyParameters") or {}).get("parameters") or []:
        node["json"] = {str(each.get("name")): reading.text(name, each.get("value") or "") for each in pairs}
    if given.get("authentication") not in (None, "none"):
        reading.draft.leave_out(f"The credentials of “{name}”: put them into a header as `{{{{ secret.NAME }}}}`.")
    reading.written(name, "response", {"type": "object"})
    return node, []


def _respond(reading: Reading, name: str) -> Made:
    given = reading.parameters(name)
    body = given.get("responseBody") or "={{ $json.text }}"
    reading.written(name, "response")
    return {"kind": "template", "template": reading.text(name, body)}, []


def _batches(reading: Reading, name: str) -> Made:
    before = reading.before(name)
    over = None
    if before is not None and short_type(reading.nodes[before]) == "splitOut":
        key = str(reading.parameters(before).get("fieldToSplitOut") or "items")
        over = reading.resolve(before, None, key.split("."))
    path = over or f"state.{reading.draft.input('trigger', 'items', {'type': 'array', 'items': {'type': 'object'}})}"
    _as_list(reading, path)
    reading.written(name, "results", {"type": "array", "items": {"type": "string"}})
    return {"kind": "map", "over": f"{{{{ {path} }}}}", "item": reading.item_of(name)}, []


def _as_list(reading: Reading, path: str) -> None:
    name = path.removeprefix("state.")
    for fields in (reading.draft.inputs, reading.draft.state):
        if name in fields and fields[name]["type"] != "array":
            fields[name] = {"type": "array", "items": {"type": "object"}}


def _classifier(reading: Reading, name: str) -> Made:
    given = reading.parameters(name)
    categories = (given.get("categories") or {}).get("categories") or []
    if short_type(reading.nodes[name]) == "sentimentAnalysis":
        words = str((given.get("options") or {}).get("categories") or "Positive, Neutral, Negative").split(",")
        categories = [
            {"category": word.strip(), "description": f"the text is {word.strip().lower()}"} for word in words
        ]
    field_name = reading.written(name, "category")
    labels: dict[str, str] = {}
    cases = []
    for number, one in enumerate(categories):
        label = free_name(as_name(str(one.get("category") or ""), f"class_{number + 1}"), labels)
        labels[label] = str(one.get("description") or one.get("category") or label)
        cases.append(Case(str(number), f"state.{field_name} == '{label}'"))
    if len(labels) < 2:
        return stand_in(reading, name), []
    reading.draft.state[field_name] = {"type": "string", "enum": list(labels)}
    node: Raw = {
        "kind": "classify",
        "text": reading.text(name, given.get("inputText") or "={{ $json.text }}"),
        "labels": labels,
    }
    cases[-1] = Case(cases[-1].handle)
    return node, cases


def _extractor(reading: Reading, name: str) -> Made:
    given = reading.parameters(name)
    attributes = (given.get("attributes") or {}).get("attributes") or []
    lines = []
    for one in attributes:
        kind = {"number": "number", "boolean": "boolean"}.get(str(one.get("type")), "string")
        reading.written(name, str(one.get("name")), {"type": kind})
        lines.append(f"- {one.get('name')}: {one.get('description') or kind}")
    if not attributes:
        reading.written(name, "result")
    text = reading.text(name, given.get("text") or "={{ $json.text }}")
    node: Raw = {"kind": "llm", "prompt": "\n".join(["Read these from the text:", *lines, "", text])}
    _with_parts(reading, name, node)
    return node, []


def _summarise(reading: Reading, name: str) -> Made:
    reading.written(name, "text")
    text = reading.text(name, reading.parameters(name).get("text") or "={{ $json.data }}")
    node: Raw = {"kind": "llm", "prompt": f"Summarise this text.\n\n{text}"}
    _with_parts(reading, name, node)
    return node, []


READERS: dict[str, Callable[[Reading, str], Made]] = {
    **dict.fromkeys(("agent", "chainLlm", "openAi", "anthropic", "googleGemini"), _llm),
    **dict.fromkeys(("textClassifier", "sentimentAnalysis"), _classifier),
    **dict.fromkeys(
        ("merge", "noOp", "limit", "sort", "aggregate", "wait", "removeDuplicates", "splitOut"), _through
    ),
    "chainSummarization": _summarise,
    "informationExtractor": _extractor,
    "if": choose_by_if,
    "filter": only_where,
    "switch": choose_by_switch,
    "set": _set,
    "httpRequest": _http,
    "respondToWebhook": _respond,
    "splitInBatches": _batches,
    "form": _by_hand,
}
