"""Commands on a draft: what each changes, in how many words it may be said, and what stays untouched."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chat_app.designer.guided.building import build
from chat_app.designer.guided.describe import outline
from chat_app.designer.guided.patterns import pattern_named
from chat_app.engine.testing import run_tests
from chat_app.events.design import Assumed, Edited, Offered, RunWanted, Said, SaveWanted, TurnFailed, UndoWanted
from chat_app.workflow.document import Workflow
from chat_app.workflow.graph import flow_of
from chat_app.workflow.nodes import MapNode
from tests.designer.guided.conftest import Talk, check

Holds = Callable[[Workflow], bool]


def base(pattern: str) -> str:
    """The draft that a pattern makes from its defaults."""
    found = pattern_named(pattern)
    assert found is not None
    return build(found, {}, {}).text


def node(workflow: Workflow, name: str) -> object:
    """A node of a workflow, wherever it stands."""
    inner = [one for node in workflow.nodes if isinstance(node, MapNode) for one in node.body.nodes]
    return next(one for one in (*workflow.nodes, *inner) if one.id == name)


def ids(workflow: Workflow) -> list[str]:
    """The nodes of a workflow's own level."""
    return [one.id for one in workflow.nodes]


def leads(workflow: Workflow, source: str, target: str) -> bool:
    """Whether a run can go from one node straight to another."""
    return target in flow_of(workflow).successors[source]


def routes(workflow: Workflow, source: str) -> list[tuple[str | None, str, int | None]]:
    """The ways out of a node: condition, target, bound."""
    return [(way.condition, way.targets[0], way.max_times) for way in flow_of(workflow).ways(source)]


WRITE, EACH, SORT, ANGLES, EXTRACT = (
    "write_review_improve",
    "each_item",
    "classify_route",
    "research_angles",
    "extract_fields",
)

