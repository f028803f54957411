"""Finds the texts that the lower layers make: f-strings and constants, each as a template with named places.

What is found is a superset: a sentence that no person reads costs a translator a line, one that is not found
would stay English on the page. So a text is whatever reads like words, save where CALLS, KEYWORDS and FILES say
that it is for models, logs, databases or programmers.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from chat_app.translation.recognition import PLACE

Variant = tuple[str, ...]
"""Pieces of a text in order: literals, and places as `{name}` after MARK."""

MARK = "\0"
MOST_VARIANTS = 12
"""A text with more `… if … else …` inside keeps them as places."""

AREAS = {
    "checker": ("workflow/*.py", "workflow/rules/*.py"),
    "engine": ("engine/*.py", "engine/kinds/*.py", "files/*.py", "app.py"),
    "models": ("chat_models/*.py",),
    "tools": ("tools/*.py", "tools/mcp/*.py", "tools/search/*.py", "tools/isolated/*.py", "tools/writing/*.py"),
    "sandbox": ("sandbox/*.py", "sandbox/full/*.py"),
    "designer": ("designer/agent/*.py", "designer/designers.py", "designer/takeover.py"),
    "edits": ("workflow/edits/**/*.py",),
    "foreign": ("workflow/foreign/*.py",),
    "records": ("library.py", "tracing/*.py", "events/*.py", "settings.py"),
    "cli": ("cli/*.py", "cli/batch/*.py", "cli/runs/*.py", "cli/doctor/*.py"),
}
"""Where texts are finished in English: for each catalog, the files."""

FILES = frozenset({
    "chat_models/simulated_words.py", "chat_models/simulated_tongues.py", "chat_models/simulated_values.py",
    "chat_models/wire_request.py", "chat_models/providers.py", "chat_models/scrub.py", "chat_models/lookup.py",
    "designer/agent/context.py", "designer/agent/decision.py", "designer/agent/dialects.py",
    "designer/agent/intake_words.py", "designer/agent/language.py", "designer/agent/mending_conditions.py",
    "designer/agent/prompts.py", "designer/agent/rewrites.py", "designer/agent/waiting.py",
    "designer/agent/wire.py", "designer/agent/budget.py", "designer/agent/editing.py", "designer/agent/excerpts.py",
    "designer/agent/graph.py", "tracing/tables.py", "tracing/columns.py", "tracing/query_views.py",
    "tracing/run_row.py",
    "designer/agent/intake.py", "engine/judging.py", "engine/runs.py", "engine/saver.py", "engine/store.py",
    "sandbox/full/trial.py", "sandbox/mini.py", "tools/isolated/html_page.py",
    "tools/writing/page.py", "tools/writing/slide_plan.py", "tools/writing/word_parts.py",
    "workflow/codes.py", "workflow/document.py", "workflow/explain.py", "workflow/schema.py",
    "workflow/reference.py", "workflow/render.py", "workflow/sarif.py", "workflow/migrations.py",
    "cli/commands.py", "cli/serve.py", "cli/junit.py", "cli/tools.py", "cli/lsp.py", "cli/run_output.py",
    "workflow/foreign/conditions.py", "workflow/edits/skeleton.py", "workflow/edits/repairs/idioms.py",
    "workflow/edits/repairs/dialect/steps.py",
})  # fmt: skip
"""Files whose texts are for models, databases and manuals, or are workflows."""

UNSAID = re.compile(
    r"\s*<|#|@|\[cut|\{x\}… \(cut|\{x\} \{x\}://|\{x\} in|\{% for|\{id: |image\(|version: |text/plain|Bearer "
    r"|speaker |That does not fit: |You |Judge the text|Answer with|No more tools can|Error: |Give one edit"
    r"|Give at most \{|Your |That was asked before\. Do|The document cannot be read as YAML|Do not write"
    r"|Draws a |Writes (?:Markdown|rows|down)|Reads (?:what|a ta|a text)|Answers an SQL|Fetches a web|Finds the texts"
    r"|Searches the web|Splits a|Tells what a picture|A LiteLLM|Notes: |Attachments: |mcp \{x\}$|gzip|Sales by|A bee"
    r"|Good morning|What is on it|how bees|How long do|Refunds|We ship|One sentence|\{x\}\s+\[cut here|apple sd"
    r"|ms g|ms m|source han|yu |microsoft y|droid|arial|noto|\{0\}|The person asks|Says what to do|round \{x\}"
    r"|Do by hand what|Which way does|Go on\.|Read these from|code in |Summarise this|the text is \{x\}$"
    r"|Whether \{x\}|workflow-chat (?:run|eval|design)|-c default|count\(|GROUP BY|CASE|longest =|turn \{x\}"
    r"|Build it at once|Add a step `translate`|After `reply`"
    r"|an unknown wire|found character that|found unexpected end|found a tab|found a Markdown|Iteration budget"
)
"""How texts begin that are for models and programs."""

CALLS = frozenset({
    "tr", "tr_count", "mark", "Field", "compile", "getLogger",
    "execute", "executemany", "AssertionError", "TypeError", "NotImplementedError", "RuntimeError",
    "add_argument", "add_parser",
    "fullmatch", "search", "sub", "startswith", "endswith", "removeprefix", "removesuffix", "split",
    "Template", "TypeVar", "NewType", "dumps", "encode", "getattr", "setattr", "Literal", "sql", "DDL",
})  # fmt: skip
"""Calls whose arguments no person reads."""
LOGS = frozenset({"log", "_log", "logger", "logging", "warnings"})
FORMATTED = frozenset({"workflow/loanwords.py"})
"""Files whose constants are filled by `format`, so that braces stand twice in them."""
PREDICATES = {
    "chat_models/failures.py": "did",
    "chat_models/openai_model.py": "did",
    "chat_models/streaming.py": "did",
    "chat_models/media.py": "did",
    "workflow/shape.py": "is|must|needs|can't",
    "workflow/values.py": "must|lacks|has",
}
"""Files in which a text that begins with such a word follows its subject."""

MOST = 600
"""A longer constant is a prompt or a page."""
SAID = {
    "checker": (
        ".", "and", "or", "nothing", "none", "text", "number", "whole number", "object", "list", "file", "an object",
        "a list", "a file", "a text", "a number", "a whole number", "node", "field", "output", "input", "requirement",
        "item", "a value", "characters", "items", "secret", "limit", "test", "route", "the workflow",
        "keys with values", "whole numbers",
        "list of strings", "list of integers", "list of numbers", "list of booleans", "list of objects",
        "list of arrays", "list of files", "list of values",
        "a list of strings", "a list of integers", "a list of booleans", "a list of arrays", "a list of values",
        "Added {area}s {names}.", "Removed {area}s {names}.",
        "Moved {area}s {names}.",
        "`{name}` of `{map}` ({type})", "`{id}` ({kind}) in `{map}`",
    ),
    "engine": ("nodes", "routes", "map bodies", "loop exits", "error paths"),
    # Behind `input age:` the subject of a predicate is said already; and the system's own words for what files lack.
    "cli": (
        "must be {kind}, found {value}", "must be {kind} in JSON, found {value}",
        "No such file or directory", "Permission denied", "Is a directory", "Not a directory", "File exists",
        "No space left on device", "Read-only file system",
    ),
}  # fmt: skip
"""Words that are parts of texts, for each catalog: alone they can't be told from names in the code."""

