"""CEL expressions against the types of the state: what an expression gives, and what in it can't be right.

Whole numbers and numbers may be compared freely, as the library does it; arithmetic may not mix them, except
with a literal, which is then written as the other kind (`promoted`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from chat_app.workflow.cel_tree import SIGNS, Tree, written
from chat_app.workflow.condition_words import CONSTANTS
from chat_app.workflow.fields import FieldType
from chat_app.workflow.names import nearest
from chat_app.workflow.template_types import impossible
from chat_app.workflow.typed import Known, TextProblem, array_of, of_constant, part_of, simple
from chat_app.workflow.values import describe

_NUMBERS = frozenset({"integer", "number"})
_TEXT_METHODS = frozenset({"contains", "startsWith", "endsWith", "matches"})
_CONVERSIONS = {"int": "integer", "uint": "integer", "double": "number", "string": "string", "bool": "boolean"}
_UNTYPED = frozenset({"dyn", "type", "duration", "timestamp", "bytes", "@not_strictly_false", "@in",
                      "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear",
                      "getHours", "getMinutes", "getSeconds", "getMilliseconds"})  # fmt: skip
_FUNCTIONS = frozenset({"size", "has", "exists", "all", "exists_one", "filter", "map"})
_OTHER_WORDS = {
    "len": "size", "length": "size", "count": "size", "startswith": "startsWith", "endswith": "endsWith",
    "float": "double", "str": "string", "any": "exists", "includes": "contains",
}  # fmt: skip
_CHANGES = frozenset({"lower", "upper", "lowercase", "uppercase", "tolower", "toupper", "lowerascii", "upperascii",
                      "trim", "strip", "split", "replace", "substring", "round", "abs", "join"})  # fmt: skip
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_TRUTH = re.compile("true|false")


class Judge:
    """Walks one expression and collects what can't be right; what is unknown is not judged."""

    def __init__(self, names: Mapping[str, Known], text: str) -> None:
        self.scopes: list[Mapping[str, Known]] = [names]
        self.text = text
        self.problems: list[TextProblem] = []
        self.promoted: list[int] = []
        """Offsets of whole-number literals that stand beside a number."""
        self.compared: set[int] = set()
        """Offsets of names that are compared with something: an unknown one is most likely a text."""

    def problem(self, tree: Tree, message: str, help: str | None = None, whole: str | None = None) -> None:
        self.problems.append(TextProblem("condition-type", message, help, offset=tree.offset, whole=whole))

    def told(self, found: Known | TextProblem) -> Known:
        if isinstance(found, TextProblem):
            self.problems.append(found)
            return None
        return found

    def of(self, tree: Tree) -> Known:
        """The type that an expression gives."""
        match tree.kind:
            case "const":
                return of_constant(tree.value)
            case "name":
                return self.name(tree)
            case "select":
                return self.select(tree)
            case "list":
                types = [self.of(item) for item in tree.args]
                return array_of(types[0] if types and all(each == types[0] for each in types) else None)
            case "map":
                for value in tree.args:
                    self.of(value)
                return simple("object")
            case "loop":
                return self.loop(tree)
            case "call":
                return self.call(tree)

    def name(self, tree: Tree, dotted: str = "") -> Known:
        for scope in reversed(self.scopes):
            if tree.name in scope:
                return scope[tree.name]
        state = self.scopes[0].get("state")
        fields = state.properties if state is not None and state.properties else {}
        text, instead, last = tree.name, None, dotted.rpartition(".")[2]
        help = f"Put quotes around it if it is a text: '{tree.name}'."
        if tree.name in fields:
            help, instead = f"Fields are read as `state.{tree.name}`.", f"state.{tree.name}"
        elif last in fields:
            text, instead = dotted, f"state.{last}"
            help = f"Fields are read as `{instead}`, whoever writes them."
        elif tree.name not in CONSTANTS and tree.offset in self.compared:
            instead = f"'{tree.name}'"
        elif tree.name in CONSTANTS:
            help, instead = f"Write `{CONSTANTS[tree.name]}`.", CONSTANTS[tree.name]
        self.problems.append(
            TextProblem("unknown-name", f"`{text}` is no name here.", help, text, tree.offset, instead)
        )
        return None

    def select(self, tree: Tree) -> Known:
        assert tree.target is not None
        inner = tree.target
        whole = self.name(inner, written(tree)) if inner.kind == "name" else self.of(inner)
        found = part_of(whole, tree.name, written(inner))
        if isinstance(found, TextProblem) and written(inner) == "state" and tree.name in self.scopes[0]:
            help = f"`{tree.name}` is no field but a name of its own: read it as `{tree.name}`."
            found = replace(found, help=help, instead=tree.name)
        known = self.told(found)
        return simple("boolean") if tree.has else known

    def loop(self, tree: Tree) -> Known:
        assert tree.target is not None
        over = self.of(tree.target)
        item: Known = None
        if over is not None and over.type == "array":
            item = over.items
        elif over is not None and over.type == "object":
            item = simple("string")
        elif over is not None:
            self.problem(tree.target, f"`{written(tree.target)}` is {describe(over)}, not a list.",
                         "`exists`, `all`, `filter` and `map` go through a list.")  # fmt: skip
        start, step, condition, result = tree.args
        self.scopes.append({tree.name: item, tree.bound: None})
        for part in (step, condition, result):
            self.of(part)
        self.scopes.pop()
        if start.kind == "list":
            return over if step.kind == "call" and step.name == "_?_:_" else array_of(None)
        return simple("boolean")

    def call(self, tree: Tree) -> Known:
        rule = _CALLS.get(tree.name)
        if rule is not None:
            return rule(self, tree)
        inner = [self.of(part) for part in ([tree.target] if tree.target else []) + tree.args]
        if tree.name in _CONVERSIONS:
            return simple(_CONVERSIONS[tree.name])  # type: ignore[arg-type]
        if tree.name in _TEXT_METHODS:
            return self.text_method(tree, inner)
        if tree.name not in _UNTYPED:
            self.unknown_function(tree)
        return None

    def unknown_function(self, tree: Tree) -> None:
        known = [*_FUNCTIONS, *_TEXT_METHODS, *_CONVERSIONS]
        near = _OTHER_WORDS.get(tree.name.lower()) or nearest(tree.name, known)
        help = f"Did you mean `{near}`?" if near else f"There are: {', '.join(sorted(known))}."
        if tree.name.lower() in _CHANGES:
            near, help = (
                None,
                "Conditions change no texts: let the node before write what is compared, such as an `enum`.",
            )
        # The library's place of a call is its bracket.
        start = self.text.rfind(tree.name, 0, tree.offset)
        message = f"Conditions have no function `{tree.name}`."
        offset = start if start >= 0 else tree.offset
        self.problems.append(TextProblem("condition-type", message, help, tree.name, offset, near))

    def text_method(self, tree: Tree, inner: list[Known]) -> Known:
        for part, known in zip([tree.target, *tree.args], inner, strict=False):
            if part is not None and known is not None and known.type != "string":
                asked = " ".join([*(written(each) for each in tree.args), "in", written(part)])
                help = f"To look into a list, write `{asked}`." if known.type == "array" else None
                better = self.replaced(rf"{re.escape(written(part))}\.contains\([^()]*\)", asked) if help else None
                message = f"`{tree.name}` works on text; `{written(part)}` is {describe(known)}."
                self.problem(tree, message, help, better if tree.name == "contains" else None)
        return simple("boolean")

    def size(self, tree: Tree) -> Known:
        for part in ([tree.target] if tree.target else []) + tree.args:
            known = self.of(part)
            if known is not None and known.type not in ("string", "array", "object"):
                self.problem(
                    tree, f"`size` needs a text, a list or an object; `{written(part)}` is {describe(known)}."
                )
        return simple("integer")

    def logic(self, tree: Tree) -> Known:
        for part in tree.args:
            known = self.of(part)
            if known is not None and known.type != "boolean":
                self.problem(
                    part, f"`{written(part)}` is {describe(known)}, not true or false.", truth_help(part, known)
                )
        return simple("boolean")

    def choice(self, tree: Tree) -> Known:
        self.logic(Tree("call", tree.offset, args=tree.args[:1]))
        yes, no = self.of(tree.args[1]), self.of(tree.args[2])
        return yes if yes is not None and no is not None and yes.type == no.type else None

    def equality(self, tree: Tree) -> Known:
        left, right = tree.args
        self.compared |= {part.offset for part in tree.args if part.kind == "name"}
        one, other = self.of(left), self.of(right)
        if self.asks_null(tree, left, right) or one is None or other is None:
            return simple("boolean")
        if _group(one) != _group(other):
            self.mismatch(tree, left, one, right, other)
        else:
            self.enum_value(left, one, right)
            self.enum_value(right, other, left)
        return simple("boolean")

    def asks_null(self, tree: Tree, left: Tree, right: Tree) -> bool:
        for one, other in ((left, right), (right, left)):
            if one.kind == "const" and one.value is None:
                if other.kind == "select":
                    sign = "!" if tree.name == "_==_" else ""
                    text = written(other)
                    asked = f"{sign}has({text})"
                    whole = self.replaced(rf"{re.escape(text)}\s*[!=]=\s*null", asked)
                    self.problem(tree, f"`{text}` is never null: it is set or not.", f"Write `{asked}`.", whole)
                return True
        return False

    def replaced(self, pattern: str, by: str) -> str | None:
        """The text with the one piece that looks so replaced; None where there is none or several."""
        found = list(re.finditer(pattern, self.text))
        return f"{self.text[: found[0].start()]}{by}{self.text[found[0].end() :]}" if len(found) == 1 else None

    def enum_value(self, part: Tree, known: FieldType, other: Tree) -> None:
        if known.enum is not None and other.kind == "const" and other.value not in known.enum:
            found = impossible(written(part), known, other.value)
            quoted = isinstance(other.value, str)
            self.problems.append(replace(found, offset=other.offset + quoted))

    def mismatch(self, tree: Tree, left: Tree, one: FieldType, right: Tree, other: FieldType) -> None:
        sign = SIGNS[tree.name]
        self.problem(
            tree,
            f"`{sign}` compares {describe(one)} (`{written(left)}`) with {describe(other)} (`{written(right)}`).",
            _mismatch_help(left, one, right, other),
            self.unquoted(left, right),
        )

    def unquoted(self, left: Tree, right: Tree) -> str | None:
        """The text with a quoted number or truth value, which is compared with one, without its quotes."""
        for part, other in ((left, right), (right, left)):
            known = self.of(other) if part.kind == "const" and isinstance(part.value, str) else None
            plain = {"number": _NUMBER, "boolean": _TRUTH}.get(_group(known)) if known is not None else None
            if plain is not None and plain.fullmatch(str(part.value)):
                return self.replaced(rf"'{re.escape(str(part.value))}'", str(part.value))
        return None

    def order(self, tree: Tree) -> Known:
        left, right = tree.args
        one, other = self.of(left), self.of(right)
        if one is None or other is None:
            return simple("boolean")
        if _group(one) != _group(other):
            self.mismatch(tree, left, one, right, other)
        elif one.type not in ("integer", "number", "string", "boolean"):
            self.problem(tree, f"`{SIGNS[tree.name]}` can't order {describe(one)} (`{written(left)}`).",
                         f"Compare its size: `size({written(left)})`.")  # fmt: skip
        return simple("boolean")

    def arithmetic(self, tree: Tree) -> Known:
        types = [self.of(part) for part in tree.args]
        if any(known is None for known in types):
            return None
        known = [each for each in types if each is not None]
        groups = {_group(each) for each in known}
        if groups == {"number"}:
            return self.numbers(tree, known)
        if tree.name == "_+_" and groups in ({"string"}, {"array"}):
            return known[0]
        words = " and ".join(
            f"{describe(each)} (`{written(part)}`)" for each, part in zip(known, tree.args, strict=True)
        )
        self.problem(tree, f"`{SIGNS.get(tree.name, '-')}` can't work on {words}.",
                     "Convert with `string(…)`, `int(…)` or `double(…)`." if len(groups) > 1 else None)  # fmt: skip
        return None

    def numbers(self, tree: Tree, known: list[FieldType]) -> Known:
        if len({each.type for each in known}) == 1:
            return simple(known[0].type)
        for part, each in zip(tree.args, known, strict=True):
            if each.type == "integer":
                if part.kind == "const":
                    self.promoted.append(part.offset)
                else:
                    text = written(part)
                    self.problem(tree, f"`{SIGNS[tree.name]}` mixes a whole number (`{text}`) with a number.",
                                 f"Write `double({text})`.")  # fmt: skip
        return simple("number")

    def item(self, tree: Tree) -> Known:
        whole, key = self.of(tree.args[0]), tree.args[1]
        if key.kind == "const" and isinstance(key.value, str):
            return self.told(part_of(whole, key.value, written(tree.args[0])))
        self.of(key)
        if whole is None or whole.type == "object":
            return None
        if whole.type != "array":
            self.problem(tree, f"`{written(tree.args[0])}` is {describe(whole)}, not a list.")
            return None
        return whole.items

    def within(self, tree: Tree) -> Known:
        part, whole = tree.args
        known, among = self.of(part), self.of(whole)
        if among is not None and among.type not in ("array", "object"):
            asked = f"{written(whole)}.contains({written(part)})"
            is_text = among.type == "string"
            better = self.replaced(rf"{re.escape(written(part))}\s+in\s+{re.escape(written(whole))}", asked)
            message = f"`in` looks into a list; `{written(whole)}` is {describe(among)}."
            self.problem(tree, message, f"Write `{asked}`." if is_text else None, better if is_text else None)
        elif known is not None and whole.kind == "list":
            for item in whole.args:
                each = self.of(item)
                if each is not None and _group(each) != _group(known):
                    self.problem(tree, f"`in` compares {describe(known)} (`{written(part)}`) with {describe(each)}.")
                    break
                self.enum_value(part, known, item)
        elif known is not None and among is not None and among.type == "array" and among.items is not None:
            if _group(among.items) != _group(known):
                self.problem(tree, f"`in` looks for {describe(known)} in {describe(among)} (`{written(whole)}`).")
            elif part.kind == "const":
                self.enum_value(Tree("name", name=f"{written(whole)}[…]"), among.items, part)
        return simple("boolean")


