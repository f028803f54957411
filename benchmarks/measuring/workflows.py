"""The workflows that are measured, and the model of 0 ms that they ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping

from chat_app.chat_models.protocol import ChatModel, ChatRequest, Finished, ModelUsage, Piece
from chat_app.workflow.check import CheckResult, check

NODES = 100
ITEMS = 1_000
ROUNDS = 1_000


class Stub:
    """A model of 0 ms."""

    name = "stub"
    simulated = True
    price = None

    def get(self, name: str | None, keys: Mapping[str, str] = {}) -> ChatModel:
        return self

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        await asyncio.sleep(0)
        yield Finished("text", (), ModelUsage(1, 1, 0.0))


def checked(text: str) -> CheckResult:
    """A workflow that must be valid."""
    found = check(f"version: 1\n{text}")
    assert found.valid, [one.message for one in found.diagnostics]
    return found


def chain(kind: str, nodes: int = NODES) -> CheckResult:
    """Nodes one after the other, each reading what the one before has written: `llm`, `template`, or `mixed`."""
    lines = [f"name: chain\nlimits: {{steps: {nodes * 2}}}\nstate:"]
    lines += [f"  f{n}: {{type: string}}" for n in range(nodes)]
    lines += [f"outputs: [f{nodes - 1}]", "nodes:"]
    for n in range(nodes):
        reads = "start" if n == 0 else f"{{{{ state.f{n - 1} }}}}"
        key = "template" if kind == "template" or (kind == "mixed" and n % 5) else "prompt"
        told = "template" if key == "template" else "llm"
        lines.append(f'  - {{id: n{n}, kind: {told}, {key}: "{reads}", writes: [f{n}]}}')
    return checked("\n".join(lines))


def over_items() -> CheckResult:
    """A map with one call for each item."""
    return checked(f"""
name: over
inputs: {{items: {{type: array, items: {{type: string}}}}}}
state: {{found: {{type: array, items: {{type: string}}}}}}
outputs: [found]
limits: {{steps: {ITEMS * 2}, map_items: {ITEMS}, concurrency: 64}}
nodes:
  - id: each
    kind: map
    over: "{{{{ state.items }}}}"
    item: item
    max_concurrency: 64
    body:
      state: {{one: {{type: string}}}}
      nodes: [{{id: ask, kind: llm, prompt: "{{{{ item }}}}", writes: [one]}}]
      returns: one
    writes: [found]
""")


def loop(kind: str) -> CheckResult:
    """A node, run again and again by a route with a condition."""
    key = "prompt" if kind == "llm" else "template"
    return checked(f"""
name: loop
state: {{last: {{type: string, default: start}}}}
outputs: [last]
limits: {{steps: {ROUNDS * 2}, tokens: 100000000}}
nodes: [{{id: again, kind: {kind}, {key}: "{{{{ state.last }}}}", writes: [last]}}]
edges:
  - {{from: START, to: again}}
  - from: again
    routes:
      - {{condition: "state.last != 'enough'", to: again, max_times: {ROUNDS - 1}}}
      - {{to: END}}
""")
