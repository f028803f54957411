"""Conditions: what they give, what is told before any run, and that errors never count as true.

The first table is the conformance set: another CEL library behind `expressions` has to pass it unchanged.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import pytest

from chat_app.workflow.expressions import Condition, ConditionFailed, compile_condition
from chat_app.workflow.fields import FieldType

FIELDS = {
    "mood": FieldType(type="string", enum=["calm", "angry"]),
    "share": FieldType(type="number"),
    "n": FieldType(type="integer"),
    "ok": FieldType(type="boolean"),
    "tags": FieldType(type="array", items=FieldType(type="string")),
    "people": FieldType(
        type="array",
        items=FieldType(
            type="object", properties={"name": FieldType(type="string"), "age": FieldType(type="number")}
        ),
    ),
    "book": FieldType(type="object"),
    "text": FieldType(type="string"),
}
STATE: dict[str, Any] = {
    "mood": "calm",
    "share": 1,
    "n": 2,
    "ok": True,
    "tags": ["a", "b"],
    "people": [{"name": "Ada", "age": 36}, {"name": "Bob", "age": 9.5}],
    "book": {"pages": 90},
    "text": "Größe 😀",
}


def compiled(text: str) -> Condition:
    found = compile_condition(text, FIELDS, {"index": FieldType(type="integer"), "item": None})
    assert isinstance(found, Condition), found
    return found


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("true", True),
        ("state.mood == 'calm'", True),
        ("state.mood != 'calm'", False),
        ("state.mood in ['angry']", False),
        ("state.share < 1", False),
        ("state.share >= 1", True),
        ("state.share == 1.0", True),
        ("state.n > 1.5", True),
        ("state.n + 1 == 3", True),
        ("state.share * 2 > 1", True),
        ("state.share / 2 == 0.5", True),
        ("-state.n < 0", True),
        ("double(state.n) + state.share > 2.5", True),
        ("state.ok && !(state.n > 5)", True),
        ("state.ok ? state.n > 1 : false", True),
        ("size(state.tags) == 2 && state.tags.size() == 2", True),
        ("'a' in state.tags", True),
        ("state.tags[1] == 'b'", True),
        ("state.tags.exists(t, t.startsWith('b'))", True),
        ("state.tags.all(t, size(t) == 1)", True),
        ("state.tags.filter(t, t == 'a').size() == 1", True),
        ("state.tags.map(t, t + '!') == ['a!', 'b!']", True),
        ("state.people.exists_one(p, p.age > 10)", True),
        ("state.people[1].age < 10", True),
        ("state.people.all(p, p.age + 0.5 > 9)", True),
        ("state.book.pages > 89", True),
        ("has(state.book.pages) && !has(state.book.author)", True),
        ("has(state.mood)", True),
        ("state['mood'] == 'calm'", True),
        ("state.text.contains('öß') && size(state.text) == 7", True),
        ("state.text.matches('^Gr.*')", True),
        ("string(state.n) == '2' && int('3') == 3", True),
        ("index == 4 && item.x == 'y'", True),
        ("state.tags == ['a', 'b']", True),
        ("false || state.n == 2 || 1 / 0 == 1", True),
    ],
)
def test_what_a_condition_gives(text: str, holds: bool) -> None:
    assert compiled(text).evaluate(STATE, {"index": 4, "item": {"x": "y"}}) is holds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("state.n / 0 == 1", "divide by zero"),
        ("state.tags[9] == 'x'", "index=9"),
        ("state.book.author == 'x'", "`author` is not set"),
        ("state.book.pages == 90 && state.book.author", "`author` is not set"),
        ("int(state.text) == 1", "int"),
    ],
)
def test_a_condition_that_fails_is_neither_true_nor_false(text: str, message: str) -> None:
    with pytest.raises(ConditionFailed, match=message):
        compiled(text).evaluate(STATE)


def test_a_field_that_is_not_set_fails_the_condition() -> None:
    with pytest.raises(ConditionFailed, match="`mood` is not set"):
        compiled("state.mood == 'calm'").evaluate({})


def test_what_is_not_needed_may_be_missing() -> None:
    assert compiled("!has(state.mood) || state.mood == 'calm'").evaluate({}) is True


@pytest.mark.parametrize("value", [None, "x", [1], {"a": 1}, 10**40, object(), "\ud800", float("nan")])
def test_a_value_of_the_wrong_type_never_passes_for_true(value: Any) -> None:
    with suppress(ConditionFailed):
        assert compiled("state.n == 2").evaluate({"n": value}) is False


def test_a_condition_that_would_run_long_is_stopped() -> None:
    numbers = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"
    text = "true"
    for name in "abcdefg":
        text = f"{numbers}.all({name}, {text})"
    start = time.process_time()

    with pytest.raises(ConditionFailed, match="too many steps"):
        compiled(text).evaluate(STATE)

    assert time.process_time() - start < 2.0


@pytest.mark.parametrize(
    ("text", "code", "message", "help"),
    [
        ("state.mood = 'calm'", "condition-syntax", "`=` is not expected here", "`==`"),
        ("state.ok and state.ok", "condition-syntax", "`and` is not expected here", "`&&`"),
        ("not state.ok", "condition-syntax", "not expected here", "`!`"),
        ("{{ state.ok }}", "condition-syntax", "can't be read", "without braces"),
        ("state.ok &&", "condition-syntax", "ends too early", "compares fields"),
        ("", "condition-syntax", "ends too early", ""),
        ("state.mood == 'agry'", "impossible-value", "never 'agry'", "Did you mean 'angry'"),
        ("'sad' == state.mood", "impossible-value", "never 'sad'", "'calm', 'angry'"),
        ("state.mood in ['calm', 'sad']", "impossible-value", "never 'sad'", ""),
        ("state.moood == 'calm'", "unknown-name", "`state.moood` names no field", "`state.mood`"),
        ("mood == 'calm'", "unknown-name", "`mood` is no name here", "`state.mood`"),
        ("state.mood == calm", "unknown-name", "`calm` is no name here", "'calm'"),
        ("state.ok == True", "unknown-name", "`True`", "`true`"),
        ("state.n == '2'", "condition-type", "compares a whole number", "without quotes: `2`"),
        ("state.text == 2", "condition-type", "compares text", "'2'"),
        ("state.ok == 'true'", "condition-type", "compares true or false", "without quotes"),
        ("state.mood == null", "condition-type", "never null", "!has(state.mood)"),
        ("state.mood != null", "condition-type", "never null", "`has(state.mood)`"),
        ("state.n", "condition-type", "gives a whole number", "state.n > 0"),
        ("state.tags", "condition-type", "gives a list", "size(state.tags) > 0"),
        ("state.ok && state.n", "condition-type", "not true or false", "state.n > 0"),
        ("state.tags > 1", "condition-type", "compares a list", "size"),
        ("len(state.tags) > 1", "condition-type", "no function `len`", "`size`"),
        ("state.text.startswith('a')", "condition-type", "no function `startswith`", "`startsWith`"),
        ("state.tags.contains('a')", "condition-type", "works on text", "in state.tags"),
        ("'a' in state.text", "condition-type", "looks into a list", "contains"),
        ("1 in state.tags", "condition-type", "looks for a whole number", ""),
        ("state.n * 1.5 > 1.0", "condition-type", "mixes", "double(state.n)"),
        ("state.n + 'a' == 'b'", "condition-type", "can't work on", "string("),
        ("state.people[0].nme == 'a'", "unknown-name", "`state.people[0].nme` names no part", "name"),
        ("state.people.all(p, p.nme == 'a')", "unknown-name", "`p.nme` names no part", "p.name"),
        ("state.people.name == 'a'", "unknown-part", "has no part `name`", ""),
        ("state.n.exists(x, x > 1)", "condition-type", "not a list", ""),
        ("has(state.moood)", "unknown-name", "names no field", "state.mood"),
    ],
)
def test_what_is_told_before_any_run(text: str, code: str, message: str, help: str) -> None:
    found = compile_condition(text, FIELDS)

    assert isinstance(found, list)
    assert [problem.code for problem in found] == [code]
    assert message in found[0].message
    assert help in (found[0].help or "")


@pytest.mark.parametrize(
    ("text", "reads", "needs", "true", "false"),
    [
        ("state.n > 1 && index < 2", {"state.n", "index"}, {"state.n", "index"}, set(), set()),
        ("has(state.n) && state.n > 1", {"state.n"}, set(), {"state.n"}, set()),
        ("!has(state.n)", {"state.n"}, set(), set(), {"state.n"}),
        ("!has(state.n) || state.n > 1", {"state.n"}, set(), set(), {"state.n"}),
        ("has(state.n) || state.ok", {"state.n", "state.ok"}, {"state.ok"}, set(), set()),
        ("state.tags.exists(t, t == state.text)", {"state.tags", "state.text"},
         {"state.tags", "state.text"}, set(), set()),
        ("state['n'] > 1", {"state.n"}, {"state.n"}, set(), set()),
        ("has(state.book.pages)", {"state.book"}, {"state.book"}, set(), set()),
    ],
)  # fmt: skip
def test_what_is_read_and_what_follows(
    text: str, reads: set[str], needs: set[str], true: set[str], false: set[str]
) -> None:
    condition = compiled(text)

    assert (condition.reads, condition.needs) == (reads, needs)
    assert (condition.set_when_true, condition.set_when_false) == (true, false)


def test_the_place_of_a_problem_is_told() -> None:
    found = compile_condition("state.ok && state.n == '2'", FIELDS)

    assert isinstance(found, list)
    assert found[0].offset == "state.ok && state.n == '2'".index("==")
