"""The other five languages: wishes, answers and commands, and the workflows that come of them."""

from __future__ import annotations

import pytest

from chat_app.designer.guided.building import build
from chat_app.designer.guided.editing import Editing, Work
from chat_app.designer.guided.examples import examples
from chat_app.designer.guided.interview import default_of
from chat_app.designer.guided.patterns import load_patterns
from chat_app.designer.guided.signals import Signal, signal_of
from chat_app.designer.guided.tongues import in_english, language_of
from chat_app.designer.guided.view import View
from chat_app.designer.guided.words import number_in
from chat_app.events.design import Asked, Assumed, Edited, Offered, RunWanted, Said, UndoWanted
from chat_app.translation import LANGUAGES, language, speaking
from chat_app.workflow.check import check
from tests.designer.guided.conftest import Talk

OTHERS = [code for code in LANGUAGES if code != "en"]


@pytest.mark.parametrize("code", OTHERS)
def test_every_pattern_builds_in_every_language(code: str) -> None:
    with speaking(code):
        for pattern in load_patterns():
            values = {slot.id: default_of(slot) for slot in pattern.slots}
            built = build(pattern, values, dict.fromkeys(values, "answered"))
            assert built.problems == (), pattern.id
            assert check(built.text).valid, pattern.id


DRAFT = """\
version: 1
name: shorten
inputs: {text: {type: string}}
state: {summary: {type: string}, score: {type: integer, minimum: 0, maximum: 10}, feedback: {type: string}}
outputs: [summary]
nodes:
  - {id: summarise, kind: llm, prompt: "Summarise: {{ state.text }}", writes: [summary]}
  - {id: review, kind: llm, prompt: "Judge: {{ state.summary }}", writes: [score, feedback]}
edges:
  - {from: START, to: summarise}
  - {from: summarise, to: review}
  - {from: review, to: END}
"""


def view() -> View:
    found = check(DRAFT)
    assert found.workflow is not None
    assert isinstance(found.source.data, dict)
    return View(found.workflow, found.source.data)


def outcome_of(message: str) -> object:
    """The edits that an English message makes, what else it asks for, or the rules that it would break."""
    work = Editing(check).carry_out(DRAFT, message, None)
    if isinstance(work, Work):
        return [edit.model_dump(exclude_unset=True) for edit in work.edits] or type(work.asides[0]).__name__
    assert work.problems, f"not understood: {message}"
    return {problem.code for problem in work.problems}


@pytest.mark.parametrize("code", OTHERS)
def test_every_example_of_a_command_is_understood_as_its_english_one(code: str) -> None:
    english = [command for command, _ in examples(view())]
    with speaking(code):
        own = [command for command, _ in examples(view())]
        for told, meant in zip(own, english, strict=True):
            heard = in_english(told, code).text
            assert language_of(told, code) == code, told
            if signal_of(meant) is Signal.RESTART:
                assert signal_of(heard) is Signal.RESTART, (told, heard)
            elif any(word in meant for word in ("review step", "shorter")):
                # Said in other words: the same kind of edit, its own text apart.
                assert type(outcome_of(heard)) is type(outcome_of(meant)), (told, heard)
            else:
                assert outcome_of(heard) == outcome_of(meant), (told, heard)


