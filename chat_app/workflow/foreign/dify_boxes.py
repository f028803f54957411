"""The kinds of Dify's nodes, each read into a node of ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chat_app.workflow.edits.references import rename_word
from chat_app.workflow.flowchart import Box, Case
from chat_app.workflow.foreign.building import Draft, by_hand
from chat_app.workflow.foreign.conditions import compare, joined
from chat_app.workflow.foreign.dify_fields import model_name, returned_type
from chat_app.workflow.names import as_name, free_name

Raw = dict[str, Any]
Made = tuple[Raw, list[Case]]

_REFERENCE = re.compile(r"\{\{#\s*([\w-]+)\.([\w.]+)\s*#\}\}")
_CONTEXT = re.compile(r"\{\{#\s*context\s*#\}\}")
_FILES = frozenset({"files", "file"})


@dataclass
class Reading:
    """Dify's nodes while they are read."""

    draft: Draft
    nodes: dict[str, Raw]
    tools: frozenset[str]
    wanted: dict[tuple[str, str], str] = field(default_factory=dict)
    """The names that fields should have."""

    def field(self, selector: list[Any]) -> str:
        """Our field for a variable, by node and name; made when it is first named."""
        source, variable = str(selector[0]), str(selector[1])
        known = self.draft.fields.get((source, variable))
        if known is not None:
            return known
        if source == "sys":
            kind = {"type": "array", "items": {"type": "file"}} if variable in _FILES else {"type": "string"}
            return self.draft.input(source, variable, kind)
        if source == "conversation":
            return self.draft.written(source, variable, variable, {"type": "string", "default": ""})
        data = self.nodes.get(source)
        if data is None or data.get("type") == "start":
            return self.draft.input(source, variable, {"type": "string"})
        title = str(data.get("title") or "")
        base = as_name(title, "") or as_name(str(data.get("type") or ""), "step")
        wanted = self.wanted.get((source, variable)) or f"{base}_{variable}"
        return self.draft.written(source, variable, wanted, self._type(data, variable))

    def path(self, selector: list[Any]) -> str:
        """What a text writes for a variable; an item of an iteration has its own name."""
        source = self.nodes.get(str(selector[0]), {})
        if source.get("type") == "iteration" and str(selector[1]) in ("item", "index"):
            return self.item_of(str(selector[0])) if str(selector[1]) == "item" else "index"
        if str(selector[0]) == "env":
            return f"secret.{as_name(str(selector[1]), 'key').upper()}"
        return ".".join([f"state.{self.field(selector)}", *map(str, selector[2:])])

    def item_of(self, id: str) -> str:
        """The name by which the body of an iteration reads its item."""
        key = (id, "item")
        if key not in self.draft.fields:
            taken = [name for (_, variable), name in self.draft.fields.items() if variable == "item"]
            self.draft.fields[key] = free_name("item", [*taken, *self.draft.inputs, *self.draft.state])
        return self.draft.fields[key]

    def text(self, text: str) -> str:
        """A text whose references are ours."""
        return _REFERENCE.sub(lambda found: "{{ " + self.path([found[1], *found[2].split(".")]) + " }}", text)

    def cases(self, data: Raw) -> list[Case]:
        """The ways out of a choice."""
        given = data.get("cases") or (data.get("conditions") or [])
        if given and isinstance(given[0], dict) and "conditions" not in given[0]:
            given = [{"case_id": "true", "logical_operator": data.get("logical_operator"), "conditions": given}]
        made = []
        for case in given:
            handle = str(case.get("case_id") or case.get("id") or "true")
            made.append(Case(handle, self._condition(case)))
        return [*made, Case("false")]

    def writes(self, id: str) -> list[str]:
        """The fields that a node writes: those that anything named, in order."""
        iterates = self.nodes.get(id, {}).get("type") == "iteration"
        names = [
            name
            for (source, variable), name in self.draft.fields.items()
            if source == id and name in self.draft.state and not (iterates and variable == "item")
        ]
        return list(dict.fromkeys(names))

    def _condition(self, case: Raw) -> str | None:
        parts: list[str | None] = []
        for one in case.get("conditions") or []:
            selector = one.get("variable_selector") or []
            if len(selector) < 2:
                continue
            left = self.path(selector)
            value = one.get("value")
            if isinstance(value, str):
                whole = _REFERENCE.fullmatch(value.strip())
                value = self.path([whole[1], *whole[2].split(".")]) if whole else value
            operator = str(one.get("comparison_operator") or "=")
            parts.append(compare(left, operator, value, self._kind_of(left)))
        return joined(parts, str(case.get("logical_operator") or "and"))

    def _kind_of(self, path: str) -> str:
        name = path.removeprefix("state.")
        known = self.draft.inputs.get(name) or self.draft.state.get(name) or {}
        return str(known.get("type", "string"))

    def _parameter(self, given: Raw) -> Raw:
        kind = returned_type(str(given.get("type") or "string"))
        if given.get("options"):
            kind["enum"] = list(dict.fromkeys(map(str, given["options"])))
        return kind | ({"description": str(given["description"])[:200]} if given.get("description") else {})

    def _type(self, data: Raw, variable: str) -> Raw:
        match data.get("type"):
            case "code":
                given = data.get("outputs") or {}
                by_name = given if isinstance(given, dict) else {each.get("variable"): each for each in given}
                one: Raw = by_name.get(variable) or {}
                return returned_type(str(one.get("type") or one.get("variable_type") or "string"))
            case "parameter-extractor":
                return self._parameter(
                    next((p for p in data.get("parameters") or [] if p.get("name") == variable), {})
                )
            case "http-request":
                return {"type": "integer"} if variable == "status_code" else {"type": "string"}
            case "iteration" | "list-operator" | "knowledge-retrieval":
                return {"type": "array", "items": {"type": "string"}}
            case "llm" if variable == "structured_output":
                schema = (data.get("structured_output") or {}).get("schema") or {}
                return {
                    "type": "object",
                    **({"properties": schema["properties"]} if schema.get("properties") else {}),
                }
            case _:
                return {"type": "string"}


