"""The shape and the glyph of each node kind, as SVG."""

from __future__ import annotations

GLYPHS = {
    # A speech bubble.
    "llm": "M2,3 h14 v9 h-8 l-3.5,3.5 v-3.5 h-2.5 z M5.5,6.2 h7 M5.5,9 h4.5",
    # One way that becomes two.
    "classify": "M2,9 h5 L13,4 M7,9 L13,14 M10,3.4 L13.4,3.6 L13,7 M10,14.6 L13.4,14.4 L13,11",
    # A page with a gap to fill.
    "template": "M3.5,2 h8 l3,3 v11 h-11 z M6,7.5 h6 M6,12.5 h3",
    # Angle brackets.
    "code": "M6,5 L2,9 L6,13 M12,5 L16,9 L12,13 M10.2,3.5 L7.8,14.5",
    # A globe.
    "http": "M9,2 a7,7 0 1 0 0.01,0 M2,9 h14 M9,2 q-5.5,7 0,14 M9,2 q5.5,7 0,14",
    # A wrench.
    "tool": "M15,5.5 a4,4 0 0 1 -5.3,4.2 L5,14.5 a1.6,1.6 0 0 1 -2.3,-2.3 L7.6,7.6 a4,4 0 0 1 5,-5.2 L10.2,5 "
    "l1,2 2,0.8 z",
    # A pile of sheets.
    "map": "M2,6 L9,2.5 L16,6 L9,9.5 z M2,9.5 L9,13 L16,9.5 M2,12.8 L9,16.2 L16,12.8",
    # Three lanes.
    "parallel": "M4,2.5 v13 M9,2.5 v13 M14,2.5 v13",
    # A box in a box.
    "workflow": "M2,3 h14 v12 h-14 z M5.5,7 h7 v5 h-7 z",
    # A person.
    "human": "M9,2.2 a3.2,3.2 0 1 0 0.01,0 M3,16 q0,-6.2 6,-6.2 q6,0 6,6.2",
}


def outline(kind: str, width: float, height: float) -> str:
    """The body of a node: its shape tells its kind even without colour."""
    w, h = width, height
    match kind:
        case "human":
            return _rect(w, h, h / 2)
        case "classify":
            return _body(f"M10,0 H{w - 10:.1f} L{w:.1f},{h / 2:.1f} L{w - 10:.1f},{h:.1f} H10 L0,{h / 2:.1f} z")
        case "template":
            page = f"M4,0 H{w - 12:.1f} L{w:.1f},12 V{h - 4:.1f} q0,4 -4,4 H4 q-4,0 -4,-4 V4 q0,-4 4,-4 z"
            return _body(page) + _fold(f"M{w - 12:.1f},0 V12 H{w:.1f}")
        case "map":
            behind = f'<path class="wc-behind" d="M6,-4 H{w - 2:.1f} q6,0 6,6 V{h - 6:.1f}"/>'
            return behind + _rect(w, h, 8)
        case "parallel":
            return _rect(w, h, 2) + _fold(f"M5,0 V{h:.1f} M{w - 5:.1f},0 V{h:.1f}")
        case "code" | "tool" | "http":
            return _rect(w, h, 2)
        case "workflow":
            return _rect(w, h, 8) + _fold(f"M4,4 H{w - 4:.1f} V{h - 4:.1f} H4 z")
        case _:
            return _rect(w, h, 10)


def _body(path: str) -> str:
    return f'<path class="wc-body" d="{path}"/>'


def _fold(path: str) -> str:
    return f'<path class="wc-fold" d="{path}"/>'


def _rect(width: float, height: float, radius: float) -> str:
    return f'<rect class="wc-body" width="{width:.1f}" height="{height:.1f}" rx="{radius:.1f}"/>'