@pytest.mark.parametrize(
    ("code", "message", "meant"),
    [
        (
            "de",
            "Füge nach der Zusammenfassung eine Übersetzung ins Französische hinzu",
            "add a translation into french after the summary",
        ),
        ("de", "lösche bitte den Review-Schritt und führe den Workflow aus", "remove review; run"),
        ("de", "Wenn die score mindestens acht ist, hör auf", "if score is at least 8, stop"),
        (
            "fr",
            "Ajoute une traduction en espagnol après le résumé, s'il te plaît",
            "add a translation into spanish after summarise",
        ),
        ("fr", "remplace review par une liste de mots-clés", "replace review with keywords"),
        ("es", "añade una traducción al inglés antes de review", "add a translation to english before review"),
        (
            "es",
            "repite summarise hasta que score sea al menos siete, como máximo cuatro veces",
            "repeat summarise until score is at least 7, at most 4 times",
        ),
        ("zh", "请在总结之后添加一个法语翻译", "add a translation into french after summarise"),
        (
            "zh",
            "重复summarise直到score至少七，最多四次",
            "repeat summarise until score is at least 7, at most 4 times",
        ),
        ("ja", "要約の後に英語への翻訳を追加してください", "add a translation into english after summarise"),
        ("ja", "reviewを削除してください", "remove review"),
    ],
)
def test_commands_are_those_of_english(code: str, message: str, meant: str) -> None:
    assert language_of(message, "en") == code
    with speaking(code):
        assert outcome_of(in_english(message, code).text) == outcome_of(meant)


SKIPS = {
    "en": (
        "skip it, skip this question",
        "skip all, skip all the questions, please skip the other questions, skip it all",
    ),
    "de": (
        "überspring sie, die Frage überspringen, lass das aus, bitte überspringen",
        "alles überspringen, überspring alles, überspring bitte alles, alle Fragen überspringen, "
        "überspringe den Rest, den Rest überspringen, alles skippen, nimm die Standardwerte",
    ),
    "fr": (
        "passe la question, saute cette question, ignore, passe-la",
        "tout passer, passe tout, passer tout, saute tout, ignore tout, passe toutes les questions, passer le reste, "
        "passez tout s'il vous plaît",
    ),
    "es": (
        "omítela, sáltala, omite esta pregunta, saltar esta",
        "omite todo, omítelo todo, salta todo, sáltalo todo, sáltatelo todo, omitir todo, omite todas las preguntas, "
        "salta lo demás, omite el resto, omite todo por favor",
    ),
    "zh": (
        "略过, 跳过这个问题, 先跳过, 跳过它",
        "全部跳过, 跳过全部, 全都跳过, 都跳过, 跳过所有问题, 跳过剩下的, 其余的都跳过, 把问题全部跳过, 请全部跳过",
    ),
    "ja": (
        "スキップする, 飛ばして, この質問をスキップ, パス",
        "全部スキップ, すべてスキップして, 全てスキップ, 全部飛ばして, 残りをスキップ, 残りは全部スキップ, "
        "すべての質問をスキップ, 全部スキップしてください",
    ),
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_one_question_and_all_of_them_are_skipped_in_many_words(code: str) -> None:
    for signal, said in zip((Signal.SKIP, Signal.SKIP_ALL), SKIPS[code], strict=True):
        for words in said.split(", "):
            assert language_of(words, code) == code, words
            assert signal_of(in_english(words, code).text) is signal, words


@pytest.mark.parametrize("words", ["omite todo", "omítelo todo", "salta todo"])
async def test_an_interview_in_spanish_ends_when_all_is_skipped(talk: Talk, words: str) -> None:
    await talk.say("Quiero resumir informes largos")
    await talk.say("1")
    assert talk.found(Asked)
    await talk.say(words)
    assert talk.found(Assumed) and not talk.found(Asked)
    assert check(talk.conversation.draft).workflow is not None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ok", "de"),
        ("Bitte fasse das zusammen", "de"),
        ("please summarise this", "en"),
        ("remove review", "en"),
        ("résume ce texte", "fr"),
        ("resume este texto por favor", "es"),
        ("总结这段文字", "zh"),
        ("これを要約して", "ja"),
    ],
)
def test_the_language_is_told_from_the_message(text: str, code: str) -> None:
    assert language_of(text, "de") == code


