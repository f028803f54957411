"""Templates and conditions: they must parse, keep to what is allowed, and fit the types of the fields."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chat_app.workflow.diagnostics import Diagnostic, Fix, Path
from chat_app.workflow.expressions import Condition, compile_in
from chat_app.workflow.nodes import HttpNode, LlmNode, MapNode
from chat_app.workflow.reads import templates_of
from chat_app.workflow.rules.context import Context, LevelView
from chat_app.workflow.templates import compile_template
from chat_app.workflow.typed import Known, TextProblem, object_of
from chat_app.workflow.typed_edits import ReplaceValue
from chat_app.workflow.values import describe

_TAKE_SECRETS = ("headers", "query")
"""The keys of an `http` node whose templates may look up secrets."""


def check_templates(context: Context) -> Iterator[Diagnostic]:
    """template-syntax, template-not-allowed, unknown-name, unknown-part, not-a-list, filter-type, …"""
    for level in context.levels:
        with_secrets = {**level.names, "secret": None}
        for node, path in level.node_paths():
            for text_path, text in templates_of(node):
                secrets = isinstance(node, HttpNode) and text_path[0] in _TAKE_SECRETS
                names = with_secrets if secrets else level.names
                place = (*path, *text_path)
                problems, known = _judged(text, names)
                if isinstance(node, MapNode) and not problems:
                    problems = _over(node, known)
                if isinstance(node, LlmNode) and text_path[0] in ("images", "files") and not problems:
                    problems = _attached(str(text_path[0]), text, known)
                for problem in problems:
                    yield context.in_text(problem, place, text)


def _judged(text: str, names: dict[str, Known]) -> tuple[list[TextProblem], Known]:
    template = compile_template(text)
    if template.problems:
        return list(template.problems), None
    if not template.reads and template.tree is None:
        return [], None
    known, problems = template.type_problems(names)
    return problems, known


def _over(node: MapNode, known: Known) -> list[TextProblem]:
    template = compile_template(node.over)
    if not template.is_value:
        help = 'Write one look-up and nothing beside it: `over: "{{ state.files }}"`.'
        return [TextProblem("not-a-list", "`over` is text, not a list.", help)]
    if known is not None and known.type != "array":
        inner = node.over.strip().removeprefix("{{").removesuffix("}}").strip()
        help = "A map goes through a field of `type: array`."
        return [TextProblem("not-a-list", f"`{inner}` is {describe(known)}, not a list.", help, inner)]
    return []


_SINGLE = re.compile(r"(?<!\{)\$?\{ *(?:state\.|inputs\.)?([a-z][a-z0-9_]*) *\}(?!\})")


def check_single_braces(context: Context) -> Iterator[Diagnostic]:
    """single-braces: `{email}`, where `email` is a field, is text and no look-up."""
    for level in context.levels:
        for node, path in level.node_paths():
            for text_path, text in templates_of(node):
                yield from _single_braces(context, level, (*path, *text_path), text)


def _single_braces(context: Context, level: LevelView, place: Path, text: str) -> Iterator[Diagnostic]:
    found = next((each for each in _SINGLE.finditer(text) if _name_of(level, each.group(1))), None)
    if found is None:
        return
    better = _SINGLE.sub(lambda each: _looked_up(level, each), text)
    yield context.warning(
        "single-braces",
        f"`{found.group()}` is sent as it stands; it is no look-up.",
        place,
        f"Write two braces: `{_looked_up(level, found)}`.",
        snippet=found.group(),
        fix=Fix("Look the fields up", (ReplaceValue(path=list(place), value=better),)),
    )


def _looked_up(level: LevelView, found: re.Match[str]) -> str:
    name = _name_of(level, found.group(1))
    return f"{{{{ {name} }}}}" if name else found.group()


def _name_of(level: LevelView, name: str) -> str | None:
    """How a text looks up a field or the item of a map; None where there is none of that name."""
    if name in level.fields:
        return f"state.{name}"
    return name if level.parent is not None and name in level.names and name != "state" else None


def _attached(key: str, text: str, known: Known) -> list[TextProblem]:
    """`images` and `files` take files, lists of them, and for pictures links."""
    template = compile_template(text)
    inner = known.items if known is not None and known.type == "array" else known
    if template.is_value and (known is None or inner is None or inner.type == "file"):
        return []
    if key == "images" and (not template.is_value or (inner is not None and inner.type == "string")):
        return []
    looked = text.strip().removeprefix("{{").removesuffix("}}").strip() if template.is_value else text
    what = describe(known) if known is not None and template.is_value else "text"
    links = " or links" if key == "images" else ""
    help = f"`{key}` takes fields of `type: file`, or lists of them{links}. Put other values into the prompt."
    return [TextProblem("not-a-file", f"`{looked}` is {what}, not a file.", help, looked)]


def check_conditions(context: Context) -> Iterator[Diagnostic]:
    """condition-syntax, condition-type, impossible-value, unknown-name in routes and in tests' `expect`."""
    for level in context.levels:
        for source, index, problems in level.condition_problems:
            way = level.flow.ways(source)[index]
            for problem in problems:
                yield context.in_text(problem, (*level.path, *way.path, "condition"), way.condition or "")
    names: dict[str, Known] = {"state": object_of(context.top.fields)}
    for number, test in enumerate(context.workflow.tests):
        for index, text in enumerate(test.expect):
            yield from _condition(context, text, names, ("tests", number, "expect", index))


def _condition(context: Context, text: str, names: dict[str, Known], path: Path) -> Iterator[Diagnostic]:
    compiled = compile_in(text, names)
    if not isinstance(compiled, Condition):
        for problem in compiled:
            yield context.in_text(problem, path, text)