_WORDS = re.compile(r"[a-zA-Z]{2,}[,:;]? [a-z`'{\d(]|[a-z`}\d)],? [a-z]{2,}")
_NOT_WORDS = re.compile(r"%s|\(\.\*|SELECT |INSERT |CREATE |DELETE |UPDATE |PRAGMA |\\[bdsw]|\(\?:|\[\^")


def templates_by_area(package: Path) -> dict[str, dict[str, set[str]]]:
    """For each area, the templates and the files that make them; one made in two areas belongs to the first."""
    found: dict[str, dict[str, set[str]]] = {}
    known: dict[str, tuple[str, str]] = {}
    for area, patterns in AREAS.items():
        files = sorted(file for pattern in patterns for file in package.glob(pattern))
        if not files:
            continue
        there = found.setdefault(area, {word: {area} for word in SAID.get(area, ())})
        known.update({word: (word, area) for word in there})
        for file in files:
            told = file.relative_to(package).as_posix()
            if told in FILES:
                continue
            for text in templates_in(ast.parse(file.read_text(encoding="utf-8")), formatted=told in FORMATTED):
                after_subject = told in PREDICATES and re.match(rf"(?:{PREDICATES[told]}) ", text)
                template = "{subject} " + text if after_subject else text
                # What differs in the names of its places only is one text, and belongs to the first who says it.
                said, owner = known.setdefault(PLACE.sub("{}", template), (template, area))
                if owner == area:
                    there.setdefault(said, set()).add(told)
    return found


