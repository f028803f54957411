"""Repairs of the parts of a workflow as models write them: names, types, conditions, templates, nodes."""

from __future__ import annotations

import re
from typing import Any

from chat_app.workflow.condition_words import CONSTANTS, JOINERS, LITERAL
from chat_app.workflow.document import Limits
from chat_app.workflow.edges import END, START
from chat_app.workflow.edits.node_data import TEXT_KEYS, node_keys
from chat_app.workflow.edits.repairs.aliases import ENDS, KINDS, LAYOUT_KEYS, LIMITS, NODE_KEYS, TYPE_KEYS, TYPES
from chat_app.workflow.edits.repairs.idioms import condition_idioms, template_idioms
from chat_app.workflow.fields import NAME_PATTERN, FieldType, InputField, StateField
from chat_app.workflow.names import as_name, nearest
from chat_app.workflow.nodes import NODE_KINDS, MapBody

_NAME = re.compile(NAME_PATTERN)
_WORD = re.compile(rf"{LITERAL}|(?<![\w.])[A-Za-z_]\w*(?!\w|\s*\()")
_CEL_WORDS = frozenset({"state", "true", "false", "null", "in"})
_CEL_SWAPS = {**JOINERS, **CONSTANTS, "not": "!"}
_WITH_VARIABLES = re.compile(r"\.(?:all|exists|exists_one|map|filter)\(")
_SEGMENT = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_SINGLE_BRACES = re.compile(r"(?<!\{)\{([a-z][a-z0-9_]*)\}(?!\})")
_FIRST_NAME = re.compile(r"(\s*)([A-Za-z_]\w*)(?=[\s.|\[\}]|\Z)((?:\.\w+)*)")
_FOR = re.compile(r"\{%-?\s*for\s+(\w+)(?:\s*,\s*(\w+))?\s+in\s+(\w+)")
_LIST_OF = re.compile(r"(?i)(?:list|array|sequence)\s*(?:\[|<|\(|\s+of\s+)\s*([\w ]+?)s?\s*[\]>)]?\Z|([\w]+)\[\]\Z")
_NUMBER = re.compile(r"\$?\d+(?:\.\d+)?")
_TYPE_NAMES = frozenset({"string", "integer", "number", "boolean", "object", "array", "file"})
_TYPE_KEYS_KNOWN = frozenset(
    field.alias or name for model in (FieldType, InputField, StateField) for name, field in model.model_fields.items()
)

_BODY_ORDER = {key: at for at, key in enumerate(MapBody.model_fields)}

Lines = list[str]


def repair_name(name: Any, lines: Lines, what: str = "name") -> Any:
    """A valid name of the language."""
    if not isinstance(name, str) or _NAME.match(name):
        return name
    made = as_name(name, "node" if what == "id" else "field")
    lines.append(f"The {what} `{name[:60]}` is written `{made}`.")
    return made


def repair_end(name: Any, lines: Lines) -> Any:
    """A node's id, START or END."""
    if not isinstance(name, str) or name in (START, END):
        return name
    return ENDS.get(name.lower()) or repair_name(name, lines, "id")


def repair_kind(kind: Any, lines: Lines) -> Any:
    """A node kind of the language."""
    if not isinstance(kind, str) or kind in NODE_KINDS:
        return kind
    word = as_name(kind).removesuffix("_node").removesuffix("_step")
    meant = word if word in NODE_KINDS else KINDS.get(word) or nearest(word, NODE_KINDS, 0.75)
    if meant is None:
        return kind
    lines.append(f"The kind `{kind[:40]}` is `{meant}` here.")
    return meant


def repair_type(kind: Any, lines: Lines, name: str = "") -> dict[str, Any]:
    """A field's type as it stands in YAML."""
    if isinstance(kind, str):
        made = _type_word(kind)
        if made != {"type": kind}:
            lines.append(f"The type `{kind[:40]}`{_of(name)} is `{made['type']}` here.")
        return made
    if isinstance(kind, list) and kind:
        lines.append(f"The list of values{_of(name)} became its enum.")
        return {"type": "string", "enum": [value for value in kind if isinstance(value, str | int | float)]}
    if not isinstance(kind, dict):
        return {"type": "string"}
    made = {}
    for key, value in kind.items():
        known = key if key in _TYPE_KEYS_KNOWN else TYPE_KEYS.get(key)
        if known is None:
            lines.append(f"Left out `{str(key)[:40]}`{_of(name)}, which no field has.")
        elif known not in made:
            made[known] = value
    return _completed_type(made, lines, name)


