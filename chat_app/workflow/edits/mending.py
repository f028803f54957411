"""Names that new texts read and that do not exist: a node meant for its field, a slip of the pen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from chat_app.workflow.edits.draft import SURE_ENOUGH, Draft, Level, words
from chat_app.workflow.edits.references import (
    TextAt,
    bare_names,
    fields_read,
    rename_field,
    rename_word,
    texts_of_edges,
    texts_of_node,
)
from chat_app.workflow.edits.text.tree import Map
from chat_app.workflow.names import likeness

_RESULT_OF_NODE = r"\s*\.\s*(?:outputs?|results?|response|content|value)\b(?!\s*\()"


def mend_reads(draft: Draft, ids: Iterable[str]) -> None:
    """Lets the texts of these nodes, and conditions that are new, read fields that exist."""
    touched = set(ids)
    written = _written(draft)
    for level in draft.levels():
        known = set(_visible(draft, level))
        local = _local_names(draft) if level.map_id is not None else set()
        for place in _texts(level, touched):
            bare = sorted((bare_names(place.text, place.manner) & known) - local)
            for name in bare:
                draft.note(f"Wrote `{name}` in a new text as `state.{name}`.")
                place.set(rename_word(place.text, place.manner, name, f"state.{name}"))
            for name in sorted(fields_read(place.text, place.manner) - known):
                text = _mended(place, name, written.get(name, []), known)
                if text != place.text:
                    draft.note(f"Took `state.{name}` in a new text for a field that exists.")
                    place.set(text)


def mend_tools(draft: Draft, ids: Iterable[str], tools: Iterable[str]) -> None:
    """Lets touched nodes name tools that exist, where one is surely meant."""
    known, touched = set(tools), set(ids)
    for step in (step for level in draft.levels() for step in level.steps if known and step["id"] in touched):
        if isinstance(step.get("tool"), str):
            step["tool"] = _tool(draft, step["tool"], known)
        if isinstance(step.get("tools"), list):
            step["tools"][:] = [_tool(draft, n, known) if isinstance(n, str) else n for n in step["tools"]]


def _tool(draft: Draft, name: str, known: set[str]) -> str:
    meant = _near(name, known) if name not in known else None
    if meant is None:
        return name
    draft.note(f"Took the tool `{name}` for `{meant}`, which exists.")
    return meant


def _mended(place: TextAt, name: str, writes: list[str], known: set[str]) -> str:
    """The text with a name that is no field replaced by the field that was meant."""
    text = place.text
    for field in [field for field in writes if field in known]:
        text = re.sub(rf"(?<![\w.])state\.{name}\.{field}\b", f"state.{field}", text)
    result = re.compile(rf"(?<![\w.])state\.{name}{_RESULT_OF_NODE}")
    if writes and writes[0] in known:
        text = result.sub(f"state.{writes[0]}", text)
    meant = writes[0] if len(writes) == 1 else _near(name, known)
    return rename_field(text, place.manner, name, meant) if meant is not None and meant in known else text


def mend_outputs(draft: Draft, names: list[str]) -> list[str]:
    """Names of fields, where some name nodes that write just one."""
    known, written = draft.known_fields(), _written(draft)
    made = []
    for name in names:
        writes = written.get(name.split(".")[0], []) if name not in known else []
        field = writes[0] if len(writes) == 1 else None
        if field:
            draft.note(f"Took the node `{name}` for the field `{field}` that it writes.")
        made.append(field or name)
    return made


def _texts(level: Level, touched: set[str]) -> Iterator[TextAt]:
    for step in level.steps:
        if step["id"] in touched:
            yield from texts_of_node(step)
    for place in texts_of_edges(level.owner.get("edges")):
        if isinstance(place.holder, Map) and place.holder.origin is None:
            yield place


def _local_names(draft: Draft) -> set[str]:
    """What texts inside maps may name without `state.`."""
    maps = [step for level in draft.levels() for step in level.steps if step.get("kind") == "map"]
    return {"index", *(str(step.get("item", "item")) for step in maps)}


def _visible(draft: Draft, level: Level) -> Iterator[str]:
    """The fields that a level's texts may read; writes count, as they are declared in the end."""
    yield from draft.section("inputs")
    for other in draft.levels():
        if other.map_id is None or other.map_id == level.map_id:
            yield from other.fields()
            for step in other.steps:
                yield from words(step.get("writes"))


def _written(draft: Draft) -> dict[str, list[str]]:
    """What each node writes."""
    return {step["id"]: words(step.get("writes")) for level in draft.levels() for step in level.steps}


def _near(name: str, known: set[str]) -> str | None:
    close = [field for field in sorted(known) if likeness(name, field) >= SURE_ENOUGH]
    return close[0] if len(close) == 1 else None
