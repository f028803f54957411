"""Material: the fields that a new step works on, and the template text that shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chat_app.workflow.fields import FieldType


@dataclass(frozen=True, slots=True)
class Material:
    """Fields to work on, by the names that templates read them by."""

    fields: Mapping[str, FieldType]

    @property
    def template(self) -> str:
        """The template text that shows them."""
        if len(self.fields) == 1:
            [(name, field)] = self.fields.items()
            return shown(name, field)
        return "\n".join(_headed(name, field) for name, field in self.fields.items())

    @property
    def rows(self) -> Any:
        """The same as rows of a table: a list of records as it is, anything else as one row."""
        if len(self.fields) == 1:
            [(name, field)] = self.fields.items()
            if field.type == "array":
                return f"{{{{ {name} }}}}"
        return [{name.removeprefix("state."): f"{{{{ {name} }}}}" for name in self.fields}]


def _headed(name: str, field: FieldType) -> str:
    words = name.removeprefix("state.").replace("_", " ")
    joint = "\n" if field.type in ("array", "object") else " "
    return f"{words[:1].upper()}{words[1:]}:{joint}{shown(name, field)}"


def shown(name: str, field: FieldType) -> str:
    """The template text that shows one field."""
    if field.type != "array":
        return f"{{{{ {name} }}}}"
    item = field.items
    if item is not None and item.type == "object" and item.properties:
        parts = "; ".join(f"{part}: {{{{ one.{part} }}}}" for part in item.properties)
        return f"{{% for one in {name} %}}\n- {parts}\n{{% endfor %}}"
    return f"{{% for one in {name} %}}\n- {{{{ one }}}}\n{{% endfor %}}"


def is_telling(field: FieldType) -> bool:
    """Whether a field has something to read: no switch, number, label or file."""
    return not (field.enum or field.type in ("boolean", "integer", "number", "file"))
