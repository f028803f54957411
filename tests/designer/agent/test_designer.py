"""A whole interview, and what code enforces whatever the model does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

import pytest

from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.conversation import Conversation
from chat_app.events.design import (
    Assumed,
    Edited,
    ModelUsed,
    RunWanted,
    Said,
    SaveWanted,
    Stage,
    TurnFailed,
    UndoWanted,
)
from tests.designer.agent.conftest import Talk
from tests.designer.agent.samples import DRAFT, FIRST, REVIEW, answer, ask, edit
from tests.designer.agent.scripted import ScriptedModel

MakeTalk = Callable[..., Talk]


async def test_a_wish_is_asked_about_built_and_edited(talk: MakeTalk) -> None:
    it = talk(ask(), FIRST, REVIEW)
    await it.say("Answer the mails of my customers")
    assert it.asked is not None
    assert [option.label for option in it.asked.options] == ["formal", "friendly"]
    assert it.said == "One thing first."
    assert it.draft == ""
    await it.say("friendly")
    assert it.checked.valid
    assert it.node_ids == ["reply"]
    assert it.of(Assumed) == [Assumed("Answers are in English.")]
    assert it.edited is not None and it.edited.summary
    workflow = it.checked.workflow
    assert workflow is not None
    assert [requirement.text for requirement in workflow.requirements] == ["Which tone? friendly"]
    await it.say("Add a review step")
    assert it.node_ids == ["reply", "review"]
    assert workflow.name == "mail_reply"
    assert "friendly" in it.model.asked()


async def test_the_conversation_is_plain_data_and_goes_on_elsewhere(talk: MakeTalk) -> None:
    it = talk(ask())
    await it.say("Answer mails")
    stored = json.loads(json.dumps(asdict(it.conversation)))
    elsewhere = AgentDesigner(ScriptedModel(FIRST), it.designer._check)
    conversation = Conversation(stored["id"], draft=stored["draft"], memory=stored["memory"])
    events = [event async for event in elsewhere.turn(conversation, "formal")]
    assert any(isinstance(event, Edited) for event in events)
    assert "Which tone? formal" in conversation.draft


async def test_messages_hold_what_was_said(talk: MakeTalk) -> None:
    it = talk(ask(), FIRST)
    await it.say("Answer mails")
    await it.say("formal")
    roles = [message.role for message in it.conversation.messages]
    assert roles == ["user", "designer", "user", "designer"]
    assert it.conversation.messages[1].text == "One thing first.\n\nWhich tone?"


async def test_an_edit_leaves_everything_else_byte_for_byte(talk: MakeTalk) -> None:
    it = talk(edit({"op": "set_prompt", "id": "judge", "prompt": "Calm or angry? {{ state.email }}"}), draft=DRAFT)
    await it.say("Make the first prompt shorter")
    before, after = DRAFT.splitlines(), it.draft.splitlines()
    assert len(before) == len(after)
    assert [line for line, new in zip(before, after, strict=True) if line != new] == [
        '    prompt: "Is the writer calm or angry? {{ state.email }}"'
    ]


async def test_a_skip_takes_the_default_and_is_told(talk: MakeTalk) -> None:
    it = talk(ask(), FIRST)
    await it.say("Answer mails")
    await it.say("skip")
    assert it.of(Assumed)[0] == Assumed("Which tone? formal")
    assert it.conversation.assumptions == ["Which tone? formal", "Answers are in English."]
    assert "requirements" not in it.draft


async def test_at_most_four_questions_each_once(talk: MakeTalk) -> None:
    texts = ["Which tone do you like?", "Who reads the result?", "How long may it be?", "Where does mail come from?"]
    it = talk(
        *(ask(text, f"q{number}") for number, text in enumerate(texts)),
        ask("Shall I also add a picture?", "q9"),
        FIRST,
    )
    await it.say("Answer mails")
    for _ in texts[1:]:
        await it.say("formal")
    assert it.asked is not None
    await it.say("formal")
    assert it.asked is None
    assert it.checked.valid
    assert "You may not `ask` now" in it.model.asked()


async def test_the_same_question_is_not_put_twice(talk: MakeTalk) -> None:
    it = talk(ask(), ask("Which tone, please?", "another_id"), FIRST)
    await it.say("Answer mails")
    await it.say("formal")
    assert it.asked is None
    assert it.checked.valid
    assert "was asked before" in it.model.asked()


async def test_a_plan_is_approved_first(talk: MakeTalk) -> None:
    plan = {"thought": "t", "action": "plan", "say": "Here is a plan.", "plan": ["Read the mail", "Answer it"]}
    it = talk(plan, FIRST)
    await it.say("Build me a large thing")
    assert it.offered is not None
    assert "2. Answer it" in it.offered.text
    assert it.draft == ""
    await it.say(it.offered.cards[0].value)
    assert it.checked.valid
    assert "approved this plan" in it.model.asked()
    assert it.model.requests[-1].schema is not None
    assert it.model.requests[-1].schema["properties"]["action"]["enum"] == ["edit"]


async def test_a_plan_can_be_changed(talk: MakeTalk) -> None:
    plan = {"thought": "t", "action": "plan", "say": "", "plan": ["Read the mail", "Answer it"]}
    it = talk(plan, plan | {"plan": ["Answer it"]}, FIRST)
    await it.say("Build me a large thing")
    await it.say("Change the plan: do not read it first")
    assert it.offered is not None
    assert "Read" not in it.offered.text
    await it.say("yes, please")
    assert it.checked.valid


async def test_commands_need_no_model(talk: MakeTalk) -> None:
    it = talk(draft=DRAFT)
    await it.say("Run it, please!")
    assert it.of(RunWanted)
    await it.say("undo that")
    assert it.of(UndoWanted)
    await it.say("save it as my_mails")
    assert it.of(SaveWanted) == [SaveWanted("my_mails")]
    await it.say("save")
    assert it.of(SaveWanted) == [SaveWanted(None)]
    assert it.model.requests == []
    assert it.draft == DRAFT


async def test_the_model_may_understand_commands_too(talk: MakeTalk) -> None:
    it = talk({"action": "undo", "say": ""}, {"action": "save", "say": "", "name": "x"}, draft=DRAFT)
    await it.say("das bitte wieder zurücknehmen")
    assert it.of(UndoWanted)
    await it.say("leg das unter x ab")
    assert it.of(SaveWanted) == [SaveWanted("x")]


async def test_why_is_answered_without_an_edit(talk: MakeTalk) -> None:
    it = talk(FIRST, REVIEW | {"say": "Because you asked."})
    await it.say("Answer mails")
    before = it.draft
    await it.say("Why did you use an llm node?")
    assert it.draft == before
    assert it.said == "Because you asked."
    assert it.edited is None


async def test_words_stream_while_they_arrive(talk: MakeTalk) -> None:
    it = talk(answer("It reads the mail, then answers it."), draft=DRAFT)
    await it.say("What does it do?")
    assert it.said == "It reads the mail, then answers it."
    assert len(it.of(Said)) > 3
    assert it.of(ModelUsed)


async def test_the_summary_is_made_from_the_diff(talk: MakeTalk) -> None:
    it = talk(REVIEW | {"say": "I removed everything and sent three mails."}, draft=DRAFT)
    await it.say("Add a review")
    assert it.edited is not None
    assert any("review" in line for line in it.edited.summary)
    assert not any("mails" in line for line in it.edited.summary)


async def test_hand_edits_are_seen(talk: MakeTalk) -> None:
    it = talk(FIRST, answer("ok"))
    await it.say("Answer mails")
    it.conversation.draft = it.draft.replace("Answer politely", "Answer in rhyme")
    await it.say("What does it do?")
    assert "Answer in rhyme" in it.model.asked()


async def test_more_edits_may_follow(talk: MakeTalk) -> None:
    it = talk(FIRST | {"more": True}, REVIEW)
    await it.say("Answer mails, then review")
    assert it.node_ids == ["reply", "review"]
    assert len(it.of(Edited)) == 1


async def test_a_question_back_is_answered_and_the_question_stays_open(talk: MakeTalk) -> None:
    it = talk(ask(), answer("It sets how I write to your customers."), FIRST)
    await it.say("Answer mails")
    await it.say("Why do you ask?")
    assert it.said == "It sets how I write to your customers."
    assert it.asked is not None
    assert it.asked.why == "It changes the prompt."
    await it.say("friendly")
    assert "Which tone? friendly" in it.draft
    assert it.model.asked().count("Asked: Which tone?") == 1


async def test_another_wish_in_the_place_of_an_answer_is_no_requirement(talk: MakeTalk) -> None:
    it = talk(ask(), FIRST)
    await it.say("Answer mails")
    await it.say("Actually, forget mails. Build something that greets people")
    assert "requirements" not in it.draft
    assert it.checked.valid


async def test_a_first_draft_is_summarised_without_its_frame(talk: MakeTalk) -> None:
    it = talk(FIRST)
    await it.say("Answer mails")
    assert it.edited is not None
    assert not any("version" in line for line in it.edited.summary)
    assert any("reply" in line for line in it.edited.summary)


async def test_a_model_that_will_not_listen_is_given_up(talk: MakeTalk) -> None:
    it = talk(ask(), ask("Which tone, please?"), forever=True)
    await it.say("Answer mails")
    await it.say("formal")
    assert it.of(TurnFailed)
    assert len(it.model.requests) == 5


async def test_a_model_that_ends_with_words_after_its_edits_loses_none(talk: MakeTalk) -> None:
    it = talk(FIRST | {"more": True}, answer("All done, enjoy!"))
    await it.say("Answer mails")
    assert it.checked.valid
    assert it.node_ids == ["reply"]
    assert it.said == ""
    assert "still missing" in it.model.asked()


async def test_a_model_that_goes_on_for_ever_is_stopped(talk: MakeTalk) -> None:
    it = talk(FIRST | {"more": True}, forever=True)
    await it.say("Answer mails")
    assert it.checked.valid
    assert len(it.model.requests) == 2


async def test_nonsense_after_good_edits_does_not_cost_them(talk: MakeTalk) -> None:
    it = talk(FIRST | {"more": True}, "{}", forever=True)
    await it.say("Answer mails")
    assert it.node_ids == ["reply"]


async def test_a_question_is_not_said_twice(talk: MakeTalk) -> None:
    it = talk(ask() | {"say": "Which tone, please?"})
    await it.say("Answer mails")
    assert it.said == ""
    assert it.asked is not None


async def test_a_wish_put_as_a_question_is_an_answer(talk: MakeTalk) -> None:
    it = talk(ask(), FIRST)
    await it.say("Answer mails")
    await it.say("Could you make it friendly?")
    assert it.checked.valid
    assert "Could you make it friendly?" in it.draft


async def test_hand_edits_during_a_turn_are_not_lost(talk: MakeTalk) -> None:
    it = talk(REVIEW, draft=DRAFT)
    async for event in it.designer.turn(it.conversation, "Add a review"):
        it.events.append(event)
        if event == Stage("checking"):
            it.conversation.draft = DRAFT.replace("Answer politely", "Answer in rhyme")
    assert "Answer in rhyme" in it.draft
    assert "review" in it.node_ids
    assert it.checked.valid
    # The summary tells what the designer did, not what was typed.
    assert it.edited is not None and "rhyme" not in " ".join(it.edited.summary)
    assert len(it.model.requests) == 1


@pytest.mark.parametrize("choice", ["Take the change", "Keep mine", "What now?"])
async def test_what_no_longer_fits_what_was_typed_is_offered_beside_it(talk: MakeTalk, choice: str) -> None:
    it = talk(REVIEW, answer("Nothing."), draft=DRAFT)
    by_hand = "version: 1\nname: mine\nnodes: [oops\n"
    async for event in it.designer.turn(it.conversation, "Add a review"):
        it.events.append(event)
        if event == Stage("checking"):
            it.conversation.draft = by_hand
    assert it.draft == by_hand
    assert it.offered is not None and "changed by hand" in it.offered.text and "review" in it.offered.text
    # Typing goes on: what was offered can still be taken, but only when that is said.
    it.conversation.draft = by_hand + "# more\n"
    await it.say(choice)
    assert ("review" in it.draft) == (choice == "Take the change")
    assert it.draft.endswith("# more\n") or it.checked.valid
