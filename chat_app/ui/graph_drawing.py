"""A workflow drawn as SVG: kinds told by shape and glyph, status by class; every label is escaped.

Colours come from the page's style sheet, so that one drawing serves light and dark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape

from chat_app.translation import joined, tr, tr_count
from chat_app.ui.graph_glyphs import GLYPHS, outline
from chat_app.ui.graph_layout import Box, Layout, Line, Link, lay_out
from chat_app.ui.markup import attribute, one_line
from chat_app.workflow.document import Workflow
from chat_app.workflow.edges import END, START
from chat_app.workflow.graph import Flow, Level, Way, flow_of
from chat_app.workflow.nodes import LlmNode, MapNode, NodeBase, ParallelNode

_WIDTH, _HEIGHT = 152.0, 46.0
_PAD, _HEAD = 14.0, 58.0
_MARGIN = 6.0
_LARGEST, _FULL_WIDTH = 1.25, 760.0
_LETTER = 6.4
"""Width that a letter of a label takes, with some room to spare."""
_LONGEST_LABEL = 22
"""Labels of lines to nodes side by side must not touch."""
_IS_TEXT = re.compile(r"^state\.\w+ == (['\"])([^'\"]+)\1(?= \(|$)")
_SHORT_NAME = 12
"""Names longer than this are set in smaller letters."""


@dataclass
class _Diagram:
    """One level of a workflow, laid out; maps hold the diagram of their body."""

    flow: Flow
    layout: Layout
    bodies: dict[str, _Diagram] = field(default_factory=dict)


Wire = tuple[str, str, str]
"""A line: from, to, and what it says."""


@dataclass(frozen=True)
class Marks:
    """What is marked in a drawing: what the last turn changed, or what one of two versions has alone."""

    changed: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    wires: frozenset[Wire] = frozenset()
    """Lines that only this version has."""
    wire_class: str = ""

    def classes(self, node_id: str) -> str:
        """The classes of a node, with a blank before each."""
        sets = (("wc-changed", self.changed), ("wc-new", self.new), ("wc-gone", self.gone))
        return "".join(f" {name}" for name, ids in sets if node_id in ids)


def draw(
    workflow: Workflow,
    marks: Marks = Marks(),
    *,
    clickable: bool = False,
    collapsed: frozenset[str] = frozenset(),
) -> str:
    """The workflow as one `<svg>`; nodes are buttons where they are clickable, collapsed maps show no inside."""
    diagram = _diagram(workflow, collapsed)
    width, height = diagram.layout.width + 2 * _MARGIN, diagram.layout.height + 2 * _MARGIN
    nodes = len(diagram.flow.nodes)
    count = tr_count("{count} node", "{count} nodes", nodes)
    told = joined((workflow.name, count), ": ")
    inside = "".join(_parts(diagram, marks))
    # Small graphs are drawn larger, where there is room.
    scale = max(1.0, min(_LARGEST, _FULL_WIDTH / width))
    role = "group" if clickable else "img"
    if clickable:
        inside = inside.replace('<g class="wc-node', '<g tabindex="0" role="button" class="wc-node')
    else:
        pressed = '<g class="wc-fold-map" tabindex="0" role="button"'
        inside = inside.replace(pressed, '<g class="wc-fold-map wc-off"')
    named = attribute(tr("Graph of the workflow {what}", what=told))
    return (
        f'<svg class="wc-graph" role="{role}" aria-label="{named}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width * scale:.0f}" height="{height * scale:.0f}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(told)}</title>{_ARROWS}'
        f'<g transform="translate({_MARGIN:.0f},{_MARGIN:.0f})">{inside}</g></svg>'
    )


_ARROWS = (
    '<defs><marker id="wc-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" '
    'markerUnits="userSpaceOnUse" orient="auto-start-reverse">'
    '<path class="wc-arrow" d="M0,0.8 L7,4 L0,7.2 z"/></marker></defs>'
)


def drawn_pair(before: Workflow, after: Workflow, changed: frozenset[str]) -> tuple[str, str]:
    """Both versions drawn, with what one has alone marked."""
    ids, wires = (_ids(before), _ids(after)), (_wires(before), _wires(after))
    old = Marks(changed & ids[0], gone=ids[0] - ids[1], wires=wires[0] - wires[1], wire_class="wc-gone")
    new = Marks(changed & ids[0], new=ids[1] - ids[0], wires=wires[1] - wires[0], wire_class="wc-new")
    return draw(before, old), draw(after, new)


def maps_of(level: Level) -> frozenset[str]:
    """All maps, those inside maps too."""
    found = [node for node in flow_of(level).nodes if isinstance(node, MapNode)]
    return frozenset(node.id for node in found).union(*(maps_of(node.body) for node in found))


def _ids(level: Level) -> frozenset[str]:
    nodes = flow_of(level).nodes
    inner = [_ids(node.body) for node in nodes if isinstance(node, MapNode)]
    return frozenset(node.id for node in nodes).union(*inner)


def _wires(level: Level) -> frozenset[Wire]:
    flow = flow_of(level)
    inner = [_wires(node.body) for node in flow.nodes if isinstance(node, MapNode)]
    return frozenset((link.source, link.target, link.label) for link in _links(flow)).union(*inner)


def _diagram(level: Level, collapsed: frozenset[str]) -> _Diagram:
    """Lays a level out; only the outermost shows where it starts and ends."""
    flow = flow_of(level)
    bodies = {
        node.id: _diagram(node.body, collapsed)
        for node in flow.nodes
        if isinstance(node, MapNode) and node.id not in collapsed
    }
    boxes = [_box(node, bodies.get(node.id)) for node in flow.nodes]
    if isinstance(level, Workflow):
        boxes = [Box(START, 64, 26), *boxes, Box(END, 64, 26)]
    layout = lay_out(boxes, _links(flow), bottom=END)
    _make_room_for_labels(layout)
    return _Diagram(flow, layout, bodies)


def _make_room_for_labels(layout: Layout) -> None:
    """Keeps every label inside the drawing."""
    for line in layout.lines:
        wide = len(_label_text(line)) * _LETTER
        if not line.back:
            line.label_x = max(line.label_x, wide / 2)
        layout.width = max(layout.width, line.label_x + (wide if line.back else wide / 2))


def _box(node: NodeBase, body: _Diagram | None) -> Box:
    if body is None:
        return Box(node.id, _WIDTH, _HEIGHT)
    return Box(node.id, max(_WIDTH, body.layout.width + 2 * _PAD), body.layout.height + _HEAD + _PAD)


def _links(flow: Flow) -> list[Link]:
    """The lines of a level; a parallel node leads to its subtasks, and they to where it goes on."""
    found: list[Link] = []
    for source in (START, *flow.steps):
        subtasks = flow.subtasks(source)
        found += [Link(source, subtask) for subtask in subtasks]
        ways = flow.ways(source)
        for way in ways:
            label = _label(way, len(ways))
            starts = subtasks if subtasks and len(ways) == 1 else (source,)
            found += [Link(start, target, label) for start in starts for target in way.targets]
        failed = flow.error_target(source)
        if failed:
            found.append(Link(source, failed, tr("on error")))
    return found


def _label(way: Way, ways: int) -> str:
    times = tr("at most {count}×", count=way.max_times) if way.max_times else ""
    if way.condition:
        return f"{way.condition} ({times})" if times else way.condition
    return times or (tr("otherwise") if ways > 1 else "")


def _parts(diagram: _Diagram, marks: Marks) -> list[str]:
    lines = [_line(line, marks) for line in diagram.layout.lines]
    nodes = [_node(diagram, node, marks) for node in diagram.flow.nodes]
    ends = [_end(diagram.layout.boxes[name], name) for name in (START, END) if name in diagram.layout.boxes]
    labels = [line_label(line) for line in diagram.layout.lines if line.link.label]
    return [*lines, *ends, *nodes, *labels]


def _line(line: Line, marks: Marks) -> str:
    link = line.link
    back = " wc-back" if line.back else ""
    if (link.source, link.target, link.label) in marks.wires:
        back += f" {marks.wire_class}"
    told = f"{link.source} → {link.target}" + (f": {link.label}" if link.label else "")
    return (
        f'<path class="wc-line{back}" data-from="{attribute(link.source)}" '
        f'data-to="{attribute(link.target)}" d="{line.path}" marker-end="url(#wc-arrow)">'
        f"<title>{escape(told)}</title></path>"
    )


def line_label(line: Line) -> str:
    """The words at a line, short; the whole of them as its title."""
    anchor = "start" if line.back else "middle"
    return (
        f'<text class="wc-line-label" x="{line.label_x:.1f}" y="{line.label_y:.1f}" text-anchor="{anchor}">'
        f"<title>{escape(line.link.label)}</title>{escape(_label_text(line))}</text>"
    )


def _label_text(line: Line) -> str:
    """What stands at a line: of a comparison with a text that text, as the field is the same for all of its ways."""
    short = _IS_TEXT.sub(r"= \2", line.link.label)
    return one_line(short.replace("state.", ""), _LONGEST_LABEL)


def _end(box: Box, name: str) -> str:
    return (
        f'<g class="wc-end" data-node="{name}" transform="translate({box.x:.1f},{box.y:.1f})">'
        f'<rect width="{box.width:.0f}" height="{box.height:.0f}" rx="{box.height / 2:.0f}"/>'
        f'<text x="{box.width / 2:.1f}" y="{box.height / 2 + 4:.1f}" text-anchor="middle">{name}</text></g>'
    )


def _node(diagram: _Diagram, node: NodeBase, marks: Marks) -> str:
    box = diagram.layout.boxes[node.id]
    kind = str(getattr(node, "kind", ""))
    mark = marks.classes(node.id)
    told = f"{node.id} ({kind})"
    if node.description:
        told = joined((told, tr(node.description)), ": ")
    body = diagram.bodies.get(node.id)
    inner = ""
    if body is not None:
        shift = (box.width - body.layout.width) / 2
        inner = f'<g transform="translate({shift:.1f},{_HEAD:.0f})">{"".join(_parts(body, marks))}</g>'
    long = " wc-long" if len(node.id) > _SHORT_NAME else ""
    glyph_y = 14 if body is None else 10
    # A button holds no other: what can be folded and what is inside stand beside it.
    return (
        f'<g transform="translate({box.x:.1f},{box.y:.1f})">'
        f'<g class="wc-node wc-kind-{attribute(kind)}{mark}" data-node="{attribute(node.id)}" '
        f'data-kind="{attribute(kind)}" data-status="idle">'
        f"<title>{escape(told)}</title>{outline(kind, box.width, box.height)}"
        f'<path class="wc-glyph" transform="translate(13,{glyph_y})" d="{GLYPHS.get(kind, "")}"/>'
        f'<text class="wc-name{long}" x="37" y="20">{escape(one_line(node.id, 17))}</text>'
        f'<text class="wc-sub" x="37" y="34">{escape(_subtitle(node))}</text>'
        f'<text class="wc-note" data-note="" x="37" y="34"></text>'
        f'<text class="wc-cost" data-cost="" x="4" y="-4"></text>'
        f'<g class="wc-tick" transform="translate({box.width - 12:.1f},-8)">{_TICKS}</g></g>'
        f"{_fold_toggle(node, box, body is not None)}{inner}</g>"
    )


def _fold_toggle(node: NodeBase, box: Box, open_now: bool) -> str:
    """The sign by which a map is opened and closed."""
    if not isinstance(node, MapNode):
        return ""
    label = tr("Fold {node}", node=node.id) if open_now else tr("Unfold {node}", node=node.id)
    sign = "M3,7 H11" if open_now else "M3,7 H11 M7,3 V11"
    return (
        f'<g class="wc-fold-map" tabindex="0" role="button" data-fold="{attribute(node.id)}" '
        f'aria-label="{attribute(label)}" transform="translate({box.width - 24:.1f},8)">'
        f'<title>{escape(label)}</title><rect class="wc-hit" x="-8" y="-6" width="30" height="28"/>'
        f'<rect width="14" height="14" rx="3"/><path d="{sign}"/></g>'
    )


# A badge on the corner: inside it would stand on long names.
_TICKS = (
    '<circle class="wc-tick-ground" cx="6" cy="6" r="8.5"/>'
    '<path class="wc-tick-done" d="M1,6 L5,10 L11,2"/>'
    '<path class="wc-tick-failed" d="M2,2 L10,10 M10,2 L2,10"/>'
    '<circle class="wc-tick-running" cx="6" cy="6" r="4.5"/>'
    '<path class="wc-tick-waiting" d="M6,1 V7 M6,10 V11"/>'
)


def _subtitle(node: NodeBase) -> str:
    kind = str(getattr(node, "kind", ""))
    match node:
        case ParallelNode():
            return f"{kind} · {tr('{count} at once', count=len(node.subtasks))}"
        case MapNode():
            return f"{kind} · {tr('for each {item}', item=one_line(node.item, 24))}"
        case LlmNode() if node.tools:
            return f"{kind} · {tr_count('{count} tool', '{count} tools', len(node.tools))}"
        case _:
            return kind
