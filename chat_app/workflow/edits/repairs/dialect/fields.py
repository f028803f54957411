"""The fields that a workflow of another tool implies: inputs, what steps write, what is returned."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from chat_app.workflow.edits.repairs.dialect import words
from chat_app.workflow.edits.repairs.dialect.words import first
from chat_app.workflow.names import as_name, free_name

_REFERENCE = re.compile(r"[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)+")


@dataclass
class Fields:
    """Inputs and state, as they are found."""

    inputs: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    written: dict[str, dict[str, str]] = field(default_factory=dict)
    """Our field by step and by the step's own word for it."""
    wanted: dict[tuple[str, str], str] = field(default_factory=dict)
    """The names that what is returned should have, by step and word; the word may be empty."""
    returned: frozenset[str] = frozenset()
    """Names of what is returned that are words of a step already."""
    ids: set[str] = field(default_factory=set)
    _declared: dict[str, Any] = field(default_factory=dict)
    _by_writer: set[str] = field(default_factory=set)

    def inside(self) -> Fields:
        """The fields of a map's body: those outside are seen, its own are apart."""
        return Fields(inputs=self.inputs, written=self.written, ids=self.ids)

    def declare_inputs(self, given: Any) -> None:
        """Inputs in whatever form."""
        for name, kind in declared(given).items():
            self.inputs.setdefault(as_name(name, "input"), kind)

    def declare_variables(self, given: Any) -> None:
        """Variables of which it is not yet known whether a step writes them."""
        for name, kind in declared(given).items():
            if isinstance(kind, dict) and (kind.get("input") is True or kind.get("source") in ("input", "user")):
                self.inputs[as_name(name, "input")] = {k: v for k, v in kind.items() if k not in ("input", "source")}
            else:
                self._declared[as_name(name, "field")] = kind

    def declare_writes(self, step: str, id: str, node: dict[str, Any], *, many: bool) -> None:
        """What one step writes."""
        given = first(node, words.WRITES)
        found = declared(given) if not isinstance(given, str) else {_bare(given): None}
        if node.get("kind") == "map" and not found:
            found = {"results": None}
        if not found:
            found = {"text": None}
        own: dict[str, str] = {}
        for word, kind in found.items():
            name = self.wanted.get((step, word)) or (self.wanted.get((step, "")) if len(found) == 1 else None)
            generic = (word.lower() in words.GENERIC or word == "results") and word not in self.returned
            name = name or (
                f"{id}_{as_name(word, 'text')}"
                if (generic and many) or not as_name(word, "")
                else as_name(word, "field")
            )
            if name in self.inputs:
                name = free_name(f"new_{name}", [*self.inputs, *self.state])
            own[word] = name
            self._by_writer.add(name)
            known = self._declared.get(name)
            self.state.setdefault(name, known if known is not None else kind or {"type": "string"})
        self.written[step] = self.written.get(step, {}) | own

    def writes_of(self, step: str) -> list[str]:
        """The fields that a step writes."""
        return list(dict.fromkeys(self.written.get(step, {}).values()))

    def writes_of_block(self, id: str) -> str:
        """The field that a map collects into."""
        found = next((own for step, own in self.written.items() if as_name(step, "") == id), {})
        return next(iter(found.values()), f"{id}_results")

    def fit_list(self, name: str, item: Any) -> None:
        """A field that collects is a list."""
        kept = item if isinstance(item, dict) else {"type": item or "string"}
        self.state[name] = {
            "type": "array",
            "items": {k: v for k, v in kept.items() if k not in ("default", "reduce")},
        }

    def unwritten_are_inputs(self) -> None:
        """Variables that no step writes are given from outside."""
        for name, kind in self._declared.items():
            if name not in self._by_writer:
                self.inputs.setdefault(name, kind)


def declared(given: Any) -> dict[str, Any]:
    """Names with their types, from a mapping, a list of names or of mappings."""
    if isinstance(given, str):
        return {_bare(given): None} if re.fullmatch(r"[\w.${} -]+", given) else {}
    if isinstance(given, dict):
        if {"name", "type"} <= given.keys() and isinstance(given["name"], str):
            return declared([given])
        return {str(name): kind for name, kind in given.items()}
    made: dict[str, Any] = {}
    for one in given if isinstance(given, list) else []:
        if isinstance(one, str):
            made[_bare(one)] = None
        elif isinstance(one, dict):
            name = first(one, ("name", "id", "variable", "key", "field", "label"))
            if name is None:
                made |= {str(key): kind for key, kind in one.items()}
            else:
                kind = {
                    k: v
                    for k, v in one.items()
                    if k not in ("name", "id", "variable", "key", "field", "label", "required", "value")
                }
                made[_bare(str(name))] = kind or None
    return {name: kind for name, kind in made.items() if name}


def wanted_names(returned: Any) -> dict[tuple[str, str], str]:
    """What the returned values should be called, by the step and the word behind them."""
    wanted: dict[tuple[str, str], str] = {}
    for name, source in pairs(returned):
        found = _REFERENCE.search(source)
        if found is None or not name:
            continue
        parts = [part for part in found.group(0).split(".") if part not in words.PREFIXES or part == found.group(0)]
        if not parts:
            continue
        rest = [part for part in parts[1:] if part not in ("outputs", "results")]
        word = rest[-1] if rest else ""
        wanted.setdefault((parts[0], word), as_name(name, "result"))
        if word in words.GENERIC or not word:
            wanted.setdefault((parts[0], ""), as_name(name, "result"))
    return wanted


def outputs_of(returned: Any, fields: Fields) -> list[str]:
    """The fields that are returned."""
    known = {*fields.inputs, *fields.state}
    names: list[str] = []
    for name, source in pairs(returned):
        found = _REFERENCE.search(source)
        parts = [part for part in found.group(0).split(".") if part not in words.PREFIXES] if found else []
        step = fields.written.get(parts[0], {}) if parts else {}
        of_step = next((step[part] for part in parts[1:] if part in step), next(iter(step.values()), ""))
        bare = as_name(_bare(source).rpartition(".")[2], "")
        choices = [as_name(name, ""), of_step, bare, *fields.written.get(_bare(source), {}).values()]
        names += [each for each in choices if each in known][:1]
    return list(dict.fromkeys(names))


def pairs(returned: Any) -> list[tuple[str, str]]:
    """Name and source of each returned value."""
    if isinstance(returned, str):
        return [("", returned)]
    if isinstance(returned, dict):
        return [(str(name), source if isinstance(source, str) else str(name)) for name, source in returned.items()]
    made: list[tuple[str, str]] = []
    for one in returned if isinstance(returned, list) else []:
        if isinstance(one, dict):
            name = str(first(one, ("name", "id", "key", "variable", "field")) or "")
            source = first(one, ("value", "source", "from", "expression"))
            pairs = (
                [(name, source if isinstance(source, str) else name)]
                if name
                else [(str(k), str(v)) for k, v in one.items()]
            )
            made += pairs
        else:
            made.append(("" if "{" in str(one) or "." in str(one) else str(one), str(one)))
    return made


def _bare(text: str) -> str:
    """A name out of its braces and prefixes."""
    return re.sub(r"^\$?\{+\s*|\s*\}+$", "", text.strip()).removeprefix("state.").removeprefix("inputs.")
