"""no-limits: what can repeat should say how much it may cost."""

from __future__ import annotations

from collections.abc import Iterator

from chat_app.workflow.diagnostics import Diagnostic, Fix
from chat_app.workflow.document import DEFAULT_LIMITS
from chat_app.workflow.nodes import LlmNode, MapNode
from chat_app.workflow.rules.context import Context, LevelView
from chat_app.workflow.templates import compile_template
from chat_app.workflow.typed_edits import SetKey, SetLimits


def check_limits(context: Context) -> Iterator[Diagnostic]:
    """Loops without any of the limits that end them, and tool loops without `max_turns`."""
    limits = context.workflow.limits
    bounded = any(value is not None for value in (limits.steps, limits.seconds, limits.tokens, limits.cost_usd))
    for level in context.levels:
        looping = [source for source, _ in level.flow.back_edges] if level.sound and not level.flow.derived else []
        if looping and not bounded:
            first = min(looping, key=level.flow.steps.index)
            steps = DEFAULT_LIMITS.steps
            yield context.warning(
                "no-limits",
                "The workflow repeats, and sets no limits of its own.",
                (*level.paths[first], "id"),
                f"Add `limits: {{steps: 50, cost_usd: 0.50}}`; without them the program's own hold ({steps} steps).",
                fix=Fix("Limit the steps to 50", (SetLimits(limits={"steps": 50}),)),
            )
            break
    if not bounded and limits.map_items is None:
        yield from _nested_maps(context)
    for level in context.levels:
        for node, path in level.node_paths():
            if isinstance(node, LlmNode) and node.tools and node.max_turns is None:
                yield context.warning(
                    "no-limits",
                    f"`{node.id}` may call tools, and does not say how often.",
                    (*path, "tools"),
                    "Add `max_turns: 6`, or as many rounds as it should need.",
                    key=True,
                    fix=Fix("Allow 6 rounds", (SetKey(id=node.id, key="max_turns", value=6),)),
                )


def _nested_maps(context: Context) -> Iterator[Diagnostic]:
    """Maps in maps: their items multiply. One map alone is only as long as the list that it is given."""
    for level in context.levels:
        for node, path in level.node_paths():
            outer = level.owner
            if outer is None or level.parent is None or not isinstance(node, MapNode):
                continue
            if _is_bounded(node, level) or _is_bounded(outer, level.parent):
                continue
            yield context.warning(
                "no-limits",
                f"`{node.id}` is a map inside the map `{outer.id}`: their items multiply, and nothing bounds them.",
                (*path, "over"),
                "Give one of the two lists a `maxItems`, or add `limits: {steps: 200, cost_usd: 0.50}`.",
                fix=Fix("Limit the steps to 200", (SetLimits(limits={"steps": 200}),)),
            )


def _is_bounded(node: MapNode, level: LevelView) -> bool:
    template = compile_template(node.over)
    if template.problems or not template.is_value:
        return True
    known, problems = template.type_problems(level.names)
    return bool(problems) or known is None or known.max_items is not None
