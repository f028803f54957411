"""Templates: what they give, what they refuse, what they read, and that they stay bounded."""

from __future__ import annotations

import time
from typing import Any

import pytest
from jinja2 import Environment, StrictUndefined

from chat_app.workflow.fields import FieldType
from chat_app.workflow.templates import TemplateFailed, compile_template
from chat_app.workflow.typed import object_of

STATE: dict[str, Any] = {
    "who": "Ada",
    "n": 3,
    "share": 0.5,
    "yes": True,
    "no": False,
    "nothing": None,
    "tags": ["b", "a", "b"],
    "people": [{"name": "Ada", "age": 36}, {"name": "Bob", "age": 9}],
    "book": {"title": "Größe", "pages": 90},
    "empty": [],
}
NAMES = {"state": STATE, "item": {"name": "x"}, "index": 2}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("", ""),
        ("Hi {{ state.who }}!", "Hi Ada!"),
        ("{{ state.n }}", 3),
        ("  {{ state.tags }}\n", ["b", "a", "b"]),
        ("{{ state.book }}", {"title": "Größe", "pages": 90}),
        ("{{ state.nothing }}", None),
        ("n: {{ state.n }}, {{ state.share }}, {{ state.yes }}, {{ state.nothing }}.", "n: 3, 0.5, true, ."),
        ("{{ state.book }}.", '{"title": "Größe", "pages": 90}.'),
        ("{{ state.tags }}.", '["b", "a", "b"].'),
        ("{{ item.name }}{{ index }}", "x2"),
        ("{{ state.people[1].name }}", "Bob"),
        ("{{ state.people[-1]['age'] }}", 9),
        ("{{ state['who'] }}", "Ada"),
        ("{% if state.n > 2 and not state.no %}big{% elif state.n %}some{% else %}none{% endif %}", "big"),
        ("{{ 'a' if state.n in [1, 3] else 'b' }}", "a"),
        ("{{ state.who ~ '-' ~ state.n }}", "Ada-3"),
        ("{% for p in state.people %}{{ loop.index }}.{{ p.name }}{% if not loop.last %}, {% endif %}{% endfor %}",
         "1.Ada, 2.Bob"),
        ("{% for p in state.people if p.age > 10 %}{{ p.name }}{% endfor %}", "Ada"),
        ("{% for x in state.empty %}x{% else %}none{% endfor %}", "none"),
        ("{% for k, v in state.book | items %}{{ k }}={{ v }};{% endfor %}", "title=Größe;pages=90;"),
        ("A\n{% for t in state.tags %}\n- {{ t }}\n{% endfor %}\nZ", "A\n- b\n- a\n- b\nZ"),
        ("{# a remark #}x", "x"),
        ("{% raw %}{{ not read }}{% endraw %}", "{{ not read }}"),
        ("{{ state.tags | unique | sort | join(', ') }}", "a, b"),
        ("{{ state.tags | first }}{{ state.tags | last }}{{ state.tags | length }}", "bb3"),
        ("{{ state.people | map(attribute='name') | join(' & ') }}", "Ada & Bob"),
        ("{{ state.people | sort(attribute='age') | map(attribute='name') | join }}", "BobAda"),
        ("{{ state.people | sum(attribute='age') }}", 45),
        ("{{ state.who | upper | lower | title | trim | replace('A', 'U') }}", "Uda"),
        ("{{ state.absent | default('-') }}", "-"),
        ("{{ state.nothing | default('-') }}", "-"),
        ("{{ state.absent is defined }}", False),
        ("{{ state.who is defined and state.who is string }}", True),
        ("{{ state.book | tojson }}", '{"title": "Größe", "pages": 90}'),
        ("{{ state.who | truncate(2) }}", "A…"),
        ("{{ 'a b/ü' | urlencode }}", "a%20b%2F%C3%BC"),
        ("{{ state.share | round(1) }}{{ '7' | int }}{{ 7 | float }}{{ 7 | string }}", "0.577.07"),
        ("{{ 'one two' | wordcount }}{{ 'ab' | reverse }}{{ 'x' | capitalize }}", "2baX"),
        ("{{ state.tags | max }}{{ state.tags | min }}", "ba"),
        ("{{ 'a\nb' | indent(2) }}", "a\n  b"),
        ("{{ -1 }}", -1),
        ("{{ 1 < 2 < 3 }}", True),
    ],
)  # fmt: skip
def test_what_a_template_gives(text: str, value: Any) -> None:
    found = compile_template(text).render(NAMES)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "Hi {{ state.who }}!",
        "{% for p in state.people %}{{ loop.index }}/{{ loop.length }} {{ p.name }}\n{% endfor %}",
        "{% if state.n == 3 %}a{% endif %}\n\n{% if state.no %}b{% endif %}c\n",
        "{{ state.who | upper }} {{ state.tags | join('; ') }} {{ state.people[0].age }}",
        "  {% if state.n %}\n  x\n  {% endif %}\n",
    ],
)
def test_texts_come_out_as_in_jinja2(text: str) -> None:
    jinja = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=True
    )

    assert compile_template(text).render(NAMES) == jinja.from_string(text).render(NAMES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ state.absent }}", "`state.absent` is not set"),
        ("a {{ state.absent }}", "`state.absent` is not set"),
        ("{{ state.book.author }}", "`state.book.author` is not set"),
        ("{{ state.who.name }}", "`state.who.name` is not set"),
        ("{{ state.people[5].name }}", "is not set"),
        ("{{ state.empty | first }}", "is not set"),
        ("{{ state.n | join }}", "the filter `join`: needs a list"),
        ("{{ 'x' | int }}", "the filter `int`"),
        ("{{ state.who < 3 }}", "can't compare"),
        ("{% for x in state.n %}{% endfor %}", "a loop needs a list"),
        ("{{ state.people | map(attribute='shoe') }}", "an item has no part `shoe`"),
    ],
)
def test_what_is_missing_is_an_error(text: str, message: str) -> None:
    with pytest.raises(TemplateFailed, match=message):
        compile_template(text).render(NAMES)


