"""An answer becomes a requirement that names the nodes which meet it."""

from __future__ import annotations

from chat_app.designer.agent.memory import Memory, Slot
from chat_app.designer.agent.requirements import missing_requirements, settled
from chat_app.workflow.check import check
from tests.designer.agent.samples import DRAFT


def slot(id: str, question: str, value: str, **more: object) -> Slot:
    return Slot.model_validate({"id": id, "question": question, "value": value, "source": "user"} | more)


WORKFLOW = check(DRAFT).workflow
assert WORKFLOW is not None


def test_nodes_that_share_words_meet_it() -> None:
    (edit,) = missing_requirements(Memory(slots=[slot("tone", "How to answer?", "politely")]), WORKFLOW)
    assert edit.id == "tone"
    assert edit.text == "How to answer? politely"
    assert edit.met_by == ["reply"]


def test_where_no_word_is_shared_those_that_write_the_outputs_meet_it() -> None:
    (edit,) = missing_requirements(Memory(slots=[slot("sprache", "Welche Sprache?", "Deutsch")]), WORKFLOW)
    assert edit.met_by == ["reply"]


def test_only_answers_of_the_person_that_are_new() -> None:
    memory = Memory(
        slots=[
            slot("assumed", "A?", "b", source="assumed"),
            slot("done", "A?", "b", settled=True),
            slot("new one!", "A?", "b"),
        ]
    )
    assert [edit.id for edit in missing_requirements(memory, WORKFLOW)] == ["new_one"]
    assert missing_requirements(settled(memory), WORKFLOW) == []
