"""The files that `workflow` nodes name: looked up in one folder alone, bounded, each read once in a check."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from chat_app.workflow.diagnostics import Severity
from chat_app.workflow.document import Workflow
from chat_app.workflow.nodes import MapBody, MapNode, WorkflowNode
from chat_app.workflow.result import CheckResult
from chat_app.workflow.surroundings import Surroundings
from chat_app.workflow.typed import near

MOST_FILES = 50
MOST_BYTES = 5_000_000
"""Of all the files together."""
MOST_WORKFLOWS = 200
"""So many workflows a run may be made of, where one that is used twice counts twice."""
DEEPEST = 10
"""A file that uses a file that uses a file, and so on."""
_MOST_LISTED = 500

CYCLE = "file-cycle"
UNUSABLE = "used-file"


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a file can't be used."""

    code: str
    message: str
    help: str


class UsedFiles:
    """The files of one check; a file's own `uses` are looked up beside it."""

    def __init__(self, surroundings: Surroundings, check: Callable[[str | bytes, UsedFiles], CheckResult]) -> None:
        self._folder = surroundings.folder
        self._texts = surroundings.files
        self._check = check
        self._found: dict[str, CheckResult | Unusable] = {}
        self._sizes: dict[int, int] = {}
        self._open: list[str] = []
        """The file that is being checked, last, and those that led to it."""
        self._bytes = 0
        self._workflows = 0

    def used_by(self, workflow: Workflow) -> dict[str, CheckResult | Unusable]:
        """What each `uses` of a workflow leads to."""
        found: dict[str, CheckResult | Unusable] = {}
        for node in workflow_nodes(workflow):
            if node.uses not in found:
                found[node.uses] = self._use(node.uses)
            if not self._open:
                found[node.uses] = self._counted(found[node.uses])
        return found

    def _use(self, uses: str) -> CheckResult | Unusable:
        if self._folder is None and self._texts is None:
            return Unusable(
                UNUSABLE,
                f"`{uses}` can't be looked up: this workflow is not saved yet.",
                "Save it first, into the folder that the other file is in.",
            )
        name = _inside(uses)
        if name is None:
            return Unusable(
                UNUSABLE,
                f"`{uses}` leads out of the folder of this file.",
                "Put the file into the same folder, and name it by a path from here: `./other.yaml`.",
            )
        path = posixpath.join(posixpath.dirname(self._open[-1]) if self._open else "", name)
        if path in self._open:
            circle = " → ".join([*self._open[self._open.index(path) :], path])
            return Unusable(
                CYCLE,
                f"The files use each other in a circle: {circle}.",
                "Move what they share into a file that uses none of them.",
            )
        if path not in self._found:
            self._found[path] = self._looked_up(path)
        return self._found[path]

    def _looked_up(self, path: str) -> CheckResult | Unusable:
        if len(self._open) >= DEEPEST or len(self._found) >= MOST_FILES:
            return Unusable(
                UNUSABLE,
                f"`{path}` is not read: files may use files {DEEPEST} levels deep, and {MOST_FILES} in all.",
                "Use fewer files.",
            )
        text = self._read(path)
        if isinstance(text, Unusable):
            return text
        self._open.append(path)
        try:
            result = self._check(text, self)
        finally:
            self._open.pop()
        return _judged(path, result)

    def _read(self, path: str) -> str | bytes | Unusable:
        kept = self._texts or {}
        if self._folder is None:
            return kept[path] if path in kept else _missing(path, kept)
        try:
            root = self._folder.resolve()
            real = (root / path).resolve()
            if not real.is_relative_to(root):
                return Unusable(
                    UNUSABLE, f"`{path}` is a link that leads out of the folder.", "Put the file itself there."
                )
            if not real.is_file():
                return kept[path] if path in kept else _missing(path, [*_beside(root, path), *kept])
            self._bytes += real.stat().st_size
            if self._bytes > MOST_BYTES:
                return Unusable(
                    UNUSABLE, f"`{path}` is not read: the used files have more than 5 MB.", "Make them smaller."
                )
            return real.read_bytes()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else "its name can't be"
            return Unusable(UNUSABLE, f"`{path}` can't be read: {why}.", "Make sure that the file can be opened.")

    def _counted(self, found: CheckResult | Unusable) -> CheckResult | Unusable:
        """The result, as long as the run does not grow out of bounds by it."""
        if isinstance(found, Unusable):
            return found
        self._workflows += self._size(found)
        if self._workflows <= MOST_WORKFLOWS:
            return found
        return Unusable(
            UNUSABLE,
            f"A run would be made of more than {MOST_WORKFLOWS} workflows, each use counted.",
            "Use fewer files, or use them fewer times.",
        )

    def _size(self, result: CheckResult) -> int:
        if id(result) not in self._sizes:
            nodes = workflow_nodes(result.workflow) if result.workflow else ()
            inner = (result.used[node.uses] for node in nodes if node.uses in result.used)
            self._sizes[id(result)] = 1 + sum(self._size(one) for one in inner)
        return self._sizes[id(result)]


def workflow_nodes(level: Workflow | MapBody) -> Iterator[WorkflowNode]:
    """The nodes that run other files, those in the bodies of maps included."""
    for node in level.nodes:
        if isinstance(node, WorkflowNode):
            yield node
        elif isinstance(node, MapNode):
            yield from workflow_nodes(node.body)


def output_of(name: str, node: WorkflowNode, used: Workflow) -> str:
    """The output that a written field takes: the one of its name; where one meets one, the names may differ."""
    return used.outputs[0] if len(used.outputs) == len(node.writes) == 1 else name


def usable(found: Mapping[str, CheckResult | Unusable]) -> dict[str, CheckResult]:
    """Those of the files that can be used."""
    return {uses: result for uses, result in found.items() if isinstance(result, CheckResult)}


def _inside(uses: str) -> str | None:
    """The path in the folder, made plain; None where it leads out of it or is none."""
    if not uses.strip() or uses.startswith("/") or any(sign in uses for sign in "\\:\0"):
        return None
    name = posixpath.normpath(uses)
    return None if name in (".", "..") or name.startswith("../") else name


def _judged(path: str, result: CheckResult) -> CheckResult | Unusable:
    errors = [found for found in result.diagnostics if found.severity is Severity.ERROR]
    if not errors:
        return result
    circle = next((found for found in errors if found.code == CYCLE), None)
    if circle is not None:
        return Unusable(CYCLE, circle.message, circle.help or "")
    first, more = errors[0], f" It has {len(errors)} errors." if len(errors) > 1 else ""
    line = f", line {first.location.line}" if first.location else ""
    return Unusable(UNUSABLE, f"`{path}`{line}: {first.message}{more}", "Correct that file first.")


def _missing(path: str, beside: Iterable[str]) -> Unusable:
    there = sorted(name for name in beside if name.endswith((".yaml", ".yml")))
    stems = {posixpath.splitext(name)[0]: name for name in there}
    closest = near(posixpath.splitext(path)[0], stems)
    if closest:
        help = f"Did you mean `./{stems[closest]}`?"
    elif there:
        help = f"There are: {', '.join(f'`./{name}`' for name in there[:8])}."
    else:
        help = "Save the other workflow into the same folder first."
    return Unusable(UNUSABLE, f"There is no file `{path}`.", help)


def _beside(root: Path, path: str) -> list[str]:
    """The files in the folder where the path leads, bounded."""
    place = posixpath.dirname(path)
    folder = root / place
    if not folder.is_dir():
        return []
    return [posixpath.join(place, entry.name) for entry in islice(folder.iterdir(), _MOST_LISTED)]
