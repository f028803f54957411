"""What a list of edits means together: ways that were only implied give way to those that were said.

A node without a place stands at the end, behind the one added before it. Where the same list says by
`connect` or `branch` how such a node is reached, that is its way in, and the implied one goes.
"""

from __future__ import annotations

from chat_app.workflow.edges import END
from chat_app.workflow.edits.draft import Draft, Level, reads_of, words
from chat_app.workflow.edits.text.tree import Map
from chat_app.workflow.edits.wires import Wires, tidy


def note_appended(draft: Draft, level: Level, wires: Wires, id: str) -> None:
    """Remembers a node that was put at the end, and from where it is reached for want of a place."""
    draft.appended[level.map_id, id] = tuple(wires.sources(id))


def note_way(draft: Draft, level: Level, source: str, target: str, *, bound: bool) -> None:
    """Remembers a way that was said."""
    draft.told_ways.append((level.map_id, source, target, bound))


def settle_ways(draft: Draft) -> None:
    """Takes away the implied ways that those that were said stand in the place of."""
    for level in draft.levels():
        appended = [id for map_id, id in draft.appended if map_id == level.map_id and level.node(id) is not None]
        if appended and isinstance(level.owner.get("edges"), list):
            _settle(draft, level, appended)


def _settle(draft: Draft, level: Level, appended: list[str]) -> None:
    wires = Wires(draft, level)
    told = [(source, target, bound) for map_id, source, target, bound in draft.told_ways if map_id == level.map_id]
    place = {id: at for at, id in enumerate(appended)}
    entered = {target for source, target, _ in told if target in place and source not in wires.reachable(target)}
    left = {source for source, _, bound in told if not bound}
    pairs = {(source, target) for source, target, _ in told}
    for id in appended:
        for source in draft.appended[level.map_id, id]:
            edge = wires.edge(source)
            superseded = id in entered or source in left
            if edge is None or not superseded or (source, id) in pairs or id not in wires.targets(source):
                continue
            meeting = next((m for m in appended[place[id] + 1 :] if m not in entered), END)
            instead = [] if source in left or source not in place else [meeting]
            wires.redirect(edge, id, [name for name in instead if name not in (id, source)])
            tidy(edge)


def sibling(draft: Draft, level: Level, wires: Wires, anchor: str, node: Map) -> str | None:
    """The node that was put behind the same one in this list of edits, where neither needs the other."""
    other = draft.followers.get((level.map_id, anchor))
    known = level.node(other) if other is not None else None
    if other is None or known is None or other not in wires.targets(anchor) or wires.chooses(anchor):
        return None
    if wires.chooses(other) or set(words(known.get("writes"))) & reads_of(node):
        return None
    return None if set(words(node.get("writes"))) & reads_of(known) else other


def meeting_of(wires: Wires, source: str) -> list[str]:
    """Where the ways out of a choice come together again."""
    heads = [name for name in wires.targets(source) if name != END]
    reached = [wires.reachable(head) for head in heads]
    common = set.intersection(*reached) if reached and len(heads) == len(wires.targets(source)) else set()
    seen, waiting = set(heads), list(heads)
    while waiting:
        at = waiting.pop(0)
        if at in common and at not in (source, END):
            return [at]
        for name in wires.targets(at):
            if name not in seen and name != source:
                seen.add(name)
                waiting.append(name)
    return [END]
