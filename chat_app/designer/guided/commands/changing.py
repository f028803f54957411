"""Removes, renames, moves and replaces what is there."""

from __future__ import annotations

import re

from chat_app.designer.guided.commands.adding import make_node
from chat_app.designer.guided.commands.outcome import Change, NotClear, Outcome, Unsure, field_for, node_for
from chat_app.designer.guided.steps import step_in
from chat_app.designer.guided.view import View
from chat_app.designer.guided.words import NUMBER, items, name_of, number, quoted, unquoted
from chat_app.translation import tr
from chat_app.workflow.edges import END, START
from chat_app.workflow.typed_edits import (
    AddNode,
    DesignEdit,
    MoveNode,
    RemoveField,
    RemoveNode,
    Rename,
    ReplaceNode,
    SetLimits,
    SetOutputs,
    SetPrompt,
)

_REMOVE = re.compile(
    r"^(?:remove|delete|drop|take out|take away|get rid of|kill|erase|throw out|cut|discard|leave out|omit)\s+(.+)$",
    re.IGNORECASE,
)
_SEVERAL = re.compile(rf"^(?:the\s+)?(?P<end>last|first)\s+(?P<n>{NUMBER})\s+steps?$", re.IGNORECASE)
_RENAME = re.compile(
    r"^(?:rename|call|name|change the name of)\s+(.+?)\s+(?:to|as|into|->|=>)\s+(.+)$|^(?:call|"
    r"name)\s+(it|this|the workflow|the flow|"
    r"(?:the\s+)?[\w ]+? (?:step|node|field|input))\s+(.+)$"
    r"|^give\s+(.+?)\s+(?:the\s+|a\s+)?(?:new\s+)?name\s+(.+)$",
    re.IGNORECASE,
)
_CALL = re.compile(r"^(?:call|name)\s+(?:the\s+)?(.+)$", re.IGNORECASE)
_MOVE = re.compile(
    r"^(?:move|shift|put|place|bring|have(?=\s+(?:the|my|our)\b))\s+(.+?)\s+"
    r"(?:(?:right |directly )?(after|behind|before|ahead of|"
    r"in front of)\s+(.+)|"
    r"(?:to the (?:very )?)?(end|start|beginning|front|first|last))$",
    re.IGNORECASE,
)
_COMES = re.compile(
    r"^(.+?)\s+(?:should|must|shall|has to|needs to)\s+(?:come|go|run|be|stand|happen)\s+(?:(?:right |directly )?"
    r"(after|behind|before|ahead of|in front of)\s+(.+)|(?:at the )?(end|start|first|last))$",
    re.IGNORECASE,
)
_SWAP = re.compile(r"^(?:swap|exchange)\s+(.+?)\s+and\s+(.+)$", re.IGNORECASE)
_INSTEAD = re.compile(
    r"^(?:use|take|have|do|make)\s+(?P<new>.+?)\s+(?:instead of|in place of|rather than)\s+(?P<old>.+)$",
    re.IGNORECASE,
)
_REPLACE = re.compile(
    r"^(?:replace|swap|exchange|substitute)\s+(.+?)\s+(?:with|by|for|against)\s+(.+)$", re.IGNORECASE | re.DOTALL
)


def read(clause: str, view: View) -> Outcome | None:
    """Reads a wish to change what is there."""
    for pattern, reader in (
        (_RENAME, _rename),
        (_MOVE, _move),
        (_COMES, _move),
        (_SWAP, _swap),
        (_REPLACE, _replace),
        (_INSTEAD, _instead),
        (_REMOVE, _remove),
        (_CALL, _call),
    ):
        found = pattern.match(clause)
        if found:
            outcome = reader(found, clause, view)
            if outcome is not None:
                return outcome
    return None