def _completed_type(made: dict[str, Any], lines: Lines, name: str) -> dict[str, Any]:
    given = made.get("type")
    if isinstance(given, list):
        given = next((part for part in given if part != "null"), "string")
    if not isinstance(given, str):
        given = next((t for key, t in (("properties", "object"), ("items", "array")) if key in made), "string")
        lines.append(f"The type{_of(name)} is `{given}`.")
    base = _type_word(given)
    if base["type"] != made.get("type"):
        if isinstance(made.get("type"), str):
            lines.append(f"The type `{made['type'][:40]}`{_of(name)} is `{base['type']}` here.")
        made = {**base, **made, "type": base["type"]}
    if isinstance(made.get("enum"), dict):
        made["enum"] = list(made["enum"])
    if "examples" in made and not isinstance(made["examples"], list):
        made["examples"] = [made["examples"]]
    if isinstance(made.get("items"), str | dict):
        made["items"] = repair_type(made["items"], lines, name)
    properties = made.get("properties")
    if isinstance(properties, dict):
        made["properties"] = {str(key): repair_type(part, lines, str(key)) for key, part in properties.items()}
    if isinstance(made.get("required"), bool):
        del made["required"]
    return {"type": made.pop("type"), **made}


def _type_word(word: str) -> dict[str, Any]:
    bare = word.strip().lower()
    if bare in _TYPE_NAMES:
        return {"type": bare}
    listed = _LIST_OF.match(bare)
    if listed:
        return {"type": "array", "items": _type_word((listed.group(1) or listed.group(2)).strip())}
    return {"type": TYPES.get(as_name(bare)) or nearest(bare, _TYPE_NAMES, 0.75) or "string"}


def repair_limits(limits: dict[str, Any], lines: Lines) -> dict[str, Any]:
    """Limits by the names and as the numbers of the language."""
    made: dict[str, Any] = {}
    for key, value in limits.items():
        meant = (
            key if key in Limits.model_fields else LIMITS.get(key) or nearest(key, Limits.model_fields, 0.7) or key
        )
        if meant != key:
            lines.append(f"The limit `{key[:40]}` is called `{meant}`.")
        made.setdefault(meant, _number_of(value))
    return made


def _number_of(value: Any) -> Any:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value.strip()):
        return value
    number = float(value.strip().lstrip("$"))
    return int(number) if number.is_integer() else number


def repair_condition(condition: Any, lines: Lines) -> Any:
    """A CEL condition from Python's or JavaScript's words, and from bare names of fields."""
    if not isinstance(condition, str):
        return {True: "true", False: "false"}.get(condition, condition) if isinstance(condition, bool) else condition
    text = condition.strip()
    wrapped = re.fullmatch(r"\{\{(.*)\}\}|\$\{(.*)\}", text, re.DOTALL)
    if wrapped and "{{" not in (wrapped.group(1) or ""):
        text = (wrapped.group(1) or wrapped.group(2)).strip()
    text = re.sub(r"\$?\{\{?\s*([\w.]+)\s*\}?\}", r"\1", text)
    text = condition_idioms(text)
    text = re.sub(rf"({LITERAL})|\blen\(", lambda m: m.group(1) or "size(", text)
    bound = bool(_WITH_VARIABLES.search(text))

    def swap(found: re.Match[str]) -> str:
        word = found.group(0)
        if word[0] in "\"'" or word in _CEL_WORDS:
            return word
        return _CEL_SWAPS.get(word) or (word if bound else f"state.{word}")

    text = re.sub(r"!\s+(?=\w)", "!", _WORD.sub(swap, text))
    text = re.sub(r"(?<![\w.])state\.(?:inputs?|state)\.(?=\w)", "state.", text)
    if text != condition:
        lines.append(f"The condition `{condition.strip()[:80]}` is written `{text[:80]}`.")
    return text


