"""Reading Python without running it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.workflow.python_code import MAX_CODE_LENGTH, mini_faults, read_code


@pytest.mark.parametrize(
    ("text", "assigned"),
    [
        ("total = 1", {"total"}),
        ("a, *b = [1, 2]", {"a", "b"}),
        ("if True:\n    x = 1\nelse:\n    y = 2", {"x", "y"}),
        ("for i in []: n = i", {"i", "n"}),
        ("import json as j", {"j"}),
        ("def f():\n    inner = 1", {"f"}),
        ("x: int = 1", {"x"}),
        ("if (n := 3): pass", {"n"}),
        ("try:\n    pass\nexcept ValueError as e:\n    pass", {"e"}),
        ("match {}:\n    case {'a': a, **rest}: pass", {"a", "rest"}),
        ("[x for x in []]", set()),
        ("def f():\n    global g\n    g = 1", {"f", "g"}),
    ],
)
def test_tells_what_is_assigned_at_the_top_level(text: str, assigned: set[str]) -> None:
    assert read_code(text).assigned == assigned


@pytest.mark.parametrize(
    ("text", "reads", "maybe", "whole"),
    [
        ("x = state.a + state['b']", {"a", "b"}, set(), False),
        ("def f(): return state.rate", {"rate"}, set(), False),
        ("x = state.get('a')", {"a"}, set(), False),
        ("x = state.get('a', 0)", set(), {"a"}, False),
        ("x = state[name]", set(), set(), True),
        ("for k in state.items(): pass", set(), set(), True),
        ("x = state.items", {"items"}, set(), False),
        ("x = len(state)", set(), set(), True),
        ("x = [r.total for r in state.rows]", {"rows"}, set(), False),
        ("state = 1", set(), set(), False),
    ],
)
def test_tells_which_fields_are_read(text: str, reads: set[str], maybe: set[str], whole: bool) -> None:
    found = read_code(text)
    assert (found.reads, found.reads_maybe, found.reads_all) == (reads, maybe, whole)


def test_tells_which_other_names_are_read() -> None:
    assert read_code("def f(a): return a + item\ny = f(len(state.x)) + index").free == {"item", "index"}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("x = 1\ny = (", 2, "not valid Python"),
        ("x = 1\nreturn x", 2, "`return` stands outside a function"),
        ("\nstate.total = 1", 2, "`state` can be read, not written"),
        ("state['total'] += 1", 1, "`state` can be read, not written"),
        ("x = '\x00'", 1, "null bytes"),
        ("-" * 50_000 + "1", 1, "nested too deeply"),
        ("(" * 5_000, 1, "nested"),
        ("#" * (MAX_CODE_LENGTH + 1), 1, "allowed"),
    ],
)
def test_names_the_line_of_a_fault(text: str, line: int, says: str) -> None:
    faults = read_code(text).faults
    assert faults
    assert faults[0].line == line
    assert says in faults[0].message
    assert faults[0].help


def test_a_return_inside_a_function_is_no_fault() -> None:
    assert read_code("def f():\n    return 1\nx = lambda: 2").faults == ()


def test_odd_escapes_raise_no_warning() -> None:
    assert read_code(r"x = '\d'").faults == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def f():\n    yield 1", "generators"),
        ("class A(dict): pass", "inherit"),
        ("class A:\n    @property\n    def x(self): return 1", "decorated methods"),
        ("del x", "`del`"),
        ("import numpy", "no module `numpy`"),
        ("from urllib.parse import quote", "no module `urllib.parse`"),
        ("from . import x", "no module `.`"),
        ("from math import *", "import *"),
    ],
)
def test_mini_names_what_it_does_not_know(text: str, says: str) -> None:
    assert says in mini_faults(text)[0].message


def test_mini_offers_the_nearest_module() -> None:
    assert mini_faults("import jsn")[0].help.startswith("Did you mean `json`?")


BITS = (
    "state~.x~['y']~.get('z')~.items()~ = ~\n~def f(a): ~return ~class A: ~x~1~(~)~[~]~{~}~:~,~for i in ~if ~else ~"
    "lambda ~yield ~import json~\t~'~f'{~}'~match x:~\n case ~*~**~del ~async ~await ~@~|~\\~\x00~é~\ud800"
)
PIECES = st.lists(st.sampled_from(BITS.split("~")), max_size=25).map("".join)


@given(PIECES | st.text(max_size=200))
def test_no_text_is_too_much_for_it(text: str) -> None:
    found = read_code(text)
    assert found.faults or mini_faults(text) is not None
    assert all(fault.line >= 1 and fault.column >= 1 and fault.help for fault in (*found.faults, *mini_faults(text)))
