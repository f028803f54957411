"""The layout and the drawing of workflows."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_app.ui.graph_drawing import Marks, draw, line_label
from chat_app.ui.graph_layout import PER_ROW, Box, Layout, Link, lay_out
from chat_app.workflow.check import check
from chat_app.workflow.document import Workflow

EXAMPLES = sorted((Path(__file__).parents[2] / "generated_configs" / "examples").glob("*.yaml"))


def boxes(*names: str) -> list[Box]:
    return [Box(name, 150, 46) for name in names]


def overlaps(layout: Layout) -> list[tuple[str, str]]:
    placed = list(layout.boxes.values())
    return [
        (one.id, other.id)
        for place, one in enumerate(placed)
        for other in placed[place + 1 :]
        if one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    ]


def test_a_row_holds_at_most_four() -> None:
    names = [f"n{number}" for number in range(11)]
    layout = lay_out(
        boxes("s", *names, "e"), [Link("s", name) for name in names] + [Link(name, "e") for name in names]
    )
    rows: dict[float, int] = {}
    for box in layout.boxes.values():
        rows[box.y] = rows.get(box.y, 0) + 1
    assert max(rows.values()) == PER_ROW
    assert overlaps(layout) == []


def test_a_loop_leads_back_by_a_lane_of_its_own() -> None:
    layout = lay_out(boxes("a", "b", "c"), [Link("a", "b"), Link("b", "c"), Link("c", "a", "again")])
    back = [line for line in layout.lines if line.back]
    assert [line.link.source for line in back] == ["c"]
    assert layout.width > max(box.x + box.width for box in layout.boxes.values())


def test_loops_apart_share_a_lane_and_loops_inside_one_another_do_not() -> None:
    names = ["a", "b", "c", "d", "e", "f"]
    chain = [Link(*pair) for pair in itertools.pairwise(names)]
    one = lay_out(boxes(*names), [*chain, Link("b", "a", "x")])
    apart = lay_out(boxes(*names), [*chain, Link("b", "a", "x"), Link("f", "e", "y")])
    nested = lay_out(boxes(*names), [*chain, Link("b", "a", "x"), Link("f", "a", "y")])
    assert apart.width == one.width < nested.width


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ("state.sort == 'billing_question'", "= billing_question"),
        ('state.sort == "x"', "= x"),
        ("state.sort == 'x' || state.y", "sort == 'x' || y"),
        ("state.score < 0.8", "score &lt; 0.8"),
    ],
)
def test_a_comparison_with_a_text_shows_the_text(condition: str, shown: str) -> None:
    links = [Link("a", "b", condition), Link("a", "c", "otherwise")]
    line = next(line for line in lay_out(boxes("a", "b", "c"), links).lines if line.link.label == condition)
    drawn = line_label(line)
    assert f"</title>{shown}</text>" in drawn.replace("&#x27;", "'")
    assert len(shown) <= 24


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[str], list[Link]]:
    names = [f"n{number}" for number in range(draw(st.integers(1, 14)))]
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names), st.sampled_from(["", "x < 1"]))
    return names, [Link(*pair) for pair in draw(st.lists(pairs, max_size=24))]


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_any_graph_is_laid_out_without_overlap(graph: tuple[list[str], list[Link]]) -> None:
    names, links = graph
    layout = lay_out(boxes(*names), links, bottom=names[-1])
    assert set(layout.boxes) == set(names)
    assert len(layout.lines) == len(links)
    assert overlaps(layout) == []
    for box in layout.boxes.values():
        assert box.x >= 0
        assert box.x + box.width <= layout.width + 0.1
        assert box.y + box.height <= layout.height + 0.1


def test_a_loop_tells_its_bound_inside_the_drawing() -> None:
    drawn = draw(workflow(LOOP))
    assert ">at most 3×<" in drawn
    assert ">otherwise<" in drawn
    root = ET.fromstring(drawn)
    width = float(root.attrib["viewBox"].split()[2])
    labels = [one for one in root.iter() if one.attrib.get("class") == "wc-line-label"]
    assert len(labels) == 2
    for label in labels:
        text = "".join(label.itertext()).removeprefix(label[0].text or "")
        wide = 6.0 * len(text)
        left = float(label.attrib["x"]) - (wide / 2 if label.attrib["text-anchor"] == "middle" else 0)
        assert left >= 0
        assert left + wide <= width


LOOP = """
version: 1
name: loop
state: {text: {type: string, default: ""}}
outputs: [text]
nodes:
  - {id: write, kind: llm, prompt: "Write on {{ state.text }}", writes: [text]}
  - {id: polish, kind: llm, prompt: "Polish {{ state.text }}", writes: [text]}
edges:
  - {from: START, to: write}
  - {from: write, to: polish}
  - {from: polish, routes: [{to: write, max_times: 3}, {to: END}]}
"""


def workflow(text: str) -> Workflow:
    found = check(text).workflow
    assert found is not None
    return found


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_drawn_as_well_formed_svg_with_all_its_nodes(path: Path) -> None:
    found = workflow(path.read_text("utf-8"))
    drawing = ET.fromstring(draw(found))
    names = {element.get("data-node") for element in drawing.iter() if element.get("data-node")}
    assert names >= {node.id for node in found.nodes} | {"START", "END"}
    assert drawing.get("role") == "img"
    assert float(drawing.get("width", "0")) <= 760


def test_labels_are_escaped() -> None:
    evil = '<script>alert("1")</script>'
    found = Workflow.model_validate(
        {
            "version": 1,
            "name": "w",
            "nodes": [
                {"id": "a", "kind": "llm", "prompt": "x", "description": evil},
                {"id": "b", "kind": "llm", "prompt": "x"},
            ],
            "edges": [
                {"from": "START", "to": "a"},
                {"from": "a", "routes": [{"condition": evil, "to": "b"}, {"to": "END"}]},
                {"from": "b", "to": "END"},
            ],
        }
    )
    drawing = draw(found)
    assert "<script" not in drawing
    assert "&lt;script" in drawing
    ET.fromstring(drawing)


def test_what_changed_is_marked_and_two_hundred_nodes_are_quick() -> None:
    nodes: list[dict[str, Any]] = [{"id": f"n{number}", "kind": "template", "template": "x"} for number in range(200)]
    edges = [{"from": "START", "to": "n0"}]
    edges += [{"from": f"n{number}", "to": f"n{number + 1}"} for number in range(199)]
    edges += [{"from": "n199", "to": "END"}]
    found = Workflow.model_validate({"version": 1, "name": "w", "nodes": nodes, "edges": edges})
    drawing = draw(found, Marks(changed=frozenset({"n7"})))
    assert drawing.count("wc-changed") == 1
    assert drawing.count("data-node=") == 202


def test_parallel_branches_and_map_bodies_stand_inside() -> None:
    found = workflow(next(path for path in EXAMPLES if path.stem == "research_angles").read_text("utf-8"))
    lines = [
        (element.get("data-from"), element.get("data-to"))
        for element in ET.fromstring(draw(found)).iter()
        if element.get("data-from")
    ]
    assert ("angles", "count") in lines
    assert ("count", "merge") in lines
    assert ("angles", "merge") not in lines