def stand_in(reading: Reading, box: Box, what: str) -> Raw:
    """A person's step in the place of what ours cannot do."""
    return by_hand(reading.draft, box, f"`{what}`", box.name, reading.writes(box.id))


def _llm(reading: Reading, id: str, data: Raw) -> Made:
    node: Raw = {"kind": "llm", "prompt": ""}
    context = data.get("context") or {}
    told: dict[str, list[str]] = {"system": [], "user": []}
    parts = data.get("prompt_template") or []
    for part in [parts] if isinstance(parts, dict) else parts:
        text = str(part.get("text") or part.get("jinja2_text") or "")
        if context.get("enabled") and context.get("variable_selector"):
            text = _CONTEXT.sub("{{ " + reading.path(context["variable_selector"]) + " }}", text)
        if text.strip():
            told["system" if part.get("role") == "system" else "user"].append(reading.text(text))
    if not told["user"] and told["system"]:
        told = {"system": [], "user": told["system"]}
    if told["system"]:
        node["system"] = "\n\n".join(told["system"])
    node["prompt"] = "\n\n".join(told["user"]) or "Go on."
    _with_model(reading, node, data.get("model"))
    vision = data.get("vision") or {}
    selector = (vision.get("configs") or {}).get("variable_selector") or []
    if vision.get("enabled") and len(selector) >= 2 and str(selector[0]) != "sys":
        node["images"] = ["{{ " + reading.path(selector) + " }}"]
    reading.field([id, "structured_output" if data.get("structured_output_enabled") else "text"])
    if (data.get("memory") or {}).get("window"):
        reading.draft.leave_out(f"The memory of “{data.get('title')}”: a run of ours begins afresh.")
    return node, []


def _with_model(reading: Reading, node: Raw, model: Any) -> None:
    name = model_name(model)
    if name:
        node["model"] = name
        reading.draft.note(f"The model {name} is taken over; another can be chosen in the page.")
    given = (model.get("completion_params") or {}) if isinstance(model, dict) else {}
    if isinstance(given.get("temperature"), int | float) and 0 <= given["temperature"] <= 2:
        node["temperature"] = given["temperature"]
    if isinstance(given.get("max_tokens"), int) and given["max_tokens"] > 0:
        node["max_tokens"] = given["max_tokens"]


