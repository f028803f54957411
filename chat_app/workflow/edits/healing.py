"""What has to follow when a node goes: nothing may name it or wait for what only it wrote."""

from __future__ import annotations

from typing import Any

from chat_app.workflow.edits.draft import Draft, Level, expected, reads_inside, words
from chat_app.workflow.edits.text.tree import Map, Seq


def sole_writes(level: Level, nodes: list[Map]) -> set[str]:
    """The fields that these nodes write and no other does."""
    going = {node["id"] for node in nodes}
    others = {name for step in level.steps if step["id"] not in going for name in words(step.get("writes"))}
    return {name for node in nodes for name in words(node.get("writes"))} - others


def forget_node(draft: Draft, level: Level, id: str) -> None:
    """Takes a node's id away from subtasks, error ways, requirements and tests."""
    for step in level.steps:
        if step.get("on_error") == id:
            del step["on_error"]
            draft.note(f"A failure of `{step['id']}` now fails the run, as `{id}` is gone.")
        if step.get("kind") == "parallel":
            _drop(step, "subtasks", id)
    for wish in _maps(draft.data.get("requirements")):
        if id in words(wish.get("met_by")):
            _drop(wish, "met_by", id)
            if not words(wish.get("met_by")):
                draft.note(f"No node meets the requirement `{wish.get('id')}` any more.")
    for test in _maps(draft.data.get("tests")):
        for key in ("given", "answers"):
            _drop_key(test, key, id)


def forget_unwritten(draft: Draft, level: Level, lost: set[str], last: list[str]) -> None:
    """Takes away fields that no node writes or reads any more; outputs then come from the last nodes."""
    fields = level.fields()
    key = "outputs" if level.map_id is None else "returns"
    read = reads_inside(level, set())
    named = set(expected(draft)) if level.map_id is None else set()
    unwritten: list[str] = []
    for name in [name for name in fields if name in lost and name not in read]:
        kind = fields[name]
        if isinstance(kind, dict) and "default" in kind and name in (*words(level.owner.get(key)), *named):
            continue
        unwritten.append(name)
        if name in named:
            draft.note(f"No node writes `{name}` any more, but a test still expects something of it.")
        else:
            del fields[name]
            draft.note(f"Removed the field `{name}`, as no node writes or reads it any more.")
    if not fields and isinstance(level.owner.get("state"), Map):
        del level.owner["state"]
    gone = [name for name in words(level.owner.get(key)) if name in unwritten]
    if gone:
        _new_outputs(draft, level, key, gone, last)


def _new_outputs(draft: Draft, level: Level, key: str, gone: list[str], last: list[str]) -> None:
    left = [name for name in words(level.owner.get(key)) if name not in gone]
    if not left:
        writers = (level.node(id) for id in last)
        left = list(dict.fromkeys(name for node in writers if node for name in words(node.get("writes"))))
    draft.note(f"The outputs are now {', '.join(left) or 'none'}, as {', '.join(gone)} is gone.")
    now = level.owner.get(key)
    if isinstance(now, Seq) and (left or key == "outputs"):
        now[:] = left
    elif left:
        level.owner[key] = left[0] if len(left) == 1 else Seq(left)


def _drop(holder: Map, key: str, item: str) -> None:
    now = holder.get(key)
    if isinstance(now, list):
        now[:] = [each for each in now if each != item]


def _drop_key(test: Map, key: str, id: str) -> None:
    now = test.get(key)
    if isinstance(now, Map) and id in now:
        del now[id]
        if not now:
            del test[key]


def _maps(value: Any) -> list[Map]:
    return [item for item in value if isinstance(item, Map)] if isinstance(value, list) else []
