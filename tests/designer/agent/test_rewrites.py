"""A rewrite is taken over only where it differs, and not at all where it leaves parts out."""

from __future__ import annotations

import pytest

from chat_app.designer.agent.rewrites import rewritten
from tests.designer.agent.samples import DRAFT

PLAIN = "\n".join(line.split("   #")[0].split("    #")[0] for line in DRAFT.splitlines() if line[:1] != "#") + "\n"


def test_the_same_data_changes_nothing() -> None:
    assert rewritten(DRAFT, PLAIN) == DRAFT


def test_one_changed_prompt_is_one_changed_prompt() -> None:
    new = PLAIN.replace("Is the writer calm or angry?", "Calm or angry?")
    assert rewritten(DRAFT, new) == DRAFT.replace("Is the writer calm or angry?", "Calm or angry?")


def test_a_new_node_is_added_and_the_rest_stays() -> None:
    new = PLAIN.replace(
        "edges:\n", "  - {id: third, kind: template, template: '{{ state.answer }}', writes: [last]}\nedges:\n"
    ).replace("  answer: {type: string}\n", "  answer: {type: string}\n  last: {type: string}\n")
    result = rewritten(DRAFT, new)
    assert result is not None
    assert "third" in result
    assert all(line in result.splitlines() for line in DRAFT.splitlines())


def test_what_a_rewrite_does_not_mention_stays() -> None:
    draft = DRAFT + "limits: {steps: 9}\ndescription: Mine\n"
    assert rewritten(draft, PLAIN) == draft


@pytest.mark.parametrize(
    "new",
    [
        "nodes: [",
        "- a\n- b\n",
        "",
        PLAIN.replace("edges:", "  # ... other nodes unchanged\nedges:"),
        PLAIN.replace("edges:", "  ...\nedges:"),
        "# rest as before\n" + PLAIN,
    ],
)
def test_what_is_not_whole_is_not_taken(new: str) -> None:
    assert rewritten(DRAFT, new) is None
    assert rewritten("nodes: [", PLAIN) is None