def _classifier(reading: Reading, id: str, data: Raw) -> Made:
    selector = data.get("query_variable_selector") or ["sys", "query"]
    labels: dict[str, str] = {}
    cases = []
    written = reading.field([id, "class_name"])
    for number, one in enumerate(data.get("classes") or [], 1):
        label = free_name(as_name(str(one.get("name") or ""), "") or f"class_{number}", labels)
        labels[label] = str(one.get("name") or label)
        cases.append(Case(str(one.get("id")), f"state.{written} == '{label}'"))
    reading.draft.state[written] = {"type": "string", "enum": list(labels)}
    text = "{{ " + reading.path(selector) + " }}"
    if str(data.get("instruction") or data.get("instructions") or "").strip():
        text = reading.text(str(data.get("instruction") or data.get("instructions"))) + "\n\n" + text
    node: Raw = {"kind": "classify", "text": text, "labels": labels}
    name = model_name(data.get("model"))
    if name:
        node["model"] = name
    if cases:
        cases[-1] = Case(cases[-1].handle)  # one label always holds
    return node, cases


def _extractor(reading: Reading, id: str, data: Raw) -> Made:
    selector = data.get("query") or ["sys", "query"]
    asked = reading.text(str(data.get("instruction") or "")).strip()
    lines = []
    for one in data.get("parameters") or []:
        reading.field([id, str(one.get("name"))])
        lines.append(f"- {one.get('name')}: {one.get('description') or one.get('type')}")
    prompt = "\n".join([asked or "Read these from the text:", *lines, "", "{{ " + reading.path(selector) + " }}"])
    node: Raw = {"kind": "llm", "prompt": prompt}
    _with_model(reading, node, data.get("model"))
    return node, []


def _template(reading: Reading, id: str, data: Raw) -> Made:
    text = str(data.get("template") or "")
    for one in data.get("variables") or []:
        selector = one.get("value_selector") or []
        if len(selector) >= 2:
            text = rename_word(text, "template", str(one.get("variable")), reading.path(selector))
    reading.field([id, "output"])
    return {"kind": "template", "template": text}, []


def _code(reading: Reading, id: str, data: Raw) -> Made:
    box = Box(id, str(data.get("title") or "code"))
    names = data.get("outputs") or {}
    variables = list(names) if isinstance(names, dict) else [str(each.get("variable")) for each in names]
    for variable in variables:
        reading.field([id, variable])
    if "python" not in str(data.get("code_language") or "python3"):
        return stand_in(reading, box, f"code in {data.get('code_language')}"), []
    given = []
    for one in data.get("variables") or []:
        selector = one.get("value_selector") or []
        if len(selector) >= 2:
            given.append(f"{one.get('variable')}={reading.path(selector)}")
    code = str(data.get("code") or "").rstrip()
    lines = [f"{reading.field([id, each])} = result_of_main[{each!r}]" for each in variables]
    called = f"result_of_main = main({', '.join(given)})"
    return {"kind": "code", "code": "\n".join([code, "", called, *lines, ""])}, []


def _http(reading: Reading, id: str, data: Raw) -> Made:
    node: Raw = {"kind": "http", "url": reading.text(str(data.get("url") or "")).strip()}
    node["method"] = str(data.get("method") or "get").upper()
    headers = _pairs(data.get("headers"))
    key = str(((data.get("authorization") or {}).get("config") or {}).get("api_key") or "")
    if key:
        secret = _REFERENCE.fullmatch(key.strip())
        name = as_name(secret[2], "key").upper() if secret else "API_KEY"
        headers["Authorization"] = f"Bearer {{{{ secret.{name} }}}}"
        reading.draft.note(f"The key of “{data.get('title')}” is read from the secret {name}.")
    if headers:
        node["headers"] = {key: reading.text(value) for key, value in headers.items()}
    if query := _pairs(data.get("params")):
        node["query"] = {key: reading.text(value) for key, value in query.items()}
    body = data.get("body") or {}
    content = body.get("data")
    if isinstance(content, list):
        content = "\n".join(str(each.get("value") or "") for each in content if isinstance(each, dict))
    if isinstance(content, str) and content.strip() and body.get("type") not in (None, "none"):
        node["body"] = reading.text(content)
    reading.field([id, "body"])
    known = reading.draft.fields
    if (id, "status_code") in known:
        reading.draft.leave_out(f"The status of “{data.get('title')}”: read `status` in a field of that name.")
    return node, []