async def test_an_interview_in_german(talk: Talk) -> None:
    await talk.say("Sortiere Kundenmails nach Reklamation, Bestellung und Sonstiges und behandle jede Sorte anders")
    cards = talk.one(Offered)
    assert cards.text.startswith("So könnte ich es bauen")
    assert cards.cards[0].title == "Texte sortieren und jede Art auf ihre Weise bearbeiten"
    await talk.say(cards.cards[0].value)
    assert "Reklamation" in "".join(event.text for event in talk.found(Said))
    asked = talk.one(Asked)
    assert asked.text == "Was soll mit jeder Art geschehen?"
    assert [option.label for option in asked.options][:1] == ["Eine Antwort entwerfen"]
    await talk.say("warum?")
    assert talk.one(Said).text.startswith("Das tut der Schritt hinter jeder Kategorie")
    await talk.say("alles überspringen")
    workflow = check(talk.conversation.draft).workflow
    assert workflow is not None
    labels = next(node.labels for node in workflow.nodes if hasattr(node, "labels"))
    assert labels == {"complaint": "Reklamation", "order": "Bestellung", "other": "Sonstiges"}
    await talk.say("Frag mich vor handle_complaint")
    assert talk.found(Edited)
    await talk.say("mach das rückgängig")
    assert talk.found(UndoWanted)
    assert language() == "en"


async def test_an_interview_in_japanese(talk: Talk) -> None:
    await talk.say("請求書から金額と日付を抜き出したい")
    cards = talk.one(Offered)
    assert cards.cards[0].title == "文章から項目を抽出する"
    await talk.say("1")
    await talk.say("全部スキップ")
    workflow = check(talk.conversation.draft).workflow
    assert workflow is not None
    assert {"amount", "date"} <= workflow.state.keys()
    assert workflow.state["amount"].type == "number"
    assert workflow.state["amount"].description == "金額"
    assert all(event.text.endswith("。") for event in talk.found(Assumed))
    await talk.say("実行して")
    assert talk.found(RunWanted)


async def test_a_correction_and_a_refusal_in_french(talk: Talk) -> None:
    await talk.say("Résume-moi un long rapport")
    await talk.say("non, je voulais traduire le texte en anglais et en espagnol")
    assert "Traduire" in talk.one(Offered).cards[0].title
    await talk.say("envoie un sms à ma femme")
    assert talk.one(Said).text.startswith("Je ne peux rien envoyer")
    assert talk.one(Offered).cards


async def test_what_is_not_understood_is_told_in_the_words_of_the_person(talk: Talk) -> None:
    await talk.say("resumir un texto")
    await talk.say("1")
    await talk.say("saltar todo")
    await talk.say("pinta el paso de azul")
    assert "«pinta el paso de azul»" in "".join(event.text for event in talk.found(Said))


@pytest.mark.parametrize(
    ("code", "text", "number"),
    [
        ("de", "dreiundzwanzig", 23),
        ("de", "höchstens siebenunddreißig Wörter", 37),
        ("de", "zwölf", 12),
        ("fr", "vingt-deux", 22),
        ("fr", "soixante-quinze mots", 75),
        ("fr", "quatre-vingt-dix-sept", 97),
        ("es", "veintidós palabras", 22),
        ("es", "quince", 15),
        ("zh", "二十三个", 23),
        ("zh", "一百二十个字", 120),
        ("ja", "四十五語", 45),
        ("ja", "三回", 3),
    ],
)
def test_numbers_in_words_are_read(code: str, text: str, number: int) -> None:
    assert number_in(in_english(text, code).text) == number


@pytest.mark.parametrize(
    ("text", "page", "code"),
    [
        ("議事録要約", "en", "ja"),
        ("議事録要約", "zh", "ja"),
        ("請求書抽出", "en", "ja"),
        ("翻訳", "en", "ja"),
        ("感情分析", "ja", "ja"),
        ("感情分析", "zh", "zh"),
        ("会议记录摘要", "ja", "zh"),
        ("會議記錄摘要", "en", "zh"),
        ("总结文章", "ja", "zh"),
        ("翻译文章", "en", "zh"),
        ("删除review", "ja", "zh"),
        ("実行", "en", "ja"),
        ("運行", "zh", "zh"),
    ],
)
def test_characters_that_both_may_use_are_told_apart(text: str, page: str, code: str) -> None:
    assert language_of(text, page) == code
