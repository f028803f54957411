"""The envelope: what a run may use at least and at most, told before it starts. Unknown is said, with why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chat_app.chat_models.prices import Price
from chat_app.chat_models.simulated import SIMULATED
from chat_app.engine.calls import Calls, count_calls
from chat_app.engine.compiler import NOTHING_USED, Used, all_nodes
from chat_app.engine.meter import merged
from chat_app.engine.token_guess import CHARACTERS_PER_TOKEN
from chat_app.tools.hosts import host_in
from chat_app.workflow.document import Workflow
from chat_app.workflow.nodes import (
    ClassifyNode,
    HttpNode,
    LlmNode,
    MapBody,
    MapNode,
    NodeBase,
    ToolNode,
    WorkflowNode,
)

TYPICAL_VALUE = 300
"""Tokens that a field is taken to hold where nothing tells."""
TYPICAL_ANSWER = 400
"""Tokens that an answer is taken to have where nothing tells."""

PriceOf = Callable[[str], Price | None]
BillsOf = Callable[[str, Mapping[str, Any]], Iterable[tuple[str, bool]]]
"""What a tool pays with these arguments, a model or a service, and whether its price is known."""
HostsOf = Callable[[str, Mapping[str, Any]], Iterable[str]]
"""The hosts that a tool contacts with these arguments."""

_LOOK_UP = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_SECRET = re.compile(r"\bsecret\.([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Bounds that hold, and what is likely; None is unknown."""

    calls_least: int
    calls_most: int
    """Not counting repairs: an answer of the wrong form is asked for again, at most twice."""
    tokens_least: int
    tokens_most: int
    """The run stops there."""
    cost_least: float | None
    cost_likely: float | None
    cost_most: float | None
    unpriced: tuple[str, ...]
    """Models and services whose price is not known: then the limit on money cannot be kept, the one on tokens is."""
    models: tuple[str, ...]
    hosts: tuple[str, ...]
    """What requests and tools contact; models' hosts are their providers'."""
    tools: tuple[str, ...]
    files: tuple[str, ...]
    secrets: tuple[str, ...]
    billed: tuple[str, ...] = ()
    """Models and services that tools pay."""

    def headline(self) -> str:
        """One line: `2 to 8 model calls, at most $0.02`."""
        if self.calls_most == 0 and not self.billed:
            return "no model calls"
        calls = self._calls() if self.calls_most else f"tools that pay {', '.join(self.billed)}"
        return f"{calls}, {self._money()}"

    def lines(self) -> tuple[str, ...]:
        """All of it, a line each."""
        lines = [self.headline()]
        if self.calls_most:
            lines.append(f"at most {self.tokens_most:,} tokens: the run stops there")
        if self.unpriced:
            lines.append(f"no price is known for {', '.join(self.unpriced)}")
        return (*lines, *self._parts())

    def _parts(self) -> Iterator[str]:
        """What it is made of, each in a text of its own: other languages say each in words of theirs."""
        if name := ", ".join(self.models):
            yield f"models: {name}"
        if name := ", ".join(self.billed):
            yield f"tools pay: {name}"
        if name := ", ".join(self.hosts):
            yield f"contacts: {name}"
        if name := ", ".join(self.tools):
            yield f"tools: {name}"
        if name := ", ".join(self.files):
            yield f"files: {name}"
        if name := ", ".join(self.secrets):
            yield f"secrets: {name}"

    def _calls(self) -> str:
        if self.calls_least == self.calls_most:
            return f"{self.calls_most:,} model call{'s' if self.calls_most > 1 else ''}"
        return f"{self.calls_least:,} to {self.calls_most:,} model calls"

    def _money(self) -> str:
        if self.cost_most is None:
            return "cost unknown"
        if self.cost_most == 0:
            return "nothing is charged"
        likely = "" if self.cost_likely is None else f"{_about(self.cost_likely)}, "
        return f"{likely}at most {_dollars(self.cost_most)}"


