"""The rules, in the order in which they run; each is a generator of findings over a prepared workflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chat_app.workflow.diagnostics import Diagnostic
from chat_app.workflow.rules.code import (
    check_code_assigns,
    check_code_names,
    check_code_runtime,
    check_code_syntax,
)
from chat_app.workflow.rules.context import Context
from chat_app.workflow.rules.dead import check_dead_routes
from chat_app.workflow.rules.edges import check_edge_forms, check_route_order, check_subtasks
from chat_app.workflow.rules.fields import check_fields
from chat_app.workflow.rules.files import check_used_files, check_used_writes
from chat_app.workflow.rules.limits import check_limits
from chat_app.workflow.rules.names import check_duplicates, check_names, check_reserved
from chat_app.workflow.rules.order import check_derived_order
from chat_app.workflow.rules.parallel import check_parallel_writes
from chat_app.workflow.rules.reach import check_cycles, check_data_order, check_reach
from chat_app.workflow.rules.reading import check_reading
from chat_app.workflow.rules.secrets import check_secrets
from chat_app.workflow.rules.tests import check_tests
from chat_app.workflow.rules.texts import check_conditions, check_single_braces, check_templates
from chat_app.workflow.rules.usage import check_requirements, check_usage
from chat_app.workflow.rules.world import check_kinds, check_models, check_tools
from chat_app.workflow.rules.writes import check_outputs, check_writable, check_writes

Rule = Callable[[Context], Iterator[Diagnostic]]

RULES: tuple[Rule, ...] = (
    check_duplicates,
    check_names,
    check_reserved,
    check_fields,
    check_edge_forms,
    check_route_order,
    check_subtasks,
    check_reach,
    check_cycles,
    check_data_order,
    check_templates,
    check_single_braces,
    check_conditions,
    check_dead_routes,
    check_writable,
    check_writes,
    check_outputs,
    check_reading,
    check_parallel_writes,
    check_kinds,
    check_tools,
    check_models,
    check_used_files,
    check_used_writes,
    check_tests,
    check_secrets,
    check_limits,
    check_requirements,
    check_code_syntax,
    check_code_runtime,
    check_code_assigns,
    check_code_names,
)

USE_RULES: tuple[Rule, ...] = (check_usage, check_derived_order)
"""Rules on what is never used, and on what follows from all uses; they run where nothing hides the uses."""

HIDES_USE = frozenset(
    {"unknown-name", "not-writable", "wrong-writes", "duplicate-id", "template-syntax", "template-not-allowed",
     "unknown-part", "condition-syntax", "condition-type", "code-syntax", "not-a-list", "not-a-file",
     "filter-type",
     "reserved-name", "edge-form", "route-order", "unreachable-node", "impossible-value",
     "unwritten-output", "single-braces", "no-way-to-end", "used-file", "file-cycle", "workflow-arguments"}
)  # fmt: skip
"""Faults that make fields look unused though they are meant to be used."""
