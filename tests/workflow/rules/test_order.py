"""What the checker says of the order that it found in the data."""

from __future__ import annotations

from chat_app.workflow.check import check
from chat_app.workflow.diagnostics import Severity

HEAD = "version: 1\nname: x\ninputs: {a: {type: string}}\n"


def chain(count: int) -> str:
    """Nodes of which each reads what the one before wrote."""
    state = "".join(f"  f{number}: {{type: string}}\n" for number in range(count))
    nodes = "".join(
        f'  - {{id: n{number}, kind: template, template: "{{{{ state.{f"f{number - 1}" if number else "a"} }}}}.",'
        f" writes: [f{number}]}}\n"
        for number in range(count)
    )
    return f"{HEAD}state:\n{state}outputs: [f{count - 1}]\nnodes:\n{nodes}"


def told_of(text: str) -> list[str]:
    return [found.message for found in check(text).diagnostics if found.code == "derived-order"]


def test_a_chain_is_told_as_one() -> None:
    assert told_of(chain(3)) == ["The order follows the data: START -> n0 -> n1 -> n2 -> END."]


def test_a_single_step_has_no_order_to_tell() -> None:
    assert told_of(chain(1)) == []


def test_a_long_order_is_cut() -> None:
    [told] = told_of(chain(300))

    assert told.endswith("-> n38 -> ….")


def test_written_edges_are_not_told() -> None:
    edges = "edges:\n  - {from: START, to: n0}\n  - {from: n0, to: n1}\n  - {from: n1, to: END}\n"

    assert told_of(chain(2) + edges) == []


def test_an_order_that_may_be_wrong_is_not_told() -> None:
    assert told_of(chain(3).replace("state.f1 ", "state.g1 ")) == []


def test_the_order_is_no_fault_and_keeps_nothing_from_running() -> None:
    result = check(chain(3))

    assert result.valid
    assert result.faults == ()
    assert [found.severity for found in result.diagnostics] == [Severity.INFO]
    assert result.diagnostics[0].location is not None
    assert result.diagnostics[0].path == ("nodes",)


def test_a_body_tells_its_own_order() -> None:
    text = f"""{HEAD}state: {{notes: {{type: array, items: {{type: string}}}}}}
outputs: [notes]
nodes:
  - id: each
    kind: map
    over: "{{{{ state.a }}}}"
    item: word
    body:
      state: {{b: {{type: string}}, c: {{type: string}}}}
      nodes:
        - {{id: two, kind: template, template: "{{{{ state.b }}}}", writes: [c]}}
        - {{id: one, kind: template, template: "{{{{ word }}}}", writes: [b]}}
      returns: c
    writes: [notes]
""".replace("{a: {type: string}}", "{a: {type: array, items: {type: string}}}")

    assert told_of(text) == ["The order follows the data: START -> one -> two -> END."]