COMMANDS: list[tuple[str, str, Holds]] = [
    # adding
    (
        WRITE,
        "add a translation into French at the end",
        lambda w: w.outputs[-1] == "translation" and leads(w, "translate", "END"),
    ),
    (WRITE, "please add a summary of the draft at the end", lambda w: "state.draft" in node(w, "summarise").prompt),
    (
        WRITE,
        "insert a fact check after write",
        lambda w: leads(w, "write", "fact_check") and leads(w, "fact_check", "review"),
    ),
    (
        WRITE,
        "put a proofreading step between write and review",
        lambda w: leads(w, "write", "proofread") and node(w, "proofread").writes == ["draft"],
    ),
    (WRITE, "translate the draft into German", lambda w: "German" in node(w, "translate").prompt),
    (WRITE, "could you add keywords, please", lambda w: "keywords" in w.outputs),
    (
        WRITE,
        "add a step that lists all foreign words",
        lambda w: "Lists all foreign words." in node(w, "lists_all_foreign").prompt,
    ),
    (
        SORT,
        "translate the message into English first",
        lambda w: "state.translation" in node(w, "sort").text and leads(w, "START", "translate"),
    ),
    (
        SORT,
        "let me approve it",
        lambda w: all(leads(w, name, "approve") for name in ids(w) if name.startswith("handle")),
    ),
    (EACH, "add a translation into Spanish after work", lambda w: node(w, "translate").writes == ["result"]),
    (EACH, "add a correction of typos inside for_each", lambda w: node(w, "proofread").writes == ["result"]),
    (EACH, "translate each result into German", lambda w: node(w, "each_result_2").over == "{{ state.results }}"),
    (
        SORT,
        "add a category refunds (money back)",
        lambda w: routes(w, "sort")[-2][:2] == ("state.category == 'refunds'", "handle_refunds"),
    ),
    (
        ANGLES,
        "add an angle law",
        lambda w: "look_at_law" in node(w, "research").subtasks and "state.law" in node(w, "merge").prompt,
    ),
    (
        EXTRACT,
        "also extract the due date and the VAT",
        lambda w: node(w, "extract").writes[-2:] == ["due_date", "vat"],
    ),
    # removing, renaming, moving, replacing
    (WRITE, "remove the review step", lambda w: ids(w) == ["write"] and w.outputs == ["draft"]),
    (EACH, "get rid of the overview", lambda w: ids(w) == ["for_each"] and w.outputs == ["results"]),
    (WRITE, "rename write to author", lambda w: ids(w)[0] == "author" and leads(w, "author", "review")),
    (
        WRITE,
        "rename the field draft to article",
        lambda w: w.outputs[0] == "article" and "state.article" in node(w, "review").prompt,
    ),
    (WRITE, "call it my blog", lambda w: w.name == "my_blog"),
    (SORT, "call the result reply", lambda w: w.outputs == ["category", "reply"]),
    (EACH, "rename items to reviews", lambda w: "reviews" in w.inputs),
    (
        EACH,
        "replace the overview with a list of the risks",
        lambda w: leads(w, "for_each", "risks") and "risks" in w.outputs,
    ),
    # ways
    (WRITE, "if the score is below 3, stop", lambda w: ("state.score < 3", "END", None) in routes(w, "review")),
    (
        WRITE,
        "when the score is at most three, ask me to approve",
        lambda w: ("state.score <= 3", "approve", None) in routes(w, "review"),
    ),
    (
        WRITE,
        "repeat review until the score is at least 9, at most four times",
        lambda w: ("state.score < 9", "review", 4) in routes(w, "review"),
    ),
    (
        EXTRACT,
        "if the amount is more than 1000, ask me to approve",
        lambda w: ("state.amount > 1000.0", "approve", None) in routes(w, "extract"),
    ),
    (
        EACH,
        "skip the overview if there are no results",
        lambda w: ("size(state.results) == 0", "END", None) in routes(w, "for_each"),
    ),
    (
        SORT,
        "stop when the category is other",
        lambda w: ("state.category == 'other'", "END", None) in routes(w, "sort"),
    ),
    # people
    (
        EACH,
        "ask me before overview",
        lambda w: ("state.decision == 'reject'", "END", None) in routes(w, "approve_overview"),
    ),
    (
        SORT,
        "ask me before the billing step runs",
        lambda w: ("state.category == 'billing'", "approve_handle_billing", None) in routes(w, "sort"),
    ),
    (WRITE, "ask me before the answer goes out", lambda w: leads(w, "improve", "approve")),
    (ANGLES, "let me approve the report before it is sent", lambda w: leads(w, "merge", "approve")),
    (ANGLES, "require my approval before merge", lambda w: leads(w, "research", "approve_merge")),
    (ANGLES, "I want to approve the report", lambda w: leads(w, "merge", "approve")),
    # contract
    (WRITE, "output only the draft", lambda w: w.outputs == ["draft"]),
    (WRITE, "also output the topic", lambda w: w.outputs[-1] == "topic"),
    (WRITE, "don't output the feedback", lambda w: w.outputs == ["draft", "score"]),
    (WRITE, "add an input called audience", lambda w: w.inputs["audience"].type == "string"),
    (WRITE, "add a number input called words with default 300", lambda w: w.inputs["words"].default == 300),
    (WRITE, "limit to 2 minutes and fifty steps", lambda w: (w.limits.seconds, w.limits.steps) == (120, 50)),
    (WRITE, "spend at most 50 cents", lambda w: w.limits.cost_usd == 0.5),
    (WRITE, "stop after 90 seconds", lambda w: w.limits.seconds == 90),
    (EACH, "no more than 20 items", lambda w: w.limits.map_items == 20),
    (WRITE, "use model ollama_chat/qwen3", lambda w: w.model == "ollama_chat/qwen3"),
    (WRITE, "use gpt-5 for the review", lambda w: node(w, "review").model == "gpt-5" and w.model is None),
    (WRITE, 'describe it as "Writes my blog"', lambda w: w.description == "Writes my blog"),
    # wording
    (WRITE, "tell the reviewer to be harsh", lambda w: node(w, "review").prompt.endswith("Be harsh.\n")),
    (WRITE, "make the draft shorter", lambda w: node(w, "improve").prompt.endswith("Make it shorter.\n")),
    (
        EACH,
        "the overview should be friendlier",
        lambda w: node(w, "overview").prompt.endswith("Make it friendlier.\n"),
    ),
    (
        WRITE,
        'change the prompt of write to "A poem on {{ state.topic }}"',
        lambda w: node(w, "write").prompt == "A poem on {{ state.topic }}",
    ),
    (WRITE, "set the temperature of write to 0.9", lambda w: node(w, "write").temperature == 0.9),
    (WRITE, "retry write 3 times if it fails", lambda w: node(w, "write").retry.attempts == 4),
    (EACH, "at most 2 at a time", lambda w: node(w, "for_each").max_concurrency == 2),
    (WRITE, "use the score in improve", lambda w: node(w, "improve").prompt.endswith("Score: {{ state.score }}\n")),
    # several at once
    (
        WRITE,
        "add a summary and then translate it into Spanish; limit to 5 minutes",
        lambda w: (
            leads(w, "summarise", "translate")
            and w.limits.seconds == 300
            and "state.summary" in node(w, "translate").prompt
        ),
    ),
    (
        EACH,
        "translate the overview to French, then let me approve it, and output only the translation",
        lambda w: leads(w, "translate", "approve") and w.outputs == ["translation"],
    ),
]


@pytest.mark.parametrize(("pattern", "command", "holds"), COMMANDS, ids=[command for _, command, _ in COMMANDS])
async def test_a_command_changes_the_draft(pattern: str, command: str, holds: Holds, talk: Talk) -> None:
    talk.conversation.draft = base(pattern)
    await talk.say(command)
    edited = talk.one(Edited)
    assert edited.valid and edited.summary and edited.edits
    workflow = talk.checked().workflow
    assert workflow is not None
    assert holds(workflow), talk.draft


