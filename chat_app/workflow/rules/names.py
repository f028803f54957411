"""Names: every name that is used must be declared, and each id only once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from chat_app.workflow.diagnostics import Diagnostic, Fix, Path
from chat_app.workflow.edges import END, START
from chat_app.workflow.loanwords import ON_ERROR
from chat_app.workflow.nodes import MapNode, NodeBase, ParallelNode
from chat_app.workflow.rules.context import Context, LevelView
from chat_app.workflow.typed import near
from chat_app.workflow.typed_edits import ReplaceValue

_RESERVED_ITEMS = {"state": "the fields", "index": "the number of the item", "secret": "the secrets",
                   "loop": "the round of a `for`"}  # fmt: skip
_ON_ERROR = ("fail", "continue")
_MOST_ABSENT = 100
"""So many absent nodes are told once each; in a text with more nobody looks for the cause one by one."""


def check_names(context: Context) -> Iterator[Diagnostic]:
    """unknown-name: ids, fields, edge ends, outputs, subtasks, met_by, tests."""
    workflow = context.workflow
    absent = [_absent(context, level) for level in context.levels]
    ids = {**context.levels_by_node, **dict.fromkeys(name for each in absent for name in each)}
    for number, requirement in enumerate(workflow.requirements):
        for index, name in enumerate(requirement.met_by):
            yield from _known(context, name, ids, "node", ("requirements", number, "met_by", index))
    written = {name for node in workflow.nodes for name in node.writes}
    for index, name in enumerate(workflow.outputs):
        # What a node writes and nothing declares is told at the node.
        if name not in written:
            yield from _known(context, name, context.top.fields, "field", ("outputs", index))
    for level, missing in zip(context.levels, absent, strict=True):
        yield from _in_level(context, level, missing)
    for number, test in enumerate(workflow.tests):
        path: Path = ("tests", number)
        for name in test.inputs:
            yield from _known(context, name, workflow.inputs, "input", (*path, "inputs", name), key=True)
        for key, given in (("given", test.given), ("answers", test.answers)):
            for name in given:
                yield from _known(context, name, ids, "node", (*path, key, name), key=True)


def _in_level(context: Context, level: LevelView, absent: Mapping[str, Path]) -> Iterator[Diagnostic]:
    here = {**level.flow.by_id, **dict.fromkeys(absent)}
    for node, path in level.node_paths():
        for index, name in enumerate(node.writes):
            if name not in level.own and not (level.parent is None and name in level.fields):
                yield from _unknown_write(context, level, name, (*path, "writes", index))
        if node.on_error not in _ON_ERROR:
            yield from _on_error(context, node.on_error, here, (*path, "on_error"))
        if isinstance(node, ParallelNode):
            for index, name in enumerate(node.subtasks):
                yield from _elsewhere(context, level, name, (*path, "subtasks", index))
        if isinstance(node, MapNode):
            yield from _returns(context, node, path)
    for place, name, also in _ends(level):
        if name not in absent:
            yield from _elsewhere(context, level, name, place, also)
        elif place == absent[name]:
            help = f"Edges lead to it and from it: add a node `{name}`, or lead them past it."
            yield context.error("unknown-name", f"`{name}` names no node.", place, help)


def _ends(level: LevelView) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    """Every end of an edge: where it stands, the name, and what may stand there besides nodes."""
    for number, edge in enumerate(level.level.edges or ()):
        path = (*level.edges_path, number)
        yield (*path, "from"), edge.from_, (START,)
        for place, name in edge_ends(edge, path):
            yield place, name, (END,)


def _absent(context: Context, level: LevelView) -> dict[str, Path]:
    """Nodes that edges lead to and from though they are not there, each with where it is named first.

    One fault is told once: where a node was taken out, every mention of it is no fault of its own. Where a node like
    it has no edges, its name is misspelt instead.
    """
    first: dict[str, Path] = {}
    sides: dict[str, set[tuple[str, ...]]] = {}
    for place, name, side in _ends(level):
        if name not in context.levels_by_node and name.upper() not in (START, END):
            first.setdefault(name, place)
            sides.setdefault(name, set()).add(side)
    both = [name for name, found in sides.items() if len(found) > 1][:_MOST_ABSENT]
    if not both:
        return {}
    joined = {name for _, name, _ in _ends(level)}
    return {name: first[name] for name in both if near(name, level.flow.by_id.keys() - joined) is None}


def _on_error(context: Context, name: str, here: Mapping[str, object], path: Path) -> Iterator[Diagnostic]:
    if name in here:
        return
    meant = ON_ERROR.get(name.lower())
    if meant is None:
        yield _unknown(context, name, [*_ON_ERROR, *here], "node", path)
        return
    fix = Fix(f"Use `{meant}`", (ReplaceValue(path=list(path), value=meant),))
    yield context.error("unknown-name", f"`{name}` names no node.", path, f"Did you mean `{meant}`?", fix=fix)


def edge_ends(edge: object, path: Path) -> Iterator[tuple[Path, str]]:
    """Every name an edge leads to, with its path."""
    from_target = _target_paths
    yield from from_target(getattr(edge, "to", None), (*path, "to"))
    for index, route in enumerate(getattr(edge, "routes", None) or ()):
        yield from from_target(route.to, (*path, "routes", index, "to"))
    two = getattr(edge, "to_conditional", None)
    if two is not None:
        yield from from_target(two.if_true, (*path, "to_conditional", "if_true"))
        yield from from_target(two.if_false, (*path, "to_conditional", "if_false"))


def _target_paths(target: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(target, str):
        yield path, target
    elif isinstance(target, list):
        for index, name in enumerate(target):
            yield (*path, index), name


def _returns(context: Context, node: MapNode, path: Path) -> Iterator[Diagnostic]:
    returns = node.body.returns
    names = [returns] if isinstance(returns, str) else returns
    for index, name in enumerate(names):
        place = (*path, "body", "returns", *(() if isinstance(returns, str) else (index,)))
        yield from _known(context, name, node.body.state, "field of the map's body", place)


def _known(
    context: Context, name: str, offered: Mapping[str, object], what: str, path: Path, key: bool = False
) -> Iterator[Diagnostic]:
    if name not in offered:
        yield _unknown(context, name, offered, what, path, key)


def _unknown(
    context: Context, name: str, offered: Iterable[str], what: str, path: Path, key: bool = False
) -> Diagnostic:
    choices = list(offered)
    closest = near(name, choices)
    if closest:
        help = f"Did you mean `{closest}`?"
    elif choices:
        help = f"There are: {', '.join(f'`{each}`' for each in choices[:12])}{', …' if len(choices) > 12 else ''}."
    else:
        help = f"There is no {what} yet."
    fix = None
    if closest and not key:
        fix = Fix(f"Use `{closest}`", (ReplaceValue(path=list(path), value=closest),))
    return context.error("unknown-name", f"`{name}` names no {what}.", path, help, key=key, fix=fix)


def _elsewhere(
    context: Context, level: LevelView, name: str, path: Path, also: tuple[str, ...] = ()
) -> Iterator[Diagnostic]:
    if name in level.flow.by_id or name in also:
        return
    if name in context.levels_by_node:
        other = context.levels_by_node[name]
        where = f"the body of `{other.owner.id}`" if other.owner else "the workflow itself"
        help = f"It stands in {where}; edges and subtasks stay within one level."
        yield context.error("unknown-name", f"`{name}` names no node of this level.", path, help)
    elif name.upper() in (START, END) and name.upper() in also:
        fix = Fix(f"Use `{name.upper()}`", (ReplaceValue(path=list(path), value=name.upper()),))
        yield context.error(
            "unknown-name", f"`{name}` names no node.", path, f"Did you mean `{name.upper()}`?", fix=fix
        )
    elif name in (START, END):
        word = "No edge leads to START; a run begins there." if name == START else "Nothing follows END."
        yield context.error("unknown-name", f"`{name}` can't stand here.", path, word)
    else:
        yield _unknown(context, name, [*level.flow.by_id, *also], "node", path)


def _unknown_write(context: Context, level: LevelView, name: str, path: Path) -> Iterator[Diagnostic]:
    if level.parent is not None and name in level.fields:
        assert level.owner is not None
        yield context.error(
            "not-writable",
            f"`{name}` stands outside the map; a body writes only its own fields.",
            path,
            f"Declare a field under `body.state` of `{level.owner.id}`, and return it with `returns`.",
        )
        return
    found = _unknown(context, name, level.own, "field under `state`", path)
    if found.fix is None:
        help = f"Declare it: `state: {{{name}: {{type: string}}}}`."
        found = context.error("unknown-name", found.message, path, help)
    yield found


def check_duplicates(context: Context) -> Iterator[Diagnostic]:
    """duplicate-id: node ids in the whole file, fields in `inputs` and `state`, requirements, subtasks."""
    seen: dict[str, Path] = {}
    for level in context.levels:
        for node, path in level.node_paths():
            if node.id in seen:
                yield _duplicate(context, f"The id `{node.id}` is used twice.", (*path, "id"), (*seen[node.id], "id"))
            else:
                seen[node.id] = path
    for name in context.workflow.inputs.keys() & context.workflow.state.keys():
        yield _duplicate(
            context, f"`{name}` is both an input and a state field.", ("state", name), ("inputs", name), key=True
        )
    requirements: dict[str, Path] = {}
    for number, requirement in enumerate(context.workflow.requirements):
        path = ("requirements", number, "id")
        if requirement.id in requirements:
            message = f"The requirement `{requirement.id}` stands here a second time."
            yield _duplicate(context, message, path, requirements[requirement.id])
        requirements.setdefault(requirement.id, path)


def _duplicate(context: Context, message: str, path: Path, first: Path, key: bool = False) -> Diagnostic:
    place = context.source.location(first, key=key)
    line = f" The first stands on line {place.line}." if place else ""
    return context.error("duplicate-id", message, path, f"Give one of them another name.{line}", key=key)


def check_reserved(context: Context) -> Iterator[Diagnostic]:
    """reserved-name: a map's item must not hide what templates look up."""
    for level in context.levels:
        for node, path in level.node_paths():
            if isinstance(node, MapNode) and node.item in _RESERVED_ITEMS:
                yield context.error(
                    "reserved-name",
                    f"`{node.item}` can't name the item: it stands for {_RESERVED_ITEMS[node.item]}.",
                    (*path, "item"),
                    "Name the item after what it is, such as `file` or `topic`.",
                )


def written_by(node: NodeBase, level: LevelView) -> tuple[str, ...]:
    """What a step writes, its subtasks included."""
    names = list(node.writes)
    pending = list(level.flow.subtasks(node.id))
    seen = {node.id}
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        names += level.flow.by_id[name].writes
        pending += level.flow.subtasks(name)
    return tuple(dict.fromkeys(names))