def repair_template(text: str, local: frozenset[str], lines: Lines) -> str:
    """A template whose names are fields of the state, unless they are bound in it or around it."""
    bound = local | {name for found in _FOR.finditer(text) for name in found.groups()[:2] if name}
    made = template_idioms(text)
    if "{{" not in text and "{%" not in text:
        made = _SINGLE_BRACES.sub(lambda m: f"{{{{ {m.group(1)} }}}}", text)
    made = _SEGMENT.sub(lambda m: "{{" + _state_name(m.group(1), bound) + "}}", made)
    made = re.sub(
        r"(\{%-?\s*for\s+\w+(?:\s*,\s*\w+)?\s+in\s+)(\w+)(?=[\s%|-])",
        lambda m: m.group(1) + _state_name(m.group(2), bound).strip() if m.group(2) != "state" else m.group(0),
        made,
    )
    if made != text:
        lines.append("Names in a template are written as fields of the state, `{{ state.x }}`.")
    return made


def _state_name(inside: str, bound: frozenset[str] | set[str]) -> str:
    found = _FIRST_NAME.match(inside)
    if not found or found.group(2) in bound | {"state", "secret", "loop", "true", "false", "none", "index", "item"}:
        return inside
    space, name, rest = found.groups()
    tail = inside[found.end() :]
    parts = rest.split(".")[1:]
    if name in ("inputs", "input", "outputs", "variables", "vars", "fields") and parts:
        return f"{space}state.{'.'.join(parts)}{tail}"
    if name in ("nodes", "steps") and len(parts) >= 2:
        parts = parts[1:] if parts[1] not in ("output", "outputs", "result") else parts[2:] or parts[:1]
        return f"{space}state.{'.'.join(parts)}{tail}"
    return f"{space}state.{name}{rest}{tail}"


def repair_node(spec: dict[str, Any], lines: Lines, local: frozenset[str] | None = frozenset()) -> dict[str, Any]:
    """A node as it stands in YAML; `local` are names its templates may use, None when they are unknown."""
    node = dict(spec)
    if "kind" not in node and isinstance(node.get("type"), str):
        node = {("kind" if key == "type" else key): value for key, value in node.items()}
        lines.append("The key `type` of a node is `kind`.")
    given = node.get("kind")
    node["kind"] = kind = _guessed_kind(node, lines) if given is None else repair_kind(given, lines)
    if kind is None:
        del node["kind"]
    if not isinstance(kind, str) or kind not in NODE_KINDS:
        return node
    if kind == "llm" and isinstance(node.get("messages"), list) and "prompt" not in node:
        node = _from_messages(node, lines)
    node = _known_keys(node, kind, lines)
    node["id"] = repair_name(node.get("id"), lines, "id")
    if node["id"] is None:
        del node["id"]
    _repair_lists(node, lines)
    if kind == "map":
        _repair_map(node, lines, local)
    if local is not None:
        for key, value in node.items():
            if key not in ("id", "kind", "description", "writes", "labels", "body", "code", "tools", "subtasks"):
                node[key] = _repaired_templates(value, local, lines)
    return node


def _from_messages(node: dict[str, Any], lines: Lines) -> dict[str, Any]:
    """The system text and the prompt out of a list of chat messages."""
    said: dict[str, list[str]] = {"system": [], "prompt": []}
    for message in node["messages"]:
        if isinstance(message, dict) and isinstance(message.get("content"), str):
            said["system" if message.get("role") == "system" else "prompt"].append(message["content"])
    lines.append(f"The messages of `{node.get('id')}` became its system text and prompt.")
    texts = {key: "\n\n".join(parts) for key, parts in said.items() if parts}
    return {key: value for key, value in node.items() if key != "messages"} | texts


def _guessed_kind(node: dict[str, Any], lines: Lines) -> str | None:
    signs = {"labels": "classify", "body": "map", "over": "map", "subtasks": "parallel", "ask": "human"}
    signs |= {
        "template": "template",
        "code": "code",
        "url": "http",
        "tool": "tool",
        "prompt": "llm",
        "uses": "workflow",
        "messages": "llm",
    }
    kind = next((kind for key, kind in signs.items() if key in node), None)
    if kind:
        lines.append(f"The node `{node.get('id')}` is of kind `{kind}`, by its keys.")
    return kind


