"""What nodes may write, as far as their own text tells: the fixed parts of templates, and what maps collect."""

from __future__ import annotations

import re
from typing import Any

from chat_app.workflow.nodes import MapNode, NodeBase, TemplateNode
from chat_app.workflow.rules.regions import Domain, Region, is_size, item_in
from chat_app.workflow.values import problems_of

_LOOK_UP = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def made_by(node: NodeBase, variable: str, domain: Domain, text: bool) -> frozenset[Region]:
    """The regions in which a variable may lie once a node wrote its field; `text`: the field is a text."""
    item = item_in(variable)
    if item is not None:
        never = isinstance(node, MapNode) and not _may_collect(node, item[1])
        return frozenset({False}) if never else domain.set_ones
    if not text or not isinstance(node, TemplateNode):
        return domain.set_ones
    if "{" in node.template:
        return domain.of_length(least_length(node.template))
    texts = _written_out(node.template)
    return frozenset[Region]().union(*(domain.of_value(len(each) if is_size(variable) else each) for each in texts))


def _written_out(template: str) -> set[str]:
    """The text of a template that looks nothing up, with and without the space around it."""
    return {template, template.strip(), template.rstrip("\n")}


def least_length(template: str) -> int:
    """How long the text of a template is at least, whatever is filled in."""
    fixed = [] if "{%" in template or "{#" in template else _LOOK_UP.split(template)
    return sum(len(part.strip()) for part in fixed)


def _may_collect(node: MapNode, value: Any) -> bool:
    """Whether a value may be among what a map collects."""
    body = node.body
    if not isinstance(body.returns, str):
        return isinstance(value, dict)
    kind = body.state.get(body.returns)
    if kind is None:
        return True
    if problems_of(value, kind):
        return False
    writers = [each for each in body.nodes if body.returns in each.writes]
    if not writers or not isinstance(value, str) or (kind.has_default and kind.default == value):
        return True
    return any(not isinstance(each, TemplateNode) or _may_read(each.template, value) for each in writers)


def _may_read(template: str, value: str) -> bool:
    return least_length(template) <= len(value) if "{" in template else value in _written_out(template)
