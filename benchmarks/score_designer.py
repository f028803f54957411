"""Lets a real model design the written conversations and prints how its turns ended.

    make eval MODEL=openai/gpt-4.1-mini [JUDGE=openai/gpt-5.1] [ONLY=word]

Keys and addresses come from the environment, as for the app. Only the messages are taken from the
conversations: the model's own answers count. Questions are skipped and plans approved. Every turn is
written to `evals/` when it is done, so that a run that was stopped goes on where it was; `--again`
begins anew. Costs real money.

pass: the turn ends in a valid workflow, or in words where the message asked for none.
resolve: besides, it did what was asked, as the judge says; without a judge, as far as code can see.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from chat_app.chat_models.models import ChatModels
from chat_app.chat_models.protocol import ChatMessage, ChatModel, ChatRequest
from chat_app.chat_models.whole_answer import whole_answer
from chat_app.designer.agent.answers import read_answer
from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.conversation import Conversation
from chat_app.engine.dry_run import dry_run
from chat_app.events.design import (
    Asked,
    DesignEvent,
    Edited,
    ModelUsed,
    Offered,
    RunWanted,
    Said,
    SaveWanted,
    TurnFailed,
    UndoWanted,
)
from tests.designer.agent.replaying import HERE, Replay, check, foreign_bytes, replays

_ROW = "{:<38} {:>5} {:>6} {:>8} {:>7} {:>6} {:>6} {:>9} {:>9} {:>8} {:>7}"
_HEAD = ("conversation", "turns", "pass", "resolve", "foreign", "asked", "calls", "tokens in", "out", "usd", "s")
_MOST_REPLIES = 6
_FOLDER = Path("evals")
_JUDGED = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, "met": {"type": "boolean"}},
    "required": ["reason", "met"],
    "additionalProperties": False,
}
_JUDGE = """\
You judge whether a workflow designer did what a person asked, no more and no less. Judge the change of the document,
not its words. A wish that the workflow language cannot meet is met by saying so plainly.
Answer with a JSON object: `reason` (one sentence), then `met` (true or false)."""


@dataclass(frozen=True)
class Scored:
    """What a model did in one turn; kept as a line of the file."""

    conversation: str
    number: int
    message: str
    passed: bool
    resolved: bool
    reason: str
    foreign: int
    asked: int
    calls: int
    tokens_in: int
    tokens_out: int
    usd: float | None
    seconds: float
    memory: dict[str, Any]
    """The conversation after the turn, from which the next one goes on."""


class Evaluation:
    """One model over all conversations, with its results in a file."""

    def __init__(self, model: ChatModel, judge: ChatModel | None, file: Path) -> None:
        self._model = model
        self._judge = judge
        self._file = file
        self.done = read_scores(file)

    async def conversation(self, replay: Replay) -> list[Scored]:
        """All turns of a conversation; those that are in the file are not taken again."""
        conversation = Conversation(replay.name)
        scores: list[Scored] = []
        for number, turn in enumerate(wishes(replay)):
            known = self.done.get((replay.name, number))
            score = known or await self._turn(replay.name, number, conversation, turn)
            if known is None:
                self._keep(score)
            restore(conversation, score.memory)
            scores.append(score)
        return scores

    async def _turn(self, name: str, number: int, conversation: Conversation, turn: dict[str, Any]) -> Scored:
        designer = AgentDesigner(self._model, check, surroundings=HERE, dry_run=dry_run)
        before, message, started = conversation.draft, turn["say"], perf_counter()
        events: list[DesignEvent] = []
        for _ in range(_MOST_REPLIES):
            now = [event async for event in designer.turn(conversation, message)]
            events += now
            if any(isinstance(event, Asked) for event in now):
                message = "skip"
            elif any(isinstance(event, Offered) for event in now):
                message = "Build it"
            else:
                break
        foreign = (
            foreign_bytes(before, conversation.draft, turn["expect"]) if turn["expect"].get("touched") == [] else 0
        )
        passed = _passed(turn["expect"], conversation, events)
        met, reason = await self._resolved(turn, before, conversation, events) if passed else (False, "did not pass")
        used = [event for event in events if isinstance(event, ModelUsed)]
        costs = [event.cost_usd for event in used]
        return Scored(
            conversation=name,
            number=number,
            message=turn["say"],
            passed=passed,
            resolved=passed and met and not foreign,
            reason=reason,
            foreign=foreign,
            asked=sum(isinstance(event, Asked) for event in events),
            calls=len(used),
            tokens_in=sum(event.tokens_in or 0 for event in used),
            tokens_out=sum(event.tokens_out or 0 for event in used),
            usd=None if any(cost is None for cost in costs) else sum(cost or 0.0 for cost in costs),
            seconds=round(perf_counter() - started, 1),
            memory={
                "draft": conversation.draft,
                "memory": conversation.memory,
                "assumptions": conversation.assumptions,
            },
        )

    async def _resolved(
        self, turn: dict[str, Any], before: str, conversation: Conversation, events: list[DesignEvent]
    ) -> tuple[bool, str]:
        if self._judge is None:
            return _seen(turn["expect"], conversation, events)
        said = "".join(event.text for event in events if isinstance(event, Said))
        asked = (
            f"<wish>\n{turn['say']}\n</wish>\n<before>\n{before or '(empty)'}\n</before>\n"
            f"<after>\n{conversation.draft or '(empty)'}\n</after>\n<words>\n{said or '(none)'}\n</words>"
        )
        request = ChatRequest(
            (ChatMessage("system", _JUDGE), ChatMessage("user", asked)),
            schema=_JUDGED,
            temperature=0.0,
            purpose="judge",
        )
        found = read_answer(
            (await whole_answer(self._judge, request)).text.replace('"met"', '"action": "judge", "met"')
        )
        verdict = found.decision or {}
        return verdict.get("met") is True, str(verdict.get("reason", "the judge gave no verdict"))[:300]

    def _keep(self, score: Scored) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        # The line before may have been cut off: what is new begins a line of its own.
        with self._file.open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps(asdict(score), ensure_ascii=False))


def read_scores(file: Path) -> dict[tuple[str, int], Scored]:
    """What a file holds; a line that was cut off is taken again."""
    found: dict[tuple[str, int], Scored] = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            score = Scored(**json.loads(line))
        except (ValueError, TypeError):
            continue
        found[score.conversation, score.number] = score
    return found


def restore(conversation: Conversation, data: dict[str, Any]) -> None:
    """The conversation as a turn left it."""
    conversation.draft, conversation.memory = data["draft"], data["memory"]
    conversation.assumptions = list(data["assumptions"])


def _passed(expect: dict[str, Any], conversation: Conversation, events: list[DesignEvent]) -> bool:
    if any(isinstance(event, TurnFailed) for event in events):
        return False
    if conversation.draft.strip():
        return check(conversation.draft).valid
    return expect.get("edited") is False or "wants" in expect


def _seen(expect: dict[str, Any], conversation: Conversation, events: list[DesignEvent]) -> tuple[bool, str]:
    """What code can see of a wish: that something was done, and what it names is there."""
    wanted = {"run": RunWanted, "save": SaveWanted, "undo": UndoWanted}.get(str(expect.get("wants")))
    if wanted is not None:
        return any(isinstance(event, wanted) for event in events), f"wants {expect['wants']}"
    edited = any(isinstance(event, Edited) for event in events)
    if "edited" in expect:
        return edited is expect["edited"], f"edited is {edited}"
    workflow = check(conversation.draft).workflow
    if "outputs" in expect and workflow is not None and len(workflow.outputs) != len(expect["outputs"]):
        return False, f"returns {workflow.outputs}"
    return edited, f"edited is {edited}; not judged"


def wishes(replay: Replay) -> list[dict[str, Any]]:
    """The turns without those that answer a question which this model may never put."""
    replies = [bool(turn["expect"].get("asks") or turn["expect"].get("plans")) for turn in replay.turns]
    return [turn for turn, reply in zip(replay.turns, [False, *replies[:-1]], strict=True) if not reply]


def row(name: str, scores: Iterable[Scored]) -> str:
    """The scores as a line of the table."""
    all_ = list(scores)
    costs = [score.usd for score in all_]
    usd = "unknown" if any(cost is None for cost in costs) else f"{sum(cost or 0 for cost in costs):.3f}"
    return _ROW.format(
        name[:38], len(all_), sum(s.passed for s in all_), sum(s.resolved for s in all_),
        sum(s.foreign for s in all_), sum(s.asked for s in all_),
        sum(s.calls for s in all_), sum(s.tokens_in for s in all_),
        sum(s.tokens_out for s in all_), usd, round(sum(s.seconds for s in all_)),
    )  # fmt: skip


async def evaluate(model: ChatModel, judge: ChatModel | None, file: Path, only: str = "") -> list[Scored]:
    """Takes all conversations and prints the table."""
    evaluation = Evaluation(model, judge, file)
    total: list[Scored] = []
    print(_ROW.format(*_HEAD))  # noqa: T201
    for replay in replays():
        if only in replay.name:
            scores = await evaluation.conversation(replay)
            print(row(replay.name, scores), flush=True)  # noqa: T201
            total += scores
    print(row("all", total))  # noqa: T201
    if total:
        passed, resolved = (sum(getattr(s, key) for s in total) / len(total) for key in ("passed", "resolved"))
        print(f"\n{model.name}: pass {passed:.1%}, resolve {resolved:.1%} of {len(total)} turns.")  # noqa: T201
        print("Resolve is judged by " + (judge.name if judge else "code alone: give JUDGE=MODEL for a judge") + ".")  # noqa: T201
    return total


def file_of(model: str) -> Path:
    """Where a model's scores are kept."""
    return _FOLDER / (re.sub(r"[^\w.-]+", "_", model) + ".jsonl")


async def _main(asked: argparse.Namespace) -> int:
    file = file_of(asked.model)
    if asked.again:
        file.unlink(missing_ok=True)
    models = ChatModels(dict(os.environ))
    try:
        judge = models.get(asked.judge) if asked.judge else None
        total = await evaluate(models.get(asked.model), judge, file, asked.only)
    finally:
        await models.close()
    return 0 if total and all(score.passed for score in total) else 1


def main() -> int:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a LiteLLM model name")
    parser.add_argument("--judge", default="", help="another model, which says whether each wish was met")
    parser.add_argument("--only", default="", help="only conversations whose name holds this word")
    parser.add_argument("--again", action="store_true", help="begin anew instead of going on")
    return asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
