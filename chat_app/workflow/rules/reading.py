"""read-before-write: a field must be set, on every way, before it is read."""

from __future__ import annotations

from collections.abc import Iterator

from chat_app.workflow.diagnostics import Diagnostic, Path
from chat_app.workflow.edges import END, START
from chat_app.workflow.expressions import Condition
from chat_app.workflow.nodes import CodeNode, MapBody, MapNode, NodeBase, ParallelNode
from chat_app.workflow.reads import code_reads, templates_of
from chat_app.workflow.rules.certain import Branch, Certain, branch_without
from chat_app.workflow.rules.context import Context, LevelView
from chat_app.workflow.rules.names import written_by
from chat_app.workflow.templates import compile_template

_MOST_SEARCHES = 200
"""Beyond so many doubtful reads of one level the rest is not searched: the first ones tell enough."""

Read = tuple[str, Path, str]
"""A field, where it is read, and by which node."""


def check_reading(context: Context) -> Iterator[Diagnostic]:
    """Every read of every level against what is certainly set there."""
    for level in context.levels:
        if level.sound and not _tangled(level):
            yield from _Reading(context, level).findings()


def _tangled(level: LevelView) -> bool:
    """Whether derived order runs in a circle, which another rule tells."""
    flow = level.flow
    return flow.derived and (bool(flow.back_edges) or not flow.reachable.issuperset(flow.steps))


