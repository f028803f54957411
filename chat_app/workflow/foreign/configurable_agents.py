"""The YAML of configurable-agents (`schema_version: "1.0"`), read into ours."""

from __future__ import annotations

import re
from typing import Any

from chat_app.workflow.flowchart import Arrow, Box, Case, fold
from chat_app.workflow.foreign.building import Draft, Foreign
from chat_app.workflow.names import as_name

_BRACES = re.compile(r"(?<!\{)\{\s*(?:state\.)?([A-Za-z_][\w.]*)\s*\}(?!\})")
_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "dict": "object", "list": "array"}
_LIST = re.compile(r"list\[(\w+)\]")
_PROVIDERS = {"google": "gemini", "ollama": "ollama_chat"}
_DROPPED = {"optimization": "prompts are not optimised by runs here"}
_TOOLS = {
    "web_search": "search_web",
    "serper_search": "search_web",
    "web_scrape": "fetch_page",
    "http_get": "fetch_page",
}


def is_configurable_agents(data: Any) -> bool:
    """Whether a document is one of configurable-agents'."""
    return isinstance(data, dict) and "flow" in data and "nodes" in data and isinstance(data.get("state"), dict)


def from_configurable_agents(data: dict[str, Any], tools: frozenset[str]) -> Foreign:
    """The document as a workflow of ours."""
    draft = Draft("configurable-agents")
    fields = (data["state"] or {}).get("fields") or {}
    nodes = [node for node in data["nodes"] or [] if isinstance(node, dict) and node.get("id")]
    written = {name for node in nodes for name in node.get("outputs") or []}
    for name, kind in fields.items():
        made = _type(kind if isinstance(kind, dict) else {"type": kind})
        if name in written:
            draft.written("state", str(name), str(name), made)
        else:
            draft.input("state", str(name), made)
    boxes = [Box(str(node["id"]), str(node["id"]), _node(draft, node, tools)) for node in nodes]
    arrows = _arrows(draft, data.get("edges") or [], boxes)
    names = {box.id: as_name(box.id, "node") for box in boxes}
    config = data.get("config") or {}
    _tell_dropped(draft, data, config)
    folded = fold(boxes, arrows, names)
    last = {edge["from"] for edge in folded.edges if "END" in str(edge.get("to") or edge.get("routes"))}
    outputs = [name for node in folded.nodes if node["id"] in last for name in node["writes"]]
    document = draft.document(
        str((data["flow"] or {}).get("name") or "workflow"),
        str((data["flow"] or {}).get("description") or ""),
        folded,
        outputs or list(draft.state)[-1:],
        _model(config.get("llm") or {}),
    )
    seconds = (config.get("execution") or {}).get("timeout")
    if isinstance(seconds, int | float) and seconds > 0:
        document["limits"] = {"seconds": seconds}
    return draft.done(document)


def _node(draft: Draft, node: dict[str, Any], tools: frozenset[str]) -> dict[str, Any]:
    made: dict[str, Any] = {"kind": "llm"}
    if node.get("description"):
        made["description"] = str(node["description"])
    prompt = str(node.get("prompt") or "")
    for name, source in (node.get("inputs") or {}).items():
        prompt = re.sub(rf"\{{\s*{re.escape(str(name))}\s*\}}", str(source), prompt)
    made["prompt"] = _BRACES.sub(lambda found: "{{ state." + found[1] + " }}", prompt)
    llm = node.get("llm") or {}
    if _model(llm):
        made["model"] = _model(llm)
    if isinstance(llm.get("temperature"), int | float):
        made["temperature"] = llm["temperature"]
    known = []
    for tool in node.get("tools") or []:
        name = str(tool.get("name") if isinstance(tool, dict) else tool)
        meant = name if name in tools else _TOOLS.get(name, "")
        if meant in tools:
            known.append(meant)
        else:
            draft.leave_out(f"The tool {name} of “{node['id']}”: there is none of this name here.")
    if known:
        made["tools"] = list(dict.fromkeys(known))
    schema = {str(f.get("name")): f for f in (node.get("output_schema") or {}).get("fields") or []}
    for name in node.get("outputs") or list(schema):
        draft.written("state", str(name), str(name), _type(schema.get(str(name), {})))
    made["writes"] = [draft.fields["state", str(name)] for name in node.get("outputs") or list(schema)]
    for part in ("memory", "sandbox", "code"):
        if node.get(part):
            draft.leave_out(f"`{part}` of “{node['id']}”.")
    return made


def _type(kind: dict[str, Any]) -> dict[str, Any]:
    word = str(kind.get("type") or "str")
    listed = _LIST.match(word)
    base = word.split("[")[0]
    made: dict[str, Any] = {"type": _TYPES.get(base, base if base in _TYPES.values() else "string")}
    if made["type"] == "array":
        made["items"] = {"type": _TYPES.get(listed[1], "string") if listed else "string"}
    if kind.get("description"):
        made["description"] = str(kind["description"])
    if kind.get("default") is not None:
        made["default"] = kind["default"]
    return made


def _arrows(draft: Draft, edges: list[Any], boxes: list[Box]) -> list[Arrow]:
    known = {box.id: box for box in boxes}
    arrows: list[Arrow] = []
    for edge in (each for each in edges if isinstance(each, dict)):
        source = str(edge.get("from"))
        if source == "START":
            boxes.append(Box("START", "start", starts=True))
            known["START"] = boxes[-1]
        box = known.get(source)
        if box is None:
            continue
        for number, way in enumerate(_ways(edge)):
            handle = f"way {number}" if "routes" in edge or "loop" in edge else ""
            if handle:
                box.cases.append(Case(handle, way.get("condition"), way.get("max_times")))
            for target in _listed(way.get("to")):
                if target != "END":
                    arrows.append(Arrow(source, target, handle))
                elif handle:
                    known.setdefault("END", Box("END", "end", ends=True))
                    arrows.append(Arrow(source, "END", handle))
    if "END" in known:
        boxes.append(known["END"])
    return arrows


def _ways(edge: dict[str, Any]) -> list[dict[str, Any]]:
    if isinstance(edge.get("loop"), dict):
        loop = edge["loop"]
        until = f"state.{loop.get('condition_field')}"
        bound = loop.get("max_iterations")
        back = {"to": edge["from"], "max_times": max(1, int(bound or 10) - 1)}
        return [{"condition": until, "to": loop.get("exit_to")}, back, {"to": loop.get("exit_to")}]
    if isinstance(edge.get("routes"), list):
        return [{"condition": _logic(way.get("condition")), "to": way.get("to")} for way in edge["routes"]]
    return [{"to": edge.get("to")}]


def _logic(condition: Any) -> str | None:
    logic = condition.get("logic") if isinstance(condition, dict) else condition
    return None if logic is None or str(logic).strip().lower() in ("default", "else", "") else str(logic)


def _listed(to: Any) -> list[str]:
    return [str(each) for each in to] if isinstance(to, list) else [str(to)]


def _model(llm: dict[str, Any]) -> str | None:
    if not llm.get("model"):
        return None
    provider = str(llm.get("provider") or "")
    provider = _PROVIDERS.get(provider, provider)
    return f"{provider}/{llm['model']}" if provider else str(llm["model"])


def _tell_dropped(draft: Draft, data: dict[str, Any], config: dict[str, Any]) -> None:
    for key, words in _DROPPED.items():
        if data.get(key):
            draft.leave_out(f"`{key}`: {words}.")
    for key in ("observability", "storage", "memory"):
        if config.get(key):
            draft.leave_out(f"`config.{key}`: the program's own settings do this here.")
