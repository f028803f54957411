"""A layered layout of a small directed graph: rows of at most four boxes, long lines routed between them.

Lines that lead back to an earlier row run through the gaps between rows and up a lane at the right
side, so that no line ever crosses a box.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

PER_ROW = 4
ROW_WIDTH = 660.0
GAP_X = 14.0
GAP_Y = 36.0
GAP_Y_LABELLED = 62.0
LANE = 14.0
_PASSAGE = 10.0
"""Width kept free in a row for a line that passes through it."""


@dataclass
class Box:
    """A node to place; the layout fills in `x`, `y` (the top left corner)."""

    id: str
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0

    @property
    def middle(self) -> float:
        """The x of the centre line."""
        return self.x + self.width / 2


@dataclass(frozen=True)
class Link:
    """A line to draw between two boxes."""

    source: str
    target: str
    label: str = ""


@dataclass
class Line:
    """A routed link: SVG path data and where its label stands."""

    link: Link
    path: str = ""
    label_x: float = 0.0
    label_y: float = 0.0
    """The middle of the label; where the line goes back, its left end."""
    back: bool = False


@dataclass
class Layout:
    width: float
    height: float
    boxes: dict[str, Box]
    lines: list[Line]


@dataclass
class _Slot:
    """A place in a row: a box, or a passage for lines."""

    key: str
    width: float
    box: Box | None = None
    x: float = 0.0

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass
class _Rows:
    slots: list[list[_Slot]]
    row_of: dict[str, int]
    ways: dict[int, list[str]] = field(default_factory=dict)
    """For each link (by its place in the list): the keys of the slots it goes through."""
    tops: list[float] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)


def lay_out(boxes: Sequence[Box], links: Sequence[Link], bottom: str | None = None) -> Layout:
    """Places the boxes and routes the links; the box `bottom` stands under all others."""
    if not boxes:
        return Layout(0.0, 0.0, {}, [])
    known = {box.id for box in boxes}
    kept = [link for link in links if link.source in known and link.target in known]
    back = _back_links([box.id for box in boxes], kept)
    rank = _ranks([box.id for box in boxes], kept, back)
    if bottom in rank:
        rank[bottom] = max((level for name, level in rank.items() if name != bottom), default=-1) + 1
    rows = _rows(boxes, rank)
    _add_passages(rows, kept, back)
    _order(rows)
    right = _place(rows, kept, back)
    lanes = _lanes(rows, kept, back)
    lines = _route(rows, kept, lanes, right)
    width = right + (LANE * (max(lanes.values()) + 1) if lanes else 0.0)
    height = rows.tops[-1] + rows.heights[-1] + (GAP_Y / 2 if lanes else 0.0)
    return Layout(width, height, {box.id: box for box in boxes}, lines)


def _back_links(ids: list[str], links: Sequence[Link]) -> set[int]:
    """The links that close a cycle, found by a depth-first walk in the order given."""
    out: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for place, link in enumerate(links):
        out[link.source].append((place, link.target))
    back: set[int] = set()
    state: dict[str, int] = {}
    for start in ids:
        if start in state:
            continue
        state[start] = 1
        stack = [(start, iter(out[start]))]
        while stack:
            node, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                state[node] = 2
                stack.pop()
                continue
            place, target = following
            if state.get(target) == 1:
                back.add(place)
            elif target not in state:
                state[target] = 1
                stack.append((target, iter(out[target])))
    return back


def _ranks(ids: list[str], links: Sequence[Link], back: set[int]) -> dict[str, int]:
    """The longest way to each node from those without a way in."""
    forward = [link for place, link in enumerate(links) if place not in back]
    out: dict[str, list[str]] = defaultdict(list)
    missing: dict[str, int] = dict.fromkeys(ids, 0)
    for link in forward:
        out[link.source].append(link.target)
        missing[link.target] += 1
    rank = dict.fromkeys(ids, 0)
    ready = [node for node in ids if missing[node] == 0]
    for node in ready:
        for target in out[node]:
            rank[target] = max(rank[target], rank[node] + 1)
            missing[target] -= 1
            if missing[target] == 0:
                ready.append(target)
    return rank


def _rows(boxes: Sequence[Box], rank: dict[str, int]) -> _Rows:
    """One row for each rank, more where a rank holds more than fits beside one another."""
    rows: list[list[_Slot]] = []
    for level in range(max(rank.values()) + 1):
        row: list[_Slot] = []
        used = 0.0
        for box in (box for box in boxes if rank[box.id] == level):
            if row and (len(row) == PER_ROW or used + box.width > ROW_WIDTH):
                rows.append(row)
                row, used = [], 0.0
            row.append(_Slot(box.id, box.width, box))
            used += box.width + GAP_X
        rows.append(row)
    return _Rows(rows, {slot.key: place for place, row in enumerate(rows) for slot in row})


def _add_passages(rows: _Rows, links: Sequence[Link], back: set[int]) -> None:
    """Reserves room in the rows that long links pass; links of one source or target share it."""
    outs: dict[str, int] = defaultdict(int)
    ins: dict[str, int] = defaultdict(int)
    for link in links:
        outs[link.source] += 1
        ins[link.target] += 1
    made: set[str] = set()
    for place, link in enumerate(links):
        if place in back:
            continue
        first, last = rows.row_of[link.source], rows.row_of[link.target]
        shared = f">{link.source}" if outs[link.source] >= ins[link.target] else f"<{link.target}"
        keys = [f"{shared}@{row}" for row in range(first + 1, last)]
        for row, key in enumerate(keys, start=first + 1):
            if key not in made:
                made.add(key)
                rows.slots[row].append(_Slot(key, _PASSAGE))
                rows.row_of[key] = row
        rows.ways[place] = [link.source, *keys, link.target]


def _order(rows: _Rows) -> None:
    """Sorts each row by the mean place of its neighbours, down and up a few times."""
    above: dict[str, list[str]] = defaultdict(list)
    below: dict[str, list[str]] = defaultdict(list)
    for way in rows.ways.values():
        for upper, lower in itertools.pairwise(way):
            above[lower].append(upper)
            below[upper].append(lower)
    for sweep in range(4):
        neighbours = above if sweep % 2 == 0 else below
        for row in rows.slots if sweep % 2 == 0 else reversed(rows.slots):
            place = {slot.key: _relative(rows, slot.key) for slot in row}
            for slot in row:
                found = [_relative(rows, key) for key in neighbours[slot.key]]
                if found:
                    place[slot.key] = sum(found) / len(found)
            row.sort(key=lambda slot: place[slot.key])


def _relative(rows: _Rows, key: str) -> float:
    row = rows.slots[rows.row_of[key]]
    place = next(index for index, slot in enumerate(row) if slot.key == key)
    return (place + 0.5) / len(row)


def _place(rows: _Rows, links: Sequence[Link], back: set[int]) -> float:
    """Sets every x and y; returns the right edge. Rows are centred by their boxes, passages stand outside."""
    for row in rows.slots:
        x = 0.0
        for slot in row:
            slot.x = x
            x += slot.width + GAP_X
        boxes = [slot for slot in row if slot.box] or row
        middle = (boxes[0].x + boxes[-1].x + boxes[-1].width) / 2 if boxes else 0.0
        for slot in row:
            slot.x -= middle
    left = min((slot.x for row in rows.slots for slot in row), default=0.0)
    labelled = {rows.row_of[link.source] for link in links if link.label}
    # A line back ends in the gap above its target.
    labelled |= {rows.row_of[links[place].target] - 1 for place in back}
    y = GAP_Y / 2 if any(rows.row_of[links[place].target] == 0 for place in back) else 0.0
    for index, row in enumerate(rows.slots):
        height = max((slot.box.height for slot in row if slot.box), default=0.0)
        rows.tops.append(y)
        rows.heights.append(height)
        for slot in row:
            slot.x -= left
            if slot.box:
                slot.box.x = slot.x
                slot.box.y = y + (height - slot.box.height) / 2
        y += height + (GAP_Y_LABELLED if index in labelled else GAP_Y)
    return max(slot.x + slot.width for row in rows.slots for slot in row)


def _lanes(rows: _Rows, links: Sequence[Link], back: set[int]) -> dict[int, int]:
    """A lane for each link that leads back, from 1 on; short loops are inside, those apart share one."""
    gaps = {
        place: range(rows.row_of[links[place].target] - 1, rows.row_of[links[place].source] + 1) for place in back
    }
    taken: dict[int, set[int]] = defaultdict(set)
    lanes: dict[int, int] = {}
    for place in sorted(back, key=lambda place: (len(gaps[place]), place)):
        lane = next(number for number in range(1, len(back) + 1) if taken[number].isdisjoint(gaps[place]))
        taken[lane].update(gaps[place])
        lanes[place] = lane
    return lanes


def _route(rows: _Rows, links: Sequence[Link], lanes: dict[int, int], right: float) -> list[Line]:
    back = set(lanes)
    slots = {slot.key: slot for row in rows.slots for slot in row}
    leave = _ports(rows, links, back, slots, outgoing=True)
    enter = _ports(rows, links, back, slots, outgoing=False)
    heights = _label_heights(rows, links, back)
    lines: list[Line] = []
    for place, link in enumerate(links):
        if place in back:
            lane = lanes[place]
            lines.append(_around(rows, link, slots, right + LANE * lane, 8.0 + 5.0 * (lane % 3)))
        else:
            ends = (leave[place], enter[place])
            lines.append(_through(rows, link, rows.ways[place], slots, ends, heights.get(place, 0.5)))
    return lines


def _ports(
    rows: _Rows, links: Sequence[Link], back: set[int], slots: dict[str, _Slot], *, outgoing: bool
) -> dict[int, float]:
    """Where each link leaves or enters its box, spread so that lines do not start on one another."""
    groups: dict[str, list[int]] = defaultdict(list)
    for place, link in enumerate(links):
        if place not in back:
            groups[link.source if outgoing else link.target].append(place)
    ports: dict[int, float] = {}
    for key, places in groups.items():
        slot = slots[key]
        places.sort(key=lambda place: slots[rows.ways[place][1 if outgoing else -2]].middle)
        step = min(24.0, slot.width * 0.6 / len(places))
        for index, place in enumerate(places):
            ports[place] = slot.middle + step * (index - (len(places) - 1) / 2)
    return ports


def _label_heights(rows: _Rows, links: Sequence[Link], back: set[int]) -> dict[int, float]:
    """How far down its first gap each label stands.

    Near the target where that is the next row, as targets stand apart; near the source where the line
    goes on through a passage.
    """
    seen: dict[str, int] = defaultdict(int)
    found: dict[int, float] = {}
    for place, link in enumerate(links):
        if link.label and place not in back:
            near = len(rows.ways[place]) == 2
            again = seen[link.target] if near else 0
            found[place] = (0.70, 0.44)[again % 2] if near else 0.30
            seen[link.target] += 1
    return found


def _through(
    rows: _Rows,
    link: Link,
    way: list[str],
    slots: dict[str, _Slot],
    ends: tuple[float, float],
    label_at: float,
) -> Line:
    """A line down: a curve in every gap, straight through the rows it passes."""
    source, target = slots[way[0]].box, slots[way[-1]].box
    assert source is not None and target is not None
    (x, enter), y = ends, source.y + source.height
    path = [f"M{x:.1f},{y:.1f}"]
    label: tuple[float, float] | None = None
    for key in way[1:]:
        row = rows.row_of[key]
        last = key == way[-1]
        to_x = enter if last else slots[key].middle
        to_y = target.y if last else rows.tops[row]
        bend = (to_y - y) / 2
        path.append(f"C{x:.1f},{y + bend:.1f} {to_x:.1f},{to_y - bend:.1f} {to_x:.1f},{to_y:.1f}")
        if label is None:
            # The curve's own x at that height: its bend is that of a smooth step.
            eased = label_at * label_at * (3 - 2 * label_at)
            label = (x + (to_x - x) * eased, y + (to_y - y) * label_at + 4)
        x, y = to_x, to_y
        if not last:
            y += rows.heights[row]
            path.append(f"V{y:.1f}")
    label_x, label_y = label or (x, y)
    return Line(link, " ".join(path), label_x, label_y)


def _around(rows: _Rows, link: Link, slots: dict[str, _Slot], lane: float, off: float) -> Line:
    """A line up: out below its source, along the gap, up the lane and in above its target."""
    source, target = slots[link.source].box, slots[link.target].box
    assert source is not None and target is not None
    start_x = source.x + source.width * 0.85
    end_x = target.x + target.width * 0.85
    row, above = rows.row_of[link.source], rows.row_of[link.target]
    low = rows.tops[row] + rows.heights[row] + off
    high = rows.tops[above] - off - 4.0
    path = (
        f"M{start_x:.1f},{source.y + source.height:.1f} V{low - 5:.1f} q0,5 5,5 H{lane - 5:.1f} "
        f"q5,0 5,-5 V{high + 5:.1f} q0,-5 -5,-5 H{end_x + 5:.1f} q-5,0 -5,5 V{target.y:.1f}"
    )
    # Beside its lane, where no other line runs.
    return Line(link, path, lane + 5.0, (low + high) / 2 + 4.0, back=True)
