"""The words by which other tools name steps and their parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chat_app.workflow.names import as_name

STARTS = frozenset(
    {"start", "input", "begin", "trigger", "entry", "user_input_form", "inputs", "manual_trigger", "webhook"}
)
ENDS = frozenset({"end", "output", "finish", "return", "stop", "exit", "outputs", "response", "answer"})
CHOICES = frozenset(
    {"condition", "conditional", "if", "if_else", "ifelse", "branch", "decision", "switch", "gateway", "choice"}
    | {"route", "router", "case", "conditional_branch"}
)
LOOPS = frozenset(
    {"loop", "while", "repeat", "until", "do_while", "while_loop", "retry_loop", "repeat_until", "loop_until"}
)
MAPS = frozenset(
    {"map", "for_each", "foreach", "for", "iterate", "iteration", "iterator", "each", "loop_over", "for_loop"}
)
PARALLELS = frozenset({"parallel", "fan_out", "fork", "concurrent", "parallel_group", "gather", "parallel_execution"})

HOLDERS = ("config", "with", "data", "settings", "properties", "spec", "params_config", "options", "configuration")
"""Keys under which other tools put what a step is set to."""
BODIES = (
    "body",
    "steps",
    "nodes",
    "do",
    "tasks",
    "node",
    "step",
    "children",
    "loop_body",
    "actions",
    "subtasks",
    "branches",
)
LISTS = (
    "over",
    "items",
    "for_each",
    "foreach",
    "iterate_over",
    "list",
    "collection",
    "in",
    "array",
    "input",
    "source",
)
ITEMS = ("item", "as", "item_name", "item_var", "variable", "var", "iterator", "item_variable", "loop_variable")
COLLECTS = ("writes", "collect", "collect_as", "collect_into", "output", "outputs", "result", "results", "output_key")
UNTILS = (
    "until",
    "exit_condition",
    "break_condition",
    "break_when",
    "stop_when",
    "stop_condition",
    "exit_when",
    "end_when",
)
WHILES = ("while", "condition", "continue_while", "loop_condition", "continue_condition")
BOUNDS = (
    "max_times",
    "max_iterations",
    "max_loops",
    "max_rounds",
    "max_retries",
    "max",
    "limit",
    "times",
    "iterations",
    "count",
)
TRUES = (
    "then",
    "if_true",
    "true",
    "on_true",
    "yes",
    "true_branch",
    "when_true",
    "then_steps",
    "success",
    "true_next",
)
FALSES = (
    "else",
    "if_false",
    "false",
    "on_false",
    "no",
    "false_branch",
    "when_false",
    "otherwise",
    "else_steps",
    "default",
    "failure",
    "false_next",
)
CASES = ("cases", "branches", "routes", "conditions", "rules", "choices", "paths", "options")
SUBJECTS = ("on", "expression", "variable", "field", "value", "input", "switch_on", "switch", "by", "key")
TARGETS = ("to", "target", "then", "next", "goto", "go_to", "node", "step", "steps", "nodes", "body", "do")
TESTS = ("condition", "when", "if", "expression", "test", "expr")
AFTER = ("depends_on", "needs", "after", "dependencies", "requires", "depends", "run_after", "dependsOn")
BEFORE = ("next", "goto", "on_success", "then", "next_node", "next_step", "followed_by")
WRITES = (
    "writes",
    "outputs",
    "output",
    "output_key",
    "output_field",
    "output_variable",
    "output_var",
    "updates",
    "returns",
    "produces",
    "result",
    "saves_to",
    "save_as",
    "saves",
    "write",
    "result_key",
    "output_name",
    "store_as",
    "assign_to",
)
GENERIC = frozenset(
    {"output", "result", "text", "response", "content", "value", "data", "answer_text", "output_text", "out"}
)
HOLDS_VALUE = GENERIC | {"outputs", "results", "json", "body_text"}
PREFIXES = frozenset(
    {"nodes", "steps", "tasks", "context", "ctx", "vars", "variables", "state", "inputs", "input", "workflow"}
)
PREFIXES |= {"params", "parameters", "global", "trigger", "results", "outputs", "node", "step"}


def first(holder: dict[str, Any], keys: Sequence[str]) -> Any:
    """The value of the first of these keys that a mapping has; None for none."""
    return next((holder[key] for key in keys if holder.get(key) is not None), None)


def pop_first(holder: dict[str, Any], keys: Sequence[str]) -> Any:
    """The same, taken out."""
    key = next((key for key in keys if holder.get(key) is not None), None)
    return holder.pop(key) if key is not None else None


def kind_word(step: dict[str, Any]) -> str:
    """What a step says it is, as a plain word."""
    return as_name(str(step.get("kind") or step.get("type") or "")).removesuffix("_node").removesuffix("_step")
