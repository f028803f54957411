"""Arguments against a server's JSON Schema, before a call: nothing is fetched, nothing can hang."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat_app.tools.errors import ArgumentsRefused
from chat_app.workflow.names import nearest

LEFT_OUT = frozenset({"pattern", "patternProperties", "format"})
"""A stranger's regular expression can hang; what it asks for is left to the server to judge."""
DEEPEST = 40


def check_arguments(name: str, schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
    """Raises ArgumentsRefused with all that does not fit."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError, UnknownType
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    plain = _plain(schema, 0)
    try:
        # An empty registry fetches nothing, whatever `$ref` says.
        validator = Draft202012Validator(plain, registry=Registry())
        problems = sorted(
            validator.iter_errors(dict(arguments)), key=lambda error: list(map(str, error.absolute_path))
        )
    except (SchemaError, UnknownType, Unresolvable, RecursionError, TypeError, ValueError, AttributeError) as error:
        raise ArgumentsRefused(
            f"The schema of `{name}` cannot be used: {type(error).__name__}.",
            help="This is a fault of the MCP server; tell its author.",
        ) from None
    if not problems:
        return
    said = []
    for problem in problems[:5]:
        place = ".".join(str(part) for part in problem.absolute_path)
        said.append(f"`{place}`: {problem.message[:300]}" if place else problem.message[:300])
    raise ArgumentsRefused(f"The arguments of `{name}` do not fit: {'; '.join(said)}.", help=_help(schema, arguments))


def _plain(schema: Any, depth: int) -> Any:
    if depth > DEEPEST:
        return True
    if isinstance(schema, Mapping):
        return {key: _plain(part, depth + 1) for key, part in schema.items() if key not in LEFT_OUT}
    if isinstance(schema, list):
        return [_plain(part, depth + 1) for part in schema]
    return schema


def _help(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> str:
    offered = schema.get("properties")
    names = [str(name) for name in offered] if isinstance(offered, Mapping) else []
    for given in arguments:
        near = nearest(given, names) if given not in names else None
        if near:
            return f"Did you mean `{near}`?"
    required = schema.get("required")
    needed = [f"`{name}`" for name in required] if isinstance(required, list) else []
    text = f"It needs {', '.join(needed)}" if needed else "It needs no argument"
    free = [f"`{name}`" for name in names if f"`{name}`" not in needed]
    return f"{text} and may have {', '.join(free)}." if free else f"{text}."
