"""n8n's nodes while they are read: what each is set to, what it reads, and what others read of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from chat_app.workflow.flowchart import Arrow
from chat_app.workflow.foreign.building import Draft
from chat_app.workflow.foreign.n8n_expressions import one_reference, template
from chat_app.workflow.names import as_name, free_name

Raw = dict[str, Any]

_THROUGH = frozenset(
    {"if", "switch", "filter", "merge", "noOp", "limit", "sort", "aggregate", "wait", "removeDuplicates", "splitOut"}
)
_BODY_KEYS = ("body", "query", "params", "headers")
_ANSWERS = frozenset({"text", "output", "response", "message", "content", "choices", "result", "data"})


def short_type(node: Raw) -> str:
    """The last part of a node's type, such as `httpRequest`."""
    return str(node.get("type") or "").rpartition(".")[2]


@dataclass
class Reading:
    """n8n's nodes while they are read."""

    draft: Draft
    nodes: dict[str, Raw]
    arrows: list[Arrow]
    parts: dict[str, list[tuple[str, str]]]
    tools: frozenset[str]
    loops: dict[str, str] = field(default_factory=dict)
    """The loop that a node is inside of."""
    extras: dict[str, list[Raw]] = field(default_factory=dict)
    """Further nodes that one node became."""

    def parameters(self, name: str) -> Raw:
        """What a node is set to."""
        found = self.nodes[name].get("parameters")
        return found if isinstance(found, dict) else {}

    def text(self, name: str, value: Any) -> str:
        """A parameter as a template of ours."""
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return template(text, lambda node, keys: self.resolve(name, node, keys), self.draft.note)

    def reference(self, name: str, value: Any) -> str | None:
        """A parameter's path, where it is a single reference."""
        if not isinstance(value, str):
            return None
        return one_reference(value, lambda node, keys: self.resolve(name, node, keys))

    def resolve(self, name: str, node: str | None, keys: list[str]) -> str:
        """Our path for what a node reads."""
        source = None if node == "" else node if node in self.nodes else self.before(name)
        if source is None:
            return f"state.{self.draft.input('trigger', keys[0] if keys else 'data', {'type': 'string'})}"
        kind = short_type(self.nodes[source])
        if kind == "splitInBatches" and self.loops.get(name) == source:
            return ".".join([self.item_of(source), *map(as_key, keys)])
        if kind in _THROUGH or self._passes_on(source, kind, keys):
            return self.resolve(source, None, keys)
        if kind.lower().endswith("trigger") or kind in ("webhook", "start"):
            keys = keys[1:] if keys and keys[0] in _BODY_KEYS and len(keys) > 1 else keys
            first, *more = keys or ["data"]
            return self._part(self.draft.input("trigger", first, {"type": "string"}), more)
        return self._result(source, kind, keys)

    def _passes_on(self, source: str, kind: str, keys: list[str]) -> bool:
        """Whether a node only hands on what it was given under this key."""
        if kind == "set":
            return not keys or keys[0] not in dict(assignments(self.parameters(source)))
        return kind == "splitInBatches" and bool(keys) and (source, keys[0]) not in self.draft.fields

    def _part(self, name: str, keys: list[str]) -> str:
        """The path of a part of a field; a field that has parts is an object."""
        for fields in (self.draft.inputs, self.draft.state):
            if keys and fields.get(name) == {"type": "string"}:
                fields[name] = {"type": "object"}
        return ".".join([f"state.{name}", *map(as_key, keys)])

    def _result(self, source: str, kind: str, keys: list[str]) -> str:
        asks = kind in (
            "agent",
            "chainLlm",
            "openAi",
            "lmChatOpenAi",
            "chainSummarization",
            "anthropic",
            "googleGemini",
        )
        if asks and not self.parser_of(source):
            return f"state.{self.written(source, 'text')}"
        if asks and keys and keys[0] == "output":
            keys = keys[1:]
        if kind == "httpRequest":
            return self._part(self.written(source, "response", {"type": "object"}), keys)
        first, *more = keys or ["result"]
        return self._part(self.written(source, first), more)

    def before(self, name: str) -> str | None:
        """The node that hands a node its data."""
        loop = self.loops.get(name)
        sources = [each.source for each in self.arrows if each.target == name]
        return sources[0] if sources else loop

    def written(self, source: str, key: str, kind: Raw | None = None) -> str:
        """Our field for what a node returns under a key."""
        wanted = key if key not in _ANSWERS else f"{as_name(source, 'step')}_{key}"
        return self.draft.written(source, key, wanted, kind or {"type": "string"})

    def writes(self, name: str) -> list[str]:
        """The fields that a node writes: those that anything named, in order."""
        names = [ours for (source, key), ours in self.draft.fields.items() if source == name and key != "item"]
        extra = {each for node in self.extras.get(name, []) for each in node["writes"]}
        return [each for each in dict.fromkeys(names) if each not in extra and each in self.draft.state]

    def item_of(self, loop: str) -> str:
        """The name by which a loop's nodes read the item."""
        key = (loop, "item")
        if key not in self.draft.fields:
            self.draft.fields[key] = free_name("item", [*self.draft.inputs, *self.draft.state])
        return self.draft.fields[key]

    def declare_inputs(self, name: str) -> None:
        """The fields of a form are inputs."""
        fields = (self.parameters(name).get("formFields") or {}).get("values") or []
        for one in fields:
            label = str(one.get("fieldLabel") or one.get("fieldName") or "")
            kinds = {"number": "number", "file": "file"}
            kind: Raw = {"type": kinds.get(str(one.get("fieldType")), "string")}
            options = [str(each.get("option")) for each in (one.get("fieldOptions") or {}).get("values") or []]
            if options:
                kind["enum"] = list(dict.fromkeys(options))
            if label:
                self.draft.input("trigger", label, kind)
        if short_type(self.nodes[name]) in ("scheduleTrigger", "cron"):
            self.draft.leave_out("The schedule: start runs of the file by the machine's own timer.")

    def part_of(self, name: str, wanted: str) -> list[str]:
        """The parts of a kind that belong to a node."""
        return [part for part, owners in self.parts.items() if (wanted, name) in owners]

    def parser_of(self, name: str) -> str | None:
        """The structured parser of a node's answer."""
        found = [
            part for part in self.part_of(name, "ai_outputParser") if "tructured" in short_type(self.nodes[part])
        ]
        return found[0] if found else None


def assignments(given: Raw) -> list[tuple[str, Any]]:
    """The fields that a Set node assigns, with their values."""
    found = (given.get("assignments") or {}).get("assignments") or []
    for group in (given.get("values") or {}).values():
        found = [*found, *(each for each in group if isinstance(each, dict))]
    return [(str(each.get("name")), each.get("value")) for each in found]


def as_key(key: str) -> str:
    """A key of an object as a path writes it."""
    return key if key.isidentifier() or key.isdigit() else as_name(key, "key")
