"""Plays written conversations: each turn's message, the model's answers, and what must come of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from chat_app.app import surroundings
from chat_app.designer.agent.budget import tokens
from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.conversation import Conversation
from chat_app.designer.guided.designer import GuidedDesigner
from chat_app.engine.dry_run import dry_run
from chat_app.events.design import (
    Asked,
    Assumed,
    DesignEvent,
    Edited,
    Offered,
    RunWanted,
    Said,
    SaveWanted,
    TurnFailed,
    UndoWanted,
)
from chat_app.workflow.check import CheckResult
from chat_app.workflow.check import check as check_with
from tests.designer.agent.scripted import Cut, Reply, ScriptedModel

HERE = surroundings(None)
FOLDER = Path(__file__).parent / "replays"
_WANTS = {"run": RunWanted, "save": SaveWanted, "undo": UndoWanted}


def check(text: str) -> CheckResult:
    """The check that the app makes: with the tools and kinds there are."""
    return check_with(text, HERE)


STARTS = GuidedDesigner(check, HERE.tools).starts
"""The patterns of the guided designer, as the app hands them to the model's."""


@dataclass(frozen=True)
class Replay:
    """One conversation as it was written."""

    name: str
    area: str
    turns: list[dict[str, Any]]


@dataclass
class Played:
    """What came of one turn."""

    message: str
    events: list[DesignEvent]
    before: str
    after: str
    calls: int
    tokens_in: int
    expect: dict[str, Any]
    problems: list[str] = field(default_factory=list)
    foreign_bytes: int = 0
    """Bytes of nodes and comments that changed though the wish was not about them."""

    @property
    def honest(self) -> bool:
        """Whether the turn ended in a valid workflow, or in words that leave a valid one (or none) alone."""
        return not self.after.strip() or check(self.after).valid

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def said(self) -> str:
        return "".join(event.text for event in self.of(Said))


def replays() -> list[Replay]:
    """All conversations there are."""
    return [_read(file) for file in sorted(FOLDER.glob("*.yaml"))]


def _read(file: Path) -> Replay:
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    return Replay(data["name"], data["area"], data["turns"])


async def play(replay: Replay) -> list[Played]:
    """Takes all turns of a conversation with one designer."""
    model = ScriptedModel(name=f"replay/{replay.name}")
    designer = AgentDesigner(model, check, surroundings=HERE, dry_run=dry_run, starts=STARTS)
    conversation = Conversation(replay.name)
    return [await _turn(designer, model, conversation, turn) for turn in replay.turns]


async def _turn(
    designer: AgentDesigner, model: ScriptedModel, conversation: Conversation, turn: dict[str, Any]
) -> Played:
    model.script(*(_reply(answer) for answer in turn["answers"]))
    if "edit_by_hand" in turn:
        old, new = turn["edit_by_hand"]
        assert old in conversation.draft
        conversation.draft = conversation.draft.replace(old, new)
    before, calls = conversation.draft, len(model.requests)
    events = [event async for event in designer.turn(conversation, turn["say"])]
    asked = model.requests[calls:]
    played = Played(
        message=turn["say"],
        events=events,
        before=before,
        after=conversation.draft,
        calls=len(asked),
        tokens_in=max((sum(tokens(part.content) for part in request.messages) for request in asked), default=0),
        expect=turn["expect"],
    )
    played.problems = list(_unmet(played))
    if model.left and not turn.get("optional_answers"):
        played.problems.append(f"{model.left} answers were not asked for")
    played.foreign_bytes = foreign_bytes(before, conversation.draft, turn["expect"])
    if played.foreign_bytes:
        played.problems.append(f"{played.foreign_bytes} bytes changed outside the wish")
    return played


def _reply(answer: Any) -> Reply:
    if isinstance(answer, dict) and "cut" in answer:
        return Cut(answer["cut"])
    return answer  # type: ignore[no-any-return]


def _unmet(played: Played) -> Iterator[str]:
    """What the turn should have done and did not."""
    expect, checked = played.expect, check(played.after)
    ids = [node.id for node in checked.workflow.nodes] if checked.workflow else []
    if played.of(TurnFailed):
        yield f"failed: {played.of(TurnFailed)[0].message}"
    if "valid" in expect and checked.valid is not expect["valid"]:
        yield f"valid is {checked.valid}: {[found.message for found in checked.diagnostics]} {played.said}"
    if "nodes" in expect and sorted(ids) != sorted(expect["nodes"]):
        yield f"nodes are {ids}: {played.said}"
    for name in expect.get("has", []):
        if name not in ids:
            yield f"no node {name} in {ids}: {played.said}"
    for name in expect.get("hasnt", []):
        if name in ids:
            yield f"node {name} is still there: {played.said}"
    yield from _unmet_in_text(played, checked)
    yield from _unmet_in_events(played)


def _unmet_in_text(played: Played, checked: CheckResult) -> Iterator[str]:
    expect, workflow = played.expect, checked.workflow
    if "outputs" in expect and (workflow is None or workflow.outputs != expect["outputs"]):
        yield f"outputs are {workflow and workflow.outputs}"
    if "requirement" in expect and not (
        workflow and any(expect["requirement"] in each.text for each in workflow.requirements)
    ):
        yield f"no requirement says {expect['requirement']}"
    if "contains" in expect and expect["contains"] not in played.after:
        yield f"the text lacks {expect['contains']!r}"
    if "lacks" in expect and expect["lacks"] in played.after:
        yield f"the text holds {expect['lacks']!r}"


def _unmet_in_events(played: Played) -> Iterator[str]:
    expect = played.expect
    asked = played.of(Asked)
    if "asks" in expect and bool(asked) is not expect["asks"]:
        yield f"asks {asked}: {played.said}"
    if "options" in expect and (not asked or len(asked[0].options) != expect["options"]):
        yield f"options are {asked and asked[0].options}"
    if "plans" in expect and bool(played.of(Offered)) is not expect["plans"]:
        yield "no plan was offered"
    if "edited" in expect and bool(played.of(Edited)) is not expect["edited"]:
        yield f"edited is {bool(played.of(Edited))}"
    if "wants" in expect and not played.of(_WANTS[expect["wants"]]):
        yield f"did not want {expect['wants']}"
    if "said" in expect and expect["said"] not in played.said:
        yield f"said {played.said!r}"
    if "assumes" in expect and len(played.of(Assumed)) != expect["assumes"]:
        yield f"assumed {played.of(Assumed)}"


def foreign_bytes(before: str, after: str, expect: dict[str, Any]) -> int:
    """The bytes of nodes that were there before, were not meant, and are not there as they were."""
    if "touched" not in expect or not before.strip():
        return 0
    meant = {*expect["touched"], *expect.get("hasnt", [])}
    return sum(len(text) for name, text in node_texts(before).items() if name not in meant and text not in after)


def node_texts(text: str) -> dict[str, str]:
    """Each node's id with its bytes in the text."""
    checked = check(text)
    if checked.workflow is None:
        return {}
    spans = ((node.id, checked.source.span(("nodes", at))) for at, node in enumerate(checked.workflow.nodes))
    return {name: text[span[0] : span[1]] for name, span in spans if span is not None}
