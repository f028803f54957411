"""Tells in words what a workflow does, from the document alone."""

from __future__ import annotations

from collections.abc import Iterable

from chat_app.translation import joined, joint, language, mark, tr
from chat_app.workflow.document import Workflow
from chat_app.workflow.edges import END, START
from chat_app.workflow.graph import Flow, Way, flow_of
from chat_app.workflow.nodes import MapNode, NodeBase, ParallelNode

_DOES = {
    "llm": mark("asks a model"),
    "classify": mark("chooses a category"),
    "template": mark("fills a template, no model"),
    "human": mark("waits for a person"),
    "map": mark("runs for each item of a list"),
    "parallel": mark("runs steps at the same time"),
    "code": mark("runs code in the sandbox"),
    "http": mark("makes a request"),
    "tool": mark("calls a tool"),
    "workflow": mark("runs another workflow"),
}


def describe_workflow(workflow: Workflow) -> str:
    """The whole workflow, step by step."""
    flow = flow_of(workflow)
    lines = [joined((f"**{workflow.name}**", workflow.description or tr("no description yet")), ": ")]
    if workflow.inputs:
        lines.append(tr("It takes {inputs}.", inputs=_names(workflow.inputs)))
    for number, name in enumerate(flow.steps, 1):
        node = flow.by_id[name]
        lines.append(f"{number}. {_line(node)}")
        ways = flow.ways(name)
        lines += [f"   - {_way(way)}" for way in (ways if len(ways) > 1 else ())]
    lines.append(tr("It returns {outputs}.", outputs=_names(workflow.outputs) or tr("nothing yet")))
    return "\n".join(lines)


def _way(way: Way) -> str:
    when = tr("first") if way.max_times else tr("otherwise")
    if way.condition:
        when = tr("when {condition}", condition=f"`{way.condition}`")
    targets = joined([_named(target) for target in way.targets], last=tr("and"))
    if way.max_times:
        return tr("{when}: to {targets}, at most {times} times", when=when, targets=targets, times=way.max_times)
    return tr("{when}: to {targets}", when=when, targets=targets)


def _names(names: Iterable[str]) -> str:
    return joined([f"`{name}`" for name in names], last=tr("and"))


def describe_node(node: NodeBase) -> str:
    """One node."""
    text = _line(node)
    prompt = getattr(node, "prompt", None) or getattr(node, "ask", None) or getattr(node, "template", None)
    return f"{text}\n\n> " + "\n> ".join(str(prompt).strip().splitlines()) if prompt else text


def _line(node: NodeBase) -> str:
    kind = str(getattr(node, "kind", ""))
    text = f"`{node.id}` {tr(_DOES[kind]) if kind in _DOES else kind}"
    if isinstance(node, MapNode):
        text += f" ({' → '.join(f'`{inner.id}`' for inner in node.body.nodes)})"
    if isinstance(node, ParallelNode):
        text += f" ({_names(node.subtasks)})"
    if node.description:
        text = joined((text, _inside(node.description)), ": ")
    if node.writes:
        text += tr("; writes {fields}", fields=_names(node.writes))
    return f"{text}{joint('.')}"


def _inside(text: str) -> str:
    """A sentence inside another."""
    return f"{text[:1].lower()}{text[1:]}" if language() == "en" else text


def _named(target: str) -> str:
    return tr("the end") if target == END else f"`{target}`"


def outline(workflow: Workflow) -> str:
    """The steps in one line, with ways that part as such: `sort → billing, technical or other → merge`."""
    flow = flow_of(workflow)
    parts: list[str] = []
    seen: set[str] = set()
    here = [name for name in flow.successors.get(START, ()) if name != END]
    while here:
        ways = flow.ways(here[0]) if len(here) == 1 else ()
        parts.append(here[0] if len(here) == 1 else joined(here, last=tr("or") if _parted(flow, here) else tr("and")))
        seen |= set(here)
        behind = [name for one in here for name in flow.successors.get(one, ())]
        here = [name for name in dict.fromkeys(behind) if name != END and name not in seen]
        if any(way.condition for way in ways) and len(here) == 1:
            here, last = [], here[0]
            parts.append(tr("{step} where needed", step=last))
            seen.add(last)
            here = [name for name in flow.successors.get(last, ()) if name != END and name not in seen]
    return " → ".join(parts)


def _parted(flow: Flow, names: list[str]) -> bool:
    """Whether only one of some nodes is gone to."""
    return any(len(flow.ways(source)) > 1 for name in names for source in flow.predecessors(name))