def templates_in(tree: ast.AST, formatted: bool = False) -> Iterator[str]:
    """The templates of the texts that a module makes."""
    reader = _Reader(tree)
    for expression in reader.expressions():
        for variant in reader.variants(expression):
            if (text := _template(variant)) is not None:
                if formatted and isinstance(expression, ast.Constant):
                    text = text.replace("{{", "{").replace("}}", "}")
                yield text


class _Reader:
    """One module: which of its expressions are whole texts, and what they can say."""

    def __init__(self, tree: ast.AST) -> None:
        self.tree = tree
        self.within: set[int] = set()
        """Expressions that are parts of others, or no texts."""
        self.locals: dict[int, dict[str, ast.expr]] = {}
        self.scope: dict[int, int] = {}
        self._look()

    def expressions(self) -> Iterator[ast.expr]:
        """The outermost expressions that may be texts, in order."""
        for node in ast.walk(self.tree):
            if id(node) not in self.within and isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
                yield node

    def _look(self) -> None:
        for node in ast.walk(self.tree):
            body = getattr(node, "body", None)
            for line in body if isinstance(body, list) else ():
                if isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant):
                    self.within.add(id(line.value))
            if isinstance(node, ast.Call) and (_called(node) in CALLS or _is_log(node)):
                self._leave_out(node)
            elif isinstance(node, ast.Dict):
                for key in node.keys:
                    if key is not None:
                        self.within.add(id(key))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._scope(node)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.JoinedStr | ast.BinOp) and id(node) not in self.within and _textual(node):
                for inner in _parts_of(node, self._known(node)):
                    self.within.add(id(inner))
            elif isinstance(node, ast.BinOp):
                self.within.add(id(node))

    def _leave_out(self, call: ast.Call) -> None:
        for inner in ast.walk(call):
            self.within.add(id(inner))

    def _scope(self, function: ast.AST) -> None:
        """Names that a function gives one text, so that a text that holds the name can say both."""
        given: dict[str, list[ast.expr | None]] = {}
        for node in ast.walk(function):
            self.scope[id(node)] = id(function)
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    value = (
                        node.value if isinstance(target, ast.Name) and not isinstance(node, ast.AugAssign) else None
                    )
                    for name in ast.walk(target):
                        if isinstance(name, ast.Name):
                            given.setdefault(name.id, []).append(value)
        self.locals[id(function)] = {
            name: value
            for name, (value, *more) in given.items()
            if value is not None and not more and _optional(value)
        }

    def _known(self, node: ast.AST) -> dict[str, ast.expr]:
        return self.locals.get(self.scope.get(id(node), 0), {})

    def variants(self, node: ast.expr) -> list[Variant]:
        """What a text can say."""
        return _variants(node, self._known(node))


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _is_log(call: ast.Call) -> bool:
    on = call.func.value if isinstance(call.func, ast.Attribute) else None
    return isinstance(on, ast.Name) and on.id in LOGS


def _textual(node: ast.expr | None) -> bool:
    """Whether an expression is made of text that is written out, in part at least."""
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.IfExp():
            return _textual(node.body) or _textual(node.orelse)
        case ast.BinOp(op=ast.Add()):
            return _textual(node.left) or _textual(node.right)
    return False


def _optional(node: ast.expr | None) -> bool:
    """Whether it is a part that is there or not, or one of two: it is said together with what it stands in."""
    return isinstance(node, ast.IfExp) and _textual(node.body) and _textual(node.orelse)