NOT_COMMANDS = [
    "frobnicate the widgets",
    "the weather is nice today",
    "hmm",
    "add",
    "remove the flux capacitor",
    "rename foo to bar",
    "if the moon is full, howl",
    "repeat until dawn",
    "output the unicorn",
    "add a step that sends an email to my boss",
    "add a step which runs python code",
    "move write after write",
    "limit to many",
    "set the temperature of write to 7",
    "add a summary and frobnicate the widgets",
    "remove the input topic",
    "run write and review in parallel",
    "{{ state.topic }}",
    "x" * 3_000,
    "a, " * 800,
    "if " * 400,
]


@pytest.mark.parametrize("message", NOT_COMMANDS, ids=[message[:40] for message in NOT_COMMANDS])
async def test_what_is_not_understood_never_changes_the_draft(message: str, talk: Talk) -> None:
    talk.conversation.draft = draft = base(WRITE)
    await talk.say(message)
    assert talk.draft == draft
    assert not talk.found(Edited)
    assert talk.found(Said) or talk.found(TurnFailed)
    assert talk.found(Offered) or "Nothing was changed" in str(talk.events)


async def test_the_understood_part_is_offered_alone(talk: Talk) -> None:
    talk.conversation.draft = base(WRITE)
    await talk.say("add a summary and frobnicate the widgets")
    assert talk.one(Offered).cards[0].value == "add a summary"
    await talk.say("1")
    assert talk.one(Edited).valid


@pytest.mark.parametrize(
    ("message", "event"),
    [
        ("undo", UndoWanted()),
        ("take that back", UndoWanted()),
        ("run it", RunWanted()),
        ("try it out", RunWanted()),
        ("save", SaveWanted()),
        ("save it as solar blog", SaveWanted("solar_blog")),
    ],
)
async def test_asides(message: str, event: object, talk: Talk) -> None:
    talk.conversation.draft = draft = base(WRITE)
    await talk.say(message)
    assert event in talk.events
    assert talk.draft == draft


@pytest.mark.parametrize(
    "message", ["explain", "what does it do?", "describe the workflow", "explain the review step"]
)
async def test_explanations(message: str, talk: Talk) -> None:
    talk.conversation.draft = base(WRITE)
    await talk.say(message)
    assert "review" in talk.one(Said).text


async def test_no_i_meant_takes_the_last_change_back(talk: Talk) -> None:
    talk.conversation.draft = draft = base(WRITE)
    await talk.say("add a summary at the end", "no, I meant a translation into German at the end")
    workflow = talk.checked().workflow
    assert workflow is not None
    assert "translate" in ids(workflow) and "summarise" not in ids(workflow)
    await talk.say("no, I meant add keywords")
    assert "keywords" in talk.draft and "translation" not in talk.draft
    assert talk.draft != draft


async def test_it_means_the_step_that_was_touched_last(talk: Talk) -> None:
    talk.conversation.draft = base(WRITE)
    await talk.say("add a title at the end", "rename it to headline")
    assert "id: headline" in talk.draft or talk.checked().workflow.name == "headline"  # type: ignore[union-attr]


async def test_hand_edits_survive_byte_for_byte(talk: Talk) -> None:
    odd = (
        base(WRITE)
        .replace("    kind: llm\n", "    kind:   llm   # by hand\n")
        .replace("outputs:", "# my outputs\noutputs:")
    )
    assert check(odd).valid
    talk.conversation.draft = odd
    await talk.say("limit to 2 minutes")
    assert [line for line in talk.draft.splitlines() if line not in odd.splitlines()] == [
        "limits: {steps: 50, seconds: 120}"
    ]
    await talk.say("add a summary at the end")
    assert talk.draft.count("# by hand") == odd.count("# by hand")
    assert "# my outputs\noutputs:" in talk.draft


async def test_what_was_assumed_in_a_command_is_told(talk: Talk) -> None:
    talk.conversation.draft = base(WRITE)
    await talk.say("add a translation at the end")
    assert talk.one(Assumed).text == "Into which language: English."


async def test_an_unclear_name_is_asked_back(talk: Talk) -> None:
    talk.conversation.draft = base(SORT)
    await talk.say("remove the handle step")
    assert {card.value for card in talk.one(Offered).cards} == {
        f"remove {name}" for name in ("handle_billing", "handle_technical", "handle_other")
    }
    await talk.say("2")
    assert talk.found(Edited)


async def test_a_misnamed_material_is_told(talk: Talk) -> None:
    talk.conversation.draft = base(WRITE)
    await talk.say("translate the unicorn into German")
    assert talk.one(Assumed).text == 'There is no field "unicorn"; the step works on `state.draft`.'


async def test_tests_go_on_holding_when_people_and_corrections_come_in(talk: Talk) -> None:
    talk.conversation.draft = base(WRITE)
    await talk.say("ask me before improve", "let me approve the result", "add a proofreading step after write")
    checked = talk.checked()
    assert checked.valid
    assert [outcome for outcome in await run_tests(checked) if not outcome.passed] == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (SORT, "sort → handle_billing, handle_technical or handle_other"),
        (WRITE, "write → review → improve where needed"),
        (ANGLES, "research → merge"),
    ],
)
def test_a_workflow_in_one_line(pattern: str, line: str) -> None:
    workflow = check(base(pattern)).workflow
    assert workflow is not None
    assert outline(workflow) == line