def _group(known: FieldType) -> str:
    if known.type in _NUMBERS:
        return "number"
    return "object" if known.type == "file" else known.type


def truth_help(tree: Tree, known: FieldType) -> str | None:
    """How to make a condition of a value that is none."""
    text = written(tree)
    if known.type == "string":
        value = known.enum[0] if known.enum else "…"
        return f"Compare it: `{text} == '{value}'`; whether it is empty: `{text} == ''`."
    if known.type in _NUMBERS:
        return f"Compare it: `{text} > 0`."
    return f"Ask for its size: `size({text}) > 0`." if known.type in ("array", "object") else None


def _mismatch_help(left: Tree, one: FieldType, right: Tree, other: FieldType) -> str | None:
    for part, known, wanted in ((left, one, other), (right, other, one)):
        if part.kind != "const":
            continue
        if wanted.type == "boolean":
            return "Compare with `true` or `false`, without quotes."
        if _group(wanted) == "number" and isinstance(part.value, str):
            return f"Write the number without quotes: `{part.value}`." if _NUMBER.fullmatch(part.value) else None
        if wanted.type == "string":
            return f"Put quotes around it: '{str(part.value).lower()}'."
        if wanted.type == "array" and known.type in ("string", "integer", "number"):
            return f"To look into a list, write `{written(part)} in …`; for its length `size(…)`."
    return "Declare both fields with the same type, or convert one: `string(…)`, `double(…)`."


_CALLS: dict[str, Callable[[Judge, Tree], Known]] = {
    "_==_": Judge.equality,
    "_!=_": Judge.equality,
    "_<_": Judge.order,
    "_<=_": Judge.order,
    "_>_": Judge.order,
    "_>=_": Judge.order,
    "_&&_": Judge.logic,
    "_||_": Judge.logic,
    "!_": Judge.logic,
    "_?_:_": Judge.choice,
    "_[_]": Judge.item,
    "@in": Judge.within,
    "size": Judge.size,
    "_+_": Judge.arithmetic,
    "_-_": Judge.arithmetic,
    "_*_": Judge.arithmetic,
    "_/_": Judge.arithmetic,
    "_%_": Judge.arithmetic,
    "-_": Judge.arithmetic,
}