def _known_keys(node: dict[str, Any], kind: str, lines: Lines) -> dict[str, Any]:
    keys = node_keys(kind)
    made: dict[str, Any] = {key: value for key, value in node.items() if key in keys}
    for key, value in node.items():
        if key in keys:
            continue
        meant = _meant_key(str(key), kind, keys, made)
        if meant is not None:
            made[meant] = value
            lines.append(f"The key `{str(key)[:40]}` of a node of kind `{kind}` is `{meant}`.")
        elif key == "fields" and isinstance(value, dict):
            continue
        elif key in LAYOUT_KEYS:
            lines.append(f"Left out `{key}`, which says nothing here.")
        else:
            made[str(key)] = value
    return made


def _meant_key(key: str, kind: str, keys: tuple[str, ...], made: dict[str, Any]) -> str | None:
    texts = {"prompt", "template", "text", "ask", "instructions", "instruction", "message", "question", "content"}
    if kind == "map" and key in ("nodes", "steps", "do") and "body" not in made:
        return "body"
    alias = NODE_KEYS.get(key)
    if alias in keys and alias not in made:
        return alias
    text_key = TEXT_KEYS.get(kind)
    if key in texts and text_key in keys and text_key not in made:
        return text_key
    close = nearest(key, [known for known in keys if known not in made], 0.8)
    return close if close not in ("id", "kind") else None


def _repair_lists(node: dict[str, Any], lines: Lines) -> None:
    for key in ("writes", "subtasks", "tools", "images", "files"):
        value = node.get(key)
        if isinstance(value, str):
            node[key] = [value]
        elif isinstance(value, dict):
            node[key] = list(value)
        elif isinstance(value, list):
            node[key] = [v.get("name") or v.get("id") if isinstance(v, dict) else v for v in value]
    if isinstance(node.get("writes"), list):
        node["writes"] = [repair_name(str(n).removeprefix("state."), lines, "field") for n in node["writes"]]
    labels = node.get("labels")
    if isinstance(labels, list):
        named = [label for label in labels if isinstance(label, dict) and ("name" in label or "label" in label)]
        if named and len(named) == len(labels):
            node["labels"] = {str(n.get("name", n.get("label"))): str(n.get("description", "")) for n in named}
        else:
            node["labels"] = {str(label): str(label).replace("_", " ") for label in labels}
        lines.append("The labels of a node are written with what each means.")


def _repair_map(node: dict[str, Any], lines: Lines, local: frozenset[str] | None) -> None:
    body = node.get("body")
    if isinstance(body, list):
        body = {"nodes": body}
    elif isinstance(body, dict) and "nodes" not in body and ("kind" in body or "type" in body):
        body = {"nodes": [body]}
    elif isinstance(body, dict) and "nodes" not in body and isinstance(body.get("steps"), list):
        body = {("nodes" if key == "steps" else key): value for key, value in body.items()}
    if isinstance(node.get("over"), str) and "{{" not in node["over"]:
        node["over"] = f"{{{{ state.{node['over'].strip().removeprefix('state.')} }}}}"
        lines.append(f"A map goes over a template: `{node['over']}`.")
    if not isinstance(body, dict):
        return
    item = node.get("item", "item")
    inside = None if local is None else local | {str(item)}
    nodes = body.get("nodes")
    body = dict(body)
    if isinstance(nodes, list):
        body["nodes"] = [repair_node(n, lines, inside) if isinstance(n, dict) else n for n in nodes]
        writes = [w for n in body["nodes"][-1:] if isinstance(n, dict) for w in n.get("writes") or []]
        if "returns" not in body and writes:
            body["returns"] = writes[0] if len(writes) == 1 else writes
            lines.append(f"The body of `{node.get('id')}` returns what its last node writes.")
        state = body.get("state")
        body["state"] = (
            {str(k): repair_type(v, lines, str(k)) for k, v in state.items()} if isinstance(state, dict) else {}
        )
        for name in [w for n in body["nodes"] if isinstance(n, dict) for w in n.get("writes") or []]:
            body["state"].setdefault(name, {"type": "string"})
    node["body"] = {key: body[key] for key in sorted(body, key=lambda key: _BODY_ORDER.get(key, len(_BODY_ORDER)))}


def _repaired_templates(value: Any, local: frozenset[str], lines: Lines) -> Any:
    if isinstance(value, str):
        return repair_template(value, local, lines)
    if isinstance(value, dict):
        return {key: _repaired_templates(part, local, lines) for key, part in value.items()}
    if isinstance(value, list):
        return [_repaired_templates(part, local, lines) for part in value]
    return value


def _of(name: str) -> str:
    return f" of `{name[:60]}`" if name else ""