@pytest.mark.parametrize(
    ("text", "reads", "needs"),
    [
        ("{{ state.a }} {{ state.b.c[0] }} {{ item }}", {"state.a", "state.b", "item"},
         {"state.a", "state.b", "item"}),
        ("{% for a in state.a %}{{ a.x }}{{ state.b }}{% endfor %}", {"state.a", "state.b"}, {"state.a", "state.b"}),
        ("{{ state.a | default('') }}{{ state.b | join(state.c) }}", {"state.a", "state.b", "state.c"},
         {"state.b", "state.c"}),
        ("{% if state.a is defined %}{{ state.a }}{{ state.b }}{% endif %}", {"state.a", "state.b"}, {"state.b"}),
        ("{{ state.a if state.a is defined else '' }}", {"state.a"}, set()),
        ("{% if state.a is defined and state.a == 1 %}x{% endif %}", {"state.a"}, set()),
        ("{{ state['a'] }}", {"state.a"}, {"state.a"}),
    ],
)  # fmt: skip
def test_what_is_read_is_found_without_running(text: str, reads: set[str], needs: set[str]) -> None:
    template = compile_template(text)

    assert template.reads == reads
    assert template.needs == needs


TYPES = {
    "state": object_of(
        {
            "who": FieldType(type="string"),
            "mood": FieldType(type="string", enum=["calm", "angry"]),
            "n": FieldType(type="integer"),
            "people": FieldType(
                type="array",
                items=FieldType(type="object", properties={"name": FieldType(type="string")}),
            ),
            "paper": FieldType(type="file"),
            "anything": FieldType(type="object"),
        }
    ),
    "item": FieldType(type="string"),
}


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("{{ state.who }}{{ item }}{{ state.paper.name }}{{ state.anything.x.y }}", []),
        ("{{ state.people[0].name }}{{ (state.people | first).name }}", []),
        ("{% for p in state.people %}{{ p.name }}{{ loop.index }}{% endfor %}", []),
        ("{{ state.hwo }}", ["`state.hwo` names no field."]),
        ("{{ who }}", ["`who` is no name here."]),
        ("{{ state.people[0].nam }}", ["`state.people[0].nam` names no part."]),
        ("{% for p in state.people %}{{ p.nam }}{{ p.nam }}{% endfor %}", ["`p.nam` names no part."]),
        ("{{ state.people.name }}", ["`state.people` is a list of objects and has no part `name`."]),
        ("{{ state.who.first }}", ["`state.who` is text and has no part `first`."]),
        ("{% for c in state.n %}{% endfor %}", ["`state.n` is a whole number, not a list."]),
        ("{{ state.n | join }}", ["The filter `join` works on a list; `state.n` is a whole number."]),
        ("{% if state.mood == 'angy' %}{% endif %}", ["`state.mood` is never 'angy'."]),
        ("{{ state.people | map(attribute='nam') | join }}", ["`state.people[0].nam` names no part."]),
        ("{{ state.paper.path }}", ["`state.paper.path` names no part."]),
        ("{{ loop.index }}", ["`loop` is no name here."]),
        ("{{ secret.KEY }}", ["Secrets can't be looked up here."]),
    ],
)
def test_templates_are_checked_against_types(text: str, messages: list[str]) -> None:
    _, problems = compile_template(text).type_problems(TYPES)

    assert [problem.message for problem in problems] == messages


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{{ state.n }}", "integer"),
        ("{{ state.people }}", "array"),
        ("{{ state.people | length }}", "integer"),
        ("n {{ state.n }}", "string"),
        ("{{ state.who ~ 'x' }}", "string"),
        ("{{ state.n > 2 }}", "boolean"),
    ],
)
def test_the_type_of_a_value_is_known(text: str, kind: str) -> None:
    known, _ = compile_template(text).type_problems(TYPES)

    assert known is not None
    assert known.type == kind


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{% for a in state.big %}{% for b in state.big %}x{% endfor %}{% endfor %}", "more than 200,000 rounds"),
        ("{% for a in state.big %}{{ state.long }}{% endfor %}", "longer than 2,000,000 characters"),
        ("{{ state.long | replace('a', state.long) }}", "longer than 2,000,000 characters"),
        ("{{ state.big | join(state.long) }}", "longer than 2,000,000 characters"),
        ("{{ state.long ~ state.long ~ state.long ~ state.long }}", "longer than 2,000,000 characters"),
    ],
)
def test_what_would_grow_is_stopped(text: str, message: str) -> None:
    names = {"state": {"big": list(range(2_000)), "long": "a" * 600_000}}
    start = time.process_time()

    with pytest.raises(TemplateFailed, match=message):
        compile_template(text).render(names)

    assert time.process_time() - start < 2.0


def test_a_refused_template_does_not_run() -> None:
    with pytest.raises(TemplateFailed, match="calls are not allowed"):
        compile_template("{{ state.who.upper() }}").render(NAMES)