def _retrieval(reading: Reading, id: str, data: Raw) -> Made:
    if "retrieve" not in reading.tools:
        return stand_in(reading, Box(id, str(data.get("title") or "retrieval")), "knowledge-retrieval"), []
    texts = reading.draft.input("knowledge", id, {"type": "array", "items": {"type": "string"}})
    reading.draft.leave_out(f"The knowledge of “{data.get('title')}”: give its texts as the input `{texts}`.")
    query = reading.path(data.get("query_variable_selector") or ["sys", "query"])
    name = reading.field([id, "result"])
    reading.draft.state[name] = {"type": "array", "items": {"type": "object"}}
    arguments = {"texts": f"{{{{ state.{texts} }}}}", "query": f"{{{{ {query} }}}}"}
    return {"kind": "tool", "tool": "retrieve", "arguments": arguments}, []


def _iteration(reading: Reading, id: str, data: Raw) -> Made:
    node: Raw = {
        "kind": "map",
        "over": "{{ " + reading.path(data.get("iterator_selector") or ["sys", "query"]) + " }}",
    }
    node["item"] = reading.item_of(id)
    if data.get("is_parallel") and isinstance(data.get("parallel_nums"), int):
        node["max_concurrency"] = max(1, data["parallel_nums"])
    modes = {"continue-on-error": "collect", "remove-abnormal-output": "skip"}
    if str(data.get("error_handle_mode")) in modes:
        node["on_item_error"] = modes[str(data["error_handle_mode"])]
    reading.field([id, "output"])
    return node, []


def _document(reading: Reading, id: str, data: Raw) -> Made:
    source = "{{ " + reading.path(data.get("variable_selector") or ["sys", "files"]) + " }}"
    reading.field([id, "text"])
    if "read_document" in reading.tools:
        return {"kind": "tool", "tool": "read_document", "arguments": {"file": source}}, []
    return stand_in(reading, Box(id, str(data.get("title") or "document")), "document-extractor"), []


def _assigner(reading: Reading, id: str, data: Raw) -> Made:
    item = next((each for each in data.get("items") or [] if isinstance(each, dict)), data)
    target = item.get("variable_selector") or item.get("assigned_variable_selector") or ["conversation", "value"]
    value = item.get("value") or data.get("input_variable_selector") or ""
    text = "{{ " + reading.path(value) + " }}" if isinstance(value, list) and len(value) >= 2 else str(value)
    name = reading.field(list(target))
    reading.draft.fields[id, "value"] = name
    return {"kind": "template", "template": reading.text(text)}, []


def _pairs(given: Any) -> dict[str, str]:
    """Pairs from a list of `key` and `value`, or from lines `key: value`."""
    if isinstance(given, str):
        lines = [line.partition(":") for line in given.splitlines() if ":" in line]
        return {key.strip(): value.strip() for key, _, value in lines if key.strip()}
    pairs = [each for each in given or [] if isinstance(each, dict) and each.get("key")]
    return {str(each["key"]): str(each.get("value") or "") for each in pairs}


READERS: dict[str, Callable[[Reading, str, Raw], Made]] = {
    "llm": _llm,
    "agent": _llm,
    "question-classifier": _classifier,
    "parameter-extractor": _extractor,
    "template-transform": _template,
    "code": _code,
    "http-request": _http,
    "knowledge-retrieval": _retrieval,
    "iteration": _iteration,
    "document-extractor": _document,
    "assigner": _assigner,
}
