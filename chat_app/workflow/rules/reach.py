"""Where a run can get to: every node from START, END from every node, and no circle for ever."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from chat_app.workflow.diagnostics import Diagnostic, Fix, Path
from chat_app.workflow.edges import END, START
from chat_app.workflow.graph import data_needs
from chat_app.workflow.knots import circles
from chat_app.workflow.loanwords import ON_ERROR
from chat_app.workflow.nodes import MapNode
from chat_app.workflow.rules.context import Context, LevelView
from chat_app.workflow.typed import near
from chat_app.workflow.typed_edits import Connect


def check_reach(context: Context) -> Iterator[Diagnostic]:
    """unreachable-node and no-way-to-end."""
    for level in context.levels:
        if not level.sound or level.flow.derived:
            continue
        if not level.flow.ways(START):
            yield _no_start(context, level)
            continue
        lost = _lost(level) if _routes_end(level) else []
        missing = _missing_edges(level, lost)
        yield from _unreachable(context, level, [name for name in lost if name not in missing.values()])
        yield from _dead_ends(context, level, missing)


def _no_start(context: Context, level: LevelView) -> Diagnostic:
    first = level.flow.steps[0] if level.flow.steps else END
    fix = Fix(f"Start with `{first}`", (Connect(**{"from": START, "to": first}),)) if level.parent is None else None
    return context.error(
        "unreachable-node",
        "No edge leads from START, so nothing runs.",
        level.edges_path,
        f"Add `- {{from: START, to: {first}}}`.",
        key=True,
        fix=fix,
    )


def _routes_end(level: LevelView) -> bool:
    """Whether the routes are whole: one that lacks its last may be why a node is not reached."""
    return all(edge.routes is None or edge.routes[-1].condition is None for edge in level.level.edges or ())


def _lost(level: LevelView) -> list[str]:
    """The first node of each piece that can't be reached."""
    flow = level.flow
    # One that a misspelt `on_error` was meant to lead to is told there.
    said = {node.on_error for node in flow.nodes} - flow.by_id.keys() - ON_ERROR.keys() - {"fail", "continue"}
    meant = {near(name, flow.by_id) for name in said}
    lost = [name for name in flow.steps if name not in flow.reachable]
    return [name for name in _heads(lost, flow.successors) if name not in meant]


def _missing_edges(level: LevelView, lost: list[str]) -> dict[str, str]:
    """Where one node leads nowhere and another is not reached, one missing edge explains both."""
    flow = level.flow
    silent = [name for name in flow.steps if name in flow.reachable and not flow.ways(name)]
    entries = [name for name in lost if not flow.predecessors(name)]
    return dict(zip(silent, entries, strict=False))


def _unreachable(context: Context, level: LevelView, lost: list[str]) -> Iterator[Diagnostic]:
    flow = level.flow
    for name in lost:
        before = flow.predecessors(name)
        help = f"Lead an edge to `{name}`, or remove the node."
        if before:
            help = f"It follows {', '.join(f'`{each}`' for each in before)}, which can't be reached either. {help}"
        yield context.error(
            "unreachable-node", f"`{name}` can't be reached from START.", (*level.paths[name], "id"), help
        )


def _heads(lost: list[str], successors: Mapping[str, Iterable[str]]) -> list[str]:
    """The first nodes of each lost piece: what only follows a lost node is not told again."""
    inner = set(lost)
    followed = {name for source in lost for name in successors[source] if name in inner and name != source}
    heads = [name for name in lost if name not in followed]
    covered, pending = set(heads), list(heads)
    while True:
        while pending:
            for name in successors[pending.pop()]:
                if name in inner and name not in covered:
                    covered.add(name)
                    pending.append(name)
        rest = [name for name in lost if name not in covered]
        if not rest:
            return heads
        heads.append(rest[0])
        covered.add(rest[0])
        pending.append(rest[0])


