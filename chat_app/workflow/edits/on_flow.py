"""Edits of the ways: branches, loops, single connections."""

from __future__ import annotations

import re

from chat_app.workflow.edges import END, START
from chat_app.workflow.edits.declare import declare
from chat_app.workflow.edits.draft import CannotApply, Draft, Level, check_end, shown, words
from chat_app.workflow.edits.intent import meeting_of, note_way
from chat_app.workflow.edits.node_data import ids_in, new_node
from chat_app.workflow.edits.text.tree import Map
from chat_app.workflow.edits.wires import Wires, new_route, put_target, routes_of, set_way, tidy, ways
from chat_app.workflow.typed_edits import Branch, Connect, Disconnect, Loop

_COMPARISON = re.compile(r"([^&|?!()\"']+|[^&|?!\"']*\([^&|?!\"']*\)\s*|)(==|!=|<=|>=|<|>)([^&|?!<>=]*)\Z")
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def branch(draft: Draft, edit: Branch) -> None:
    """Goes one way when a condition holds, and another when not."""
    level, node = draft.node(edit.after)
    source = _flow_id(draft, level, node["id"])
    wires = Wires(draft, level)
    before = wires.default(source)
    meeting = meeting_of(wires, source) if wires.chooses(source) else before
    added = _add_nodes(draft, level, source, edit)
    then = _target(draft, level, edit.then)
    otherwise = _target(draft, level, edit.otherwise) if edit.otherwise is not None else None
    default = [otherwise] if otherwise is not None else before
    if otherwise is None and before == [then]:
        default = wires.default(then)
    if otherwise is None and then in before and len(before) > 1:
        default = [name for name in before if name != then]
    if _are_alternatives(level, added, before):
        meeting = wires.default(before[0])
    end = [name for name in meeting if name not in added] or [END]
    note_way(draft, level, source, then, bound=True)
    if otherwise is not None:
        note_way(draft, level, source, otherwise, bound=False)
    _connect_new(wires, source, added, (then, otherwise), end)
    edge = wires.edge(source) or wires.add(source, default)
    if len(ways(edge)) > 1:
        routes = routes_of(edge)
        routes.insert(len(routes) - 1, new_route([then], edit.condition))
        if otherwise is not None or before == [then]:
            put_target(routes[-1], "to", default)
    else:
        routes = routes_of(edge)
        routes[:] = [new_route([then], edit.condition), new_route(default)]
    declare(draft, level, edit.fields)


def _are_alternatives(level: Level, added: list[str], before: list[str]) -> bool:
    """Whether the new nodes write what the node on the old way writes: then one is run or the other, not both."""
    old = level.node(before[0]) if len(before) == 1 else None
    if old is None or before[0] in added:
        return False
    nodes = [node for id in added if (node := level.node(id)) is not None]
    return bool({name for node in nodes for name in words(node.get("writes"))} & set(words(old.get("writes"))))


def _add_nodes(draft: Draft, level: Level, source: str, edit: Branch) -> list[str]:
    """Puts the new nodes into the list of nodes, below the node that branches."""
    at = level.index(source) + 1
    added: list[str] = []
    for spec in edit.add:
        node = new_node(draft, spec)
        level.insert(at + len(added), node)
        added.append(node["id"])
        draft.touched += ids_in(node)
    return added


def _connect_new(wires: Wires, source: str, added: list[str], ends: tuple[str | None, ...], end: list[str]) -> None:
    """Gives each new node a way out: to the next new one of its chain, else where the old way went."""
    near = wires.edge(source)
    for at, id in enumerate(added):
        following = added[at + 1] if at + 1 < len(added) else None
        chained = following is not None and following not in ends
        if wires.edge(id) is None:
            to = [following] if chained and following else [name for name in end if name != id] or [END]
            near = wires.add(id, to, near=near)


def loop(draft: Draft, edit: Loop) -> None:
    """Repeats a stretch until a condition holds, with a bound."""
    level, first_node = draft.node(edit.first)
    last_level, last_node = draft.node(edit.last)
    if level.map_id != last_level.map_id:
        raise CannotApply(
            "edit-bad-place",
            f"`{edit.first}` and `{edit.last}` stand on different levels, so no loop can hold both.",
            "Name two nodes of one level.",
        )
    first = _flow_id(draft, level, first_node["id"])
    last = _flow_id(draft, level, last_node["id"])
    wires = Wires(draft, level)
    if last not in wires.reachable(first):
        raise CannotApply(
            "edit-no-way",
            f"No way leads from `{first}` to `{last}`, so they can't be repeated together.",
            "Name the first and the last node of the stretch, in the order in which they run.",
        )
    edge = wires.edge(last) or wires.add(last, [END])
    routes = routes_of(edge)
    again = [route for route in routes if isinstance(route, Map) and words(route.get("to")) == [first]]
    default = again[-1] is routes[-1] if again else False
    for route in again:
        routes.remove(route)
    routes.insert(0, new_route([first], negated(edit.until), edit.max_times))
    if default:
        tidy(edge)


