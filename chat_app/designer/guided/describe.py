"""Tells in words what a workflow does, from the document alone."""

from __future__ import annotations

from chat_app.designer.guided.words import joined
from chat_app.workflow.document import Workflow
from chat_app.workflow.edges import END, START
from chat_app.workflow.graph import Flow, flow_of
from chat_app.workflow.nodes import MapNode, NodeBase, ParallelNode

_DOES = {
    "llm": "asks a model",
    "classify": "chooses a category",
    "template": "fills a template, no model",
    "human": "waits for a person",
    "map": "runs for each item of a list",
    "parallel": "runs steps at the same time",
    "code": "runs code in the sandbox",
    "http": "makes a request",
    "tool": "calls a tool",
    "workflow": "runs another workflow",
}


def describe_workflow(workflow: Workflow) -> str:
    """The whole workflow, step by step."""
    flow = flow_of(workflow)
    lines = [f"**{workflow.name}**: {workflow.description or 'no description yet'}"]
    if workflow.inputs:
        lines.append(f"It takes {joined([f'`{name}`' for name in workflow.inputs])}.")
    for number, name in enumerate(flow.steps, 1):
        node = flow.by_id[name]
        lines.append(f"{number}. {_line(node)}")
        ways = flow.ways(name)
        for way in ways if len(ways) > 1 else ():
            bound = f", at most {way.max_times} times" if way.max_times else ""
            when = f"when `{way.condition}`" if way.condition else "first" if way.max_times else "otherwise"
            lines.append(f"   - {when}: to {joined([_named(target) for target in way.targets])}{bound}")
    lines.append(f"It returns {joined([f'`{name}`' for name in workflow.outputs]) or 'nothing yet'}.")
    return "\n".join(lines)


def describe_node(node: NodeBase) -> str:
    """One node."""
    text = _line(node)
    prompt = getattr(node, "prompt", None) or getattr(node, "ask", None) or getattr(node, "template", None)
    return f"{text}\n\n> " + "\n> ".join(str(prompt).strip().splitlines()) if prompt else text


def _line(node: NodeBase) -> str:
    kind = str(getattr(node, "kind", ""))
    text = f"`{node.id}` {_DOES.get(kind, kind)}"
    if isinstance(node, MapNode):
        text += f" ({' → '.join(f'`{inner.id}`' for inner in node.body.nodes)})"
    if isinstance(node, ParallelNode):
        text += f" ({joined([f'`{name}`' for name in node.subtasks])})"
    if node.description:
        text += f": {node.description[:1].lower()}{node.description[1:]}"
    if node.writes:
        text += f"; writes {joined([f'`{name}`' for name in node.writes])}"
    return f"{text}."


def _named(target: str) -> str:
    return "the end" if target == END else f"`{target}`"


def outline(workflow: Workflow) -> str:
    """The steps in one line, with ways that part as such: `sort → billing, technical or other → merge`."""
    flow = flow_of(workflow)
    parts: list[str] = []
    seen: set[str] = set()
    here = [name for name in flow.successors.get(START, ()) if name != END]
    while here:
        ways = flow.ways(here[0]) if len(here) == 1 else ()
        parts.append(here[0] if len(here) == 1 else joined(here, "or" if _parted(flow, here) else "and"))
        seen |= set(here)
        behind = [name for one in here for name in flow.successors.get(one, ())]
        here = [name for name in dict.fromkeys(behind) if name != END and name not in seen]
        if any(way.condition for way in ways) and len(here) == 1:
            here, last = [], here[0]
            parts.append(f"{last} where needed")
            seen.add(last)
            here = [name for name in flow.successors.get(last, ()) if name != END and name not in seen]
    return " → ".join(parts)


def _parted(flow: Flow, names: list[str]) -> bool:
    """Whether only one of some nodes is gone to."""
    return any(len(flow.ways(source)) > 1 for name in names for source in flow.predecessors(name))
