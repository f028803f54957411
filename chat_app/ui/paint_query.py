"""What is painted of the Query box."""

from __future__ import annotations

from chat_app.ui import query_html
from chat_app.ui.panel_html import Panel, panel
from chat_app.ui.plot import plot_of
from chat_app.ui.plot_html import plot_html
from chat_app.ui.run_html import Block
from chat_app.ui.workspace import Workspace


def query(place: Workspace) -> Panel:
    """The box, and how what was asked was answered."""
    box = place.query
    if place.services.record is None:
        return panel()
    blocks: list[Block] = [{"key": "opener", "html": query_html.opener_html(box.open)}]
    if not box.open:
        return panel(*blocks)
    blocks.append({"key": "box", "html": query_html.box_html(box)})
    if box.asking:
        blocks.append({"key": "asking", "html": query_html.asking_html()})
    if box.refused is not None:
        blocks.append({"key": "refused", "html": query_html.refused_html(box.refused)})
    if box.columns is not None:
        blocks.append({"key": "views", "html": query_html.views_html(box.columns)})
    if box.answer is not None:
        plot = plot_of(box.answer, box.plotted)
        if plot is not None:
            blocks.append({"key": "plot", "html": plot_html(plot)})
        blocks.append({"key": "answer", "html": query_html.answer_html(box.answer, box.seconds)})
    return panel(*blocks) | {"said": query_html.said_of(box)}