def negated(condition: str) -> str:
    """The condition that holds when this one does not."""
    bare = condition.strip()
    found = _COMPARISON.fullmatch(bare)
    if found and found.group(1).strip():
        return f"{found.group(1).rstrip()} {_OPPOSITE[found.group(2)]} {found.group(3).lstrip()}"
    if re.fullmatch(r"[\w.]+", bare):
        return f"!{bare}"
    if re.fullmatch(r"![\w.]+", bare):
        return bare[1:]
    return f"!({bare})"


def connect(draft: Draft, edit: Connect) -> None:
    """Adds a way, or changes the condition or bound of the one that is there."""
    check_end(edit.from_, allowed=START)
    level = _level_of(draft, edit.from_, edit.to)
    source = edit.from_ if edit.from_ == START else _flow_id(draft, level, draft.node(edit.from_)[1]["id"])
    target = _target(draft, level, edit.to)
    wires = Wires(draft, level)
    edge = wires.edge(source)
    bound = edit.condition is not None or edit.max_times is not None
    note_way(draft, level, source, target, bound=bound)
    if edge is None:
        edge = wires.add(source, [END] if bound else [target])
        if not bound:
            return
    if bound:
        _bound_way(edge, target, edit)
    elif target not in wires.targets(source) or (wires.chooses(source) and wires.default(source) == [END]):
        now = [name for name in wires.default(source) if name != END]
        if len(ways(edge)) > 1:
            routes = routes_of(edge)
            put_target(routes[-1], "to", [*now, target])
        else:
            set_way(edge, [*now, target])


def _bound_way(edge: Map, target: str, edit: Connect) -> None:
    routes = routes_of(edge)
    same = [r for r in routes if isinstance(r, Map) and words(r.get("to")) == [target] and r is not routes[-1]]
    if same:
        for key, value in (("condition", edit.condition), ("max_times", edit.max_times)):
            if value is not None:
                same[0].put(key, value, ("condition", "to", "max_times"))
        return
    last = routes[-1]
    if words(last.get("to")) == [target]:
        put_target(last, "to", [END])
    routes.insert(len(routes) - 1, new_route([target], edit.condition, edit.max_times))


def disconnect(draft: Draft, edit: Disconnect) -> None:
    """Takes away the ways from one node to another."""
    check_end(edit.from_, allowed=START)
    if {edit.from_, edit.to} & draft.gone_ids():
        return
    level = _level_of(draft, edit.from_, edit.to)
    source = edit.from_ if edit.from_ == START else draft.node(edit.from_)[1]["id"]
    target = _target(draft, level, edit.to)
    wires = Wires(draft, level)
    edge = wires.edge(source)
    if edge is None or target not in wires.targets(source):
        ways_out = ", ".join(f"`{name}`" for name in wires.targets(source)) or "nowhere"
        raise CannotApply(
            "edit-no-way", f"No way leads from `{source}` to `{target}`.", f"`{source}` goes to {ways_out}."
        )
    wires.redirect(edge, target, [])
    tidy(edge)


def _level_of(draft: Draft, *names: str) -> Level:
    """The one level that nodes stand on."""
    found = [draft.node(name)[0] for name in names if name not in (START, END)]
    if len({level.map_id for level in found}) > 1:
        raise CannotApply(
            "edit-bad-place",
            f"`{names[0]}` and `{names[1]}` stand on different levels; no way leads into a map's body.",
            "Connect the map itself.",
        )
    return found[0] if found else draft.root


def _flow_id(draft: Draft, level: Level, id: str) -> str:
    """The id that has edges: of a subtask, that of its parallel node."""
    owner = level.owner_of_subtask(id)
    if owner is None:
        return id
    draft.note(f"`{id}` is a subtask of `{owner}`, so the way is taken from `{owner}`.")
    return owner


def _target(draft: Draft, level: Level, name: str) -> str:
    check_end(name, allowed=END)
    if name == END:
        return END
    other, node = draft.node(name)
    if other.map_id != level.map_id:
        raise CannotApply(
            "edit-bad-place",
            f"`{shown(name)}` stands in {other.name}, not in {level.name}.",
            f"Name a node of {level.name}: {', '.join(f'`{id}`' for id in level.ids)}.",
        )
    return _flow_id(draft, level, node["id"])