class _Reading:
    def __init__(self, context: Context, level: LevelView) -> None:
        self.context, self.level, self.flow = context, level, level.flow
        self.conditions = level.conditions
        sure = {node: written_by(self.flow.by_id[node], level) for node in self.flow.steps}
        self.certain = Certain(
            level,
            {node: names for node, names in sure.items() if self.flow.by_id[node].on_error != "continue"},
            self.conditions,
        )
        self.writers: dict[str, list[str]] = {}
        for node, names in sure.items():
            for name in names:
                self.writers.setdefault(name, []).append(node)
        self.searches = 0
        self.told: set[tuple[str, str]] = set()

    def findings(self) -> Iterator[Diagnostic]:
        for step in self.flow.steps:
            if step not in self.flow.reachable:
                continue
            known = self.certain.at.get(step, 0)
            for name, path, reader in self.reads_of(self.flow.by_id[step], self.level.paths[step]):
                if not self.is_set(name, known):
                    yield from self.finding(name, path, reader, step)
        for (source, way), condition in self.conditions.items():
            if source in self.flow.reachable:
                yield from self.in_condition(source, way, condition)
        yield from self.returned()

    def returned(self) -> Iterator[Diagnostic]:
        """What a map's body returns is read at its end."""
        body = self.level.level
        if not isinstance(body, MapBody) or END not in self.certain.at:
            return
        several = not isinstance(body.returns, str)
        for index, name in enumerate([body.returns] if isinstance(body.returns, str) else body.returns):
            if not self.is_set(name, self.certain.at[END]):
                path = (*self.level.path, "returns", *((index,) if several else ()))
                yield from self.finding(name, path, "the end of the body", END)

    def is_set(self, name: str, known: int) -> bool:
        bit = self.certain.bits.get(name)
        return bit is None or bool(known & bit)

    def reads_of(self, node: NodeBase, path: Path) -> Iterator[Read]:
        """What a step reads: a parallel with its subtasks, a map with its body."""
        for text_path, text in templates_of(node):
            for name in sorted(compile_template(text).needs):
                if name.startswith("state."):
                    yield name.removeprefix("state."), (*path, *text_path), node.id
        if isinstance(node, CodeNode):
            for name in sorted(code_reads(node.code).reads):
                yield name, (*path, "code"), node.id
        if isinstance(node, MapNode):
            body = node.body
            for index, inner in enumerate(body.nodes):
                for name, inner_path, reader in self.reads_of(inner, (*path, "body", "nodes", index)):
                    if name not in body.state:
                        yield name, inner_path, reader
            yield from self.outer_conditions((*path, "body"))
        if isinstance(node, ParallelNode):
            for subtask in self.flow.subtasks(node.id):
                yield from self.reads_of(self.flow.by_id[subtask], self.level.paths[subtask])

    def outer_conditions(self, path: Path) -> Iterator[Read]:
        """What the conditions inside a map's body read from outside of it."""
        body = self.context.levels_by_path[path]
        for (source, way), condition in body.conditions.items():
            for needed in sorted(condition.needs):
                name = needed.removeprefix("state.")
                if needed.startswith("state.") and name not in body.own:
                    yield name, (*path, *body.flow.ways(source)[way].path, "condition"), source

    def in_condition(self, source: str, way: int, condition: Condition) -> Iterator[Diagnostic]:
        known = self.certain.after(source)
        for earlier in range(way):
            before = self.conditions.get((source, earlier))
            if before is not None:
                known |= self.certain.mask(name.removeprefix("state.") for name in before.set_when_false)
        path = (*self.level.path, *self.flow.ways(source)[way].path, "condition")
        for needed in sorted(condition.needs):
            name = needed.removeprefix("state.")
            if needed.startswith("state.") and not self.is_set(name, known):
                yield from self.finding(name, path, source, source, after=True)

    def finding(self, name: str, path: Path, reader: str, step: str, after: bool = False) -> Iterator[Diagnostic]:
        if (name, step) in self.told:
            return
        writers = self.writers.get(name, [])
        if not writers:
            self.told.add((name, step))
            if self.level.writes_known:
                yield self.never_written(name, path)
            return
        self.searches += 1
        if self.searches > _MOST_SEARCHES:
            return
        branch = self.search(name, step, after)
        if branch is not None:
            self.told.add((name, step))
            yield self.unset(name, path, reader, step, branch, writers)

    def search(self, name: str, step: str, after: bool) -> Branch | None:
        bit = self.certain.bits[name]
        writers = frozenset(self.writers[name])
        if after and step in writers:
            return Branch(step, failed=True)
        if step == START:
            return Branch()
        return branch_without(
            self.certain, step, writers, lambda source, way: bool(self.certain.by_condition(source, way) & bit)
        )

    def never_written(self, name: str, path: Path) -> Diagnostic:
        does = "returned" if "returns" in path else "read"
        return self.context.error(
            "read-before-write",
            f"`{name}` is {does} here, but no node writes it.",
            path,
            f"Add `{name}` to the `writes` of a node that runs before, or give the field a `default`.",
            snippet=f"state.{name}",
        )

    def unset(self, name: str, path: Path, reader: str, step: str, branch: Branch, writers: list[str]) -> Diagnostic:
        others = ", ".join(f"`{writer}`" for writer in writers if writer != step)
        where, help = (
            _when(branch),
            f"Write `{name}` on that way too, give the field a `default`, {_asked(name, path)}.",
        )
        if step in writers and reader != step:
            where, help = f"while `{step}` still writes it", f"Read it in a node after `{step}`."
        elif branch.failed:
            help = f"Give the field a `default`, {_asked(name, path)}."
        elif branch.source is None and step in (START, END):
            where, help = "when the run starts" if step == START else "at the end", "Give the field a `default`."
        elif branch.source is None and others:
            where = f"when `{step}` runs"
            help = f"{others} writes it: let `{reader}` run after that, or give the field a `default`."
        elif branch.source is None:
            where = f"the first time `{step}` runs"
            help = f"Only `{step}` itself writes it: give the field a `default` to start with."
        return self.context.error(
            "read-before-write", f"`{name}` is unset {where}.", path, help, snippet=f"state.{name}"
        )


def _asked(name: str, path: Path) -> str:
    """How to read a field that may be unset."""
    if path and path[-1] == "condition":
        return f"or ask first: `has(state.{name}) && …`"
    return f"or read it as `{{{{ state.{name} | default('') }}}}`"


def _when(branch: Branch) -> str:
    if branch.failed:
        return f"when `{branch.source}` fails"
    if branch.way is None:
        return "here"
    return f"when route {branch.way.index + 1} of `{branch.source}` is taken"