def _rename(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    old, new = next((old, new) for old, new in (found.group(1, 2), found.group(3, 4), found.group(5, 6)) if old)
    name = name_of(unquoted(new), "renamed")
    own = old.strip().lower() in view.ids | view.names
    if not own and re.fullmatch(r"(?:the |this )?(?:it|this|workflow|flow|draft)", old.strip(), re.IGNORECASE):
        return Change((Rename(what="workflow", old=view.workflow.name, new=name),))
    if re.search(r"\b(?:field|input|output|variable)\b", old, re.IGNORECASE):
        bare = re.sub(r"\b(?:field|input|output|variable)\b", " ", old, flags=re.IGNORECASE)
        return _renamed("field", field_for(view, bare), name, view)
    nodes = view.nodes_like(old)
    exact = view.fields_like(old)
    if exact and name_of(old) == exact and name_of(old) not in view.ids:
        return _renamed("field", exact, name, view)
    if not nodes and (field := view.fields_like(old)):
        return _renamed("field", field, name, view)
    node = node_for(view, old, clause)
    return _renamed("node", node, name, view)


def _call(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    """`call the result reply`: parted where the first words name something."""
    words = found[1].split()
    for at in range(len(words) - 1, 0, -1):
        old, new = "_".join(words[:at]).lower(), name_of(" ".join(words[at:]), "renamed")
        if old in view.ids:
            return _renamed("node", old, new, view)
        if old in view.workflow.inputs or old in view.workflow.state:
            return _renamed("field", old, new, view)
    return None


def _renamed(what: str, old: str, new: str, view: View) -> Outcome:
    if new in (view.ids if what == "node" else view.names):
        return Unsure(tr("`{name}` is taken already.", name=new), ())
    edit = Rename(what="node", old=old, new=new) if what == "node" else Rename(what="field", old=old, new=new)
    return Change((edit,), new if what == "node" else None)


def _move(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    if not re.match(r"^(?:move|shift|bring)\b", clause, re.IGNORECASE) and not view.nodes_like(found[1]):
        return None
    node = node_for(view, found[1], clause)
    if found[4]:
        at_end = found[4].lower() in ("end", "last")
        return Change((MoveNode(id=node, before=END) if at_end else MoveNode(id=node, after=START),), node)
    other = node_for(view, found[3], clause)
    if other == node:
        return Unsure(tr("A step cannot be moved beside itself."))
    after = found[2].lower() in ("after", "behind")
    return Change((MoveNode(id=node, after=other) if after else MoveNode(id=node, before=other),), node)


def _swap(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    """Two steps change places."""
    order = {name: at for at, name in enumerate(view.main.steps)}
    named = {node_for(view, found[1], clause), node_for(view, found[2], clause)}
    if len(named) < 2:
        return Unsure(tr("A step cannot be moved beside itself."))
    if not named <= order.keys():
        return None
    first, last = sorted(named, key=order.__getitem__)
    before = view.main.predecessors(last)
    if len(before) != 1:
        return None
    edits: list[DesignEdit] = [MoveNode(id=last, before=first)]
    if before[0] != first:
        edits.append(MoveNode(id=first, after=before[0]))
    return Change(tuple(edits), last)


def _replace(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    if re.match(r"(?:the )?prompt of\b", found[1], re.IGNORECASE) and quoted(found[2]):
        node = node_for(view, re.sub(r"^(?:the )?prompt of\s+", "", found[1], flags=re.IGNORECASE), clause)
        return Change((SetPrompt(id=node, prompt=unquoted(found[2])),), node)
    return _in_place_of(node_for(view, found[1], clause), found[2], view)


def _instead(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    if not view.nodes_like(found["old"]) or step_in(found["new"]) is None:
        return None
    return _in_place_of(node_for(view, found["old"], clause), found["new"], view)


def _in_place_of(old: str, words: str, view: View) -> Outcome:
    step = step_in(words)
    if step is None:
        return Unsure(
            tr('I know no step for "{words}".', words=words.strip()),
            (f"remove {old}", f"add a step that makes {words.strip()} after {old}"),
        )
    place = view.places[old]
    made, assumed = make_node(view, step, words, view.before(old))
    written = [name for name in place.node.writes if name in place.level.state]
    only = list(made.fields.items())
    if (
        len(written) == 1
        and len(only) == 1
        and only[0][1].get("type") == place.level.state[written[0]].type
        and not only[0][1].get("enum")
    ):
        return Change((ReplaceNode(id=old, node={**made.spec, "writes": written}),), made.id, assumed)
    outputs = [name for name in view.workflow.outputs if name not in written]
    # What the old node wrote goes with it, out of the tests too; a mere replacement would leave it there.
    edits: list[DesignEdit] = [AddNode(node=made.spec, fields=made.fields, before=old), RemoveNode(id=old)]
    if place.map is None:
        edits.insert(1, SetOutputs(outputs=[*outputs, *made.fields]))
    return Change(tuple(edits), made.id, assumed)


def _remove(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    what = found[1].strip()
    field = re.match(r"^(?:the\s+)?(input|field|output)s?\s+(.+)$", what, re.IGNORECASE) or re.match(
        r"^(?:the\s+)?(.+?)\s+(input|field|output)s?$", what, re.IGNORECASE
    )
    if field:
        kind, words = (
            (field[1], field[2]) if field[1].lower() in ("input", "field", "output") else (field[2], field[1])
        )
        return _remove_field(kind.lower(), words, view)
    limit = re.match(r"^(?:the\s+)?(?:(\w+)\s+)?limits?(?:\s+(?:of|on|for)\s+(\w+))?$", what, re.IGNORECASE)
    if limit:
        set_ones = view.workflow.limits.model_dump(exclude_none=True)
        word = (limit[1] or limit[2] or "").lower()
        chosen = [
            name for name in set_ones if not word or word.rstrip("s") in name or name.rstrip("s") in word
        ] or list(set_ones)
        return Change((SetLimits(limits=dict.fromkeys(chosen)),)) if chosen else Unsure(tr("No limit is set."))
    several = _SEVERAL.match(what)
    if several and (count := number(several["n"])):
        steps = list(view.main.steps)
        return Change(tuple(removal(view, steps[-count:] if several["end"].lower() == "last" else steps[:count])))
    parts = items(what)
    if len(view.nodes_like(what)) == 1 or not all(view.nodes_like(part) for part in parts):
        parts = [what] if view.nodes_like(what) else parts
    nodes = list(dict.fromkeys(node_for(view, part, clause) for part in parts))
    return Change(tuple(removal(view, nodes)))


def removal(view: View, nodes: list[str]) -> list[DesignEdit]:
    """The edits that remove nodes and what only they needed."""
    edits: list[DesignEdit] = []
    left = [place.node for name, place in view.places.items() if name not in nodes]
    still_written = {name for node in left for name in node.writes}
    gone = [name for node_id in nodes for name in view.places[node_id].node.writes if name not in still_written]
    if len(nodes) >= len([place for place in view.places.values() if place.map is None]):
        raise NotClear(
            Unsure(tr("That would leave no step at all. Say `start over` to begin again."), ("start over",))
        )
    outputs = [name for name in view.workflow.outputs if name not in gone]
    if not outputs:
        edits_material = view.before(nodes[0]).fields
        outputs = [
            name.removeprefix("state.")
            for name in edits_material
            if name.removeprefix("state.") in view.workflow.state
        ]
    if outputs != view.workflow.outputs:
        edits.append(SetOutputs(outputs=outputs))
    return [*edits, *(RemoveNode(id=node, orphans=True) for node in nodes)]


def _remove_field(kind: str, words: str, view: View) -> Outcome:
    name = field_for(view, words)
    if kind == "output" or (kind == "field" and name in view.workflow.outputs):
        outputs = [output for output in view.workflow.outputs if output != name]
        if not outputs:
            return Unsure(tr("A workflow needs at least one output."))
        return Change((SetOutputs(outputs=outputs),))
    return Change((RemoveField(name=name),))
