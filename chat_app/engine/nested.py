"""Templates inside lists and objects: the arguments of tools, the parts of requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chat_app.engine.level import Step
from chat_app.engine.text import unrendered
from chat_app.workflow.templates import Template, TemplateFailed, compile_template


@dataclass(frozen=True)
class Nested:
    """A value whose texts are templates, made ready once."""

    value: Any
    key: str
    """Where it stands in the node."""

    @property
    def secrets(self) -> frozenset[str]:
        """The secrets that it names."""
        return frozenset(name.removeprefix("secret.") for name in _reads(self.value) if name.startswith("secret."))

    def render(self, step: Step, names: Mapping[str, Any] | None = None) -> Any:
        """The value with every template in it rendered; raises StepProblem."""
        try:
            return _rendered(self.value, step.names if names is None else names)
        except TemplateFailed as failed:
            raise unrendered(step.name, self.key, failed) from failed


def nested(value: Any, key: str) -> Nested:
    """Compiles every text in a value."""
    return Nested(_compiled(value), key)


def _compiled(value: Any) -> Any:
    if isinstance(value, str):
        return compile_template(value)
    if isinstance(value, Mapping):
        return {key: _compiled(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_compiled(part) for part in value]
    return value


def _rendered(value: Any, names: Mapping[str, Any]) -> Any:
    if isinstance(value, Template):
        return value.render(names)
    if isinstance(value, dict):
        return {key: _rendered(part, names) for key, part in value.items()}
    if isinstance(value, list):
        return [_rendered(part, names) for part in value]
    return value


def _reads(value: Any) -> frozenset[str]:
    if isinstance(value, Template):
        return value.reads
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return frozenset(name for part in parts for name in _reads(part))
