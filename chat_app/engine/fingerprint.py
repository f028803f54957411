"""What a step's result follows from, as one hash: the node, the values it reads, the model it asks."""

from __future__ import annotations

import hashlib
import json
import marshal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from chat_app.engine.level import Step
from chat_app.workflow.fields import FieldType
from chat_app.workflow.nodes import ClassifyNode, CodeNode, LlmNode, MapNode, NodeBase
from chat_app.workflow.reads import code_reads, fields_read, names_read


class Hashed(Protocol):
    """What is used of hashlib's objects."""

    def copy(self) -> Hashed: ...

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


Plan = tuple[Hashed, bool, str | None, Sequence[str] | None, Sequence[str] | None]
"""The hash begun with what the node is, whether it asks a model, which, and the fields and other names that it reads;
None: any."""

NONE_READ: dict[str, Any] = {}
_ASIDE = {"id", "description", "retry", "timeout_seconds", "on_error", "cache"}
"""What the result does not follow from."""


@dataclass(frozen=True)
class Fingerprint:
    """Of one node; what all its steps share is worked out once, when it is first asked for."""

    spec: NodeBase
    writes: Mapping[str, FieldType]

    def of(self, step: Step) -> str:
        """The hash for a step; raises ChatModelError where the model that it would ask is not to be had."""
        begun, asks, model, fields, others = self._plan
        names = step.names
        state = names["state"]
        if fields is None:
            fields = sorted(state)
        if others is None:
            others = sorted(name for name in names if name != "state")
        read = (
            step.model(model).name if asks else "",
            {name: state[name] for name in fields if name in state} if fields else NONE_READ,
            {name: names[name] for name in others if name in names} if others else NONE_READ,
        )
        # Marshal, in the form that knows no sharing of objects: the same bytes for the same values, in a tenth of
        # the time of JSON. Where the parts of an object stand in another order, it is another value: no harm.
        hashed = begun.copy()
        hashed.update(marshal.dumps(read, 2))
        return hashed.hexdigest()[:32]

    @cached_property
    def _plan(self) -> Plan:
        asks = isinstance(self.spec, LlmNode | ClassifyNode | MapNode)
        return hashlib.sha256(self._told), asks, getattr(self.spec, "model", None), self._fields, self._names

    @cached_property
    def _told(self) -> bytes:
        node = self.spec.model_dump(mode="json", exclude=_ASIDE)
        fields = {name: field.model_dump(mode="json") for name, field in self.writes.items()}
        return json.dumps([node, fields], sort_keys=True).encode()

    @cached_property
    def _fields(self) -> tuple[str, ...] | None:
        """The fields of the state that it reads; None: any of them."""
        return None if _reads_all(self.spec) else tuple(sorted(fields_read(self.spec)))

    @cached_property
    def _names(self) -> tuple[str, ...] | None:
        """The other names that it reads. A body may read all names around its map, so for a map: None, any."""
        if isinstance(self.spec, MapNode):
            return None
        return tuple(sorted(name for name in names_read(self.spec) if name.partition(".")[0] not in _OTHERS))


_OTHERS = frozenset({"state", "secret"})


def _reads_all(node: NodeBase) -> bool:
    """Whether code in it looks into the state in ways that only a run shows."""
    if isinstance(node, MapNode):
        return any(_reads_all(inner) for inner in node.body.nodes)
    return isinstance(node, CodeNode) and code_reads(node.code).reads_all