def _dead_ends(context: Context, level: LevelView, missing: Mapping[str, str]) -> Iterator[Diagnostic]:
    flow = level.flow
    stuck = [name for name in flow.steps if name in flow.reachable and name not in flow.reaching_end]
    silent = {name for name in stuck if not flow.ways(name)}
    for name in stuck:
        path = (*level.paths[name], "id")
        if name in silent:
            to = missing.get(name, END)
            help = f"Add `- {{from: {name}, to: END}}`, or the node that follows."
            if to != END:
                help = f"Nothing leads to `{to}` either: perhaps `- {{from: {name}, to: {to}}}` is missing."
            fix = Fix(f"Go from `{name}` to {to}", (Connect(**{"from": name, "to": to}),))
            yield context.error(
                "no-way-to-end",
                f"`{name}` leads nowhere: it has no entry in `edges`.",
                path,
                help,
                fix=fix if level.parent is None else None,
            )
    circling = [name for name in stuck if name not in silent and not _leads_to(name, silent, flow.successors)]
    if circling:
        names = " or ".join(f"`{name}`" for name in circling[:4])
        yield context.error(
            "no-way-to-end",
            f"No way leads from {names} to END.",
            (*level.paths[circling[0]], "id"),
            "Add a route to END on one of them.",
        )


def _leads_to(name: str, goals: set[str], successors: Mapping[str, Iterable[str]]) -> bool:
    seen, pending = {name}, [name]
    while pending:
        at = pending.pop()
        if at in goals:
            return True
        for following in successors.get(at, ()):
            if following not in seen:
                seen.add(following)
                pending.append(following)
    return False


def check_cycles(context: Context) -> Iterator[Diagnostic]:
    """unbounded-cycle: each circle needs a route with `max_times`."""
    for level in context.levels:
        if level.sound and not level.flow.derived:
            unbounded = {source: _unbounded(level, source) for source in level.flow.successors}
            for circle in circles(unbounded):
                if level.flow.reaching_end.intersection(circle):
                    yield _cycle(context, level, circle)


def _unbounded(level: LevelView, source: str) -> list[str]:
    names = [name for way in level.flow.ways(source) if way.max_times is None for name in way.targets]
    failed = level.flow.error_target(source)
    return [*names, failed] if failed else names


def _cycle(context: Context, level: LevelView, circle: list[str]) -> Diagnostic:
    order = {name: position for position, name in enumerate(level.flow.order)}
    first = min(range(len(circle)), key=lambda at: order.get(circle[at], 0))
    circle = circle[first:] + circle[:first]
    last = circle[-1]
    path = next(
        (_end_path(level, way.path) for way in level.flow.ways(last) if circle[0] in way.targets),
        (*level.paths[last], "on_error"),
    )
    return context.error(
        "unbounded-cycle",
        f"The circle {' -> '.join(f'`{name}`' for name in [*circle, circle[0]])} may never end.",
        path,
        f"Say how often the way back may be taken, `- {{condition: …, to: {circle[0]}, max_times: 3}}`, "
        "and add a last route that leads on.",
    )


def _end_path(level: LevelView, way: Path) -> Path:
    return (*level.path, *way) if "to_conditional" in way else (*level.path, *way, "to")


def check_data_order(context: Context) -> Iterator[Diagnostic]:
    """data-cycle: without edges, no node may wait for itself by what it reads."""
    for level in context.levels:
        if not level.sound or not level.flow.derived:
            continue
        needs = data_needs(level.level.nodes, level.flow.owners)
        for circle in circles({name: sorted(before) for name, before in needs.items()}):
            waits = ", which waits for ".join(f"`{name}`" for name in [*circle, circle[0]])
            yield context.error(
                "data-cycle",
                f"The order can't follow the data: {waits}.",
                (*level.paths[circle[0]], "id"),
                "Write `edges` to say what runs first, with a bounded route back.",
            )


_ = MapNode
