"""Each pattern built in each language: the same workflow as in English, with nothing for people left in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from chat_app.designer.guided.answer_language import named_in
from chat_app.designer.guided.building import build
from chat_app.designer.guided.interview import default_of, question
from chat_app.designer.guided.patterns import Pattern, load_patterns
from chat_app.designer.guided.toolbox import equipped
from chat_app.designer.guided.values import read_answer
from chat_app.engine.testing import run_tests
from chat_app.events.design import Asked, Offered
from chat_app.translation import LANGUAGES, speaking
from tests.designer.guided.conftest import EQUIPPED, Talk, check
from tests.designer.guided.paths import NIGHT
from tests.designer.guided.test_patterns import patterns

OTHERS = [code for code in LANGUAGES if code != "en"]
FOR_PEOPLE = frozenset({"description", "ask"})
WORDED = frozenset({"default", "examples", "labels", "text", "prompt", "template", "code", "arguments"})
"""Keys below which names and data are told as the person put them."""
ALIKE = frozenset({"Name", "Instagram", "Facebook", "SEO", "Format"})
"""What reads the same in English and in another language."""


def told(workflow: dict[str, Any]) -> set[str]:
    """All that a workflow says to people."""
    tests = {test["name"] for test in workflow["tests"]}
    requirements = {one["text"] for one in workflow.get("requirements", ())}
    return {*for_people(workflow), *tests, *requirements}


def built(pattern: Pattern, code: str) -> str:
    with speaking(code), equipped(EQUIPPED.tools):
        values = {slot.id: default_of(slot) for slot in pattern.slots}
        made = build(pattern, values, dict.fromkeys(values, "answered"))
    assert not made.failed, (code, made.problems)
    return made.text


def for_people(data: Any) -> Iterator[str]:
    """Every description and question in a workflow."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key in FOR_PEOPLE and isinstance(value, str):
                yield value
            else:
                yield from for_people(value)
    elif isinstance(data, list):
        for value in data:
            yield from for_people(value)


def structure(data: Any) -> Any:
    """A workflow without what it says."""
    if isinstance(data, dict):
        kept = data.keys() - FOR_PEOPLE - WORDED - {"tests"}
        return {key: structure(data[key]) for key in kept} | {"said": sorted(data.keys() - kept)}
    return [structure(one) for one in data] if isinstance(data, list) else data


def without_texts(workflow: Any) -> Any:
    requirements = [{**one, "text": ""} for one in workflow.get("requirements", ())]
    return structure(workflow | {"requirements": requirements})


@patterns
@pytest.mark.parametrize("code", OTHERS)
async def test_a_pattern_is_the_same_workflow_in_every_language(pattern: Pattern, code: str) -> None:
    text = built(pattern, code)
    english, other = (yaml.load(each, Loader=yaml.CSafeLoader) for each in (built(pattern, "en"), text))
    assert without_texts(other) == without_texts(english)
    assert told(other) & told(english) - ALIKE == set()
    checked = check(text, EQUIPPED)
    assert checked.faults == ()
    # In French words have apostrophes, which could break code and conditions that hold them.
    if code == "fr" or NIGHT:
        assert [outcome for outcome in await run_tests(checked) if not outcome.passed] == []


@pytest.mark.parametrize("code", OTHERS)
def test_each_option_of_a_list_names_the_same_in_every_language(code: str) -> None:
    for slot in (
        slot for pattern in load_patterns() for slot in pattern.slots if slot.kind in ("labels", "names", "fields")
    ):
        english = [read_answer(slot, option.value) for option in question(slot).options]
        with speaking(code):
            told = [read_answer(slot, option.value) for option in question(slot).options]
        assert [[one["name"] for one in said] for said in told] == [[one["name"] for one in said] for said in english]


