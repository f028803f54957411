"""What the model says is read while it arrives, and only what may be said."""

from __future__ import annotations

import json

import pytest

from chat_app.designer.agent.speech import Speech


def heard(text: str, aloud: bool = True, size: int = 3) -> list[str]:
    speech = Speech(aloud)
    return [new for start in range(0, len(text), size) if (new := speech.take(text[start : start + size]))]


def test_words_come_as_they_arrive() -> None:
    pieces = heard(json.dumps({"thought": "x", "action": "answer", "say": "One two three four."}))
    assert "".join(pieces) == "One two three four."
    assert len(pieces) > 4


@pytest.mark.parametrize("before", ["", "Sure: ", "```json\n"])
def test_wrapping_does_not_silence(before: str) -> None:
    assert "".join(heard(before + json.dumps({"action": "answer", "say": "Yes, it is."}))) == "Yes, it is."


def test_an_edit_is_not_announced() -> None:
    assert heard(json.dumps({"action": "edit", "say": "I added everything!", "edits": []})) == []


def test_words_before_the_action_wait_for_it() -> None:
    assert heard(json.dumps({"say": "I did it!", "action": "edit", "edits": [1]})) == []


def test_a_question_speaks_for_itself() -> None:
    assert heard(json.dumps({"action": "ask", "say": "Which one?"})) == []


def test_nothing_is_said_in_the_middle_of_edits() -> None:
    assert heard(json.dumps({"action": "answer", "say": "All done!"}), aloud=False) == []


def test_quotes_and_escapes_arrive_whole() -> None:
    said = 'A "quoted" word,\na line, \\ and é 漢字.'
    for size in (1, 2, 5):
        assert "".join(heard(json.dumps({"action": "answer", "say": said}), size=size)) == said
    assert "".join(heard(json.dumps({"action": "answer", "say": said}, ensure_ascii=False), size=1)) == said


def test_edits_are_counted_while_they_come() -> None:
    speech = Speech()
    speech.take('{"action": "edit", "say": "", "edits": [{"op": "a"}, {"op"')
    assert speech.edits_seen == 2