def envelope(
    workflow: Workflow,
    price_of: PriceOf,
    model: str | None = None,
    used: Used = NOTHING_USED,
    hosts_of: HostsOf = lambda tool, arguments: (),
    bills_of: BillsOf = lambda tool, arguments: (),
) -> Envelope:
    """What a run may use, with the model that is chosen for it (None: the workflow's or the default).

    What the files use that it runs (`used`) is part of it; `hosts_of` tells what a tool contacts, `bills_of` what it
    pays.
    """
    limits = merged(workflow.limits)
    nodes = all_nodes(workflow, used)
    asking = list(_asking(workflow, used, workflow.model, model))
    calls = count_calls(workflow, used)
    models = _distinct(name for _, name in asking)
    prices = {name: Price(0.0, 0.0) if name == SIMULATED else price_of(name) for name in models}
    tokens_most = limits.tokens or 0
    # A simulated run calls no tool that contacts others.
    called = [] if model == SIMULATED else [one for node in nodes for one in _tools(node)]
    bills = dict(bill for tool, arguments in called for bill in bills_of(tool, arguments))
    unpriced = [name for name, price in prices.items() if price is None]
    unpriced += [name for name, known in bills.items() if not known]
    return Envelope(
        calls_least=calls.least,
        calls_most=calls.most if limits.steps is None else min(calls.most, limits.steps),
        tokens_least=_least_tokens(asking, calls),
        tokens_most=tokens_most if asking else 0,
        cost_least=0.0,
        cost_likely=None if bills else _likely_cost(asking, calls, prices),
        cost_most=_most_cost(prices, tokens_most, limits.cost_usd, bills),
        unpriced=_distinct(unpriced),
        models=models,
        hosts=_distinct(host for node in nodes for host in _hosts(node, hosts_of)),
        tools=_distinct(tool for node in nodes for tool, _ in _tools(node)),
        files=tuple(name for name, field in workflow.inputs.items() if field.type == "file"),
        secrets=_distinct(name for node in nodes for name in _SECRET.findall(node.model_dump_json())),
        billed=tuple(bills),
    )


def _asking(
    level: Workflow | MapBody, used: Used, default: str | None, chosen: str | None
) -> Iterator[tuple[LlmNode | ClassifyNode, str]]:
    """The nodes that ask a model, each with the model's name; `default` is what their file names."""
    for node in level.nodes:
        if isinstance(node, LlmNode | ClassifyNode):
            named = node.model or chosen or default or "the default model"
            yield node, SIMULATED if chosen == SIMULATED else named
        elif isinstance(node, MapNode):
            yield from _asking(node.body, used, default, chosen)
        elif isinstance(node, WorkflowNode) and node.uses in used:
            inner = used[node.uses]
            if inner.workflow is not None:
                yield from _asking(inner.workflow, inner.used, inner.workflow.model or default, chosen)


def _most_cost(
    prices: dict[str, Price | None], tokens: int, limit: float | None, bills: Mapping[str, bool]
) -> float | None:
    """What the limits allow; the limit on money can be kept only where every price is known."""
    known = [price for price in prices.values() if price is not None]
    if len(known) < len(prices) or not all(bills.values()):
        return None
    if bills:
        return limit
    dearest = max((max(price.input, price.output) for price in known), default=0.0)
    by_tokens = tokens * dearest
    return by_tokens if limit is None else min(by_tokens, limit)


def _likely_cost(
    asking: list[tuple[LlmNode | ClassifyNode, str]], calls: Calls, prices: dict[str, Price | None]
) -> float | None:
    """One pass with values and answers of ordinary length; None where that says nothing."""
    if calls.depends_on_items or any(price is None for price in prices.values()):
        return None
    total = 0.0
    for node, model in asking:
        price = prices[model]
        answer = node.max_tokens if isinstance(node, LlmNode) and node.max_tokens else TYPICAL_ANSWER
        if price is not None:
            total += price.cost(_prompt_tokens(node, TYPICAL_VALUE), min(answer, TYPICAL_ANSWER))
    return total


def _least_tokens(asking: list[tuple[LlmNode | ClassifyNode, str]], calls: Calls) -> int:
    sizes = sorted(_prompt_tokens(node, 0) for node, _ in asking)
    return sum(sizes[: calls.least])


def _prompt_tokens(node: LlmNode | ClassifyNode, value: int) -> int:
    """The prompt's own text, and so many tokens for each value in it."""
    texts = [node.prompt, node.system or ""] if isinstance(node, LlmNode) else [node.text, *node.labels.values()]
    own = sum(len(_LOOK_UP.sub("", text)) for text in texts) // CHARACTERS_PER_TOKEN
    return own + value * sum(len(_LOOK_UP.findall(text)) for text in texts)


def _hosts(node: NodeBase, hosts_of: HostsOf) -> Iterator[str]:
    if isinstance(node, HttpNode):
        yield host_in(node.url)
    for tool, arguments in _tools(node):
        yield from hosts_of(tool, arguments)


def _tools(node: NodeBase) -> list[tuple[str, Mapping[str, Any]]]:
    """The tools that a node may call, with the arguments that are known before."""
    if isinstance(node, ToolNode):
        return [(node.tool, node.arguments)]
    return [(tool, {}) for tool in node.tools or ()] if isinstance(node, LlmNode) else []


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _about(amount: float) -> str:
    return f"about {_dollars(amount)}" if amount >= 0.01 else "likely less than $0.01"


def _dollars(amount: float) -> str:
    if amount >= 0.01:
        return f"${amount:.2f}"
    return "less than $0.01" if amount > 0 else "$0"