async def test_an_answer_in_another_language_leaves_the_conversation_in_its_own(talk: Talk) -> None:
    await talk.say("Prüfe einen Vertrag auf Risiken")
    await talk.say(talk.one(Offered).cards[0].value)
    await talk.say(talk.one(Asked).options[0].value)
    assert "Der Mieter zahlt" in (talk.one(Asked).default or "")
    await talk.say("The tenant pays for everything that is broken.")
    workflow = yaml.load(talk.draft, Loader=yaml.CSafeLoader)
    assert workflow["inputs"]["contract"]["description"] == "Der Text des Vertrags"
    assert workflow["inputs"]["contract"]["examples"] == ["The tenant pays for everything that is broken."]


def prompts(data: Any) -> Iterator[str]:
    """The prompts of a workflow's model steps."""
    if isinstance(data, dict):
        if data.get("kind") == "llm":
            yield data["prompt"]
        for value in data.values():
            yield from prompts(value)
    elif isinstance(data, list):
        for value in data:
            yield from prompts(value)


@pytest.mark.parametrize(
    ("pattern", "code", "asked"),
    [
        ("write_review_improve", "zh", ["Write in Chinese.", "Answer in Chinese.", "Write in Chinese."]),
        ("outline_article", "fr", ["Answer in French.", "Write in French.", "Write in French."]),
        ("extract_fields", "de", [""]),
        ("translate_text", "de", ["", "", ""]),
        ("write_review_improve", "en", ["", "", ""]),
    ],
)
def test_prompts_ask_for_the_language_of_the_conversation_where_no_text_is_copied(
    pattern: str, code: str, asked: list[str]
) -> None:
    [meant] = [one for one in load_patterns() if one.id == pattern]
    found = list(prompts(yaml.load(built(meant, code), Loader=yaml.CSafeLoader)))
    sentence = re.compile(r"\b(?:Write|Answer) in \w+\.")
    assert [(told[0] if (told := sentence.findall(one)) else "") for one in found] == asked


@pytest.mark.parametrize(
    ("wish", "asked"),
    [
        ("Fasse einen Text in drei Sätzen zusammen", "Write in German."),
        ("Schreibe eine Produktbeschreibung auf Französisch", "Write in French."),
        ("Summarise a text in three sentences", ""),
    ],
)
async def test_a_language_that_the_wish_names_goes_before_that_of_the_conversation(
    wish: str, asked: str, talk: Talk
) -> None:
    await talk.say(wish)
    await talk.say(talk.one(Offered).cards[0].value)
    await talk.say("skip all")
    assert set(re.findall(r"Write in \w+\.", talk.draft)) == ({asked} if asked else set())


@pytest.mark.parametrize(
    ("code", "said", "named"),
    [
        ("de", "Schreibe eine Rede auf Englisch", "English"),
        ("de", "Warte auf Antwort", None),
        ("zh", "用法文写一篇演讲", "French"),
        ("ja", "英語でスピーチを書いて", "English"),
    ],
)
def test_a_language_is_read_where_english_has_another_word_for_in(code: str, said: str, named: str | None) -> None:
    with speaking(code):
        assert named_in(said) == named


async def test_a_step_that_is_added_later_asks_for_the_language_too(talk: Talk) -> None:
    await talk.say("Fasse einen Text in drei Sätzen zusammen")
    await talk.say(talk.one(Offered).cards[0].value)
    await talk.say("skip all")
    await talk.say("Füge danach einen Schritt hinzu, der den Text verbessert")
    assert "Write in German." in list(prompts(yaml.load(talk.draft, Loader=yaml.CSafeLoader)))[-1]


async def test_what_a_wish_says_besides_is_told_in_its_own_words(talk: Talk) -> None:
    await talk.say("我想写一篇文章，让它被审阅并改进，直到足够好")
    first, *others = talk.one(Offered).cards
    # What the pattern is made for is no command behind it.
    assert "然后" not in first.text
    assert "直到足够好" in others[0].text
    assert not any(re.search(r"[a-z]{3}", card.text) for card in (first, *others))
