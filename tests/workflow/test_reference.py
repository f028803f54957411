"""The reference in the manual says what the schema says, and its examples are read.

`python -m tests.workflow.test_reference` writes it anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_app.workflow.nodes import NODE_KINDS
from chat_app.workflow.reference import node_example, reference
from chat_app.workflow.schema import json_schema
from chat_app.workflow.source import read

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"


def test_the_page_says_what_the_schema_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference()


def test_every_key_of_every_part_stands_in_it() -> None:
    page = reference()
    keys = {key for part in (json_schema(), *json_schema()["$defs"].values()) for key in part["properties"]}

    assert [key for key in sorted(keys - {"kind"}) if f"| `{key}`" not in page] == []


@pytest.mark.parametrize("kind", NODE_KINDS)
def test_a_node_of_each_kind_is_shown_and_right(kind: str) -> None:
    node = read("\n".join(node_example(kind))).data

    assert NODE_KINDS[kind].model_validate(node, strict=True).id == f"{kind}_step"


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
