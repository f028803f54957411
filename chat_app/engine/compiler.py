"""Workflow document -> levels that are ready to run, and the LangGraph graph of the outermost one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from langgraph.graph.state import StateGraph

from chat_app.engine.context import RunContext
from chat_app.engine.errors import NotRunnable
from chat_app.engine.graph import State, build_graph
from chat_app.engine.kinds import classify, code, http, human, llm, template, tool
from chat_app.engine.kinds import map as map_kind
from chat_app.engine.kinds import parallel as parallel_kind
from chat_app.engine.level import CompiledNode, CompiledWay, Level, Runner
from chat_app.workflow.document import Workflow
from chat_app.workflow.edges import START
from chat_app.workflow.expressions import Condition, compile_condition
from chat_app.workflow.fields import FieldType
from chat_app.workflow.graph import Flow, flow_of
from chat_app.workflow.nodes import (
    ClassifyNode,
    CodeNode,
    HttpNode,
    HumanNode,
    LlmNode,
    MapBody,
    MapNode,
    NodeBase,
    ParallelNode,
    Retry,
    TemplateNode,
    ToolNode,
)
from chat_app.workflow.templates import compile_template
from chat_app.workflow.typed import Known, object_of, simple

ONCE = Retry(attempts=1)
ASKING = Retry(attempts=4, backoff_seconds=1.0)
"""What nodes that ask a model do when the file says nothing of retries."""


@dataclass(frozen=True)
class Compiled:
    """A workflow made ready to run; made once and shared by all its runs."""

    workflow: Workflow
    level: Level

    @cached_property
    def graph(self) -> StateGraph[State, RunContext, State, State]:
        """The LangGraph graph, to be compiled with a checkpointer."""
        return build_graph(self.level)

    @property
    def asks_models(self) -> bool:
        """Whether any node asks a chat model."""
        return any(isinstance(node, LlmNode | ClassifyNode) for node in all_nodes(self.workflow))


def compile_workflow(workflow: Workflow) -> Compiled:
    """Makes a checked workflow ready to run."""
    inputs: dict[str, FieldType] = dict(workflow.inputs)
    return Compiled(workflow, _level(workflow, inputs, {}))


def all_nodes(level: Workflow | MapBody) -> list[NodeBase]:
    """Every node, those in the bodies of maps included."""
    found: list[NodeBase] = []
    for node in level.nodes:
        found.append(node)
        if isinstance(node, MapNode):
            found.extend(all_nodes(node.body))
    return found


def _level(document: Workflow | MapBody, around: Mapping[str, FieldType], items: Mapping[str, Known]) -> Level:
    """A level with its nodes; `around` are the fields that it can read besides its own, `items` the map's names."""
    visible = {**around, **document.state}
    flow = flow_of(document)
    level = Level(flow, {}, _ways(flow, visible, items), document.state)
    for order, node in enumerate(flow.nodes):
        level.nodes[node.id] = _node(node, order, level, visible, items)
    return level


def _ways(
    flow: Flow, visible: Mapping[str, FieldType], items: Mapping[str, Known]
) -> dict[str, tuple[CompiledWay, ...]]:
    return {
        source: tuple(
            CompiledWay(
                way.targets,
                None if way.condition is None else _condition(way.condition, visible, items),
                way.condition,
                way.max_times,
                f"{source}:{way.index}",
            )
            for way in flow.ways(source)
        )
        for source in (START, *flow.steps)
    }


def _condition(text: str, visible: Mapping[str, FieldType], items: Mapping[str, Known]) -> Condition:
    condition = compile_condition(text, visible, items)
    if isinstance(condition, list):
        raise NotRunnable(f"The condition `{text}` is wrong: {condition[0].message}", help="Check the workflow.")
    return condition


def _node(
    node: NodeBase, order: int, level: Level, visible: Mapping[str, FieldType], items: Mapping[str, Known]
) -> CompiledNode:
    contains = isinstance(node, MapNode | ParallelNode)
    asks = isinstance(node, LlmNode | ClassifyNode)
    fields = {name: level.fields[name] for name in written(node, level.flow)}
    body = None
    if isinstance(node, MapNode):
        inner = {**items, node.item: _item_type(node, visible, items), "index": simple("integer")}
        body = _level(node.body, visible, inner)
    return CompiledNode(
        id=node.id,
        spec=node,
        kind=getattr(node, "kind", ""),
        order=order,
        run=_runner(node, level, fields, body),
        fields=fields,
        retry=node.retry or (ASKING if asks else ONCE),
        contains=contains,
        pure=isinstance(node, TemplateNode),
        body=body,
        loose=isinstance(node, MapNode) and node.on_item_error == "collect",
    )


def written(node: NodeBase, flow: Flow) -> list[str]:
    """The fields that a node writes; a parallel node writes what its subtasks write."""
    names = list(node.writes)
    if isinstance(node, ParallelNode):
        for subtask in flow.subtasks(node.id):
            names += written(flow.by_id[subtask], flow)
    return list(dict.fromkeys(names))


def _runner(node: NodeBase, level: Level, fields: Mapping[str, FieldType], body: Level | None) -> Runner:
    match node:
        case LlmNode():
            return llm.compile_node(node, fields)
        case ClassifyNode():
            return classify.compile_node(node, fields)
        case TemplateNode():
            return template.compile_node(node)
        case CodeNode():
            return code.compile_node(node)
        case HttpNode():
            return http.compile_node(node, fields)
        case ToolNode():
            return tool.compile_node(node, fields)
        case HumanNode():
            return human.compile_node(node, fields)
        case ParallelNode():
            return parallel_kind.compile_node(node, level, level.flow.subtasks(node.id))
        case MapNode() if body is not None:
            return map_kind.compile_node(node, body)
        case _:
            raise NotRunnable(f"{node.id} is of a kind that does not run here.", help="Check the workflow.")


def _item_type(node: MapNode, visible: Mapping[str, FieldType], items: Mapping[str, Known]) -> Known:
    whole, _ = compile_template(node.over).type_problems({**items, "state": object_of(visible)})
    return whole.items if whole is not None and whole.type == "array" else None
