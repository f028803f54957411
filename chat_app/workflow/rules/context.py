"""What the rules look at: the levels of a workflow (itself and its maps' bodies), prepared once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from chat_app.workflow.diagnostics import Diagnostic, Fix, Location, Path, Severity
from chat_app.workflow.document import Workflow
from chat_app.workflow.edges import END, START
from chat_app.workflow.expressions import Condition, compile_in
from chat_app.workflow.fields import FieldType
from chat_app.workflow.graph import Flow, Level, flow_of
from chat_app.workflow.layout import laid_out_at
from chat_app.workflow.nodes import MapBody, MapNode, NodeBase, ParallelNode
from chat_app.workflow.places import Source
from chat_app.workflow.result import CheckResult
from chat_app.workflow.rules.field_faults import faults_of
from chat_app.workflow.surroundings import Surroundings
from chat_app.workflow.templates import compile_template
from chat_app.workflow.typed import Known, TextProblem, object_of, rewritten, simple
from chat_app.workflow.typed_edits import ReplaceValue
from chat_app.workflow.used_files import Unusable


@dataclass
class LevelView:
    """One level: a workflow or a map's body."""

    level: Level
    path: Path
    flow: Flow
    own: dict[str, FieldType]
    """The fields declared here that nodes of this level may write."""
    fields: dict[str, FieldType]
    """All fields that can be read here."""
    names: dict[str, Known]
    """What templates and conditions may look up: `state`, the item, `index`."""
    owner: MapNode | None = None
    parent: LevelView | None = None
    doubtful: frozenset[str] = frozenset()
    """Fields whose type contradicts itself: nothing further is judged by it."""
    paths: dict[str, Path] = field(default_factory=dict)
    """Where each node stands; of two with one id, the first."""
    unread: bool = False
    """Whether some of it could not be read, so that its flow is not known."""

    def node_paths(self) -> Iterator[tuple[NodeBase, Path]]:
        """Every node with its path."""
        for index, node in enumerate(self.level.nodes):
            yield node, (*self.path, "nodes", index)

    @cached_property
    def edges_path(self) -> Path:
        """Where the edges stand."""
        return (*self.path, "edges")

    @cached_property
    def sound(self) -> bool:
        """Whether its names and edges hold together, so that what follows from the flow may be judged."""
        ids = {node.id for node in self.level.nodes}
        if self.unread or len(ids) < len(self.level.nodes):
            return False
        subtasks = [name for node in self.level.nodes if isinstance(node, ParallelNode) for name in node.subtasks]
        if not ids.issuperset(subtasks) or len(set(subtasks)) < len(subtasks) or self._subtask_cycle():
            return False
        owned, allowed = set(subtasks), ids - set(subtasks)
        allowed.add(END)
        sources: set[str] = set()
        for edge in self.level.edges or ():
            forms = [form for form in (edge.to, edge.routes, edge.to_conditional) if form is not None]
            if len(forms) != 1 or edge.from_ in sources or not (edge.from_ in ids or edge.from_ == START):
                return False
            sources.add(edge.from_)
            ways = self.flow.ways(edge.from_)
            if edge.from_ in owned or not all(way.targets and allowed.issuperset(way.targets) for way in ways):
                return False
        return True

    @cached_property
    def _compiled(self) -> dict[tuple[str, int], Condition | list[TextProblem]]:
        return {
            (source, way.index): compile_in(way.condition, self.names)
            for source, ways in self.flow.all_ways()
            for way in ways
            if way.condition is not None
        }

    @cached_property
    def conditions(self) -> dict[tuple[str, int], Condition]:
        """The conditions that compile, by source and way."""
        return {key: found for key, found in self._compiled.items() if isinstance(found, Condition)}

    @property
    def condition_problems(self) -> Iterator[tuple[str, int, list[TextProblem]]]:
        """The conditions that do not compile: source, way, what is wrong."""
        for (source, way), found in self._compiled.items():
            if not isinstance(found, Condition):
                yield source, way, found

    @cached_property
    def writes_known(self) -> bool:
        """Whether every node says what it writes, by names that are declared."""
        needs = ("llm", "classify", "template", "map", "human", "http")
        return all(
            (node.writes or getattr(node, "kind", "") not in needs) and all(name in self.own for name in node.writes)
            for node in self.level.nodes
        )

    def _subtask_cycle(self) -> bool:
        for node in self.flow.by_id:
            seen: set[str] = set()
            at: str | None = node
            while at is not None and at not in seen:
                seen.add(at)
                at = self.flow.owners.get(at)
            if at is not None:
                return True
        return False


