"""A workflow pasted into the chat: taken over as it is read, then designed on by whichever designer there is."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from chat_app.designer.conversation import Conversation, Designer, Message
from chat_app.events.design import DesignEvent, Edited, Said, TurnFinished
from chat_app.workflow.diff import diff
from chat_app.workflow.edits.skeleton import new_workflow
from chat_app.workflow.foreign.imports import Imported, NotAWorkflow, is_foreign
from chat_app.workflow.source import read

Import = Callable[[str], Imported]

_FENCE = re.compile(r"```[A-Za-z]*[ \t]*\r?\n(.*?)\r?\n?```", re.DOTALL)
_BEGIN = re.compile(r"^(?:\{|(?:version|kind|app|name|nodes|flow|schema_version|# yaml-language-server)\b.*:)", re.M)
_SHORT = 12
"""Words beside a document that only hand it over."""
_MOST_TOLD = 14


@dataclass(frozen=True, slots=True)
class Pasted:
    """A workflow in a message, and the words around it."""

    document: str
    words: str


def pasted(message: str) -> Pasted | None:
    """The workflow that a message holds; None where it holds none."""
    if len(message) < 40 or "nodes" not in message:
        return None
    for found in _FENCE.finditer(message):
        if _is_workflow(found.group(1)):
            return Pasted(found.group(1), (message[: found.start()] + message[found.end() :]).strip())
    start = _BEGIN.search(message)
    if start is not None and _is_workflow(message[start.start() :]):
        return Pasted(message[start.start() :], message[: start.start()].strip())
    return None


def _is_workflow(text: str) -> bool:
    if is_foreign(text):
        return True
    data = read(text).data
    return isinstance(data, dict) and "version" in data and isinstance(data.get("nodes"), list)


class TakingOver:
    """A designer before which another takes over what is pasted; implements `Designer`."""

    def __init__(self, designer: Designer, take_over: Import) -> None:
        self.inner = designer
        self._take_over = take_over

    @property
    def name(self) -> str:
        """Who designs, as the page shows it."""
        return self.inner.name

    async def turn(self, conversation: Conversation, message: str) -> AsyncGenerator[DesignEvent, None]:
        """The events of one turn; a pasted workflow becomes the draft before anything else is done."""
        found = pasted(message)
        if found is not None:
            try:
                imported = self._take_over(found.document)
            except NotAWorkflow as refused:
                words = f"{refused.message} {refused.help}"
                conversation.messages += [Message("user", message), Message("designer", words)]
                yield Said(words)
                yield TurnFinished()
                return
            for event in _taken(conversation, message, imported):
                yield event
            if len(found.words.split()) <= _SHORT:
                yield TurnFinished()
                return
            message = found.words
        async with aclosing(self.inner.turn(conversation, message)) as events:
            async for event in events:
                yield event


def within(designer: Designer) -> Designer:
    """The designer that does the work."""
    return designer.inner if isinstance(designer, TakingOver) else designer


def _taken(conversation: Conversation, message: str, imported: Imported) -> list[DesignEvent]:
    before = conversation.draft
    workflow = imported.checked.workflow
    start = before if before.strip() else new_workflow(workflow.name if workflow else "workflow", "")
    summary = tuple(diff(start, imported.text).lines())
    lines = imported.lines() or ["Took over the workflow as it stands."]
    words = "\n".join(
        [*lines[:_MOST_TOLD], *([f"And {len(lines) - _MOST_TOLD} more."] if len(lines) > _MOST_TOLD else [])]
    )
    conversation.draft = imported.text
    conversation.messages += [Message("user", message), Message("designer", "\n".join([words, *summary]))]
    edited = Edited(imported.text, ({"op": "document"},), summary, imported.notes, imported.checked.valid)
    return [edited, Said(words)]