def _parts_of(node: ast.expr, known: dict[str, ast.expr]) -> Iterator[ast.AST]:
    """What is said as part of a text, so not for itself."""
    match node:
        case ast.JoinedStr():
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    yield from _inlined(part.value, known)
                else:
                    yield part
        case ast.BinOp(op=ast.Add()):
            yield from _inlined(node.left, known)
            yield from _inlined(node.right, known)


def _inlined(node: ast.expr, known: dict[str, ast.expr]) -> Iterator[ast.AST]:
    if isinstance(node, ast.Name) and node.id in known:
        node = known[node.id]
    if not _textual(node):
        # `", ".join(…)`: the separator is no text of its own, what is joined may be.
        if isinstance(node, ast.Call) and _called(node) == "join":
            yield node.func.value  # type: ignore[attr-defined]
        return
    yield node
    if isinstance(node, ast.IfExp):
        yield from _inlined(node.body, known)
        yield from _inlined(node.orelse, known)
    else:
        yield from _parts_of(node, known)


def _variants(node: ast.expr, known: dict[str, ast.expr]) -> list[Variant]:
    match node:
        case ast.Constant(value=str() as text):
            return [(text,)]
        case ast.Name() if node.id in known:
            return _variants(known[node.id], {})
        case ast.IfExp() if _textual(node):
            return [*_variants(node.body, known), *_variants(node.orelse, known)]
        case ast.BinOp(op=ast.Add()) if _textual(node):
            return _joined([_variants(node.left, known), _variants(node.right, known)], [node.left, node.right])
        case ast.JoinedStr():
            parts = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
            return _joined([_variants(part, known) for part in parts], parts)
    return [(MARK + place_name(node),)]


def _joined(options: list[list[Variant]], parts: list[ast.expr]) -> list[Variant]:
    count = 1
    for each in options:
        count *= len(each)
    if count > MOST_VARIANTS:
        options = [
            each if len(each) == 1 else [(MARK + place_name(part),)]
            for each, part in zip(options, parts, strict=True)
        ]
    return [tuple(piece for variant in chosen for piece in variant) for chosen in product(*options)]


def place_name(node: ast.expr) -> str:
    """A short name for what stands in a place."""
    match node:
        case ast.Name():
            return node.id.strip("_").lower()
        case ast.Attribute():
            return node.attr.strip("_").lower()
        case ast.Call() if _called(node) == "join" and node.args:
            return place_name(node.args[0])
        case ast.Call() if isinstance(node.func, ast.Attribute) and not node.args:
            return place_name(node.func.value) if not isinstance(node.func.value, ast.Call) else _called(node)
        case ast.Call() if node.args and isinstance(node.args[0], ast.Name | ast.Attribute | ast.Subscript):
            return place_name(node.args[0])
        case ast.Call():
            return _called(node).strip("_").lower() or "value"
        case ast.Subscript():
            return place_name(node.value)
        case ast.GeneratorExp() | ast.ListComp() | ast.SetComp():
            return place_name(node.generators[0].iter)
        case ast.BinOp():
            return place_name(node.left)
        case ast.IfExp():
            return place_name(node.body)
        case ast.BoolOp():
            return place_name(node.values[0])
        case ast.Starred():
            return place_name(node.value)
    return "value"


def _template(variant: Variant) -> str | None:
    """A text as its catalog entry; None where it holds no words."""
    literal = "".join(" " if piece.startswith(MARK) else piece for piece in variant)
    said = "".join("{x}" if piece.startswith(MARK) else piece for piece in variant)
    if UNSAID.match(said) or len(said) > MOST or not _WORDS.search(said) or _NOT_WORDS.search(said):
        return None
    if not re.search(r"[A-Za-z]{2,}", literal):
        return None
    used: dict[str, int] = {}
    text = ""
    for piece in variant:
        if piece.startswith(MARK):
            name = piece[1:]
            used[name] = used.get(name, 0) + 1
            text += "{" + name + (str(used[name]) if used[name] > 1 else "") + "}"
        else:
            text += piece
    return text