class Context:
    """A workflow with what its rules need to know."""

    def __init__(
        self,
        workflow: Workflow,
        source: Source,
        surroundings: Surroundings,
        used: Mapping[str, CheckResult | Unusable] | None = None,
        unread: Collection[Path] = (),
        unread_levels: Collection[Path] = (),
    ) -> None:
        self.workflow = workflow
        self.source = source
        self.surroundings = surroundings
        self.used: Mapping[str, CheckResult | Unusable] = used or {}
        """What the files that nodes run turned out to be, by what `uses` says."""
        self.levels = tuple(_levels(workflow, unread))
        for level in self.levels:
            level.unread = level.path in unread_levels

    @property
    def top(self) -> LevelView:
        """The workflow's own level."""
        return self.levels[0]

    @cached_property
    def levels_by_path(self) -> dict[Path, LevelView]:
        """The levels by where they stand."""
        return {level.path: level for level in self.levels}

    @cached_property
    def levels_by_node(self) -> dict[str, LevelView]:
        """The level in which each id stands."""
        found: dict[str, LevelView] = {}
        for level in self.levels:
            for node in level.level.nodes:
                found.setdefault(node.id, level)
        return found

    def error(self, code: str, message: str, path: Path, help: str | None = None, **more: object) -> Diagnostic:
        """An error at a path."""
        return self._finding(Severity.ERROR, code, message, path, help, **more)  # type: ignore[arg-type]

    def warning(self, code: str, message: str, path: Path, help: str | None = None, **more: object) -> Diagnostic:
        """A warning at a path."""
        return self._finding(Severity.WARNING, code, message, path, help, **more)  # type: ignore[arg-type]

    def info(self, code: str, message: str, path: Path, help: str | None = None, **more: object) -> Diagnostic:
        """What the checker worked out, at a path."""
        return self._finding(Severity.INFO, code, message, path, help, **more)  # type: ignore[arg-type]

    def _finding(
        self,
        severity: Severity,
        code: str,
        message: str,
        path: Path,
        help: str | None = None,
        *,
        key: bool = False,
        snippet: str | None = None,
        fix: Fix | None = None,
    ) -> Diagnostic:
        place = self.within(path, snippet) if snippet else None
        return Diagnostic(
            code, severity, message, path, place or self.source.location(path, key=key), help=help, fix=fix
        )

    def in_text(self, problem: TextProblem, path: Path, text: str) -> Diagnostic:
        """A problem inside a template or condition, placed at the piece at fault where that can be told."""
        better = rewritten(problem, text, template=path[-1:] != ("condition",) and path[-2:-1] != ("expect",))
        title = f"Write `{problem.instead}`" if problem.instead else f"Write `{better}`"
        fix = Fix(title, (ReplaceValue(path=list(path), value=better),)) if better not in (None, text) else None
        found = self.error(problem.code, problem.message, path, problem.help, fix=fix)
        place = None
        if problem.offset is not None:
            place = self.inside(path, text, problem.offset)
        if place is None and problem.snippet:
            place = self.within(path, problem.snippet)
        return replace(found, location=place) if place else found

    def within(self, path: Path, snippet: str) -> Location | None:
        """Where a piece of text stands in a value, as it is written."""
        span = self.source.span(path)
        if span is None:
            return None
        pattern = re.compile(rf"(?<![\w.]){re.escape(snippet)}(?!\w)")
        found = pattern.search(self.source.text, *span)
        start = found.start() if found else self.source.text.find(snippet, *span)
        return self.source.at(start, start + len(snippet)) if start >= 0 else None

    def inside(self, path: Path, text: str, offset: int) -> Location | None:
        """Where a character of a value stands, also where the value is folded, indented or escaped."""
        span = self.source.span(path)
        start = self.source.text.find(text, *span) if span and text else -1
        offset = min(offset, len(text))
        at = start + offset if start >= 0 else laid_out_at(self.source.text, span, text, offset) if span else None
        if at is None:
            return None
        word = re.compile(r"\w+|[=!<>&|]{2}").match(text, offset)
        return self.source.at(at, at + (len(word.group()) if word else 1))


def _levels(workflow: Workflow, unread: Collection[Path]) -> Iterator[LevelView]:
    fields: dict[str, FieldType] = {**workflow.inputs, **workflow.state}
    own = {name: kind for name, kind in workflow.state.items() if name not in workflow.inputs}
    doubtful = frozenset(
        name
        for name, kind in fields.items()
        if ("state", name) in unread or ("inputs", name) in unread or any(faults_of(kind, name))
    )
    top = _view(workflow, (), dict(own), fields, {"state": _state(fields, doubtful)})
    top.doubtful = doubtful
    yield top
    yield from _bodies(top, unread)


def _bodies(above: LevelView, unread: Collection[Path]) -> Iterator[LevelView]:
    for node, path in above.node_paths():
        if not isinstance(node, MapNode):
            continue
        body = node.body
        own: dict[str, FieldType] = dict(body.state)
        fields = {**above.fields, **own}
        doubtful = above.doubtful | {
            name
            for name, kind in own.items()
            if (*path, "body", "state", name) in unread or any(faults_of(kind, name))
        }
        names = {**above.names, "state": _state(fields, doubtful), node.item: _item_type(node, above.names)}
        view = _view(body, (*path, "body"), own, fields, names | {"index": simple("integer")})
        view.owner, view.parent, view.doubtful = node, above, doubtful
        yield view
        yield from _bodies(view, unread)


def _state(fields: Mapping[str, FieldType], doubtful: frozenset[str]) -> FieldType:
    return object_of({name: None if name in doubtful else kind for name, kind in fields.items()})


def _item_type(node: MapNode, names: Mapping[str, Known]) -> Known:
    template = compile_template(node.over)
    if template.problems or not template.is_value:
        return None
    known, problems = template.type_problems(names)
    return known.items if not problems and known is not None and known.type == "array" else None


def _view(
    level: Workflow | MapBody,
    path: Path,
    own: dict[str, FieldType],
    fields: dict[str, FieldType],
    names: dict[str, Known],
) -> LevelView:
    view = LevelView(level, path, flow_of(level), own, fields, names)
    for node, node_path in view.node_paths():
        view.paths.setdefault(node.id, node_path)
    return view
